"""The event source mappings as they are now."""

from collections.abc import Iterator

from lambda_magic.monitoring.events import PollerState


class PollerStates:
    """The last state of each mapping, in the order in which they were first heard of."""

    def __init__(self) -> None:
        self._states: dict[str, PollerState] = {}
        #: Whether `take` would return anything.
        self.has_changed = False

    def __repr__(self) -> str:
        return f"<PollerStates [{len(self._states)} mappings]>"

    def __iter__(self) -> Iterator[PollerState]:
        return iter(self._states.values())

    def receive(self, event: PollerState) -> None:
        """Take a state in; a mapping that is deleted is forgotten."""
        self.has_changed = True
        self._states[event.uuid] = event
        if event.state == "Deleted":
            del self._states[event.uuid]

    def take(self) -> list[PollerState] | None:
        """All states, or None if none has changed since this was last asked."""
        changed, self.has_changed = self.has_changed, False
        return list(self) if changed else None
