// What the monitor knows: lanes and segments, in typed arrays that grow and forget.
// The layout of a record is that of `wire.py`.

/** The phases of an environment; a segment's `phase` is an index into these. */
export const PHASES = [
  "extension init", "runtime init", "function init", "restore", "invoke", "frozen", "shutdown",
  "reset", "throttle",
];
export const RESTORE = 3, INVOKE = 4, FROZEN = 5, SHUTDOWN = 6, RESET = 7, THROTTLE = 8;

/** What became of an invocation; a segment's `status` is an index into these. */
export const STATUSES = ["running", "success", "failure", "error", "timeout"];

export const CONCURRENT = 1, COLD = 2, SUPPRESSED = 4, SPILLOVER = 8;

const RECORD_BYTES = 72;
const NO_LANE = 0xffffffff;
const NO_NAME = 0xffff;

const COLUMNS = {
  lane: Int32Array, start: Float64Array, end: Float64Array, duration: Float32Array,
  init: Float32Array, billed: Uint32Array, cost: Float32Array, memory: Uint16Array,
  name: Int32Array, error: Int32Array, phase: Uint8Array, status: Uint8Array, flags: Uint8Array,
};

/** Lanes and segments. A segment is a position `i` in the columns, from 0 to `length`. */
export class Records {
  constructor() {
    this.reset();
  }

  /** Forget everything. */
  reset() {
    this.first = 0; // the number of the segment at position 0
    this.length = 0;
    this.lanes = new Map(); // by number, in the order of birth
    this.names = [];
    this.limits = []; // {time, account, reserved, provisioned}, oldest first
    this.sources = []; // {cells, alarm}: the event source mappings
    this.version = (this.version ?? 0) + 1; // changes whenever anything here does
    this.size = 1024;
    for (const [name, Kind] of Object.entries(COLUMNS)) this[name] = new Kind(this.size);
    this.request = new Uint8Array(this.size * 16);
  }

  /** Take in one message of the kernel: its content, and its one buffer of records. */
  apply(content, buffer) {
    if (content.kind === "reset") this.reset();
    this.version += 1;
    this.names.push(...content.names);
    for (const lane of content.lanes) {
      this.lanes.set(lane.number, { ...lane, gone: lane.gone ?? Infinity });
    }
    if (content.limits.length) this.limits.push(...content.limits);
    this.sources = content.sources ?? this.sources;
    if (buffer) this.applyRecords(buffer);
    this.forget(content.first);
  }

  applyRecords(buffer) {
    const bytes = ArrayBuffer.isView(buffer)
      ? new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
      : new DataView(buffer);
    for (let at = 0; at + RECORD_BYTES <= bytes.byteLength; at += RECORD_BYTES) {
      const number = bytes.getUint32(at, true);
      if (!this.length) this.first = number;
      const i = number - this.first;
      if (i >= 0) this.read(bytes, at, this.reserve(i));
    }
  }

  read(bytes, at, i) {
    const lane = bytes.getUint32(at + 4, true);
    const name = bytes.getUint16(at + 42, true);
    const error = bytes.getUint16(at + 44, true);
    this.lane[i] = lane === NO_LANE ? -1 : lane;
    this.start[i] = bytes.getFloat64(at + 8, true);
    this.end[i] = bytes.getFloat64(at + 16, true);
    this.duration[i] = bytes.getFloat32(at + 24, true);
    this.init[i] = bytes.getFloat32(at + 28, true);
    this.billed[i] = bytes.getUint32(at + 32, true);
    this.cost[i] = bytes.getFloat32(at + 36, true);
    this.memory[i] = bytes.getUint16(at + 40, true);
    this.name[i] = name === NO_NAME ? -1 : name;
    this.error[i] = error === NO_NAME ? -1 : error;
    this.phase[i] = bytes.getUint8(at + 46);
    this.status[i] = bytes.getUint8(at + 47);
    this.flags[i] = bytes.getUint8(at + 48);
    for (let k = 0; k < 16; k++) this.request[i * 16 + k] = bytes.getUint8(at + 56 + k);
  }

  /** Make room for a segment at position `i`; returns `i`. */
  reserve(i) {
    if (i >= this.size) {
      while (i >= this.size) this.size *= 2;
      this.eachColumn((column, width) => {
        const grown = new column.constructor(this.size * width);
        grown.set(column);
        return grown;
      });
    }
    this.length = Math.max(this.length, i + 1);
    return i;
  }

  /** Forget the segments before number `first`, as the kernel has; many at a time. */
  forget(first) {
    const gone = Math.min(first - this.first, this.length);
    if (!(gone > 0) || gone < this.length / 8) return;
    this.eachColumn((column, width) => {
      column.copyWithin(0, gone * width, this.length * width);
      return column;
    });
    this.first += gone;
    this.length -= gone;
    const since = this.length ? this.start[0] : Infinity;
    for (const [number, lane] of this.lanes) if (lane.gone < since) this.lanes.delete(number);
  }

  eachColumn(change) {
    for (const name of Object.keys(COLUMNS)) this[name] = change(this[name], 1);
    this.request = change(this.request, 16);
  }

  /** When a segment ends, or `now` if it goes on. */
  endOf(i, now) {
    const end = this.end[i];
    return end === end ? end : Math.max(now, this.start[i]); // NaN: it goes on
  }

  /** The request id of an invocation, as a UUID. */
  requestId(i) {
    const digits = Array.from(this.request.subarray(i * 16, i * 16 + 16), (byte) =>
      byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  /** The alias (or what was throttled), or null. */
  nameOf(i) {
    return this.names[this.name[i]] ?? null;
  }

  /** The error's type or the throttle's reason, or null. */
  errorOf(i) {
    return this.names[this.error[i]] ?? null;
  }

  /** The first and the last moment there is anything of; `now` if there is nothing. */
  span(now) {
    let first = Infinity, last = -Infinity;
    for (const lane of this.lanes.values()) first = Math.min(first, lane.born);
    for (let i = 0; i < this.length; i++) {
      if (this.start[i] < first) first = this.start[i];
      // Environments stay frozen for long: that alone is no reason to go on.
      const end = this.phase[i] === FROZEN ? this.start[i] : this.endOf(i, now);
      if (end > last) last = end;
    }
    return first <= last ? [first, last] : [now, now];
  }

  /** Whether anything but frozen environments goes on. */
  isActive() {
    for (let i = this.length - 1; i >= 0; i--) {
      if (this.end[i] !== this.end[i] && this.phase[i] !== FROZEN) return true;
    }
    return false;
  }
}
