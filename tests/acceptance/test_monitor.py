from typing import Any

import pytest
from IPython.utils.capture import capture_output

from lambda_magic import default_region
from lambda_magic.monitoring.timeline_picture import TimelinePicture
from lambda_magic.widgets.monitor import Monitor

from .conftest import Notebook


def subscribers() -> str:
    async def count() -> str:
        return repr(default_region.get().bus).split(" subscribers")[0]

    return default_region.get().call(count())


def events(notebook: Notebook) -> dict[str, list[Any]]:
    registered: dict[str, list[Any]] = notebook.shell.events.callbacks
    return {name: list(registered[name]) for name in ("pre_run_cell", "post_run_cell")}


def test_help(notebook: Notebook) -> None:
    assert "%monitor hello" in notebook.output("%monitor -h")


def test_an_option_that_there_is_not(notebook: Notebook) -> None:
    assert "unrecognized arguments: --fast" in notebook.error("%monitor --fast")


def test_a_function_that_there_is_not(hello: Notebook) -> None:
    assert hello.error("%monitor hullo") == (
        "ResourceNotFoundException: Function not found: "
        "arn:aws:lambda:us-east-1:123456789012:function:hullo"
    )


def test_a_version_is_not_monitored_alone(hello: Notebook) -> None:
    assert "hello alone" in hello.error("%monitor hello:1").replace(
        "name alone, hello", "hello alone"
    )


def test_it_returns_what_it_shows(hello: Notebook) -> None:
    hello.run("%invoke hello")
    monitor = hello.run("m = %monitor hello\nm")

    assert isinstance(monitor, Monitor)
    assert repr(monitor) == "<Monitor of hello [open]>"
    assert "hello: 1 execution environments, 1 invocations" in str(monitor.picture())


def test_a_front_end_without_widgets_gets_the_static_form(hello: Notebook) -> None:
    hello.run("%invoke hello")

    with capture_output() as captured:
        hello.shell.run_cell("%monitor hello")

    (shown,) = captured.outputs
    assert "hello: 1 execution environments, 1 invocations" in shown.data["text/plain"]
    assert "<svg" in shown.data["text/html"]


def test_beneath_every_live_view_there_is_the_static_picture(
    hello: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_magic.widgets.monitor.DummyComm", type(None))
    hello.run("m = %monitor hello")
    for _ in range(2):
        with capture_output() as captured:
            hello.shell.run_cell("m")
        live, static = captured.outputs
        assert "application/vnd.jupyter.widget-view+json" in live.data
        assert "<svg" in static.data["text/html"]

    with capture_output() as captured:
        hello.shell.run_cell("%invoke hello")
    assert "1 invocations" in captured.outputs[-1].data["text/plain"]


def test_the_region_has_the_same_picture_to_keep(hello: Notebook) -> None:
    hello.run("%invoke hello")
    hello.run("%invoke hello")
    picture = hello.run("import lambda_magic\nlambda_magic.region().timeline('hello')")

    assert isinstance(picture, TimelinePicture)
    assert "1 execution environments, 2 invocations" in str(picture)
    assert "1 cold starts" in str(picture)


def test_closing_leaves_nothing(hello: Notebook) -> None:
    before, registered = subscribers(), events(hello)
    monitor = hello.run("m = %monitor hello\nm")
    monitor._hear(None, {"kind": "show", "view": "page"}, [])
    assert subscribers() != before

    hello.run("m.close()")
    assert (subscribers(), events(hello)) == (before, registered)
    assert repr(monitor) == "<Monitor of hello [closed]>"


def test_unloading_closes_it(hello: Notebook) -> None:
    registered = events(hello)
    monitor = hello.run("m = %monitor\nm")
    hello.run("%unload_ext lambda_magic")

    assert repr(monitor) == "<Monitor of all functions [closed]>"
    assert events(hello) == registered
    assert "ServiceException" not in hello.output("m")
    assert "<svg" in monitor.picture().svg(), "as it was"
    monitor.close()


def test_the_page_may_ask_for_the_log_of_an_invocation(
    hello: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = hello.run("r = %invoke hello\nr").request_id
    monitor = hello.run("m = %monitor hello\nm")
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(monitor, "send", lambda content, buffers=None: sent.append(content))
    monitor._hear(None, {"kind": "show", "view": "page"}, [])
    subscribers()  # by now the loop thread has heard it
    (lane,) = sent[-1]["lanes"]
    monitor._hear(None, {"kind": "log", "request": request_id, "environment": lane["id"]}, [])

    assert (sent[-1]["kind"], sent[-1]["request"]) == ("log", request_id)
    assert f"START RequestId: {request_id}" in sent[-1]["text"]
    assert "working on" in sent[-1]["text"]


@pytest.mark.parametrize("content", ["nonsense", {}, {"kind": "log"}, {"kind": "other"}])
def test_what_the_page_should_not_say_does_no_harm(hello: Notebook, content: Any) -> None:
    monitor = hello.run("m = %monitor hello\nm")

    monitor._hear(None, content, [])

    assert repr(monitor) == "<Monitor of hello [open]>"
