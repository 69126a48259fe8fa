// The live monitor: one view of one model. The kernel sends records; clicks go back on a comm of
// their own, which the kernel may read late, so nothing here waits for it.
import { drawChosen } from "./chosen.mjs";
import { summarize } from "./counts.mjs";
import { drawAxis, drawCurve, drawNow } from "./curve.mjs";
import { describe, spoken } from "./details.mjs";
import {
  buildElements, fillCounters, fillLegend, fillTable, showLog, showTooltip,
} from "./elements.mjs";
import { listen } from "./gestures.mjs";
import { LanePainter } from "./lanes.mjs";
import { INVOKE, Records } from "./records.mjs";
import { heightFor, lanesHeightFor, layoutOf, neighbour, rowsOf, topOf } from "./rows.mjs";
import { fillSources } from "./sources.mjs";
import { coloursOf, watchTheme } from "./theme.mjs";
import { Span, openingSpan } from "./time_axis.mjs";

const HIGHEST = 338; // of the lanes' part, in pixels
const SLOW = 250; // milliseconds between two changes of words and numbers
const SPEAK = 10_000; // milliseconds between two summaries for those who listen
const LINGER = 4; // seconds for which the picture moves on after the last event
const PING = 20_000; // milliseconds after which the kernel hears that somebody still looks
const SILENCE = 25_000; // milliseconds without a word after which a kernel is taken for gone
const CALM = 500; // milliseconds between two frames for those who want little motion

export class MonitorView {
  constructor(model, el, send) {
    this.send = send;
    this.staticName = model.get("static_name");
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    this.records = new Records();
    this.painter = new LanePainter();
    this.elements = buildElements(titleOf(model.get("functions")));
    this.abort = new AbortController();
    this.span = new Span(0, 10);
    this.sequence = -1;
    this.offset = Infinity; // of this machine's clock against the kernel's
    this.quiet = 0; // when the last event came
    this.width = this.lanesHeight = 0;
    this.rowHeight = this.scroll = 0;
    this.hovered = this.selected = -1; // numbers of segments
    this.lane = null; // the number of the chosen environment
    this.pointer = null;
    this.frame = this.slow = this.calm = 0;
    this.heard = -Infinity; // when the kernel last said anything
    this.slowAt = this.spokenAt = -Infinity;
    el.append(this.elements.root);
    this.observe();
    listen(this, this.elements, this.abort.signal);
    this.send({ kind: "show", view: this.id });
  }

  /** Look at the page: its theme, the room there is, whether anybody sees it. */
  observe() {
    const { signal } = this.abort;
    const { root, stage } = this.elements;
    this.wantsCalm = window.matchMedia("(prefers-reduced-motion: reduce)");
    watchTheme((dark) => {
      root.dataset.theme = dark ? "dark" : "light";
      this.colours = null;
      this.schedule();
    }, signal);
    // Asked in between, while a theme is being changed for instance, the width may be any.
    const resize = new ResizeObserver((entries) => {
      this.width = entries.at(-1).contentRect.width;
      this.schedule();
    });
    resize.observe(stage);
    const sight = new IntersectionObserver((entries) => this.seen(entries.at(-1).isIntersecting));
    sight.observe(root.parentElement);
    const ping = setInterval(() => this.seen(this.isSeen), PING);
    signal.addEventListener("abort", () => {
      resize.disconnect();
      sight.disconnect();
      clearInterval(ping);
    });
  }

  seen(isSeen) {
    // Out of sight nothing is sent; what was missed comes at once when it is seen again.
    if (isSeen || this.isSeen) {
      this.send({ kind: isSeen ? "show" : "hide", view: this.id });
    }
    this.isSeen = isSeen;
    if (isSeen) this.schedule();
  }

  /** The kernel says something. */
  receive(content, buffers) {
    if (content.kind === "log") {
      if (content.request === this.request) this.openLog(content.request, content.text);
      return;
    }
    if (content.kind === "reset" ? content.sequence === this.sequence : !this.follows(content)) return;
    this.sequence = content.sequence;
    this.heard = performance.now();
    const isFirst = this.elements.root.hidden;
    this.offset = Math.min(this.offset, Date.now() / 1000 - content.time);
    this.records.apply(content, buffers[0]);
    if (content.kind === "add" && buffers.length) this.quiet = this.now();
    if (isFirst) this.begin();
    this.schedule();
  }

