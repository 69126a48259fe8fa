// A page without a browser: as much of one as the monitor needs, which counts what is left in it.

/** What listens, watches or waits on the page; all empty when everything was cleaned up. */
export class Page {
  constructor() {
    this.listeners = new Set();
    this.watching = new Set();
    this.frames = new Map();
    this.timers = new Set();
    this.resized = [];
    this.seen = [];
    this.next = 1;
  }

  /** Put it in the place of a browser's globals. */
  install() {
    const page = this;
    globalThis.document = {
      createElement: (tag) => new Element(page, tag),
      body: new Element(page, "body"),
      documentElement: new Element(page, "html"),
      activeElement: null,
    };
    globalThis.window = {
      devicePixelRatio: 2,
      matchMedia: () => new Element(page, "media"),
    };
    globalThis.getComputedStyle = () => ({ getPropertyValue: () => "#123456", fontFamily: "x" });
    globalThis.requestAnimationFrame = (draw) => {
      page.frames.set(page.next, draw);
      return page.next++;
    };
    globalThis.cancelAnimationFrame = (frame) => page.frames.delete(frame);
    for (const [name, calls] of [["ResizeObserver", page.resized], ["IntersectionObserver", page.seen],
      ["MutationObserver", []]]) {
      globalThis[name] = class {
        constructor(callback) {
          calls.push(callback);
        }
        observe() {
          page.watching.add(this);
        }
        disconnect() {
          page.watching.delete(this);
        }
      };
    }
    this.keepTimers();
  }

  keepTimers() {
    for (const [set, clear] of [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"]]) {
      globalThis[set] = () => {
        this.timers.add(this.next);
        return this.next++;
      };
      globalThis[clear] = (timer) => this.timers.delete(timer);
    }
  }

  /** Draw the frame that was asked for; returns whether one was. */
  frame() {
    const waiting = [...this.frames.values()];
    this.frames.clear();
    waiting.forEach((draw) => draw());
    return waiting.length > 0;
  }

  /** The page gives the picture its width. */
  layOut(width) {
    this.resized.forEach((callback) => callback([{ contentRect: { width } }]));
  }
}

const CONTEXT = new Proxy({}, {
  get: (target, name) => target[name] ?? (name === "measureText" ? () => ({ width: 10 }) : () => {}),
  set: () => true,
});

class Element {
  constructor(page, tag) {
    Object.assign(this, {
      page, tag, children: [], parentElement: null, dataset: {}, style: {}, attributes: new Map(),
      handlers: new Map(), textContent: "", offsetWidth: 100,
    });
    this.classList = { contains: () => false };
  }

  get hidden() {
    return this.attributes.has("hidden");
  }

  set hidden(value) {
    this.toggleAttribute("hidden", value);
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
    if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  hasAttribute(name) {
    return this.attributes.has(name);
  }

  removeAttribute(name) {
    this.attributes.delete(name);
  }

  toggleAttribute(name, force) {
    if (force) this.attributes.set(name, "");
    else this.attributes.delete(name);
  }

  append(...children) {
    for (const child of children) {
      if (child instanceof Element) child.parentElement = this;
      else this.textContent += child;
      this.children.push(child);
    }
  }

  replaceChildren(...children) {
    this.children = [];
    this.textContent = "";
    this.append(...children);
  }

  remove() {
    const { parentElement } = this;
    if (parentElement) parentElement.children = parentElement.children.filter((one) => one !== this);
  }

  contains(other) {
    return other === this;
  }

  closest(selector) {
    return selector === "[data-do]" && "do" in this.dataset ? this : null;
  }

  addEventListener(type, handler, { signal } = {}) {
    const entry = { type, handler };
    this.page.listeners.add(entry);
    if (!this.handlers.has(type)) this.handlers.set(type, []);
    this.handlers.get(type).push(handler);
    signal?.addEventListener("abort", () => this.page.listeners.delete(entry));
  }

  /** Have something happen to it, and to what it is in. */
  happen(type, event = {}) {
    const told = { target: this, preventDefault() {}, stopPropagation() {}, ...event };
    for (let at = this; at; at = at.parentElement) {
      for (const handler of at.handlers.get(type) ?? []) handler(told);
    }
  }

  getBoundingClientRect() {
    return { left: 0, top: 0 };
  }

  getContext() {
    return CONTEXT;
  }

  /** The elements in it, and itself, for which `test` holds. */
  find(test) {
    const inside = this.children.filter((one) => one instanceof Element).flatMap((one) => one.find(test));
    return test(this) ? [this, ...inside] : inside;
  }

  /** All text in it. */
  get text() {
    return this.children.map((one) => (one instanceof Element ? one.text : one)).join(" ");
  }
}
