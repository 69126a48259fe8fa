"""What Python's libraries do after each fork, put off until it matters.

`threading` and `logging` renew their locks in every forked child. That writes to a hundred pages
that the child would else share, and in the fork server and in init, which have one thread and no
use for either, it does nothing. So their hooks are held back, and given to the runtime process:
there a function may start threads and fork.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

_held: list[dict[str, Any]] = []
_register = os.register_at_fork


def hold() -> None:
    """From now on, keep back what is registered."""
    os.register_at_fork = _hold


def release() -> None:
    """Register what has been kept back, and no longer keep anything back."""
    os.register_at_fork = _register
    while _held:
        _register(**_held.pop(0))


def _hold(**hooks: Any) -> None:
    _held.append(hooks)
