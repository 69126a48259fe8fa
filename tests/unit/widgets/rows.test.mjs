import assert from "node:assert/strict";
import { test } from "node:test";
import { Records } from "../../../lambda_magic/widgets/static/records.mjs";
import {
  lanesHeightFor, layoutOf, neighbour, placeOf, rowsOf, segmentAt, timeAt, topOf,
} from "../../../lambda_magic/widgets/static/rows.mjs";
import { Span } from "../../../lambda_magic/widgets/static/time_axis.mjs";
import { content, lane, pack } from "./timeline_bytes.mjs";

const SPAN = new Span(100, 110);

function filled(segments, lanes) {
  const records = new Records();
  records.apply(content("reset", { lanes }), pack(segments));
  return records;
}

test("rows are the lanes that live in the span, by function, with headings if there are several", () => {
  const records = filled([], [
    lane(0, { function: "b" }), lane(1, { function: "a" }), lane(2, { function: "b" }),
    lane(3, { function: "b", gone: 100 - 1 }), lane(4, { function: "b", born: 111 }),
  ]);

  const rows = rowsOf(records, SPAN).map((row) => row.heading ?? row.lane.number);

  assert.deepEqual(rows, ["a", 1, "b", 0, 2]);
});

test("one function needs no heading", () => {
  assert.deepEqual(rowsOf(filled([], [lane(0)]), SPAN).map((row) => row.heading), [null]);
});

test("few rows are tall, many are low, and more than fit can be scrolled", () => {
  const rows = (count) => Array.from({ length: count }, (_, number) => ({ lane: { number } }));

  assert.equal(layoutOf(900, 312, rows(3), 0, 0).rowHeight, 26);
  assert.equal(layoutOf(900, 312, rows(52), 0, 0).rowHeight, 6);
  const many = layoutOf(900, 312, rows(1000), 0, 1e9);
  assert.equal(many.rowHeight, 4);
  assert.equal(many.scroll, 4000 - 312);
  assert.equal(layoutOf(900, 312, rows(1000), 0.312, 0).deepest, 0);
  assert.equal(lanesHeightFor(1, 338), 78);
  assert.equal(lanesHeightFor(1000, 338), 338);
});

test("places and moments lead to each other", () => {
  const layout = layoutOf(900, 312, [], 0, 0);

  assert.equal(placeOf(layout, SPAN, 100), layout.left);
  assert.equal(placeOf(layout, SPAN, 110), layout.right);
  assert.ok(Math.abs(timeAt(layout, SPAN, placeOf(layout, SPAN, 103.7)) - 103.7) < 1e-9);
});

test("a place leads to the segment there: an invocation before what lies under it", () => {
  const records = filled([
    { phase: 5, start: 100, end: 110 }, { start: 102, end: 103 }, { start: 102, end: 103, lane: 1 },
    { start: 105, end: 105.0001 }, { phase: 8, lane: null, start: 107, end: 107 },
  ], [lane(0), lane(1)]);
  const layout = layoutOf(900, 78, rowsOf(records, SPAN), 0, 0);
  const at = (time, y) => segmentAt(records, layout, SPAN, placeOf(layout, SPAN, time), y, 110);
  const middle = (row) => topOf(layout, row) + 10;

  assert.equal(at(102.5, middle(0)), 1);
  assert.equal(at(102.5, middle(1)), 2);
  assert.equal(at(104.2, middle(0)), 0);
  assert.equal(at(105.02, middle(0)), 3);
  assert.equal(at(104.2, middle(1)), -1);
  assert.equal(at(107, layout.curveTop + 5), 4);
  assert.equal(segmentAt(records, layout, SPAN, 5, middle(0), 110), -1);
});

test("from one invocation of a lane to the next and back", () => {
  const records = filled([{}, { lane: 1 }, { phase: 5 }, {}], [lane(0), lane(1)]);

  assert.equal(neighbour(records, 0, -1, 1), 0);
  assert.equal(neighbour(records, 0, 0, 1), 3);
  assert.equal(neighbour(records, 0, 3, 1), -1);
  assert.equal(neighbour(records, 0, -1, -1), 3);
  assert.equal(neighbour(records, 0, 3, -1), 0);
});
