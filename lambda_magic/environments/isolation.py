"""How strongly a machine can isolate subprocesses, by name."""

import os
import sys
from enum import StrEnum


class Isolation(StrEnum):
    """From the strongest to the weakest; what each means is told in `runtimes.confinement`."""

    #: Own namespaces, private root and unprivileged user, made by root.
    NAMESPACES = "namespaces"
    #: The same, made by an ordinary user by way of a user namespace.
    USER_NAMESPACES = "user-namespaces"
    #: Separate processes with limits that see the machine's own files. All that there is on
    #: macOS and in containers which refuse namespaces, such as Binder's.
    PROCESS = "process"


def candidates(wanted: str) -> list[Isolation]:
    """What to try, strongest first, for `Settings.isolation`: "auto" or a name.

    Raises `ValueError` for any other word.
    """
    if wanted != "auto":
        try:
            return [Isolation(wanted)]
        except ValueError:
            names = ", ".join(["auto", *Isolation])
            raise ValueError(f"There is no isolation {wanted!r}; choose one of {names}") from None
    if sys.platform != "linux":
        return [Isolation.PROCESS]
    if os.geteuid() == 0:
        return list(Isolation)
    return [Isolation.USER_NAMESPACES, Isolation.PROCESS]
