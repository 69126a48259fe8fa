"""Reads from the catalog, answered from memory until anything was written.

Every invocation makes some.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from lambda_magic.store.database import Database

_T = TypeVar("_T")


class Reads:
    """Remembers what was read, and forgets it when this kernel or another one has written."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._cache: dict[tuple[str, ...], Any] = {}
        self._generation = 0
        self._written = (-1, -1)

    @property
    def generation(self) -> int:
        """Goes up whenever anything in the catalog may have changed, whoever wrote it."""
        database = self.database
        written = (database.data_version(), database.writes)
        if written != self._written:
            self._written = written
            self._generation += 1
            self._cache.clear()
        return self._generation

    def remembered(self, key: tuple[str, ...], read: Callable[[], _T]) -> _T:
        """What `read` answers, from memory as long as nothing was written."""
        self.generation  # noqa: B018 - forgets what is out of date
        try:
            return cast(_T, self._cache[key])
        except KeyError:
            value = self._cache[key] = read()
            return value
