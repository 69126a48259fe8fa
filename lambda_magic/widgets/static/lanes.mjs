// Draws the lanes: what every environment did.
import {
  COLD, FROZEN, INVOKE, RESET, RESTORE, SHUTDOWN, SUPPRESSED, THROTTLE,
} from "./records.mjs";
import { GUTTER, placeOf, topOf } from "./rows.mjs";
import { duration } from "./time_axis.mjs";

const INVOKE_STYLES = 3; // versions take turns
const [READY, FIRST_INVOKE] = [8, 9];
const STYLES = FIRST_INVOKE + INVOKE_STYLES;
const NONE = -1;

/** Rectangles by style, merged where one continues another: what is drawn last is on top. */
export class Rectangles {
  constructor() {
    this.buckets = Array.from({ length: STYLES }, () => ({ n: 0, values: new Float32Array(256) }));
  }

  clear() {
    for (const bucket of this.buckets) bucket.n = 0;
  }

  /** Add one; returns its position, to be widened by `widen`. */
  add(style, x, y, width, height) {
    const bucket = this.buckets[style];
    if (bucket.n + 4 > bucket.values.length) {
      const grown = new Float32Array(bucket.values.length * 2);
      grown.set(bucket.values);
      bucket.values = grown;
    }
    bucket.values.set([x, y, width, height], bucket.n);
    bucket.n += 4;
    return bucket.n - 4;
  }

  /** Have a rectangle reach to `right`. */
  widen(style, at, right) {
    const { values } = this.buckets[style];
    if (right > values[at] + values[at + 2]) values[at + 2] = right - values[at];
  }
}

/** Draws the lanes of a layout; keeps what it allocates from one frame to the next. */
export class LanePainter {
  constructor() {
    this.rectangles = new Rectangles();
    this.last = { style: new Int8Array(0), at: new Int32Array(0), right: new Float32Array(0) };
    this.labels = [];
    this.marks = [];
  }

  /** Draw everything between the axis and the top. `colours` are the theme's. */
  draw(context, records, layout, span, now, colours) {
    this.collect(records, layout, span, now);
    context.save();
    context.beginPath();
    context.rect(0, layout.top, layout.width, layout.bottom - layout.top);
    context.clip();
    this.fill(context, layout, colours);
    this.drawLabels(context, layout, colours);
    this.drawMarks(context, layout, colours);
    drawNames(context, layout, colours);
    context.restore();
    drawScrollbar(context, layout, colours);
  }

  /** One pass over the records: what is in sight becomes rectangles, labels and marks. */
  collect(records, layout, span, now) {
    this.rectangles.clear();
    this.labels.length = this.marks.length = 0;
    this.prepareRows(layout.rows.length);
    this.addLives(layout, span, now);
    const rowByLane = rowTable(layout);
    for (let i = 0; i < records.length; i++) {
      if (records.phase[i] === THROTTLE || records.start[i] > span.t1) continue;
      const row = rowByLane.rows[records.lane[i] - rowByLane.base] ?? NONE;
      if (row === NONE || row < layout.firstRow || row > layout.lastRow) continue;
      const end = records.endOf(i, now);
      if (end >= span.t0) this.addSegment(records, i, row, end, layout, span);
    }
  }

  prepareRows(count) {
    if (this.last.style.length < count) {
      const size = count * 2;
      this.last = {
        style: new Int8Array(size), at: new Int32Array(size), right: new Float32Array(size),
      };
    }
    this.last.style.fill(NONE);
  }

  /** The band of each environment's life: what it is in when it is in no phase. */
  addLives(layout, span, now) {
    layout.firstRow = Math.floor(layout.scroll / layout.rowHeight);
    layout.lastRow = Math.ceil((layout.scroll + layout.bottom - layout.top) / layout.rowHeight);
    const gap = gapOf(layout);
    for (let row = layout.firstRow; row <= layout.lastRow; row++) {
      const lane = layout.rows[row]?.lane;
      if (!lane) continue;
      const x0 = clamp(placeOf(layout, span, lane.born), layout);
      const x1 = clamp(placeOf(layout, span, Math.min(lane.gone, now)), layout);
      this.rectangles.add(
        READY, x0, topOf(layout, row) + gap, Math.max(x1 - x0, 1), layout.rowHeight - 2 * gap);
    }
  }

