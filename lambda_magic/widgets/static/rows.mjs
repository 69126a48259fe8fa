// Where things are: lanes become rows, moments become places, a place leads back to a segment.
import { FROZEN, INVOKE, SUPPRESSED, THROTTLE } from "./records.mjs";

export const GUTTER = 138; // left of the picture: the names of lanes
export const MARGIN = 14; // right of it
export const AXIS = 24; // the labels of the time axis
export const CURVE = 104; // the concurrency curve
export const TOP = 16; // above the lanes: "now"

const TALLEST = 26;

/** Rows are no lower than this unless asked to fit: then there are more than can be seen. */
export const SHORTEST_ROW = 4;

/**
 * The rows to show: lanes that live in the span, by function; with more than one function, each
 * has a heading.
 */
export function rowsOf(records, span) {
  const groups = new Map();
  for (const lane of records.lanes.values()) {
    if (lane.born > span.t1 || lane.gone < span.t0) continue;
    if (!groups.has(lane.function)) groups.set(lane.function, []);
    groups.get(lane.function).push(lane);
  }
  const rows = [];
  for (const name of [...groups.keys()].sort()) {
    const lanes = groups.get(name);
    if (groups.size > 1) rows.push({ heading: name, count: lanes.length, lane: null });
    for (const lane of lanes) rows.push({ heading: null, lane });
  }
  return rows;
}

/** The geometry of a picture of this size; `rowHeight` 0 fits the rows to it. */
export function layoutOf(width, lanesHeight, rows, rowHeight, scroll) {
  const fitting = Math.min(TALLEST, Math.max(lanesHeight / Math.max(rows.length, 1), SHORTEST_ROW));
  const height = rowHeight || fitting;
  const deepest = Math.max(0, rows.length * height - lanesHeight);
  const rowOf = new Map();
  rows.forEach((row, number) => row.lane && rowOf.set(row.lane.number, number));
  return {
    left: GUTTER, right: width - MARGIN, top: TOP, bottom: TOP + lanesHeight,
    width, rows, rowOf, rowHeight: height, deepest,
    scroll: Math.min(Math.max(scroll, 0), deepest),
    axisTop: TOP + lanesHeight,
    curveTop: TOP + lanesHeight + AXIS, curveBottom: TOP + lanesHeight + AXIS + CURVE,
  };
}

/** How high the lanes' part should be for this many rows. */
export function lanesHeightFor(rows, highest) {
  return Math.min(highest, Math.max(3, rows) * TALLEST);
}

/** The height of everything. */
export function heightFor(lanesHeight) {
  return TOP + lanesHeight + AXIS + CURVE + 8;
}

/** The place of a moment, and the moment at a place. */
export function placeOf(layout, span, time) {
  return layout.left + ((time - span.t0) / span.seconds) * (layout.right - layout.left);
}

export function timeAt(layout, span, x) {
  return span.t0 + ((x - layout.left) / (layout.right - layout.left)) * span.seconds;
}

/** The top of a row. */
export function topOf(layout, row) {
  return layout.top + row * layout.rowHeight - layout.scroll;
}

/**
 * The segment at a place, or -1. Where many are as thin as a hair the nearest counts, and an
 * invocation before whatever else is there.
 */
export function segmentAt(records, layout, span, x, y, now) {
  if (x < layout.left || x > layout.right) return -1;
  const slack = (4 / (layout.right - layout.left)) * span.seconds;
  const time = timeAt(layout, span, x);
  const inLanes = y >= layout.top && y < layout.bottom;
  const inCurve = y >= layout.curveTop && y < layout.curveBottom;
  const row = layout.rows[Math.floor((y - layout.top + layout.scroll) / layout.rowHeight)];
  let best = -1, bestScore = Infinity;
  for (let i = 0; i < records.length; i++) {
    const isThrottle = records.phase[i] === THROTTLE;
    if (isThrottle ? !inCurve : !inLanes || row?.lane?.number !== records.lane[i]) continue;
    const away = Math.max(records.start[i] - time, time - records.endOf(i, now), 0);
    if (away > slack) continue;
    const score = away + rank(records, i) * slack * 0.01;
    if (score <= bestScore) [best, bestScore] = [i, score];
  }
  return best;
}

function rank(records, i) {
  if (records.phase[i] === INVOKE) return 1;
  if (records.flags[i] & SUPPRESSED) return 0;
  return records.phase[i] === FROZEN ? 110 : 2; // behind all that is near
}

/** The next (`step` 1) or the previous (-1) invocation of a lane from segment `i`, or -1. */
export function neighbour(records, lane, i, step) {
  const from = i < 0 ? (step > 0 ? -1 : records.length) : i;
  for (let k = from + step; k >= 0 && k < records.length; k += step) {
    if (records.phase[k] === INVOKE && records.lane[k] === lane) return k;
  }
  return -1;
}