  /** Whether nothing is missing before a message; if it is, ask for everything. */
  follows(content) {
    if (this.sequence < 0) return false;
    if (content.sequence === this.sequence + 1) return true;
    if (content.sequence > this.sequence) {
      this.sequence = -1;
      this.send({ kind: "show", view: this.id, again: true });
    }
    return false;
  }

  begin() {
    const now = this.now();
    const [first, last] = this.records.span(now);
    this.span = openingSpan(first, last, now);
    this.quiet = last;
    this.elements.root.hidden = false;
    // The static picture beside this one is for when there is no kernel.
    this.elements.hiding.replaceChildren(`.lambda-magic-static-${this.staticName} { display: none; }`);
  }

  /** The kernel may be gone: the static picture comes back, until it answers. */
  lose() {
    this.elements.root.hidden = true;
    this.elements.hiding.replaceChildren();
    this.sequence = -1;
    this.offset = Infinity;
    this.send({ kind: "show", view: this.id, again: true });
  }

  /** The kernel's time. */
  now() {
    return Date.now() / 1000 - (Number.isFinite(this.offset) ? this.offset : 0);
  }

  /** Whether the picture moves by itself. */
  moves(now) {
    if (!this.span.live || performance.now() - this.heard > SILENCE) return false;
    return now - this.quiet < LINGER || this.records.isActive();
  }

  schedule() {
    if (!this.frame && !this.abort.signal.aborted && !this.elements.root.hidden) {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }
  }

  draw() {
    const now = this.now();
    const moves = this.moves(now);
    this.first = this.records.span(now)[0];
    if (moves) this.span.follow(now, this.first);
    // At rest, "now" stays where it last was.
    this.shownNow = moves || !this.shownNow ? now : Math.max(this.shownNow, this.quiet);
    this.colours ??= coloursOf(this.elements.root);
    this.measure();
    this.paint();
    this.hover();
    const elapsed = performance.now() - this.slowAt;
    if (elapsed >= SLOW) this.sayAll();
    else this.slow ||= setTimeout(() => this.sayAll(), SLOW - elapsed);
    if (!moves) return;
    if (this.wantsCalm.matches) {
      clearTimeout(this.calm);
      this.calm = setTimeout(() => this.schedule(), CALM);
    } else this.schedule();
  }

