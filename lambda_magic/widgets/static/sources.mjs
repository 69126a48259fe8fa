// The event source mappings beneath the picture: a row each, in the kernel's words.
import { element } from "./elements.mjs";

const SOURCE_HEAD = [
  "source", "function", "state", "pollers", "polled", "failed", "lag", "last result",
];
const ALARMED = ["failed", "last result"]; // the columns that an alarm is about

/**
 * Fill in the table, if it is another than before; without mappings there is none. `sources` are
 * {cells, alarm}, the cells in the order of the head.
 */
export function fillSources(region, sources) {
  if (region.shown === sources) return;
  region.shown = sources;
  region.hidden = sources.length === 0;
  const head = SOURCE_HEAD.map((name) => element("th", { scope: "col" }, name));
  region.replaceChildren(element("table", {},
    element("caption", {}, "Event sources"),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...sources.map(({ cells, alarm }) => element("tr", {},
      ...cells.map((text, column) => element(column ? "td" : "th", {
        ...(column ? {} : { scope: "row" }), title: text,
        class: alarm && ALARMED.includes(SOURCE_HEAD[column]) ? "lm-alarm" : false,
      }, text)))))));
}
