// What is said in words: counters, one segment, the table, and the legend.
import { dollars } from "./counts.mjs";
import { versionStyle } from "./lanes.mjs";
import { COLD, INVOKE, PHASES, SPILLOVER, STATUSES, SUPPRESSED, THROTTLE } from "./records.mjs";
import { duration, timeOfDay } from "./time_axis.mjs";

const count = (number) => number.toLocaleString("en");
const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

/** The counters as [label, value, note]. */
export function counters(summary, limits) {
  const cold = summary.invocations ? (100 * summary.coldStarts) / summary.invocations : 0;
  const perMillion = summary.invocations ? (summary.cost / summary.invocations) * 1e6 : 0;
  return [
    ["concurrency", count(summary.concurrency), limitNote(limits)],
    ["invocations", count(summary.invocations), plural(summary.errors, "error")],
    ["cold starts", count(summary.coldStarts), summary.coldStarts
      ? `${cold.toFixed(1)} %  p50 ${duration(summary.initP50)}` : "none"],
    ["duration", duration(summary.p50), `p99 ${duration(summary.p99)}`],
    ["throttles", count(summary.throttles), reasonNote(summary.reason)],
    ["cost", dollars(summary.cost), summary.invocations
      ? `per 1 M: ${dollars(perMillion)}` : "nothing yet"],
  ];
}

function limitNote(limits) {
  if (!limits) return "";
  if (limits.reserved !== null) return `of ${count(limits.reserved)} reserved`;
  return `of ${count(limits.account)} in the account`;
}

const REASONS = {
  ReservedFunctionConcurrentInvocationLimitExceeded: "reserved limit",
  ReservedFunctionInvocationRateLimitExceeded: "reserved rate",
  ConcurrentInvocationLimitExceeded: "account limit",
  FunctionInvocationRateLimitExceeded: "account rate",
};

function reasonNote(reason) {
  return reason === null ? "none" : (REASONS[reason] ?? reason);
}

/** All counters as one sentence, for those who listen. */
export function spoken(summary, environments) {
  return `${plural(environments, "environment")}, ${plural(summary.invocations, "invocation")}, ` +
    `${count(summary.concurrency)} running, ${plural(summary.errors, "error")}, ` +
    `${plural(summary.coldStarts, "cold start")}, ${plural(summary.throttles, "throttle")}, ` +
    `median duration ${duration(summary.p50)}.`;
}

/** One segment in words: {title, rows: [[label, value]]}. */
export function describe(records, i, now) {
  const lane = records.lanes.get(records.lane[i]);
  const phase = records.phase[i];
  const began = ["started", timeOfDay(records.start[i])];
  if (phase === THROTTLE) {
    return {
      title: `Throttled ${records.nameOf(i) ?? ""}`,
      rows: [["reason", records.errorOf(i) ?? ""], ["at", timeOfDay(records.start[i])]],
    };
  }
  const where = lane ? `${lane.function}:${lane.version}` : "";
  const took = (records.endOf(i, now) - records.start[i]) * 1000;
  if (phase !== INVOKE) {
    const kind = records.flags[i] & SUPPRESSED ? "init, repeated in the invocation" : PHASES[phase];
    const rows = [["duration", duration(took)], began, ["environment", lane?.id ?? ""]];
    if (records.errorOf(i)) rows.unshift(["error", records.errorOf(i)]);
    return { title: `${capital(kind)} of ${where}`, rows };
  }
  const alias = records.nameOf(i);
  return {
    title: `Invoke ${where}${alias ? ` through ${alias}` : ""}`,
    rows: [...invocationRows(records, i, took, lane), began, ["environment", lane?.id ?? ""]],
  };
}

function invocationRows(records, i, took, lane) {
  const status = STATUSES[records.status[i]];
  const error = records.errorOf(i);
  const rows = [["request id", records.requestId(i)]];
  rows.push(["status", error ? `${status}: ${error}` : status]);
  rows.push(["duration", duration(records.duration[i] || took)]);
  if (records.flags[i] & COLD) rows.push(["init duration", `${duration(records.init[i])}, cold start`]);
  if (status !== "running") {
    rows.push(["billed", `${count(records.billed[i])} ms, ${dollars(records.cost[i])}`]);
    rows.push(["memory", `${records.memory[i]} of ${lane?.memory ?? "?"} MB`]);
  }
  if (records.flags[i] & SPILLOVER) rows.push(["concurrency", "on demand: all provisioned was busy"]);
  return rows;
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** The last `most` invocations, newest first, for the table: [{i, cells}]. */
export function tableRows(records, most, now) {
  const rows = [];
  for (let i = records.length - 1; i >= 0 && rows.length < most; i--) {
    if (records.phase[i] !== INVOKE) continue;
    const lane = records.lanes.get(records.lane[i]);
    const took = records.duration[i] || (records.endOf(i, now) - records.start[i]) * 1000;
    const ended = records.status[i] > 0;
    rows.push({ i, cells: [
      timeOfDay(records.start[i]),
      lane ? `${lane.function}:${lane.version}` : "",
      records.nameOf(i) ?? "",
      lane?.id.slice(0, 6) ?? "",
      STATUSES[records.status[i]],
      duration(took),
      records.flags[i] & COLD ? duration(records.init[i]) : "",
      ended ? `${records.memory[i]} MB` : "",
    ] });
  }
  return rows;
}

export const TABLE_HEAD = [
  "started", "function", "alias", "environment", "status", "duration", "init", "memory", "log",
];

/** The legend: [class of the swatch, text], with the versions that there are. */
export function legend(records) {
  const versions = new Set();
  for (const lane of records.lanes.values()) versions.add(lane.version);
  const sorted = [...versions].sort((a, b) => (Number(a) || 0) - (Number(b) || 0));
  const invokes = [0, 1, 2].flatMap((style) => {
    const named = sorted.filter((version) => versionStyle(version) === style);
    return named.length
      ? [[`invoke-${style + 1}`, `invoke ${named.slice(-3).map((one) => `:${one}`).join(", ")}`]] : [];
  });
  return [
    ["extension-init", "extension init"], ["runtime-init", "runtime init"],
    ["function-init", "function init"], ["restore", "restore"], ...invokes,
    ["ready", "ready"], ["frozen", "frozen"], ["shutdown", "shutdown"], ["reset", "reset"],
    ["mark-cold", "cold start"], ["mark-error", "error"], ["mark-timeout", "timeout"],
    ["mark-throttle", "throttle"],
  ];
}
