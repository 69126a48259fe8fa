"""Sample events by their names, as a mapping whose values are made when they are asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from lambda_magic.core.settings import Settings
from lambda_magic.sample_events import library


class EventsByName(Mapping[str, Any]):
    """All sample events, with the values that their parameters have by themselves.

    >>> EventsByName(Settings())["sqs/message"]["Records"][0]["eventSource"]
    'aws:sqs'
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __getitem__(self, name: str) -> Any:
        if name not in library.names():
            raise KeyError(name)
        return library.find(name).event(self._settings)

    def __iter__(self) -> Iterator[str]:
        return iter(library.names())

    def __len__(self) -> int:
        return len(library.names())
