// Records as the kernel packs them, for tests: the layout is that of `widgets/wire.py`.

const DEFAULTS = {
  lane: 0, start: 100, end: 101, duration: 1000, init: 0, billed: 1000, cost: 0, memory: 40,
  name: 0xffff, error: 0xffff, phase: 4, status: 1, flags: 1,
  request: "00000000-0000-4000-8000-000000000001",
};

/** The bytes of some segments, given by what they have that others have not. */
export function pack(segments) {
  const view = new DataView(new ArrayBuffer(segments.length * 72));
  segments.forEach((given, position) => {
    const one = { number: position, ...DEFAULTS, ...given };
    const at = position * 72;
    view.setUint32(at, one.number, true);
    view.setUint32(at + 4, one.lane ?? 0xffffffff, true);
    view.setFloat64(at + 8, one.start, true);
    view.setFloat64(at + 16, one.end ?? NaN, true);
    view.setFloat32(at + 24, one.duration, true);
    view.setFloat32(at + 28, one.init, true);
    view.setUint32(at + 32, one.billed, true);
    view.setFloat32(at + 36, one.cost, true);
    view.setUint16(at + 40, one.memory, true);
    view.setUint16(at + 42, one.name, true);
    view.setUint16(at + 44, one.error, true);
    view.setUint8(at + 46, one.phase);
    view.setUint8(at + 47, one.status);
    view.setUint8(at + 48, one.flags);
    one.request.replaceAll("-", "").match(/../g).forEach((byte, k) => {
      view.setUint8(at + 56 + k, parseInt(byte, 16));
    });
  });
  return view;
}

/** A lane as the kernel sends it. */
export function lane(number, given = {}) {
  return {
    number, id: `${number}`.padStart(6, "a").padEnd(32, "0"), function: "hello", version: "1",
    initialization: "on-demand", memory: 128, born: 99, gone: null, ...given,
  };
}

/** A message's content. */
export function content(kind, given = {}) {
  return {
    kind, sequence: 0, time: 102, first: 0, lanes: [], names: [],
    limits: [{ time: 99, account: 1000, reserved: null, provisioned: 0 }], ...given,
  };
}
