"""One sample event: what it is about, its parameters, and the event with values for them."""

import difflib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.core.settings import Settings
from lambda_magic.sample_events.template import filled


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleEvent:
    """An event as a service of AWS sends it.

    >>> find("s3/put").event(bucket="photos")["Records"][0]["s3"]["bucket"]["name"]
    'photos'
    """

    #: "s3/put".
    name: str
    #: In a few words, when it is sent.
    about: str
    #: Where AWS documents it.
    page: str
    #: What can be set, and what it is otherwise.
    parameters: Mapping[str, Any]
    #: Values that are made of them, each of what is above it; templates, too.
    computed: Mapping[str, Any]
    #: JSON with places to fill (see `template`).
    template: Any

    def event(
        self,
        settings: Settings | None = None,
        /,
        *,
        overrides: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Any:
        """The event, with `values` for its parameters, in the region and account of `settings`.

        `overrides` are for everything else, by paths such as "Records.0.eventVersion". Raises
        `InvalidParameterValueException` for a parameter that the event does not have, or a path
        that leads nowhere.
        """
        for name in values:
            if name not in self.parameters:
                raise self._unknown(name)
        settings = settings or Settings()
        known = {
            "region": settings.region_name,
            "account": settings.account_id,
            "now": round(time.time(), 3),
            **self.parameters,
            **values,
        }
        for name, template in self.computed.items():
            known[name] = filled(template, known)
        event = filled(self.template, known)
        for path, value in (overrides or {}).items():
            self._put(event, path, value)
        return event

    def from_words(self, words: list[str], settings: Settings | None = None) -> Any:
        """The event, with values as one types them: `["bucket=photos", "Records.0.x=1"]`.

        A value is JSON where what it replaces is no text. Raises as `event` does.
        """
        values: dict[str, Any] = {}
        overrides: dict[str, Any] = {}
        for word in words:
            name, equals, text = word.partition("=")
            if not equals:
                raise InvalidParameterValueException(
                    f"{word!r} is not KEY=VALUE. {self.name} has: {self._known()}"
                )
            if name in self.parameters:
                values[name] = _read(name, text, self.parameters[name])
            elif "." in name:
                overrides[name] = _json_or_text(text)
            else:
                raise self._unknown(name)
        return self.event(settings, overrides=overrides, **values)

    def _known(self) -> str:
        return ", ".join(self.parameters) or "no parameters"

    def _unknown(self, name: str) -> InvalidParameterValueException:
        similar = difflib.get_close_matches(name, self.parameters, n=1)
        hint = f"Did you mean {similar[0]}? " if similar else ""
        return InvalidParameterValueException(
            f"{self.name} has no parameter {name}. {hint}It has: {self._known()}; anything else is"
            " set by its path, such as Records.0.eventVersion=2.2"
        )

    def _put(self, event: Any, path: str, value: Any) -> None:
        *parts, last = path.split(".")
        place = event
        try:
            for part in parts:
                place = place[_index(place, part)]
            place[_index(place, last)] = value
        except (KeyError, IndexError, TypeError, ValueError):
            raise InvalidParameterValueException(
                f"{self.name} has nothing at {path}: see %event {self.name}"
            ) from None


def _index(place: Any, part: str) -> Any:
    return int(part) if isinstance(place, list) else part


def _read(name: str, text: str, usual: Any) -> Any:
    """What stands for a parameter; text stays text where it usually is, or may be nothing."""
    if isinstance(usual, str):
        return text
    if usual is None:
        return None if text == "null" else text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    wanted = (int, float) if isinstance(usual, float) else type(usual)
    if not isinstance(value, wanted):
        raise InvalidParameterValueException(
            f"{name} is JSON of the kind of {json.dumps(usual)}, not {text!r}"
        )
    return value


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