  addSegment(records, i, row, end, layout, span) {
    const phase = records.phase[i];
    const x0 = clamp(placeOf(layout, span, records.start[i]), layout);
    const x1 = Math.max(clamp(placeOf(layout, span, end), layout), x0 + 1);
    const y = topOf(layout, row);
    const isSuppressed = (records.flags[i] & SUPPRESSED) !== 0;
    if (phase === INVOKE || !isSuppressed) {
      const style = styleOf(records, i);
      this.addRectangle(style, row, x0, x1, y, layout);
    } else {
      this.marks.push({ kind: "init", x: x0, width: x1 - x0, y });
    }
    if (phase === INVOKE) this.addMarks(records, i, x0, x1, y, layout, span);
  }

  addRectangle(style, row, x0, x1, y, layout) {
    const { last, rectangles } = this;
    // Back to back in the same colour, closer than a pixel: one rectangle.
    if (last.style[row] === style && layout.rowHeight < 18 && x0 <= last.right[row] + 0.6) {
      rectangles.widen(style, last.at[row], x1);
    } else if (last.style[row] === style && x1 <= last.right[row] + 0.25) {
      return;
    } else {
      const gap = gapOf(layout);
      last.at[row] = rectangles.add(style, x0, y + gap, x1 - x0, layout.rowHeight - 2 * gap);
      last.style[row] = style;
    }
    last.right[row] = x1;
  }

  addMarks(records, i, x0, x1, y, layout, span) {
    if (records.flags[i] & COLD) {
      const begin = placeOf(layout, span, records.start[i] - records.init[i] / 1000);
      if (begin >= layout.left) this.marks.push({ kind: "cold", x: begin, y });
    }
    const status = records.status[i];
    if (status > 1) this.marks.push({ kind: STATUS_MARKS[status], x: x1, y });
    if (layout.rowHeight >= 18 && x1 - x0 >= 24) {
      const name = records.nameOf(i);
      const took = status ? duration(records.duration[i]) : "running";
      this.labels.push({ x0, x1, y, name, took, style: styleOf(records, i) });
    }
  }

  fill(context, layout, colours) {
    const order = [READY, FROZEN, SHUTDOWN, RESET, 0, 1, 2, RESTORE];
    for (let n = 0; n < INVOKE_STYLES; n++) order.push(FIRST_INVOKE + n);
    const rounded = layout.rowHeight >= 14;
    for (const style of order) {
      const { n, values } = this.rectangles.buckets[style];
      if (!n) continue;
      context.fillStyle = colours.styles[style];
      const radius = rounded ? (style === READY ? 4 : 2) : 0;
      fillRectangles(context, values, n, radius);
    }
  }

