import assert from "node:assert/strict";
import { test } from "node:test";

import widget, {
  group, heading, KEPT, matches, received, timeOfDay,
} from "../../../lambda_magic/widgets/static/log_tail.mjs";

const event = (message, members = {}) => ({
  timestamp: 0, level: "INFO", platform: false, requestId: "r1", version: "1",
  environment: "0123456789abcdef", message, ...members,
});

/** As much of a document as the widget uses. */
class Node {
  constructor(name) {
    Object.assign(this, {
      name, children: [], attributes: {}, listeners: {}, textContent: "", value: "",
      scrollHeight: 0, scrollTop: 0, clientHeight: 0, checked: false, open: false,
    });
    this.classList = { add: (name) => { this.attributes.class = name; } };
  }
  append(...nodes) {
    for (const node of nodes) {
      if (typeof node === "string") this.textContent += node;
      else this.children.push(node);
    }
  }
  replaceChildren(...nodes) { this.children = nodes; }
  setAttribute(name, value) { this.attributes[name] = value; }
  addEventListener(name, listener) { (this.listeners[name] ??= new Set()).add(listener); }
  removeEventListener(name, listener) { this.listeners[name]?.delete(listener); }
  fire(name) { for (const one of this.listeners[name] ?? []) one({ preventDefault() {}, stopPropagation() {} }); }
  find(test) {
    if (test(this)) return this;
    for (const child of this.children) {
      const found = child.find(test);
      if (found) return found;
    }
    return undefined;
  }
  get text() { return this.textContent + this.children.map((child) => child.text).join("\n"); }
}
globalThis.document = { createElement: (name) => new Node(name) };

class Model {
  constructor(state, models = {}) {
    this.state = state;
    this.listeners = new Map();
    this.saved = 0;
    this.widget_manager = { get_model: async (id) => models[id] };
  }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; this.fire(`change:${name}`); }
  save_changes() { this.saved += 1; }
  on(name, listener) {
    if (!this.listeners.has(name)) this.listeners.set(name, new Set());
    this.listeners.get(name).add(listener);
  }
  off(name, listener) { this.listeners.get(name)?.delete(listener); }
  fire(name, ...values) { for (const one of this.listeners.get(name) ?? []) one(...values); }
  get count() { return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0); }
}

/** The widget on a page: what is drawn is there when this returns, since time is ours. */
async function shown(context, events) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const controls = new Model({ pattern: "", error: "", views: 1 });
  const model = new Model({ title: "hello", events, controls: "IPY_MODEL_c" }, { c: controls });
  const el = new Node("div");
  const forget = widget.initialize({ model });
  const close = await widget.render({ model, el });
  const named = (test) => el.find(test);
  return {
    controls, model, el, close, forget,
    tick: () => context.mock.timers.tick(200),
    log: () => named((node) => node.attributes.role === "log"),
    status: () => named((node) => node.attributes.role === "status").textContent,
    input: (label) => named((node) => node.attributes["aria-label"]?.startsWith(label)),
    button: () => named((node) => node.name === "button"),
    byRequest: () => named((node) => node.attributes.type === "checkbox"),
    form: () => named((node) => node.name === "form"),
  };
}

test("a level and a text choose lines", () => {
  assert.ok(matches(event("Hello"), "INFO", "heLL"));
  assert.ok(!matches(event("Hello"), "WARN", ""));
  assert.ok(!matches(event("Hello"), "TRACE", "nope"));
  assert.ok(matches(event("x", { level: "ERROR" }), "WARN", ""));
});

test("lines are grouped by request, those of an Init by environment", () => {
  const events = [event("a"), event("b", { requestId: "r2" }), event("c"), event("d", { requestId: null })];
  const groups = group(events);
  assert.deepEqual([...groups.keys()], ["r1", "r2", "init 0123456789abcdef"]);
  assert.deepEqual(groups.get("r1").map((one) => one.message), ["a", "c"]);
  assert.equal(heading("r1", groups.get("r1")), "Request r1, version 1, 2 log events");
  assert.equal(heading("init 0123456789abcdef", [event("x", { level: "ERROR" })]),
    "Init of 01234567, version 1, 1 log events, failed");
});

test("a time is the time of day in UTC", () => {
  assert.equal(timeOfDay(Date.UTC(2026, 0, 31, 1, 2, 3, 4)), "01:02:03.004");
});

test("messages add to what there is, or replace it, and only so much is kept", () => {
  assert.deepEqual(received([1], { type: "events", events: [2] }), [1, 2]);
  assert.deepEqual(received([1], { type: "reset", events: [2] }), [2]);
  assert.equal(received(Array(KEPT).fill(0), { type: "events", events: [1] }).length, KEPT);
});

test("it shows what there is and what comes", async (context) => {
  const page = await shown(context, [event("before")]);
  assert.match(page.log().text, /before/);
  page.model.fire("msg:custom", { type: "events", events: [event("after")], omitted: 2 });
  page.tick();
  assert.match(page.log().text, /before[^]*after/);
  assert.equal(page.status(), "2 of 2 log events; following; 2 left out: too many a second");
});

test("a level, a text and the grouping are applied at once", async (context) => {
  const page = await shown(context, [event("one"), event("two", { level: "ERROR", requestId: "r2" })]);
  page.input("Lowest level").value = "ERROR";
  page.input("Lowest level").fire("input");
  page.tick();
  assert.doesNotMatch(page.log().text, /one/);
  page.input("Lowest level").value = "TRACE";
  page.input("Show lines").value = "one";
  page.input("Show lines").fire("input");
  page.tick();
  assert.doesNotMatch(page.log().text, /two/);
  page.input("Show lines").value = "";
  page.byRequest().checked = true;
  page.byRequest().fire("input");
  page.tick();
  assert.deepEqual(page.log().children.map((child) => child.name), ["details", "details"]);
});

test("a pause holds the lines back and resuming shows them", async (context) => {
  const page = await shown(context, []);
  page.button().fire("click");
  page.model.fire("msg:custom", { type: "events", events: [event("late")] });
  page.tick();
  assert.doesNotMatch(page.log().text, /late/);
  assert.match(page.status(), /paused, 1 more/);
  page.button().fire("click");
  page.tick();
  assert.match(page.log().text, /late/);
});

test("a pattern goes to the kernel, and what is wrong with it comes back", async (context) => {
  const page = await shown(context, []);
  page.input("CloudWatch").value = "ERROR";
  page.form().fire("submit");
  assert.equal(page.controls.get("pattern"), "ERROR");
  assert.equal(page.controls.saved, 1);
  page.controls.set("error", "InvalidParameterException: no");
  assert.match(page.el.text, /InvalidParameterException: no/);
});

test("what is not in view is not asked for", async (context) => {
  const page = await shown(context, []);
  page.close();
  assert.equal(page.controls.get("views"), 0);
  await widget.render({ model: page.model, el: new Node("div") });
  assert.equal(page.controls.get("views"), 1);
});

test("a page that is opened again asks for what is written", async (context) => {
  const before = await shown(context, []);
  before.close();
  const model = new Model({ title: "hello", events: [], controls: "IPY_MODEL_c" }, { c: before.controls });
  await widget.render({ model, el: new Node("div") });
  assert.equal(before.controls.get("views"), 1);
});

test("closing leaves no listener and no timer", async (context) => {
  const page = await shown(context, []);
  page.model.fire("msg:custom", { type: "events", events: [event("x")] });
  page.close();
  page.forget();
  assert.equal(page.model.count + page.controls.count, 0);
  page.tick();
  assert.doesNotMatch(page.log().text, /x/);
});
