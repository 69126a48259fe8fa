"""`%event`: an event as one of AWS's services sends it."""

import shlex
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.core.errors import ResourceNotFoundException
from lambda_magic.core.settings import Settings
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.table import Table
from lambda_magic.sample_events import library

_COLUMNS = ("Event", "Sent when", "Parameters")


def parser() -> MagicParser:
    """The options of %event."""
    made = MagicParser(
        "%event",
        usage="%(prog)s SERVICE/TYPE [KEY=VALUE ...] | --list [SERVICE]",
        description=(
            "Make a sample event, in the shape in which AWS's service sends it. KEY is one of the\n"
            "event's parameters, or a path such as Records.0.eventVersion."
        ),
        example="event = %event s3/put bucket=photos key=cat.png\n"
        "%invoke hello --event sqs/message body=hi",
    )
    made.add_argument("name", nargs="?", metavar="SERVICE/TYPE", help="such as s3/put")
    made.add_argument("values", nargs="*", metavar="KEY=VALUE", help="quoted as in a shell")
    made.add_argument("--list", action="store_true", help="list all events, or a service's")
    return made


_PARSER = parser()


@magics_class
class EventMagic(SessionMagics):
    """Registers `%event`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def event(self, line: str) -> Any:
        """Make a sample event, or list them."""
        arguments = _PARSER.parse(line)
        if arguments.list or arguments.name is None:
            return _listed(arguments.name)
        settings = self._session.configuration.settings()
        return library.find(arguments.name).from_words(arguments.values, settings)


def sample(name: str, values: str, settings: Settings) -> Any:
    """The sample event of a name, with the values in a text: "bucket=photos key=cat.png"."""
    try:
        words = shlex.split(values)
    except ValueError as error:
        raise UsageError(f"{error}: {values}") from None
    return library.find(name).from_words(words, settings)


def _listed(service: str | None) -> Table:
    names = [one for one in library.names() if service in (None, one, one.partition("/")[0])]
    if not names:
        raise ResourceNotFoundException(
            f"There is no sample event of {service}. See %event --list for all"
        )
    rows = [
        {
            "Event": sample.name,
            "Sent when": sample.about,
            "Parameters": ", ".join(sample.parameters),
        }
        for sample in map(library.find, names)
    ]
    return Table("Sample events", _COLUMNS, rows, empty="")