  drawLabels(context, layout, colours) {
    context.font = `500 10.5px ${colours.font}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const { x0, x1, y, name, took, style } of this.labels) {
      const room = x1 - x0 - 10;
      const both = name ? `${name} · ${took}` : took;
      const text = [both, name ?? took, took].find((one) => one.length * 6.1 <= room);
      if (!text) continue;
      context.fillStyle = colours.labels[style - FIRST_INVOKE];
      context.fillText(text, x0 + 5, y + layout.rowHeight / 2 + 0.5);
    }
  }

  drawMarks(context, layout, colours) {
    const tall = layout.rowHeight >= 10;
    const gap = gapOf(layout);
    const size = tall ? 4 : Math.max(1.2, layout.rowHeight * 0.3);
    for (const mark of this.marks) {
      const middle = mark.y + layout.rowHeight / 2;
      if (mark.kind === "init") {
        context.fillStyle = colours.styles[2];
        const height = (layout.rowHeight - 2 * gap) * 0.42;
        context.fillRect(mark.x, mark.y + layout.rowHeight - gap - height, mark.width, height);
      } else if (mark.kind === "cold") {
        if (tall) coldStart(context, mark.x, mark.y + gap, colours);
      } else {
        failure(context, mark.x - size, middle, size, mark.kind, colours);
      }
    }
  }
}

const STATUS_MARKS = [null, null, "failure", "failure", "timeout"];

/** The style of a segment: its phase, and for an invocation its version. */
export function styleOf(records, i) {
  if (records.phase[i] !== INVOKE) return records.phase[i];
  return FIRST_INVOKE + versionStyle(records.lanes.get(records.lane[i])?.version);
}

/** Which of the colours for invocations a version has: neighbours, $LATEST among them, differ. */
export function versionStyle(version) {
  const number = Number(version);
  return Number.isInteger(number) && number > 0 ? number % INVOKE_STYLES : 0;
}

function rowTable(layout) {
  let base = Infinity, last = -Infinity;
  for (const lane of layout.rowOf.keys()) {
    base = Math.min(base, lane);
    last = Math.max(last, lane);
  }
  const rows = new Int32Array(Math.max(0, last - base + 1)).fill(NONE);
  for (const [lane, row] of layout.rowOf) rows[lane - base] = row;
  return { base, rows };
}

function gapOf(layout) {
  if (layout.rowHeight >= 18) return 3;
  if (layout.rowHeight >= 8) return 1;
  return layout.rowHeight >= 4 ? 0.5 : 0;
}

function clamp(x, layout) {
  return Math.min(Math.max(x, layout.left - 2), layout.right + 2);
}

function fillRectangles(context, values, n, radius) {
  if (!radius) {
    for (let k = 0; k < n; k += 4) {
      context.fillRect(values[k], values[k + 1], values[k + 2], values[k + 3]);
    }
    return;
  }
  context.beginPath();
  for (let k = 0; k < n; k += 4) {
    const r = Math.min(radius, values[k + 2] / 2);
    if (r < 1) context.rect(values[k], values[k + 1], values[k + 2], values[k + 3]);
    else context.roundRect(values[k], values[k + 1], values[k + 2], values[k + 3], r);
  }
  context.fill();
}

/** A small flag where a cold start begins. */
function coldStart(context, x, y, colours) {
  context.fillStyle = colours.cold;
  context.strokeStyle = colours.background;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x - 4.5, y - 3);
  context.lineTo(x + 4.5, y - 3);
  context.lineTo(x, y + 4);
  context.closePath();
  context.fill();
  context.stroke();
}

/** A disc for an error; a ring for a timeout, so that form tells them apart too. */
function failure(context, x, y, size, kind, colours) {
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.fillStyle = kind === "timeout" ? colours.background : colours.error;
  context.strokeStyle = kind === "timeout" ? colours.error : colours.background;
  context.lineWidth = size > 2 ? (kind === "timeout" ? 2 : 1.2) : 0.5;
  context.fill();
  context.stroke();
}

function drawNames(context, layout, colours) {
  context.textBaseline = "middle";
  const last = Math.min(layout.lastRow, layout.rows.length - 1);
  for (let row = layout.firstRow; row <= last; row++) {
    const { lane, heading, count } = layout.rows[row];
    const y = topOf(layout, row) + layout.rowHeight / 2 + 0.5;
    if (heading !== null) {
      drawHeading(context, layout, colours, y, `${heading}`, count);
    } else if (layout.rowHeight >= 12) {
      context.font = `11px ${colours.mono}`;
      context.fillStyle = colours.text;
      context.textAlign = "left";
      context.fillText(lane.id.slice(0, 6), 10, y);
      context.font = `11px ${colours.font}`;
      context.fillStyle = colours.quiet;
      context.textAlign = "right";
      const sign = lane.initialization === "on-demand" ? "" : "◆ ";
      context.fillText(`${sign}:${lane.version}`, GUTTER - 12, y);
    }
  }
}

function drawHeading(context, layout, colours, y, name, count) {
  if (layout.rowHeight < 8) return;
  const size = Math.min(12, layout.rowHeight);
  context.textAlign = "left";
  context.font = `600 ${size}px ${colours.font}`;
  context.fillStyle = colours.text;
  context.fillText(name, 10, y);
  const width = context.measureText(name).width;
  context.font = `${size - 1}px ${colours.font}`;
  context.fillStyle = colours.quiet;
  context.fillText(`${count}`, 18 + width, y);
}

function drawScrollbar(context, layout, colours) {
  if (!layout.deepest) return;
  const height = layout.bottom - layout.top;
  const whole = height + layout.deepest;
  const length = Math.max(24, (height * height) / whole);
  const y = layout.top + (layout.scroll / layout.deepest) * (height - length);
  context.fillStyle = colours.quiet;
  context.globalAlpha = 0.5;
  context.beginPath();
  context.roundRect(layout.width - 9, y, 5, length, 2.5);
  context.fill();
  context.globalAlpha = 1;
}
