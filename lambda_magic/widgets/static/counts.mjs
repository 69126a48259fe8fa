// What the records add up to: the counters above the picture and the curve beneath it.
import { COLD, CONCURRENT, INVOKE, THROTTLE } from "./records.mjs";

/** The value below which `percent` of the ordered values lie, interpolated. */
export function percentile(ordered, percent) {
  if (!ordered.length) return NaN;
  const position = ((ordered.length - 1) * percent) / 100;
  const below = Math.floor(position);
  const above = Math.min(below + 1, ordered.length - 1);
  return ordered[below] + (ordered[above] - ordered[below]) * (position - below);
}

/** The counters of all records; errors are counted as CloudWatch counts them. */
export function summarize(records) {
  const durations = [], inits = [], reasons = new Map();
  let concurrency = 0, errors = 0, throttles = 0, cost = 0;
  for (let i = 0; i < records.length; i++) {
    const goesOn = records.end[i] !== records.end[i];
    if (goesOn) concurrency += records.flags[i] & CONCURRENT ? 1 : 0;
    else if (records.phase[i] === INVOKE) {
      durations.push(records.duration[i]);
      if (records.flags[i] & COLD) inits.push(records.init[i]);
      if (records.status[i] !== 1) errors += 1;
      cost += records.cost[i];
    } else if (records.phase[i] === THROTTLE) {
      throttles += 1;
      const reason = records.errorOf(i);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  const sorted = Float64Array.from(durations).sort();
  return {
    concurrency, errors, throttles, cost,
    invocations: durations.length,
    coldStarts: inits.length,
    initP50: percentile(Float64Array.from(inits).sort(), 50),
    p50: percentile(sorted, 50),
    p99: percentile(sorted, 99),
    reason: [...reasons].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null,
  };
}

/**
 * The most invocations in flight in each of `columns` equal parts of t0..t1.
 * An invocation that waits for an Init counts from the Init's beginning.
 */
export function concurrencyCurve(records, t0, t1, columns, now) {
  const perSecond = columns / (t1 - t0);
  const begins = [], ends = [];
  let before = 0;
  for (let i = 0; i < records.length; i++) {
    if (!(records.flags[i] & CONCURRENT)) continue;
    const end = records.endOf(i, now), start = records.start[i];
    if (end <= t0 || start >= t1) continue;
    if (start < t0) before += 1;
    else begins.push(start);
    if (end < t1) ends.push(end);
  }
  return sweep(before, Float64Array.from(begins).sort(), Float64Array.from(ends).sort(),
    (time) => Math.min(columns - 1, Math.floor((time - t0) * perSecond)), columns);
}

function sweep(before, begins, ends, columnOf, columns) {
  const most = new Float32Array(columns);
  let running = before, column = 0, b = 0, e = 0;
  most[0] = running;
  const moveTo = (next) => {
    while (column < next) most[++column] = running;
  };
  while (b < begins.length || e < ends.length) {
    // What ends at a moment is over before what begins then.
    if (b < begins.length && !(e < ends.length && ends[e] <= begins[b])) {
      moveTo(columnOf(begins[b++]));
      running += 1;
      if (running > most[column]) most[column] = running;
    } else {
      moveTo(columnOf(ends[e++]));
      running -= 1;
    }
  }
  moveTo(columns - 1);
  return most;
}

/** The numbers of throttles in each of `columns` equal parts of t0..t1, as [column, count]. */
export function throttleMarks(records, t0, t1, columns) {
  const counts = new Map();
  for (let i = 0; i < records.length; i++) {
    if (records.phase[i] !== THROTTLE) continue;
    const column = Math.floor(((records.start[i] - t0) * columns) / (t1 - t0));
    if (column >= 0 && column < columns) counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => a[0] - b[0]);
}

/** US dollars as a person reads them: "$0.00021". */
export function dollars(amount) {
  if (!amount) return "$0";
  if (amount >= 1) return `$${amount.toFixed(2)}`;
  const digits = Math.min(10, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(digits)}`;
}
