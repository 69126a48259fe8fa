// The log tail: a log as it is written. The kernel sends log events; this shows, filters, groups
// and pauses them. Filter patterns are CloudWatch's and are read by the kernel, all else is here.

export const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** So many log events are kept on the page, and so many of them are shown as lines. */
export const KEPT = 5000;
export const SHOWN = 1000;

/** How long a change may take to show, in milliseconds: a screen full of text is slow to lay out. */
const PACE = 80;

/** Whether a log event has at least a level, and contains a text in whatever case. */
export function matches(event, level, text) {
  if (LEVELS.indexOf(event.level) < LEVELS.indexOf(level)) return false;
  return !text || event.message.toLowerCase().includes(text.toLowerCase());
}

/** Log events by the request that they belong to, in the order in which requests appear. */
export function group(events) {
  const groups = new Map();
  for (const event of events) {
    // An Init belongs to no request, but to its environment.
    const key = event.requestId ?? `init ${event.environment}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(event);
  }
  return groups;
}

/** What a group of log events is called: the request, the version, whether something went wrong. */
export function heading(key, events) {
  const failed = events.some((event) => LEVELS.indexOf(event.level) >= LEVELS.indexOf("ERROR"));
  const name = key.startsWith("init ") ? `Init of ${key.slice(5, 13)}` : `Request ${key}`;
  const version = events[0].version ? `, version ${events[0].version}` : "";
  return `${name}${version}, ${events.length} log events${failed ? ", failed" : ""}`;
}

/** The time of day of a log event, in UTC as in CloudWatch: "12:34:56.789". */
export function timeOfDay(timestamp) {
  return new Date(timestamp).toISOString().slice(11, 23);
}

/** The log events after a message of the kernel's. */
export function received(events, message) {
  const all = message.type === "reset" ? message.events : events.concat(message.events);
  return all.slice(-KEPT);
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function line(event) {
  const made = element("div", { class: "lambda-magic-tail-line", "data-level": event.level });
  if (event.platform) made.setAttribute("data-platform", "");
  made.append(element("time", {}, timeOfDay(event.timestamp)), element("span", {}, event.message));
  return made;
}

function grouped(events, opened) {
  return [...group(events)].map(([key, members]) => {
    const made = element("details", { class: "lambda-magic-tail-request" });
    made.open = opened.get(key) ?? true;
    made.addEventListener("toggle", () => opened.set(key, made.open));
    made.append(element("summary", {}, heading(key, members)), ...members.map(line));
    return made;
  });
}

function bar(title) {
  const level = element("select", { "aria-label": "Lowest level shown" });
  for (const name of LEVELS) level.append(element("option", { value: name }, name));
  const text = element("input", {
    type: "search", placeholder: "text", "aria-label": "Show lines with this text",
  });
  const pattern = element("input", {
    type: "search", placeholder: "filter pattern, Enter", spellcheck: "false",
    "aria-label": "CloudWatch filter pattern; Enter applies it",
    title: 'ERROR -timeout "exact words" ?one ?another { $.level = "ERROR" }',
  });
  const byRequest = element("input", { type: "checkbox" });
  const pause = element("button", { type: "button", "aria-pressed": "false" }, "Pause");
  const status = element("span", { class: "lambda-magic-tail-status", role: "status" });
  const form = element("form", { "aria-label": `Filters of the log of ${title}` });
  form.append(
    element("span", { class: "lambda-magic-tail-title" }, title), level, text, pattern,
    element("label", {}, byRequest, "by request"), pause, status,
  );
  return { form, level, text, pattern, byRequest, pause, status };
}

/** Keeps what the kernel sends, whether or not it is in view. */
function initialize({ model }) {
  const keep = (message) => {
    model.set("events", received(model.get("events"), message));
    if (message.omitted) model.set("omitted", (model.get("omitted") ?? 0) + message.omitted);
  };
  model.on("msg:custom", keep);
  return () => model.off("msg:custom", keep);
}

async function render({ model, el }) {
  const reference = model.get("controls");
  const controls = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
  const { form, level, text, pattern, byRequest, pause, status } = bar(model.get("title"));
  const error = element("div", { class: "lambda-magic-tail-error", role: "alert" });
  const lines = element("div", {
    class: "lambda-magic-tail-lines", role: "log", tabindex: "0", "aria-label": "Log events",
  });
  el.classList.add("lambda-magic-tail");
  el.append(form, error, lines);
  pattern.value = controls.get("pattern");

  const opened = new Map();
  let events = model.get("events");
  let paused = false;
  let timer = null;

  const draw = () => {
    timer = null;
    const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 24;
    const wanted = events.filter((event) => matches(event, level.value, text.value));
    const last = wanted.slice(-SHOWN);
    lines.replaceChildren(...(byRequest.checked ? grouped(last, opened) : last.map(line)));
    if (atEnd) lines.scrollTop = lines.scrollHeight;
    tell(wanted.length);
  };
  const tell = (count) => {
    const waiting = Math.max(model.get("events").length - events.length, 0);
    const omitted = model.get("omitted") ?? 0;
    status.textContent = [
      `${count} of ${events.length} log events`,
      paused ? `paused, ${waiting} more` : "following",
      omitted ? `${omitted} left out: too many a second` : "",
    ].filter(Boolean).join("; ");
  };
  const soon = () => { timer ??= setTimeout(draw, PACE); };
  const arrived = () => {
    if (!paused) events = model.get("events");
    soon();
  };
  const apply = () => {
    controls.set("pattern", pattern.value);
    controls.save_changes();
  };
  const complain = () => { error.textContent = controls.get("error"); };
  const showing = (change) => {
    controls.set("views", Math.max(controls.get("views") + change, 0));
    controls.save_changes();
  };

  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  pattern.addEventListener("search", apply);
  for (const input of [level, text, byRequest]) input.addEventListener("input", soon);
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Resume" : "Pause";
    pause.setAttribute("aria-pressed", String(paused));
    arrived();
  });
  // A notebook handles keys of its own: what is typed here is not for it.
  const keep = (event) => event.stopPropagation();
  form.addEventListener("keydown", keep);
  model.on("change:events", arrived);
  controls.on("change:error", complain);
  // The first view is counted from the start; not so in a page that was closed and opened again.
  if (model.get("seen") || controls.get("views") === 0) showing(+1);
  model.set("seen", true);
  draw();

  return () => {
    clearTimeout(timer);
    model.off("change:events", arrived);
    controls.off("change:error", complain);
    form.removeEventListener("keydown", keep);
    showing(-1);
  };
}

export default { initialize, render };
