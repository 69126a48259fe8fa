// What hands do: pointer, wheel, keys and buttons change the view, and it is drawn again.
import { INVOKE } from "./records.mjs";
import { SHORTEST_ROW, rowsOf, segmentAt } from "./rows.mjs";

const DRAG = 4; // pixels: less is a click

/** Listen to everything until `signal` is aborted. */
export function listen(view, elements, signal) {
  const { stage, root } = elements;
  const on = (target, type, handler, options = {}) =>
    target.addEventListener(type, handler, { signal, ...options });
  on(stage, "pointermove", (event) => pointerMoved(view, stage, event));
  on(stage, "pointerdown", (event) => pointerDown(view, stage, event));
  on(stage, "pointerup", (event) => pointerUp(view, stage, event));
  on(stage, "pointercancel", () => endDrag(view, stage));
  on(stage, "pointerleave", () => {
    view.pointer = null;
    view.hovered = -1;
    view.schedule();
  });
  on(stage, "wheel", (event) => wheelTurned(view, stage, event), { passive: false });
  on(stage, "dblclick", () => act(view, "fit"));
  on(stage, "keydown", (event) => keyPressed(view, event));
  on(root, "click", (event) => {
    const name = event.target.closest?.("[data-do]")?.dataset.do;
    if (name) act(view, name);
  });
}

function pointOf(stage, event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function find(view, point) {
  const { records, layout, span } = view;
  if (!layout) return -1;
  const i = segmentAt(records, layout, span, point.x, point.y, view.shownNow);
  return i < 0 ? -1 : records.first + i;
}

function pointerMoved(view, stage, event) {
  const point = pointOf(stage, event);
  const { drag } = view;
  if (drag) {
    if (Math.abs(point.x - drag.x) + Math.abs(point.y - drag.y) > DRAG) drag.moved = true;
    if (drag.moved) {
      stage.toggleAttribute("data-grabbing", true);
      view.span.pan((drag.lastX - point.x) / (view.layout.right - view.layout.left));
      view.scroll += drag.lastY - point.y;
      drag.lastX = point.x;
      drag.lastY = point.y;
    }
  }
  view.pointer = drag?.moved ? null : point;
  view.hovered = view.pointer ? find(view, point) : -1;
  view.schedule();
}

function pointerDown(view, stage, event) {
  if (event.button !== 0 || !view.layout) return;
  const { x, y } = pointOf(stage, event);
  view.drag = { x, y, lastX: x, lastY: y, moved: false };
  stage.setPointerCapture?.(event.pointerId);
}

function pointerUp(view, stage, event) {
  const { drag } = view;
  endDrag(view, stage);
  if (!drag || drag.moved) return;
  const number = find(view, pointOf(stage, event));
  const i = number - view.records.first;
  view.selected = number;
  if (number >= 0 && view.records.phase[i] === INVOKE) {
    view.lane = view.records.lane[i];
    view.askLog(number);
  }
  view.schedule();
}

function endDrag(view, stage) {
  view.drag = null;
  stage.removeAttribute("data-grabbing");
}

function wheelTurned(view, stage, event) {
  const { layout, span } = view;
  if (!layout) return;
  const width = layout.right - layout.left;
  const { x } = pointOf(stage, event);
  const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) {
    const part = Math.min(Math.max((x - layout.left) / width, 0), 1);
    zoom(view, Math.exp(Math.min(Math.max(event.deltaY, -60), 60) * 0.01), part);
  } else if (event.altKey) {
    changeRows(view, Math.exp(-event.deltaY * 0.004));
  } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    span.pan(sideways / width);
  } else {
    // At either end the page scrolls on, as everywhere.
    const scroll = Math.min(Math.max(view.scroll + event.deltaY, 0), layout.deepest);
    if (scroll === view.scroll) return;
    view.scroll = scroll;
  }
  event.preventDefault();
  view.schedule();
}

/** Live pictures zoom about now, others about a place. */
function zoom(view, factor, part) {
  view.span.zoom(factor, view.span.live ? 1 : part);
  if (view.span.live) view.span.follow(view.shownNow, view.first);
}

function changeRows(view, factor) {
  const { layout } = view;
  const least = (layout.bottom - layout.top) / Math.max(layout.rows.length, 1);
  view.rowHeight = Math.min(Math.max(layout.rowHeight * factor, Math.min(least, 26)), 60);
}

/** Do what a button or a key stands for. */
export function act(view, name) {
  if (name === "live") {
    view.span.live = !view.span.live;
    if (view.span.live) {
      view.span.chosen = false;
      view.quiet = view.shownNow = view.now(); // it moves on for a while, to be seen to
    }
  } else if (name === "fit") {
    const [first, last] = view.records.span(view.shownNow ?? view.now());
    view.span.fit(first, last);
    const { length } = rowsOf(view.records, view.span);
    const room = view.layout ? view.layout.bottom - view.layout.top : 0;
    view.rowHeight = length * SHORTEST_ROW > room ? room / length : 0;
    view.scroll = 0;
  } else if (name === "in") zoom(view, 1 / 1.6, 0.5);
  else if (name === "out") zoom(view, 1.6, 0.5);
  else if (name === "table") {
    const { table, showTable } = view.elements;
    table.hidden = !table.hidden;
    showTable.setAttribute("aria-pressed", String(!table.hidden));
    if (!table.hidden) view.fillTable();
  }
  view.slowAt = -Infinity;
  view.schedule();
}

const KEYS = {
  ArrowLeft: (view) => view.span.pan(-0.1),
  ArrowRight: (view) => view.span.pan(0.1),
  ArrowUp: (view) => view.chooseLane(-1),
  ArrowDown: (view) => view.chooseLane(1),
  PageUp: (view) => (view.scroll -= view.layout.bottom - view.layout.top),
  PageDown: (view) => (view.scroll += view.layout.bottom - view.layout.top),
  Enter: (view) => {
    if (view.selected >= 0) view.askLog(view.selected);
  },
  Escape: (view) => {
    view.closeLog();
    view.selected = view.hovered = -1;
  },
  "+": (view) => act(view, "in"),
  "=": (view) => act(view, "in"),
  "-": (view) => act(view, "out"),
  "[": (view) => changeRows(view, 1 / 1.3),
  "]": (view) => changeRows(view, 1.3),
  f: (view) => act(view, "fit"),
  l: (view) => act(view, "live"),
  n: (view) => view.chooseNext(1),
  p: (view) => view.chooseNext(-1),
};

function keyPressed(view, event) {
  const does = KEYS[event.key];
  if (!does || !view.layout || event.ctrlKey || event.metaKey || event.altKey) return;
  does(view);
  event.preventDefault();
  event.stopPropagation();
  view.schedule();
}
