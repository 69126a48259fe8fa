"""Concurrency: who may run.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html

An invocation claims concurrency before it gets an environment, and gives it back when it is
over. Whoever cannot be let in gets `TooManyRequestsException` with AWS's `Reason`. Plain
arithmetic: nothing here waits, and time is passed in.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from lambda_magic.core.errors import TooManyRequestsException

#: Invocations per second for each unit of concurrency.
RATE_PER_CONCURRENCY = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the catalog and the account say about one function."""

    #: The account's ConcurrentExecutions.
    account: int
    #: What all functions have reserved, and what functions without a reservation have
    #: provisioned: both are taken out of the unreserved part.
    total_reserved: int
    provisioned_unreserved: int
    #: This function's ReservedConcurrentExecutions, or None.
    reserved: int | None
    #: What all qualifiers of this function have provisioned.
    provisioned: int
    #: How many invocations may run on on-demand environments: of this function if it has
    #: reserved concurrency, of all functions without it if not.
    on_demand: int = field(init=False)

    def __post_init__(self) -> None:
        if self.reserved is not None:
            on_demand = self.reserved - self.provisioned
        else:
            on_demand = self.account - self.total_reserved - self.provisioned_unreserved
        object.__setattr__(self, "on_demand", max(0, on_demand))


class TokenBucket:
    """Permits that refill continuously, up to a capacity."""

    __slots__ = ("_capacity", "_rate", "_time", "_tokens")

    def __init__(self, capacity: float, rate: float, time: float) -> None:
        self._capacity = capacity
        self._rate = rate
        self._time = time
        self._tokens = capacity

    def take(self, time: float) -> bool:
        """Take one permit, if there is one. `time` is monotonic, in seconds."""
        tokens = self._tokens + (time - self._time) * self._rate
        if tokens > self._capacity:
            tokens = self._capacity
        self._time = time
        if tokens < 1:
            self._tokens = tokens
            return False
        self._tokens = tokens - 1
        return True


class Claim(NamedTuple):
    """One invocation's share; give it back with `Concurrency.release`."""

    function_name: str
    reserved: bool
    provisioned: bool
    #: In flight with this one.
    function_concurrency: int
    account_concurrency: int
    #: The same on unreserved concurrency; None for one that is not.
    unreserved_concurrency: int | None


class Concurrency:
    """The invocations in flight, counted. `scaling_burst`: environments per ten seconds."""

    def __init__(self, scaling_burst: int) -> None:
        self._scaling_burst = scaling_burst
        self._account = 0
        self._unreserved = 0
        self._functions: dict[str, int] = {}
        self._on_demand: dict[str, int] = {}
        self._scaling: dict[str, TokenBucket] = {}
        self._rates: dict[tuple[str | None, int], TokenBucket] = {}

    def __repr__(self) -> str:
        return f"<Concurrency [{self._account} in flight, {self._unreserved} unreserved]>"

    def in_flight(self, function_name: str | None = None) -> int:
        """Invocations in flight, of one function or of all."""
        if function_name is None:
            return self._account
        return self._functions.get(function_name, 0)

    def claim(
        self,
        function_name: str,
        limits: Limits,
        *,
        time: float,
        provisioned: bool = False,
        cold: bool = False,
    ) -> Claim:
        """Let an invocation in.

        `provisioned`: it will run on a provisioned environment that is free; else it counts
        against the reserved or the unreserved concurrency. `cold`: it needs a new environment,
        of which a function may start only so many at once.

        Raises `TooManyRequestsException`.
        """
        reserved = limits.reserved is not None
        if not provisioned:
            self._check_concurrency(function_name, limits)
        # After that: what is turned away for its concurrency uses up no rate.
        self._check_rate(function_name, limits, time)
        if not provisioned:
            if cold and not self._bucket(function_name, time).take(time):
                raise _throttled("ConcurrentInvocationLimitExceeded")
            self._on_demand[function_name] = self._on_demand.get(function_name, 0) + 1
            if not reserved:
                self._unreserved += 1
        self._account += 1
        in_flight = self._functions.get(function_name, 0) + 1
        self._functions[function_name] = in_flight
        unreserved = None if provisioned or reserved else self._unreserved
        return Claim(function_name, reserved, provisioned, in_flight, self._account, unreserved)

    def release(self, claim: Claim) -> None:
        """The invocation is over."""
        self._account -= 1
        _decrement(self._functions, claim.function_name)
        if not claim.provisioned:
            _decrement(self._on_demand, claim.function_name)
            if not claim.reserved:
                self._unreserved -= 1

    def _check_concurrency(self, function_name: str, limits: Limits) -> None:
        if limits.reserved is not None:
            if self._on_demand.get(function_name, 0) >= limits.on_demand:
                raise _throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        elif self._unreserved >= limits.on_demand:
            raise _throttled("ConcurrentInvocationLimitExceeded")

    def _check_rate(self, function_name: str, limits: Limits, time: float) -> None:
        """Ten requests per second for each unit: of the reservation, or of the account."""
        if limits.reserved is None:
            key: tuple[str | None, int] = (None, limits.account)
        else:
            key = (function_name, limits.reserved)
        bucket = self._rates.get(key)
        if bucket is None:
            rate = RATE_PER_CONCURRENCY * key[1]
            if rate == 0:
                return  # None may run at all, which the concurrency check says better.
            bucket = self._rates[key] = TokenBucket(rate, rate, time)
        if not bucket.take(time):
            raise _throttled(
                "FunctionInvocationRateLimitExceeded"
                if limits.reserved is None
                else "ReservedFunctionInvocationRateLimitExceeded"
            )

    def _bucket(self, function_name: str, time: float) -> TokenBucket:
        bucket = self._scaling.get(function_name)
        if bucket is None:
            bucket = TokenBucket(self._scaling_burst, self._scaling_burst / 10, time)
            self._scaling[function_name] = bucket
        return bucket


def _throttled(reason: str) -> TooManyRequestsException:
    return TooManyRequestsException("Rate Exceeded.", Reason=reason)


def _decrement(counts: dict[str, int], key: str) -> None:
    if counts[key] == 1:
        del counts[key]
    else:
        counts[key] -= 1
