import assert from "node:assert/strict";
import { test } from "node:test";
import {
  concurrencyCurve, dollars, percentile, summarize, throttleMarks,
} from "../../../lambda_magic/widgets/static/counts.mjs";
import { Records } from "../../../lambda_magic/widgets/static/records.mjs";
import { content, lane, pack } from "./timeline_bytes.mjs";

function filled(segments, names = []) {
  const records = new Records();
  records.apply(content("reset", { lanes: [lane(0)], names }), pack(segments));
  return records;
}

test("the counters count as CloudWatch does", () => {
  const summary = summarize(filled([
    { phase: 2, start: 99, end: 100 },
    { duration: 10, init: 80, flags: 3, cost: 0.25 },
    { duration: 30, status: 2, cost: 0.25 },
    { end: null, status: 0 },
    { phase: 8, lane: null, flags: 0, error: 0, status: 3 },
  ], ["ReservedFunctionConcurrentInvocationLimitExceeded"]));

  assert.deepEqual(summary, {
    concurrency: 1, errors: 1, throttles: 1, cost: 0.5, invocations: 2, coldStarts: 1,
    initP50: 80, p50: 20, p99: 29.8,
    reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
  });
});

test("percentiles are interpolated, and of nothing there is none", () => {
  assert.equal(percentile([1, 2, 3, 4], 50), 2.5);
  assert.ok(Number.isNaN(percentile([], 50)));
});

test("the curve has the most in each part of the span", () => {
  const records = filled([
    { start: 0, end: 4 }, { start: 1, end: 2 }, { start: 2, end: 3 }, { start: 3.2, end: 3.3 },
    { start: 1, end: 9, flags: 0 },
  ]);

  assert.deepEqual([...concurrencyCurve(records, 0, 5, 5, 100)], [1, 2, 2, 2, 1]);
});

test("what began before the span and what goes on count in it", () => {
  const records = filled([{ start: 0, end: null }, { start: 0, end: 11 }]);

  assert.deepEqual([...concurrencyCurve(records, 10, 14, 4, 13)], [2, 2, 1, 1]);
});

test("throttles are marked where they were, many in one place as one", () => {
  const throttle = { phase: 8, lane: null, flags: 0 };
  const records = filled([
    { ...throttle, start: 1.1 }, { ...throttle, start: 1.2 }, { ...throttle, start: 3 },
    { ...throttle, start: 99 }, { start: 1 },
  ]);

  assert.deepEqual(throttleMarks(records, 0, 10, 10), [[1, 2], [3, 1]]);
});

for (const [amount, text] of [[0, "$0"], [0.0002134, "$0.00021"], [0.43, "$0.43"], [12.345, "$12.35"]]) {
  test(`${amount} US dollars read ${text}`, () => assert.equal(dollars(amount), text));
}
