"""Held signals: what interrupts people's code waits until a step is over."""

import signal
import threading

import pytest

from lambda_magic.core import held_signals
from lambda_magic.core.held_signals import HeldSignals


@pytest.fixture(autouse=True)
def handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_ctrl_c_waits_for_the_end_and_then_interrupts():
    done = []

    def step():
        with HeldSignals():
            signal.raise_signal(signal.SIGINT)
            done.append("the step")
        done.append("what follows")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == ["the step"]


def test_handlers_are_as_before_afterwards():
    with HeldSignals():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_alarm_waits_too_and_all_that_arrived_is_told_in_order():
    heard = []
    signal.signal(signal.SIGALRM, lambda number, frame: heard.append((number, frame is not None)))
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame is not None)))
    with HeldSignals():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGALRM)
        signal.raise_signal(signal.SIGINT)
        assert heard == []
    assert heard == [(2, True), (signal.SIGALRM, True), (2, True)]


def test_any_handler_that_may_do_what_it_likes_waits():
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append("told"))
    try:
        with HeldSignals():
            signal.raise_signal(signal.SIGUSR1)
            heard.append("the step")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == ["the step", "told"]


def _time_is_up(number, frame):
    raise TimeoutError("time is up")


def test_everybody_is_told_though_one_raises():
    signal.signal(signal.SIGALRM, _time_is_up)

    def step():
        with HeldSignals():
            signal.raise_signal(signal.SIGALRM)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as interrupt:
        step()
    assert isinstance(interrupt.value.__context__, TimeoutError)


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_all_handlers_are_put_back_though_one_that_is_back_raises_at_once(monkeypatch, moment):
    """A signal may come between any two steps, also of those that hold them and let them go."""
    signal.signal(signal.SIGALRM, _time_is_up)

    class Interrupted:
        calls = 0
        getsignal = staticmethod(signal.getsignal)

        def signal(self, number, handler):
            self.calls += 1
            if self.calls == moment:
                raise TimeoutError("time is up")
            signal.signal(number, handler)

    monkeypatch.setattr(held_signals, "_signal", Interrupted())
    monkeypatch.setattr(held_signals, "_HELD", [signal.SIGALRM, signal.SIGINT])
    with pytest.raises(TimeoutError), HeldSignals():
        pass
    assert signal.getsignal(signal.SIGALRM) is _time_is_up
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_no_handler_of_ours_could_interrupt_is_left_alone():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with HeldSignals():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_one_within_another_tells_the_other():
    done = []

    def step():
        with HeldSignals():
            with HeldSignals():
                signal.raise_signal(signal.SIGINT)
            done.append("the outer step")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == ["the outer step"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_step_that_fails_leaves_the_handlers_as_they_were():
    with pytest.raises(ValueError, match="no good"), HeldSignals():
        raise ValueError("no good")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_have_nothing_to_hold():
    seen = []

    def hold():
        with HeldSignals():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
