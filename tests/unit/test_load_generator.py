import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lambda_magic.core.errors import (
    LambdaError,
    ResourceNotFoundException,
    TooManyRequestsException,
)
from lambda_magic.environments.execution import Deliver
from lambda_magic.load_generator import LoadGenerator
from lambda_magic.monitoring.load_plan import LoadPlan
from lambda_magic.monitoring.result import InvocationResult


def a_result(error: LambdaError | None = None) -> InvocationResult:
    return InvocationResult(
        status_code=200,
        payload_bytes=b"1",
        function_error=None,
        executed_version="1",
        request_id="1",
        function_name="hello",
        service_error=error,
    )


class Functions:
    """Answers on other threads, as soon as the gate is open."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self.gate = threading.Event()
        self.gate.set()
        self.running = self.most = self.begun = 0
        self._lock = threading.Lock()

    def begin(self, deliver: Deliver) -> None:
        with self._lock:
            self.begun += 1
            self.running += 1
            self.most = max(self.most, self.running)
        self._pool.submit(self._answer, deliver)

    def _answer(self, deliver: Deliver) -> None:
        self.gate.wait()
        with self._lock:
            self.running -= 1
        deliver(a_result())


@pytest.fixture
def functions() -> Iterator[Functions]:
    with ThreadPoolExecutor(8) as pool:
        made = Functions(pool)
        yield made
        made.gate.set()


def run(functions: Functions, plan: LoadPlan) -> LoadGenerator:
    answered = []
    generator = LoadGenerator(plan, functions.begin, a_result)
    generator.run(lambda: answered.append(1))
    assert len(answered) == len(generator.samples)
    return generator


def test_a_count_is_kept_to(functions: Functions) -> None:
    generator = run(functions, LoadPlan(count=50, concurrency=4))
    assert len(generator.samples) == functions.begun == 50
    assert functions.most <= 4
    assert (generator.in_flight, generator.was_interrupted) == (0, False)
    starts = [sample.started for sample in generator.samples]
    assert starts == sorted(starts)
    assert all(0 <= one.started + one.elapsed <= generator.seconds for one in generator.samples)


def test_one_at_a_time_is_the_rule(functions: Functions) -> None:
    run(functions, LoadPlan(count=10))
    assert functions.most == 1


def test_a_rate_spreads_them(functions: Functions) -> None:
    generator = run(functions, LoadPlan(count=11, rate=200))
    begun = [sample.started for sample in generator.samples]
    assert all(moment >= number / 200 for number, moment in enumerate(begun))
    assert generator.seconds >= 0.05


def test_a_duration_ends_it(functions: Functions) -> None:
    generator = run(functions, LoadPlan(duration=0.05, rate=100))
    assert len(generator.samples) <= 5
    assert all(sample.started < 0.05 for sample in generator.samples)


def test_a_throttle_is_part_of_the_answer() -> None:
    generator = LoadGenerator(
        LoadPlan(count=3), lambda deliver: deliver(TooManyRequestsException()), a_result
    )
    generator.run(lambda: None)
    assert [sample.status for sample in generator.samples] == ["throttle"] * 3


def test_another_refusal_ends_it() -> None:
    generator = LoadGenerator(
        LoadPlan(count=3), lambda deliver: deliver(ResourceNotFoundException()), a_result
    )
    with pytest.raises(ResourceNotFoundException):
        generator.run(lambda: None)


def test_an_interrupt_keeps_what_there_is(functions: Functions) -> None:
    def interrupt() -> None:
        functions.gate.clear()
        raise KeyboardInterrupt

    generator = LoadGenerator(LoadPlan(count=100, concurrency=3), functions.begin, a_result)
    generator.run(interrupt)
    assert generator.was_interrupted
    assert len(generator.samples) == 1
    assert generator.in_flight == functions.begun - 1
