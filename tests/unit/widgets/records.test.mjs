import assert from "node:assert/strict";
import { test } from "node:test";
import { INVOKE, Records } from "../../../lambda_magic/widgets/static/records.mjs";
import { content, lane, pack } from "./timeline_bytes.mjs";

function filled(segments, given = {}) {
  const records = new Records();
  records.apply(content("reset", { lanes: [lane(0)], ...given }), pack(segments));
  return records;
}

test("a record is read as the kernel packed it", () => {
  const records = filled(
    [{ name: 0, error: 1, init: 80, flags: 3, status: 4, memory: 36, billed: 81, cost: 0.5 }],
    { names: ["LIVE", "Sandbox.Timedout"] });

  assert.equal(records.length, 1);
  assert.equal(records.phase[0], INVOKE);
  assert.equal(records.start[0], 100);
  assert.equal(records.endOf(0, 200), 101);
  assert.equal(records.nameOf(0), "LIVE");
  assert.equal(records.errorOf(0), "Sandbox.Timedout");
  assert.equal(records.requestId(0), "00000000-0000-4000-8000-000000000001");
  assert.deepEqual(
    [records.init[0], records.billed[0], records.cost[0], records.memory[0]], [80, 81, 0.5, 36]);
});

test("a segment that goes on ends now, until the kernel says when it ended", () => {
  const records = filled([{ number: 7, end: null, status: 0 }]);

  assert.equal(records.endOf(0, 150), 150);
  assert.equal(records.isActive(), true);

  records.apply(content("add", { limits: [] }), pack([{ number: 7, end: 120 }]));

  assert.equal(records.length, 1);
  assert.equal(records.endOf(0, 150), 120);
  assert.equal(records.isActive(), false);
});

test("an environment that is only frozen is not active", () => {
  assert.equal(filled([{ phase: 5, end: null }]).isActive(), false);
});

test("columns grow, and what the kernel has forgotten is forgotten", () => {
  const records = filled(Array.from({ length: 3000 }, (_, n) => ({ start: n, end: n + 0.5 })));
  records.apply(content("add", { first: 2000, limits: [] }), undefined);

  assert.equal(records.first, 2000);
  assert.equal(records.length, 1000);
  assert.equal(records.start[0], 2000);

  records.apply(content("add", { first: 2000, limits: [] }), pack([{ number: 10, start: 1 }]));

  assert.equal(records.start[0], 2000);
});

test("a lane that ended before all that is left is forgotten too", () => {
  const records = filled(
    Array.from({ length: 100 }, (_, n) => ({ start: 100 + n, end: 100 + n, lane: 1 })),
    { lanes: [lane(0, { gone: 105 }), lane(1)] });
  records.apply(content("add", { first: 50, limits: [] }), undefined);

  assert.deepEqual([...records.lanes.keys()], [1]);
});

test("a reset begins anew", () => {
  const records = filled([{}, {}], { names: ["OLD"] });
  records.apply(content("reset", { names: ["NEW"] }), pack([{ number: 40, name: 0 }]));

  assert.equal(records.length, 1);
  assert.equal(records.first, 40);
  assert.equal(records.nameOf(0), "NEW");
  assert.equal(records.lanes.size, 0);
});

test("the span is that of what happened, however long environments stay frozen", () => {
  const records = filled([{ start: 100, end: 101 }, { phase: 5, start: 101, end: null }]);

  assert.deepEqual(records.span(5000), [99, 101]);
  assert.deepEqual(new Records().span(5000), [5000, 5000]);
});
