// The time axis: which span of time is seen, how it is moved, and how it is labelled.

/** The shortest and the longest span that can be seen, in seconds. */
const SHORTEST = 0.002, LONGEST = 6 * 3600;

/** Of a span that follows the clock: this part of it is ahead of now. */
const AHEAD = 0.04;

/** The least and the most that a live picture shows by itself, in seconds. */
const LIVE_LEAST = 2, LIVE_MOST = 30;

/** The span of time that is seen, from `t0` to `t1` (seconds since the epoch). */
export class Span {
  constructor(t0, t1) {
    this.t0 = t0;
    this.t1 = t1;
    this.live = true; // whether it follows the clock
    this.chosen = false; // whether its length was chosen by hand
  }

  get seconds() {
    return this.t1 - this.t0;
  }

  /** Have `now` near the right edge; as long as nobody chose a length, see all from `first`. */
  follow(now, first) {
    if (!this.chosen && now > first) {
      const seconds = Math.min(Math.max((now - first) * 1.03, LIVE_LEAST), LIVE_MOST);
      this.t0 = this.t1 - seconds / (1 - AHEAD);
    }
    const seconds = this.seconds;
    this.t1 = now + seconds * AHEAD;
    this.t0 = this.t1 - seconds;
  }

  /** Show all from `first` to `last`, with a margin; follows the clock no longer. */
  fit(first, last) {
    const seconds = Math.max(last - first, SHORTEST * 4);
    this.t0 = first - seconds * 0.03;
    this.t1 = last + seconds * 0.06;
    this.live = false;
  }

  /** Move by a part of the span; follows the clock no longer. */
  pan(part) {
    const by = part * this.seconds;
    this.t0 += by;
    this.t1 += by;
    this.live = false;
  }

  /** Show `factor` times as much, with `part` of the span staying in its place. */
  zoom(factor, part) {
    const seconds = Math.min(Math.max(this.seconds * factor, SHORTEST), LONGEST);
    const at = this.t0 + part * this.seconds;
    this.t0 = at - part * seconds;
    this.t1 = this.t0 + seconds;
    this.chosen = true;
  }
}

/**
 * The span that a monitor opens with: what there is, if that is not long, or the last minute of
 * it; with nothing, the last ten seconds. It follows the clock as soon as something happens.
 */
export function openingSpan(first, last, now) {
  const span = new Span(now - 10, now);
  if (last > first) span.fit(Math.max(first, last - 60), last);
  span.live = true;
  return span;
}

/** About `count` round moments between t0 and t1, counted from `zero` on: [{time, label}]. */
export function ticks(t0, t1, count, zero) {
  const step = roundStep((t1 - t0) / Math.max(count, 1));
  const found = [];
  for (let n = Math.max(0, Math.ceil((t0 - zero) / step)); zero + n * step <= t1; n++) {
    found.push({ time: zero + n * step, label: seconds(n * step, step) });
  }
  return found;
}

/** The round step nearest above `rough` seconds. */
export function roundStep(rough) {
  for (const step of [15, 30, 60, 120, 300, 600, 900, 1800, 3600]) {
    if (rough > 10 && rough <= step) return step;
  }
  if (rough > 10) return Math.ceil(rough / 3600) * 3600;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough * 0.999999);
}

/** A moment counted from the beginning, as exact as `step`: "1.25 s", "2:05". */
export function seconds(value, step) {
  const digits = step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
  if (Math.abs(value) < 120) return `${value.toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1")} s`;
  const sign = value < 0 ? "−" : "";
  const whole = Math.abs(value);
  const minutes = Math.floor(whole / 60 + 1e-9);
  const rest = (whole - minutes * 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  if (minutes < 60) return `${sign}${minutes}:${rest}`;
  return `${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** Milliseconds as a person reads them: "0.42 ms", "41 ms", "1.25 s". */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "–";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  return `${ms.toFixed(ms >= 10 ? 1 : 2)} ms`;
}

/** The time of day of a moment, with milliseconds. */
export function timeOfDay(time) {
  const date = new Date(time * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
