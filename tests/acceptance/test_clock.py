"""`%clock`: retries that take three minutes, in no time."""

import time

import pytest

from .conftest import Notebook

BOOM = """%%lambda boom --timeout 1
import time
def handler(event, context):
    if event == "slow":
        time.sleep(30)
    raise KeyError("no such order")
"""


def test_retries_take_no_time_on_the_fast_clock(notebook: Notebook) -> None:
    notebook.run(BOOM)
    (row,) = notebook.run("%clock fast")
    assert row["Clock"] == "fast"

    began = time.perf_counter()
    accepted = notebook.run("%invoke boom --async {}")
    result = accepted.wait(timeout=30)
    took = time.perf_counter() - began

    assert (accepted.condition, accepted.attempts) == ("RetriesExhausted", 3)
    assert result.error_type == "KeyError"
    assert took < 10  # on a busy machine; not three minutes
    (row,) = notebook.run("%clock real")
    assert (row["Clock"], row["Ahead (s)"], row["Waiting"]) == ("real", "180", 0)
    ages = notebook.run("%metrics boom")["AsyncEventAge"]
    assert ages["Maximum"] == pytest.approx(180_000, abs=5_000)


def test_a_functions_own_time_is_real(notebook: Notebook) -> None:
    notebook.run(BOOM)
    notebook.run("%clock fast")
    client = notebook.client()
    client.put_function_event_invoke_config(FunctionName="boom", MaximumRetryAttempts=0)

    began = time.perf_counter()
    result = notebook.run('%invoke boom --async "slow"').wait(timeout=30)

    assert result.error_type == "Sandbox.Timedout"
    assert 0.99 <= time.perf_counter() - began < 20
    assert result.report.duration_ms == pytest.approx(1000, rel=0.5)


def test_without_it_an_event_stays_on_its_way(notebook: Notebook) -> None:
    notebook.run(BOOM)
    accepted = notebook.run("%invoke boom --async {}")

    with pytest.raises(TimeoutError, match="It is still on its way"):
        accepted.wait(timeout=0.2)

    assert notebook.run("%clock")[0]["Clock"] == "real"
    assert notebook.run("%clock")[0]["Ahead (s)"] == "0"
    notebook.run("%clock 86400")
    assert accepted.wait(timeout=30).error_type == "KeyError"
    assert notebook.run("%clock")[0]["Clock"] == "86400x"


@pytest.mark.parametrize("speed", ["0", "-1", "soon", "nan", "86401", "1e15"])
def test_a_speed_that_is_none(notebook: Notebook, speed: str) -> None:
    line = notebook.error(f"%clock {speed}")

    assert line.startswith("UsageError: ")
    assert "is neither real nor fast nor a number over 0, up to 86,400" in line or speed == "-1"
