import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Records } from "../../../lambda_magic/widgets/static/records.mjs";
import { fillSources } from "../../../lambda_magic/widgets/static/sources.mjs";
import { Page } from "./page.mjs";
import { content } from "./timeline_bytes.mjs";

const CELLS = ["sqs:orders", "hello", "Enabled", "5 pollers", "12", "0", "none", "OK"];
let region;

beforeEach(() => {
  new Page().install();
  region = document.createElement("div");
});

test("without mappings there is no table", () => {
  fillSources(region, []);

  assert.equal(region.hidden, true);
});

test("a table that says the same stays as it is", () => {
  const sources = [{ cells: CELLS, alarm: false }];
  fillSources(region, sources);
  const [table] = region.children;
  fillSources(region, sources);
  assert.equal(region.children[0], table);

  fillSources(region, [...sources]);
  assert.notEqual(region.children[0], table);
  assert.deepEqual(region.find((one) => one.getAttribute("class") === "lm-alarm"), []);
});

test("messages that do not tell of sources leave them as they are", () => {
  const records = new Records();
  const sources = [{ cells: CELLS, alarm: false }];
  records.apply(content("reset", { sources }), null);
  records.apply(content("add", { sequence: 1, sources: null }), null);
  assert.equal(records.sources, sources);

  records.apply(content("add", { sequence: 2, sources: [] }), null);
  assert.deepEqual(records.sources, []);
});
