"""The load generator: begins invocations as a plan says, and keeps what each of them came to."""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from lambda_magic.core.errors import LambdaError, TooManyRequestsException
from lambda_magic.environments.execution import Deliver
from lambda_magic.monitoring.load_plan import LoadPlan
from lambda_magic.monitoring.load_sample import Sample
from lambda_magic.monitoring.result import InvocationResult

_Outcome = InvocationResult | LambdaError

#: Begins an invocation and returns at once; what it comes to is delivered on another thread.
Begin = Callable[[Deliver], None]
#: Makes a result of an invocation that the service turned away.
Refused = Callable[[LambdaError], InvocationResult]


class LoadGenerator:
    """Runs one plan, in the thread that calls `run`."""

    def __init__(self, plan: LoadPlan, begin: Begin, refused: Refused) -> None:
        self._plan = plan
        self._begin = begin
        self._refused = refused
        self._arrived: SimpleQueue[tuple[int, float, _Outcome]] = SimpleQueue()
        #: When each invocation was begun; seconds after `_start`.
        self._begun: list[float] = []
        #: When each was answered, and what with. Read later: reading a result takes time that the
        #: next invocation should not wait for.
        self._answered: dict[int, tuple[float, InvocationResult]] = {}
        self._start = 0.0
        #: How long it all took, in seconds.
        self.seconds = 0.0
        #: Whether Ctrl-C, or the notebook's stop button, ended it before its time.
        self.was_interrupted = False

    @property
    def samples(self) -> list[Sample]:
        """Those that have been answered, in the order in which they were begun."""
        answered = sorted(self._answered.items())
        return [
            Sample.of(self._begun[number], ended - self._begun[number], result)
            for number, (ended, result) in answered
        ]

    @property
    def in_flight(self) -> int:
        """How many have been begun and not been answered."""
        return len(self._begun) - len(self._answered)

    def run(self, progress: Callable[[], object]) -> None:
        """Carry the plan out; `progress` is called for each invocation that is answered.

        An interrupt ends it: nothing more is begun, and what is in flight is left to its timeout,
        as AWS would. A throttle is part of the answer. Raises any other refusal of the service,
        which would only be repeated.
        """
        self._start = time.perf_counter()
        try:
            while self.in_flight or not self._plan.is_exhausted(len(self._begun), self._elapsed()):
                self._begin_due()
                if self._receive():
                    progress()
        except KeyboardInterrupt:
            self.was_interrupted = True
        finally:
            self.seconds = self._elapsed()

    def _elapsed(self) -> float:
        return time.perf_counter() - self._start

    def _may_begin(self) -> bool:
        """Whether another one could be begun, if not now then when it is due."""
        most = self._plan.most_at_once
        if most is not None and self.in_flight >= most:
            return False
        return not self._plan.is_exhausted(len(self._begun), self._elapsed())

    def _begin_due(self) -> None:
        while self._may_begin() and self._plan.due(len(self._begun)) <= self._elapsed():
            number = len(self._begun)
            self._begun.append(self._elapsed())
            self._begin(self._delivery(number))
            if not self._arrived.empty():
                # So many may be due that an answer would wait for long.
                return

    def _delivery(self, number: int) -> Deliver:
        return lambda outcome: self._arrived.put((number, time.perf_counter(), outcome))

    def _receive(self) -> bool:
        """Wait for an answer, but not past the time when the next one is due."""
        timeout = None
        if self._may_begin():
            timeout = max(self._plan.due(len(self._begun)) - self._elapsed(), 0.0)
        elif not self.in_flight:
            return False  # The plan's time has run out since it was last asked.
        try:
            number, ended, outcome = self._arrived.get(timeout=timeout)
        except Empty:
            return False
        if isinstance(outcome, LambdaError):
            if not isinstance(outcome, TooManyRequestsException):
                raise outcome
            outcome = self._refused(outcome)
        self._answered[number] = (ended - self._start, outcome)
        return True
