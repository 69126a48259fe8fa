"""The colours of a timeline: Okabe and Ito's, which colour-blind readers can tell apart."""

from lambda_magic.monitoring.timeline import Phase, Segment

RED = "#D6304A"
INVOKE_COLOURS = ("#0072B2", "#56B4E9", "#F0E442")
COLOURS = {
    Phase.EXTENSION_INIT: "#CC79A7",
    Phase.RUNTIME_INIT: "#E69F00",
    Phase.FUNCTION_INIT: "#D55E00",
    Phase.RESTORE: "#009E73",
    Phase.FROZEN: "rgba(120,140,160,.34)",
    Phase.SHUTDOWN: "#6B7480",
    Phase.RESET: "#9A86A8",
}
#: An environment that is in no phase: it waits for an invocation.
READY = "rgba(127,127,127,.13)"


def style(segment: Segment) -> int:
    """Which of the colours for invocations an invocation's version has."""
    return version_style(segment.lane.origin.function_version if segment.lane else "")


def version_style(version: str) -> int:
    """Which colour a version has: neighbours, $LATEST among them, differ."""
    return int(version) % len(INVOKE_COLOURS) if version.isdecimal() else 0
