"""How long the processes of an environment may take to end.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lambda_magic.runtime_api.extension import ExtensionKind


@dataclass(frozen=True, kw_only=True, slots=True)
class ShutdownLimits:
    """Milliseconds until SIGKILL."""

    #: For the runtime, after its SIGTERM; 0 means that it gets no SIGTERM.
    runtime_ms: int
    #: For everyone.
    total_ms: int


def shutdown_limits(extensions: Iterable[ExtensionKind]) -> ShutdownLimits:
    """The limits for an environment with these extensions.

    Without extensions there is no time at all; with internal ones the runtime has 500 ms; with
    an external one everyone together has 2,000 ms, the runtime the first 300 of them.

    >>> shutdown_limits([ExtensionKind.INTERNAL])
    ShutdownLimits(runtime_ms=500, total_ms=500)
    """
    kinds = set(extensions)
    if ExtensionKind.EXTERNAL in kinds:
        return ShutdownLimits(runtime_ms=300, total_ms=2000)
    if ExtensionKind.INTERNAL in kinds:
        return ShutdownLimits(runtime_ms=500, total_ms=500)
    return ShutdownLimits(runtime_ms=0, total_ms=0)
