// Draws the axis and, beneath it, how many invocations are in flight, against the limits.
import { concurrencyCurve, throttleMarks } from "./counts.mjs";
import { placeOf } from "./rows.mjs";
import { ticks } from "./time_axis.mjs";

/** Vertical lines and their labels, counted from `zero`. */
export function drawAxis(context, layout, span, zero, colours) {
  context.font = `11px ${colours.font}`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.lineWidth = 1;
  const count = (layout.right - layout.left) / 95;
  for (const { time, label } of ticks(span.t0, span.t1, count, zero)) {
    const x = Math.round(placeOf(layout, span, time)) + 0.5;
    context.strokeStyle = colours.grid;
    context.beginPath();
    context.moveTo(x, layout.top);
    context.lineTo(x, layout.axisTop + 4);
    context.moveTo(x, layout.curveTop);
    context.lineTo(x, layout.curveBottom);
    context.stroke();
    context.fillStyle = colours.quiet;
    context.fillText(label, x, layout.axisTop + 13);
  }
}

/** Where "now" is. */
export function drawNow(context, layout, span, now, colours) {
  const x = Math.round(placeOf(layout, span, now)) + 0.5;
  if (x < layout.left || x > layout.right) return;
  context.strokeStyle = colours.text;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, layout.top - 4);
  context.lineTo(x, layout.axisTop);
  context.moveTo(x, layout.curveTop);
  context.lineTo(x, layout.curveBottom);
  context.stroke();
  context.font = `10.5px ${colours.font}`;
  context.textAlign = x > layout.right - 26 ? "right" : "center";
  context.textBaseline = "middle";
  context.fillStyle = colours.text;
  context.fillText("now", x, layout.top - 10);
}

/** The curve, its limits and its throttles. */
export function drawCurve(context, records, layout, span, now, colours) {
  const columns = Math.max(2, Math.floor(layout.right - layout.left));
  const curve = concurrencyCurve(records, span.t0, span.t1, columns, now);
  const scale = scaleOf(curve, records.limits.at(-1));
  const place = (value) => layout.curveBottom - (value / scale.top) * (CURVE_HEIGHT(layout));
  const upTo = Math.min(columns, Math.ceil(placeOf(layout, span, now) - layout.left));
  fillCurve(context, curve, upTo, layout, place, colours);
  drawScale(context, layout, scale, place, colours);
  for (const line of limitLines(records.limits, scale.top)) {
    drawLimit(context, layout, span, line, place, colours);
  }
  drawThrottles(context, records, layout, span, colours);
}

const CURVE_HEIGHT = (layout) => layout.curveBottom - layout.curveTop - 18;

/** The top of the scale: room for the curve and for the limits that it may meet. */
export function scaleOf(curve, limits) {
  let most = 1;
  for (const value of curve) if (value > most) most = value;
  const near = [limits?.reserved ?? 0, limits?.provisioned ?? 0, limits?.account ?? 0];
  for (const limit of near) if (limit <= most * 4 + 8 && limit > most) most = limit;
  return { top: most, most };
}

/** The limits as lines: [{name, value, colour, dash, steps: [{time, value}]}] within the scale. */
export function limitLines(limits, top) {
  const kinds = [
    ["reserved", "error", [5, 4]], ["provisioned", "provisioned", [2, 3]],
    ["account", "quiet", [8, 4]],
  ];
  const lines = [];
  for (const [name, colour, dash] of kinds) {
    const steps = limits.map((one) => ({ time: one.time, value: one[name] }));
    const value = steps.at(-1)?.value;
    if (value && value <= top * 1.001) lines.push({ name, value, colour, dash, steps });
  }
  return lines;
}

function fillCurve(context, curve, upTo, layout, place, colours) {
  if (upTo < 1) return;
  context.beginPath();
  context.moveTo(layout.left, layout.curveBottom);
  for (let column = 0; column < upTo; column++) {
    context.lineTo(layout.left + column, place(curve[column]));
    context.lineTo(layout.left + column + 1, place(curve[column]));
  }
  context.lineTo(layout.left + upTo, layout.curveBottom);
  context.fillStyle = colours.curve;
  context.globalAlpha = 0.18;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colours.curve;
  context.lineWidth = 1.5;
  context.stroke();
}

function drawScale(context, layout, scale, place, colours) {
  context.strokeStyle = colours.quiet;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(layout.left, layout.curveBottom + 0.5);
  context.lineTo(layout.right, layout.curveBottom + 0.5);
  context.stroke();
  context.fillStyle = colours.quiet;
  context.font = `11px ${colours.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText("concurrency", 10, layout.curveTop + 8);
  context.textAlign = "right";
  context.fillText(scale.most.toLocaleString("en"), layout.left - 8, place(scale.most));
  context.fillText("0", layout.left - 8, layout.curveBottom - 3);
}

function drawLimit(context, layout, span, line, place, colours) {
  context.save();
  context.strokeStyle = context.fillStyle = colours[line.colour];
  context.setLineDash(line.dash);
  context.lineWidth = 1.3;
  context.beginPath();
  line.steps.forEach(({ time, value }, n) => {
    // What it was before anybody asked is not known: the first value is taken for it.
    const from = n ? Math.max(placeOf(layout, span, time), layout.left) : layout.left;
    const next = line.steps[n + 1];
    const to = next ? placeOf(layout, span, next.time) : layout.right;
    if (!value || to < layout.left || from > layout.right) return;
    context.moveTo(from, place(value));
    context.lineTo(Math.min(to, layout.right), place(value));
  });
  context.stroke();
  context.restore();
  context.fillStyle = colours[line.colour];
  context.font = `11px ${colours.font}`;
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.fillText(`${line.name} ${line.value.toLocaleString("en")}`, layout.left + 4,
    place(line.value) - 2);
}

function drawThrottles(context, records, layout, span, colours) {
  const columns = Math.floor((layout.right - layout.left) / 10);
  context.strokeStyle = colours.error;
  context.lineWidth = 1.8;
  context.fillStyle = colours.error;
  context.font = `600 10px ${colours.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const y = layout.curveTop + 8;
  context.beginPath();
  let labelled = -Infinity;
  for (const [column, count] of throttleMarks(records, span.t0, span.t1, columns)) {
    const x = layout.left + column * 10 + 5;
    context.moveTo(x - 3.5, y - 3.5);
    context.lineTo(x + 3.5, y + 3.5);
    context.moveTo(x + 3.5, y - 3.5);
    context.lineTo(x - 3.5, y + 3.5);
    if (count > 1 && x - labelled > 34) {
      context.fillText(`${count}×`, x - 5, y - 10);
      labelled = x;
    }
  }
  context.stroke();
}
