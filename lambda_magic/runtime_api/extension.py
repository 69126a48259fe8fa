"""One extension, as the Extensions API knows it."""

import uuid
from enum import StrEnum

from lambda_magic.runtime_api.extension_states import TRANSITIONS, Call, ExtensionStatus
from lambda_magic.runtime_api.http import Connection

INVOKE = "INVOKE"
SHUTDOWN = "SHUTDOWN"


class ExtensionKind(StrEnum):
    """Where an extension runs: in the runtime process, or in one of its own."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class Extension:
    """Who it is, what it is doing, and the connection on which it waits for an event."""

    __slots__ = (
        "error_type",
        "events",
        "identifier",
        "kind",
        "name",
        "status",
        "unsent",
        "waiting",
    )

    def __init__(self, name: str, kind: ExtensionKind) -> None:
        self.name = name
        self.kind = kind
        #: The value of its Lambda-Extension-Identifier header.
        self.identifier = str(uuid.uuid4())
        self.status = ExtensionStatus.STARTED
        #: What it has registered for: INVOKE, SHUTDOWN.
        self.events: tuple[str, ...] = ()
        #: What it says has gone wrong, or why it could not be executed.
        self.error_type: str | None = None
        self.waiting: Connection | None = None
        #: An event that it has not asked for yet.
        self.unsent: bytes | None = None

    def __repr__(self) -> str:
        return f"<Extension {self.name} [{self.kind}, {self.status}]>"

    def allows(self, call: Call) -> bool:
        """Whether it may do that now."""
        return call in TRANSITIONS[self.status] or self._has_reconnected(call)

    def advance(self, call: Call) -> None:
        """It does what it may."""
        if not self._has_reconnected(call):
            self.status = TRANSITIONS[self.status][call]

    def send(self, event: bytes) -> None:
        """Answer its pending GET .../next, or the next one; not of one that is to exit."""
        if not (Call.NEXT in TRANSITIONS[self.status] or self.status is ExtensionStatus.READY):
            return
        self.status = ExtensionStatus.RUNNING
        waiting, self.waiting = self.waiting, None
        if waiting is None:
            self.unsent = event
        else:
            waiting.respond(event)

    def _has_reconnected(self, call: Call) -> bool:
        """Whether it asks again because it has lost the connection on which it waited."""
        return call is Call.NEXT and self.status is ExtensionStatus.READY and self.waiting is None
