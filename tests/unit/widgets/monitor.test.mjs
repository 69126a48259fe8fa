import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import monitor from "../../../lambda_magic/widgets/static/monitor.mjs";
import { Page } from "./page.mjs";
import { content, lane, pack } from "./timeline_bytes.mjs";

let page, model, said, el, cleanup;

/** A model as a front end gives it to a widget; what is said on the controls' comm is kept. */
class Model {
  constructor() {
    this.handlers = new Set();
    this.widget_manager = {
      get_model: async (id) => {
        assert.equal(id, "controls");
        return { send: (message) => said.push(message) };
      },
    };
  }

  get(name) {
    return { functions: ["hello"], static_name: "still", controls: "IPY_MODEL_controls" }[name];
  }

  on(type, handler) {
    this.handlers.add({ type, handler });
  }

  off(type, handler) {
    for (const one of this.handlers) if (one.handler === handler) this.handlers.delete(one);
  }

  happen(type, ...told) {
    for (const one of this.handlers) if (one.type === type) one.handler(...told);
  }

  tell(message, ...buffers) {
    this.happen("msg:custom", message, buffers);
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const button = (name) => el.find((one) => one.dataset.do === name)[0];
const byClass = (name) => el.find((one) => one.getAttribute("class") === name)[0];

function tellEverything(given = {}, segments = [{}]) {
  model.tell(content("reset", {
    time: Date.now() / 1000, lanes: [lane(0, { born: Date.now() / 1000 - 5 })], ...given,
  }), pack(segments.map((one) => ({
    start: Date.now() / 1000 - 4, end: Date.now() / 1000 - 3, ...one,
  }))));
}

beforeEach(async () => {
  page = new Page();
  page.install();
  said = [];
  model = new Model();
  el = document.createElement("div");
  cleanup = monitor.render({ model, el });
  page.layOut(900);
  await settle();
});

test("a view says that it is seen, and shows nothing before the kernel answers", () => {
  assert.equal(said[0].kind, "show");
  assert.equal(byClass("lm-monitor").hidden, true);
  assert.equal(page.frame(), false);
});

test("what the kernel sends is drawn, and hides the static picture", () => {
  tellEverything();
  assert.equal(page.frame(), true);

  const root = byClass("lm-monitor");
  assert.equal(root.hidden, false);
  assert.match(root.text, /\.lambda-magic-static-still \{ display: none; \}/);
  assert.match(byClass("lm-counters").text, /invocations 1 0 errors/);
  const canvas = el.find((one) => one.tag === "canvas")[0];
  assert.equal(canvas.width, 1800);
});

test("at rest no frame is asked for; with something running one follows the other", () => {
  tellEverything({}, [{ start: Date.now() / 1000 - 60, end: Date.now() / 1000 - 59 }]);
  page.frame();
  assert.equal(page.frame(), false);

  model.tell(content("add", { sequence: 1, time: Date.now() / 1000 }),
    pack([{ number: 1, start: Date.now() / 1000, end: null, status: 0 }]));
  assert.equal(page.frame(), true);
  assert.equal(page.frame(), true);
});

test("when a message is missing, everything is asked for again", async () => {
  tellEverything();
  model.tell(content("add", { sequence: 2 }), pack([{ number: 9 }]));
  await settle();

  assert.deepEqual([said.at(-1).kind, said.at(-1).again], ["show", true]);
});

test("a click on an invocation asks for its log and shows it", async () => {
  tellEverything();
  page.frame();
  const stage = byClass("lm-stage");
  // The invocation ended three seconds ago; in this picture that is a little left of "now".
  let x = 880;
  while (!stage.hasAttribute("data-over") && x > 140) {
    x -= 2;
    stage.happen("pointermove", { clientX: x, clientY: 25 });
    page.frame();
  }
  stage.happen("pointerdown", { button: 0, clientX: x, clientY: 25 });
  stage.happen("pointerup", { clientX: x, clientY: 25 });
  await settle();

  const request = "00000000-0000-4000-8000-000000000001";
  assert.equal(byClass("lm-tooltip").hidden, false);
  assert.deepEqual(said.at(-1).kind, "log");
  assert.deepEqual(said.at(-1).request, request);
  assert.equal(said.at(-1).environment, lane(0).id);

  model.tell({ kind: "log", request, text: "START RequestId" });
  assert.match(byClass("lm-log").text, /START RequestId/);
});

test("keys choose an environment and its invocation, and say what they are", async () => {
  tellEverything();
  page.frame();
  const stage = byClass("lm-stage");
  stage.happen("keydown", { key: "ArrowDown" });
  assert.match(byClass("lm-spoken").textContent, /Environment aaaaa0 of hello, version 1/);
  stage.happen("keydown", { key: "n" });
  assert.match(byClass("lm-spoken").textContent, /Invoke hello:1.*request id 00000000-/);
  stage.happen("keydown", { key: "Enter" });
  await settle();
  assert.equal(said.at(-1).kind, "log");
});

test("buttons and keys move the view", () => {
  tellEverything();
  page.frame();
  const live = button("live");
  button("fit").happen("click");
  page.frame();
  assert.equal(live.getAttribute("aria-pressed"), "false");
  live.happen("click");
  page.frame();
  assert.equal(live.getAttribute("aria-pressed"), "true");
});

test("the table has what the picture has", () => {
  tellEverything();
  page.frame();
  button("table").happen("click");
  page.frame();

  const table = byClass("lm-table");
  assert.equal(table.hidden, false);
  assert.match(table.text, /hello:1 {2}aaaaa0 success/);
});

test("out of sight it says so, and in sight again", async () => {
  page.seen.forEach((callback) => callback([{ isIntersecting: true }]));
  page.seen.forEach((callback) => callback([{ isIntersecting: false }]));
  await settle();

  assert.deepEqual(said.map((message) => message.kind), ["show", "show", "hide"]);
});

test("when the kernel is gone the static picture is back, and nothing is drawn", async () => {
  tellEverything({}, [{ end: null, status: 0 }]);
  page.frame();
  model.happen("comm_live_update");
  page.frame();

  assert.equal(byClass("lm-monitor").hidden, true);
  assert.doesNotMatch(byClass("lm-monitor").text, /lambda-magic-static/);
  assert.equal(page.frame(), false);

  tellEverything();
  assert.equal(byClass("lm-monitor").hidden, false);
  assert.equal(page.frame(), true);
});

test("who wants little motion gets few frames", () => {
  window.matchMedia = () => ({ matches: true, addEventListener() {} });
  cleanup();
  cleanup = monitor.render({ model, el });
  page.layOut(900);
  tellEverything({}, [{ end: null, status: 0 }]);

  assert.equal(page.frame(), true);
  assert.equal(page.frame(), false);
  assert.ok(page.timers.size > 1);
});

test("cleaned up, no listener, observer, timer or frame is left", async () => {
  tellEverything({}, [{ end: null, status: 0 }]);
  page.frame();
  assert.ok(page.listeners.size && page.watching.size && page.frames.size && page.timers.size);

  cleanup();
  await settle();

  assert.deepEqual(
    [page.listeners.size, page.watching.size, page.frames.size, page.timers.size, model.handlers.size],
    [0, 0, 0, 0, 0]);
  assert.equal(el.children.length, 0);
  assert.equal(said.at(-1).kind, "hide");
});

test("event sources are a table beneath the picture, as long as there are any", () => {
  const cells = ["sqs:orders", "hello", "Enabled", "5 pollers", "12", "3", "1.25 s", "OK"];
  tellEverything({ sources: [{ cells, alarm: true }] });
  page.frame();
  const table = byClass("lm-sources");
  assert.equal(table.hidden, false);
  assert.match(table.text, /source.*last result.*sqs:orders.*5 pollers.*1\.25 s/s);
  const red = table.find((one) => one.getAttribute("class") === "lm-alarm");
  assert.deepEqual(red.map((one) => one.text), ["3", "OK"]);
  assert.equal(table.find((one) => one.getAttribute("scope") === "row")[0].text, "sqs:orders");
});
