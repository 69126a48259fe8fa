// The monitor's elements, and filling them: everything but the canvas.
import { TABLE_HEAD, counters, describe, legend, tableRows } from "./details.mjs";

/** An element with attributes and children; text is never taken for markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const HELP = "Arrow keys left and right move through time, plus and minus zoom, up and down choose " +
  "an environment, N and P its next and previous invocation, Enter shows the log, brackets change " +
  "the height of rows, F fits everything, L follows the clock, Escape closes what is open.";

/** All elements of one monitor, by name; `root` holds them. */
export function buildElements(title) {
  const button = (name, text, label, extra = {}) =>
    element("button", { type: "button", "data-do": name, "aria-label": label, title: label, ...extra },
      text);
  const found = {
    counters: element("div", { class: "lm-counters", role: "list" }),
    canvas: element("canvas"),
    tooltip: element("div", { class: "lm-tooltip", hidden: true, role: "tooltip" }),
    empty: element("div", { class: "lm-empty", hidden: true },
      "Nothing has happened yet. Try ", element("code", {}, "%invoke"), "."),
    legend: element("ul", { class: "lm-legend", "aria-label": "Legend" }),
    sources: element("div", { class: "lm-sources", hidden: true, tabindex: "0", role: "region",
      "aria-label": "Event sources" }),
    log: element("section", { class: "lm-log", hidden: true, "aria-label": "Log of an invocation" }),
    table: element("div", { class: "lm-table", hidden: true, tabindex: "0", role: "region",
      "aria-label": "The last invocations" }),
    hiding: element("style"),
    spoken: element("div", { class: "lm-spoken", "aria-live": "polite" }),
    live: button("live", "Live", "Follow the clock", { "aria-pressed": "true" }),
    showTable: button("table", "Table", "Show the invocations as a table", { "aria-pressed": "false" }),
  };
  found.stage = element("div", {
    class: "lm-stage", tabindex: "0", role: "application", "aria-roledescription": "timeline",
    // JupyterLab leaves the keys alone where this is set.
    "data-lm-suppress-shortcuts": "true", "aria-label": "Execution environments over time. " + HELP,
  }, found.canvas, found.empty, found.tooltip);
  const toolbar = element("div", { class: "lm-toolbar", role: "toolbar", "aria-label": "View" },
    element("strong", {}, title), found.live, button("fit", "Fit", "Show everything"),
    button("out", "−", "Zoom out"), button("in", "+", "Zoom in"), found.showTable);
  found.root = element("div", { class: "lm-monitor", hidden: true }, found.counters, toolbar,
    found.stage, found.legend, found.sources, found.log, found.table, found.spoken, found.hiding);
  return found;
}

/** Fill in the counters; what is wrong is red. */
export function fillCounters(list, summary, limits) {
  const alarms = { invocations: summary.errors, throttles: summary.throttles };
  list.replaceChildren(...counters(summary, limits).map(([label, value, note]) =>
    element("div", { class: alarms[label] ? "lm-counter lm-alarm" : "lm-counter", role: "listitem" },
      element("span", { class: "lm-label" }, label), element("b", {}, value),
      element("span", { class: "lm-note", title: note }, note))));
}

/** Fill in the legend, if it is another than before. */
export function fillLegend(list, records) {
  const entries = legend(records);
  const key = entries.join();
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...entries.map(([kind, text]) => element("li", {},
    element("span", { class: `lm-swatch lm-swatch-${kind}`, "aria-hidden": "true",
      style: `--lm-colour: var(--lm-${kind})` }), text)));
}

/** Say what a segment is, beside the place (x, y) of the stage. */
export function showTooltip(tooltip, records, i, now, x, y, width) {
  const { title, rows } = describe(records, i, now);
  const facts = rows.flatMap(([label, value]) => [
    element("span", { class: "lm-label" }, label), element("span", {}, value)]);
  tooltip.replaceChildren(element("b", {}, title), element("div", { class: "lm-facts" }, ...facts));
  if (rows[0][0] === "request id") {
    tooltip.append(element("div", { class: "lm-hint" }, "click: its log"));
  }
  tooltip.hidden = false;
  const size = tooltip.offsetWidth;
  tooltip.style.left = `${Math.max(4, x + 14 + size > width ? x - size - 14 : x + 14)}px`;
  tooltip.style.top = `${y + 14}px`;
}

/** Show a log, or what it waits for. `close` is called for its button. */
export function showLog(section, request, text, close) {
  const button = element("button", { type: "button", "aria-label": "Close the log" }, "Close");
  button.addEventListener("click", close);
  section.replaceChildren(
    element("header", {}, element("span", {}, `Log of ${request}`), button),
    element("pre", { tabindex: "0" }, text));
  section.hidden = false;
}

/** Fill in the table of the last invocations; `open` is called with one's number. */
export function fillTable(region, records, now, open) {
  const rows = tableRows(records, 100, now).map(({ i, cells }) => {
    const request = records.requestId(i);
    const button = element("button", { type: "button", "aria-label": `Log of ${request}` },
      request.slice(0, 8));
    const number = records.first + i;
    button.addEventListener("click", () => open(number));
    return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)),
      element("td", {}, button));
  });
  const head = TABLE_HEAD.map((name) => element("th", { scope: "col" }, name));
  region.replaceChildren(element("table", {},
    element("caption", {}, "The last 100 invocations, newest first"),
    element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
}
