"""The monitor's frame time, in a real browser: 10,000 invocations of 1,000 environments in sight.

It needs Playwright (of the extra `test`) and a Chromium; where there is none, there is no row.
"""

import base64
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from statistics import median

from lambda_magic.bench.row import Row
from lambda_magic.monitoring.events import EnvironmentChanged, Event, Origin, Report, Start
from lambda_magic.monitoring.timeline import Timeline, timeline
from lambda_magic.region import Region
from lambda_magic.widgets import wire
from lambda_magic.widgets.javascript import module, style

ENVIRONMENTS = 1000
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

#: Sends everything to a monitor, fits it into sight, and then moves it a little for each frame.
#: Reading a pixel back makes the browser finish the frame's drawing, which it would else do later.
_MEASURE = """async ([content, records, frames]) => {
    const work = [];
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) => request((time) => {
        const before = performance.now();
        draw(time);
        document.querySelector("canvas").getContext("2d").getImageData(0, 0, 1, 1);
        work.push(performance.now() - before);
    });
    const bytes = Uint8Array.from(atob(records), (letter) => letter.charCodeAt(0));
    window.tell(content, [new DataView(bytes.buffer)]);
    const frame = () => new Promise(request);
    await frame();
    document.querySelector("[data-do=fit]").click();
    await frame();
    const stage = document.querySelector(".lm-stage");
    const between = [];
    work.length = 0;
    for (let n = 0, before = await frame(); n < frames; n++) {
        stage.dispatchEvent(new WheelEvent("wheel", n % 2
            ? { deltaX: n % 80 < 40 ? 4 : -4, cancelable: true }
            : { deltaY: n % 120 < 60 ? -2 : 2, ctrlKey: true, clientX: 500, cancelable: true }));
        const now = await frame();
        between.push(now - before);
        before = now;
    }
    return { work, between };
}"""

_PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style>
<body><div id="here" style="width: 1100px"></div><script type="module">
%s
const handlers = new Set();
const traits = { functions: ["bench"], static_name: "", controls: "IPY_MODEL_" };
render({ el: document.getElementById("here"), model: {
    get: (name) => traits[name],
    on: (type, handler) => type === "msg:custom" && handlers.add(handler),
    off: (_, handler) => handlers.delete(handler),
    widget_manager: { get_model: async () => ({ send() {} }) },
} });
window.tell = (content, buffers) => handlers.forEach((handler) => handler(content, buffers));
</script>"""


def frames(region: Region, invocations: int) -> Iterator[Row]:
    """The work for a frame while the picture is panned and zoomed."""
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    has_playwright = find_spec("playwright") is not None
    if not has_playwright or chromium is None:
        missing = "Chromium" if has_playwright else "Playwright"
        print(f"No frame time: there is no {missing} here.", file=sys.stderr)
        return
    found = _measure(chromium, many_invocations(invocations), max(60, invocations // 50))
    yield Row(
        name=f"monitor, a frame with {invocations:,} invocations, p50",
        measured=f"{median(found['work']):.1f} ms",
        peer=f"60 a second; from one to the next {median(found['between']):.1f} ms",
        figure=median(found["work"]),
        bar="<= 16.7",
    )


def many_invocations(count: int) -> Timeline:
    """Invocations of many environments that last a second and overlap."""
    events: list[Event] = []
    for number in range(count):
        environment = number % ENVIRONMENTS
        origin = _origin(environment)
        time = 1000 + number // ENVIRONMENTS + environment / ENVIRONMENTS
        request_id = f"{number:032x}"
        if number < ENVIRONMENTS:
            for step, state in enumerate(("Extension init", "Runtime init", "Function init")):
                events.append(
                    EnvironmentChanged(time=time + step * 0.02, origin=origin, state=state)
                )
        events += _invocation(origin, request_id, time + 0.06, 0.2 + number % 7 / 10)
    return timeline(events)


def _origin(number: int) -> Origin:
    environment_id = f"{number:032x}"
    return Origin(
        environment_id=environment_id,
        function_name="bench",
        function_version=str(1 + number % 2),
        log_group="/aws/lambda/bench",
        log_stream=f"2026/01/31/[1]{environment_id}",
        memory_size_mb=128,
        architecture="x86_64",
        initialization_type="on-demand",
        runtime="python3.12",
    )


def _invocation(origin: Origin, request_id: str, time: float, seconds: float) -> list[Event]:
    start = Start(
        time=time,
        origin=origin,
        request_id=request_id,
        version=origin.function_version,
        alias=None,
        trace_id="",
        function_concurrency=1,
        account_concurrency=1,
        spillover=False,
    )
    report = Report(
        time=time + seconds,
        origin=origin,
        request_id=request_id,
        alias=None,
        status="failure" if int(request_id, 16) % 50 == 0 else "success",
        duration_ms=seconds * 1000,
        billed_duration_ms=int(seconds * 1000),
        memory_size_mb=128,
        max_memory_used_mb=40,
    )
    return [start, report]


def _measure(chromium: str, shown: Timeline, count: int) -> dict[str, list[float]]:
    """Milliseconds of work for each frame, and from one frame to the next."""
    names = wire.Names()
    records = wire.pack(shown.segments, names)
    content = {
        "kind": "reset",
        "sequence": 0,
        "time": shown.segments[-1].start + 2,
        "first": 0,
        "lanes": [wire.lane(lane) for lane in shown.lanes.values()],
        "names": names.take_new(),
        "limits": [{"time": 0, "account": 1000, "reserved": None, "provisioned": 0}],
    }
    # Imported now: it takes a quarter of a second, which no other command waits for.
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_content(_PAGE % (style("monitor.css"), module("monitor.mjs")))
        page.wait_for_function("() => window.tell")
        arguments = [content, base64.b64encode(records).decode(), count]
        found: dict[str, list[float]] = page.evaluate(_MEASURE, arguments)
        browser.close()
    return found
