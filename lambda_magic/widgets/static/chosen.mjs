// Frames what the pointer is on, and what the keys have chosen.
import { placeOf, topOf } from "./rows.mjs";

/** Draw the frames of a view: its chosen lane, and its hovered and its selected segment. */
export function drawChosen(context, view) {
  const { layout, colours } = view;
  context.lineWidth = 2;
  const row = layout.rowOf.get(view.lane);
  if (row !== undefined && topOf(layout, row) >= layout.top) {
    context.strokeStyle = colours.accent;
    context.strokeRect(3, topOf(layout, row) + 1, layout.left - 9, layout.rowHeight - 2);
  }
  context.strokeStyle = colours.text;
  for (const number of new Set([view.hovered, view.selected])) {
    frameSegment(context, view, number - view.records.first);
  }
}

function frameSegment(context, { records, layout, span, shownNow }, i) {
  const row = layout.rowOf.get(records.lane[i]);
  if (!(i >= 0 && i < records.length) || row === undefined) return;
  const y = topOf(layout, row);
  if (y < layout.top - 1 || y + layout.rowHeight > layout.bottom + 1) return;
  const x0 = Math.max(placeOf(layout, span, records.start[i]), layout.left);
  const x1 = Math.min(placeOf(layout, span, records.endOf(i, shownNow)), layout.right);
  if (x1 < layout.left || x0 > layout.right) return;
  context.strokeRect(x0 - 1, y + 1, Math.max(x1 - x0, 1) + 2, layout.rowHeight - 2);
}
