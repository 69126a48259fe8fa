"""What moto keeps, saved and restored: one file a service, in the child process.

moto keeps everything in plain objects. Each service is pickled by itself, so that one which cannot
be does not cost the others their state; where it refers to another service, only that is noted.
"""

import copyreg
import io
import os
import pickle
import sys
import threading
from collections import ChainMap, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import cloudpickle  # type: ignore[import-untyped]  # it has no types
import moto
from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend

#: Objects that hold nothing worth keeping are made anew.
_REDUCERS: dict[type, Any] = {
    type(threading.Lock()): lambda lock: (threading.Lock, ()),
    type(threading.RLock()): lambda lock: (threading.RLock, ()),
    threading.Event: lambda event: (threading.Event, ()),
    threading.Condition: lambda condition: (threading.Condition, ()),
}


class SavedState:
    """The state of moto's services in a directory; that of another moto is not understood."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / f"moto-{moto.__version__}"
        self._directory.mkdir(parents=True, exist_ok=True)

    def save(self) -> list[str]:
        """Write every service that has been used; returns the names of those that cannot be.

        Nothing may change meanwhile.
        """
        lost = []
        for service, backends in _used().items():
            pickled = _pickled(service, backends)
            if pickled is None:
                lost.append(service)
            else:
                self._write(f"{service}.pickle", pickled)
        return sorted(lost)

    def restore(self) -> list[str]:
        """Take up what was saved; returns the names of services where that fails."""
        lost = []
        for path in sorted(self._directory.glob("*.pickle")):
            try:
                _restore(path.stem, path.read_bytes())
            except Exception as error:  # whatever an object of somebody else's may raise
                print(f"{path.stem} cannot be restored: {error!r}", file=sys.stderr)
                lost.append(path.stem)
        return lost

    def write(self, name: str, content: bytes) -> None:
        """Keep something beside the services."""
        self._write(name, content)

    def read(self, name: str) -> bytes | None:
        """What `write` has kept, or None."""
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, name: str, content: bytes) -> None:
        """All of it or nothing, whenever the process is killed."""
        path = self._directory / name
        new = path.with_suffix(".new")
        new.write_bytes(content)
        os.replace(new, path)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # the same
    """Pickles one service, its lambdas included; other services are references."""

    dispatch_table: ClassVar[Any] = ChainMap(_REDUCERS, cloudpickle.Pickler.dispatch_table)

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if isinstance(value, defaultdict) and kind.__init__ is not defaultdict.__init__:
            # By default such a one is made anew from its factory, which is not what it takes.
            return copyreg.__newobj__, (kind,), vars(value), None, iter(value.items())  # type: ignore[attr-defined]  # pickle's own
        return super().reducer_override(value)

    def persistent_id(self, value: Any) -> Any:
        return _reference(value) if isinstance(value, BaseBackend) else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, reference: Any) -> Any:
        service, account, region = reference
        return get_backend(service)[account][region]


def _used() -> dict[str, dict[tuple[str, str], BaseBackend]]:
    """The services in use, each with its backends by account and region."""
    return {
        backends.service_name: {
            (account, region): backend
            for account, regions in list(backends.items())
            for region, backend in list(regions.items())
        }
        for backends in BackendDict._instances  # type: ignore[misc]  # all of them, of any kind
        if backends.service_name != "moto_api" and len(backends)
    }


def _pickled(service: str, backends: dict[tuple[str, str], BaseBackend]) -> bytes | None:
    file = io.BytesIO()
    try:
        _Pickler(file).dump({place: vars(one) for place, one in backends.items()})
    except (pickle.PicklingError, TypeError, AttributeError):
        return None
    return file.getvalue()


def _restore(service: str, pickled: bytes) -> None:
    backends = get_backend(service)  # type: ignore[call-overload]  # one of hundreds of literals
    for (account, region), state in _Unpickler(io.BytesIO(pickled)).load().items():
        vars(backends[account][region]).update(state)


def _reference(backend: BaseBackend) -> tuple[str, str, str] | None:
    for service, account, region, one in _everything():
        if one is backend:
            return service, account, region
    return None


def _everything() -> Iterator[tuple[str, str, str, BaseBackend]]:
    for service, backends in _used().items():
        for (account, region), backend in backends.items():
            yield service, account, region, backend