  /** Fit canvas and layout to the page and to what there is. */
  measure() {
    const { canvas } = this.elements;
    const rows = rowsOf(this.records, this.span);
    // It grows with what there is and never shrinks: the page must not jump.
    this.lanesHeight = Math.max(this.lanesHeight, lanesHeightFor(rows.length, HIGHEST));
    const width = Math.max(320, this.width);
    const height = heightFor(this.lanesHeight);
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.height = `${height}px`;
    }
    this.layout = layoutOf(width, this.lanesHeight, rows, this.rowHeight, this.scroll);
    this.scroll = this.layout.scroll;
    this.ratio = ratio;
  }

  paint() {
    const { records, layout, span, colours, shownNow: now } = this;
    const context = this.elements.canvas.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = colours.background;
    context.fillRect(0, 0, layout.width, heightFor(this.lanesHeight));
    drawAxis(context, layout, span, this.zeroOf(now), colours);
    this.painter.draw(context, records, layout, span, now, colours);
    drawCurve(context, records, layout, span, now, colours);
    drawNow(context, layout, span, now, colours);
    drawChosen(context, this);
  }

  /** The moment that the axis counts from: the first one ever seen. */
  zeroOf(now) {
    if (this.zero === undefined && this.records.length) this.zero = this.first;
    return this.zero ?? now;
  }

  /** Say what the pointer is on. */
  hover() {
    const i = this.hovered - this.records.first;
    const { tooltip, stage } = this.elements;
    if (!this.pointer || this.hovered < 0 || i < 0 || i >= this.records.length) {
      tooltip.hidden = true;
      stage.removeAttribute("data-over");
      return;
    }
    const { x, y } = this.pointer;
    showTooltip(tooltip, this.records, i, this.shownNow, x, y, this.layout.width);
    stage.toggleAttribute("data-over", this.records.phase[i] === INVOKE);
  }

  /** Words and numbers, a few times a second. */
  sayAll() {
    clearTimeout(this.slow);
    this.slow = 0;
    this.slowAt = performance.now();
    const { counters, legend, empty, live, table } = this.elements;
    const summary = summarize(this.records);
    fillCounters(counters, summary, this.records.limits.at(-1));
    fillLegend(legend, this.records);
    fillSources(this.elements.sources, this.records.sources);
    empty.hidden = this.records.length > 0;
    live.setAttribute("aria-pressed", String(this.span.live));
    if (!table.hidden && !table.contains(document.activeElement)) this.fillTable();
    if (this.slowAt - this.spokenAt > SPEAK && this.summaryVersion !== this.records.version) {
      this.spokenAt = this.slowAt;
      this.summaryVersion = this.records.version;
      this.say(spoken(summary, this.records.lanes.size));
    }
  }

  say(text) {
    this.elements.spoken.textContent = text;
  }

  fillTable() {
    fillTable(this.elements.table, this.records, this.now(), (number) => this.askLog(number));
  }

  /** Choose an invocation, by its position, and say what it is. */
  choose(i) {
    if (i < 0) return;
    this.selected = this.records.first + i;
    this.lane = this.records.lane[i];
    const time = this.records.start[i];
    if (time < this.span.t0 || time > this.span.t1) {
      this.span.pan((time - this.span.t0) / this.span.seconds - 0.5);
    }
    const { title, rows } = describe(this.records, i, this.now());
    this.say(`${title}. ${rows.map((row) => row.join(" ")).join(", ")}.`);
    this.schedule();
  }

  /** Choose the environment `step` rows further, and bring it into sight. */
  chooseLane(step) {
    const { rows, rowOf, rowHeight, top, bottom } = this.layout;
    let row = (rowOf.get(this.lane) ?? (step > 0 ? -1 : rows.length)) + step;
    while (rows[row] && !rows[row].lane) row += step;
    const lane = rows[row]?.lane;
    if (!lane) return;
    this.lane = lane.number;
    this.selected = -1;
    const y = topOf(this.layout, row);
    if (y < top) this.scroll -= top - y;
    if (y + rowHeight > bottom) this.scroll += y + rowHeight - bottom;
    this.say(`Environment ${lane.id.slice(0, 6)} of ${lane.function}, version ${lane.version}.`);
    this.schedule();
  }

  chooseNext(step) {
    const current = this.selected < 0 ? -1 : this.selected - this.records.first;
    const lane = this.lane ?? this.layout.rows.find((row) => row.lane)?.lane.number;
    this.choose(neighbour(this.records, lane, current, step));
  }

  /** Ask the kernel for the log of an invocation, by its number. */
  askLog(number) {
    const i = number - this.records.first;
    if (!(i >= 0 && i < this.records.length) || this.records.phase[i] !== INVOKE) return;
    const environment = this.records.lanes.get(this.records.lane[i])?.id;
    this.request = this.records.requestId(i);
    this.openLog(this.request, "… (a kernel that runs a cell may answer after it)");
    this.send({ kind: "log", view: this.id, request: this.request, environment });
  }

  openLog(request, text) {
    showLog(this.elements.log, request, text, () => this.closeLog());
  }

  closeLog() {
    this.request = null;
    this.elements.log.hidden = true;
  }

  /** Leave nothing behind. */
  close() {
    this.abort.abort();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.slow);
    clearTimeout(this.calm);
    this.send({ kind: "hide", view: this.id });
    this.elements.root.remove();
  }
}

function titleOf(functions) {
  return functions.length ? functions.join(", ") : "All functions";
}

/** Says something to the kernel on the controls' comm; what is said before it is there waits. */
async function controlsOf(model) {
  const id = model.get("controls").replace("IPY_MODEL_", "");
  return model.widget_manager.get_model(id);
}

export function render({ model, el }) {
  const controls = controlsOf(model);
  // With the kernel gone there is nobody to say it to.
  const send = (content) => controls.then((to) => to.send(content, {})).catch(() => {});
  const view = new MonitorView(model, el, send);
  const receive = (content, buffers) => view.receive(content, buffers);
  const lose = () => view.lose();
  model.on("msg:custom", receive);
  model.on("comm_live_update", lose);
  return () => {
    model.off("msg:custom", receive);
    model.off("comm_live_update", lose);
    view.close();
  };
}

export default { render };
