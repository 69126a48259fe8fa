"""The hooks around a snapshot, as AWS's Python has them from 3.12 on.

They are remembered in order. Nothing here takes snapshots, so none of them is ever called, as on
AWS for a function that has no SnapStart.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from collections.abc import Callable
    from typing import Any

    Hook = tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]

__all__ = ["register_after_restore", "register_before_snapshot"]

_before_snapshot: list[Hook] = []
_after_restore: list[Hook] = []


def register_before_snapshot(
    func: Callable[..., object], *args: Any, **kwargs: Any
) -> Callable[..., object]:
    """Have a function called with these arguments before a snapshot; may be a decorator."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(
    func: Callable[..., object], *args: Any, **kwargs: Any
) -> Callable[..., object]:
    """Have a function called with these arguments after a snapshot; may be a decorator."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot() -> list[Hook]:
    """What has been registered: functions with their arguments and keyword arguments."""
    return _before_snapshot


def get_after_restore() -> list[Hook]:
    """What has been registered: functions with their arguments and keyword arguments."""
    return _after_restore
