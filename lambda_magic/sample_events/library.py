"""All sample events there are, one file each: `events/SERVICE/TYPE.json`."""

import difflib
import json
from functools import cache
from pathlib import Path

from lambda_magic.core.errors import ResourceNotFoundException
from lambda_magic.sample_events.sample_event import SampleEvent

_DIRECTORY = Path(__file__).with_name("events")


@cache
def names() -> tuple[str, ...]:
    """Their names, "SERVICE/TYPE", in order."""
    return tuple(sorted(f"{path.parent.name}/{path.stem}" for path in _DIRECTORY.glob("*/*.json")))


@cache
def find(name: str) -> SampleEvent:
    """The sample event of a name; a service with only one type is name enough.

    Raises `ResourceNotFoundException`.
    """
    of_service = [one for one in names() if one.partition("/")[0] == name]
    if len(of_service) == 1:
        name = of_service[0]
    if name not in names():
        raise ResourceNotFoundException(f"There is no sample event {name}. {_hint(name)}")
    found = json.loads((_DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    return SampleEvent(
        name=name,
        about=found["about"],
        page=found["page"],
        parameters=found["parameters"],
        computed=found.get("computed", {}),
        template=found["event"],
    )


def _hint(name: str) -> str:
    service = name.partition("/")[0]
    of_service = [one for one in names() if one.partition("/")[0] == service]
    similar = of_service or difflib.get_close_matches(name, names(), n=3, cutoff=0.5)
    if similar:
        return f"There is: {', '.join(similar)}"
    return "See %event --list"
