import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Span, duration, openingSpan, roundStep, seconds, ticks,
} from "../../../lambda_magic/widgets/static/time_axis.mjs";

test("ticks stand at round moments, counted from the first event, never before it", () => {
  const found = ticks(99.5, 103.2, 4, 100);

  assert.deepEqual(found.map((tick) => tick.label), ["0 s", "1 s", "2 s", "3 s"]);
  assert.equal(found[1].time, 101);
});

for (const [rough, step] of [
  [0.0007, 0.001], [0.3, 0.5], [1, 1], [7, 10], [11, 15], [50, 60], [1000, 1800], [8000, 10800],
]) {
  test(`the round step above ${rough} s is ${step} s`, () => {
    assert.ok(Math.abs(roundStep(rough) - step) < step * 1e-9);
  });
}

for (const [value, step, text] of [
  [0, 1, "0 s"], [1.25, 0.05, "1.25 s"], [125, 5, "2:05"], [125.5, 0.5, "2:05.5"],
  [3725, 60, "1:02:05"], [-0.0001, 0.1, "0.0 s"],
]) {
  test(`${value} s at a step of ${step} s reads ${text}`, () => {
    assert.equal(seconds(value, step), text);
  });
}

for (const [ms, text] of [
  [0.417, "0.42 ms"], [41.04, "41.0 ms"], [212.4, "212 ms"], [1250, "1.25 s"], [61000, "61.0 s"],
  [NaN, "–"],
]) {
  test(`${ms} ms reads ${text}`, () => assert.equal(duration(ms), text));
}

test("a span that follows the clock shows all there is, until it is too long", () => {
  const span = new Span(90, 100);
  span.follow(105, 100);
  assert.ok(span.t0 < 100 && span.t1 > 105 && span.seconds < 6);

  span.follow(500, 100);
  assert.ok(span.seconds > 30 && span.seconds < 32 && span.t1 > 500);
});

test("a length chosen by hand is kept while it follows the clock", () => {
  const span = new Span(90, 100);
  span.zoom(0.5, 1);
  span.follow(105, 0);

  assert.ok(Math.abs(span.seconds - 5) < 1e-9);
});

test("zooming keeps the place under the pointer, and has its limits", () => {
  const span = new Span(0, 10);
  span.zoom(0.1, 0.3);
  assert.ok(Math.abs(span.t0 + 0.3 * span.seconds - 3) < 1e-9);

  for (let n = 0; n < 50; n++) span.zoom(0.1, 0.5);
  assert.ok(span.seconds >= 0.002 - 1e-12);
  for (let n = 0; n < 50; n++) span.zoom(10, 0.5);
  assert.equal(span.seconds, 6 * 3600);
});

test("panning and fitting let the clock go", () => {
  const span = new Span(0, 10);
  span.pan(0.5);
  assert.deepEqual([span.t0, span.t1, span.live], [5, 15, false]);

  span.live = true;
  span.fit(100, 200);
  assert.ok(span.t0 < 100 && span.t1 > 200 && !span.live);
});

test("a monitor opens with the last minute of what there is, ready to follow", () => {
  const long = openingSpan(0, 500, 1000);
  assert.ok(long.t0 < 440 && long.t0 > 430 && long.t1 > 500 && long.live);

  const empty = openingSpan(1000, 1000, 1000);
  assert.deepEqual([empty.t0, empty.t1, empty.live], [990, 1000, true]);
});
