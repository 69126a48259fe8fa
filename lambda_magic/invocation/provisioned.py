"""Provisioned concurrency: environments that are initialised ahead, and kept.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

import logging
from dataclasses import dataclass, field

from lambda_magic.core.errors import LambdaError
from lambda_magic.environments.environment import ExecutionEnvironment
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.pool import EnvironmentPool
from lambda_magic.environments.spec import EnvironmentSpec
from lambda_magic.invocation.router import Router

#: StatusReason where environments cannot be initialised.
INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Allotment:
    """What one qualifier has, and should have."""

    requested: int
    #: How many environments each version behind the qualifier should have.
    wanted: dict[tuple[str, str, str], tuple[EnvironmentSpec, int]]
    environments: set[ExecutionEnvironment] = field(default_factory=set)
    #: Those of them whose Init is over.
    initialized: set[ExecutionEnvironment] = field(default_factory=set)
    failure: str | None = None


class ProvisionedConcurrency:
    """Keeps every qualifier's environments at their number."""

    def __init__(self, router: Router, pool: EnvironmentPool) -> None:
        self._router = router
        self._pool = pool
        self._allotments: dict[tuple[str, str], _Allotment] = {}
        pool.watcher = self

    def __repr__(self) -> str:
        initialized = sum(len(one.initialized) for one in self._allotments.values())
        requested = sum(one.requested for one in self._allotments.values())
        return f"<ProvisionedConcurrency [{initialized} of {requested} available]>"

    def set(self, function_name: str, qualifier: str, requested: int) -> None:
        """Bring a qualifier to `requested` environments of the versions now behind it.

        Called when the number is set, and when the alias moves or its weights change.
        """
        key = (function_name, qualifier)
        wanted = _shares(self._router.targets(function_name, qualifier), requested)
        allotment = self._allotments.get(key)
        if allotment is None:
            allotment = self._allotments[key] = _Allotment(requested, wanted)
        allotment.requested, allotment.wanted, allotment.failure = requested, wanted, None
        self._adjust(qualifier, allotment)

    def remove(self, function_name: str, qualifier: str) -> None:
        """Let a qualifier's environments go."""
        allotment = self._allotments.pop((function_name, qualifier), None)
        if allotment is not None:
            for environment in list(allotment.environments):
                self._pool.retire(environment)

    def refresh(self) -> None:
        """Follow the catalog, whoever changed it: numbers, aliases that moved, what is gone."""
        requested = {(name, qualifier): n for name, qualifier, n in self._router.provisioned()}
        for key in set(self._allotments) - set(requested):
            self.remove(*key)
        for (function_name, qualifier), number in requested.items():
            try:
                self._follow(function_name, qualifier, number)
            except LambdaError as error:
                # One that cannot be served must not keep the others from being so.
                _log.warning("Provisioned concurrency of %s: %s", function_name, error.message)
                self._allotments.setdefault(
                    (function_name, qualifier), _Allotment(number, {})
                ).failure = INIT_FAILURE

    def _follow(self, function_name: str, qualifier: str, requested: int) -> None:
        allotment = self._allotments.get((function_name, qualifier))
        wanted = _shares(self._router.targets(function_name, qualifier), requested)
        if allotment is None or allotment.wanted != wanted:
            self.set(function_name, qualifier, requested)

    def status(self, function_name: str, qualifier: str) -> dict[str, int | str]:
        """The members of GetProvisionedConcurrencyConfig's response that tell how far it is."""
        allotment = self._allotments.get((function_name, qualifier))
        if allotment is None:
            return {
                "AvailableProvisionedConcurrentExecutions": 0,
                "AllocatedProvisionedConcurrentExecutions": 0,
                "Status": "IN_PROGRESS",
            }
        available = len(allotment.initialized)
        status: dict[str, int | str] = {
            "AvailableProvisionedConcurrentExecutions": available,
            "AllocatedProvisionedConcurrentExecutions": available,
        }
        if allotment.failure is not None:
            return status | {"Status": "FAILED", "StatusReason": allotment.failure}
        ready = available >= allotment.requested
        return status | {"Status": "READY" if ready else "IN_PROGRESS"}

    # The pool's side...

    def environment_ready(self, environment: ExecutionEnvironment) -> None:
        """One more is available, or is so again."""
        allotment = self._of(environment)
        if allotment is not None:
            allotment.initialized.add(environment)

    def environment_failed(self, environment: ExecutionEnvironment, fault: Fault) -> None:
        """The function cannot be initialised: trying again would fail again."""
        allotment = self._of(environment)
        if allotment is not None:
            allotment.failure = INIT_FAILURE

    def environment_gone(self, environment: ExecutionEnvironment) -> None:
        """Replace it, if it is still wanted."""
        allotment = self._of(environment)
        if allotment is None:
            return
        if environment not in allotment.initialized:
            # It could not even be made: nor could the next one.
            allotment.failure = INIT_FAILURE
        allotment.environments.discard(environment)
        allotment.initialized.discard(environment)
        if allotment.failure is None:
            assert environment.allotment is not None
            self._adjust(environment.allotment, allotment)

    def _of(self, environment: ExecutionEnvironment) -> _Allotment | None:
        """The allotment that it belongs to, unless it has been dropped from it."""
        key = (environment.spec.function_name, environment.allotment or "")
        allotment = self._allotments.get(key)
        return allotment if allotment and environment in allotment.environments else None

    def _adjust(self, qualifier: str, allotment: _Allotment) -> None:
        """Start what is missing, retire what is too much."""
        for environment in list(allotment.environments):
            if environment.spec.key not in allotment.wanted:
                self._drop(environment, allotment)
        for key, (spec, wanted) in allotment.wanted.items():
            present = [one for one in allotment.environments if one.spec.key == key]
            for environment in present[wanted:]:
                self._drop(environment, allotment)
            for _ in range(wanted - len(present)):
                allotment.environments.add(self._pool.start_ahead(spec, qualifier))

    def _drop(self, environment: ExecutionEnvironment, allotment: _Allotment) -> None:
        allotment.environments.discard(environment)
        allotment.initialized.discard(environment)
        self._pool.retire(environment)


def _shares(
    targets: list[tuple[EnvironmentSpec, float]], requested: int
) -> dict[tuple[str, str, str], tuple[EnvironmentSpec, int]]:
    """Divide the environments among the versions of an alias, by their weights."""
    shares = [(spec, int(requested * weight)) for spec, weight in targets]
    left = requested - sum(share for _, share in shares)
    shares = [(spec, share + (left if n == 0 else 0)) for n, (spec, share) in enumerate(shares)]
    return {spec.key: (spec, share) for spec, share in shares}
