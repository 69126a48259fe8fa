"""`%clock`: how fast time passes for what nobody wants to sit through."""

import argparse
import math
from datetime import UTC, datetime

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.core.clock import VirtualClock
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.table import Table

_COLUMNS = ("Clock", "Time (UTC)", "Ahead (s)", "Running", "Waiting")
#: A day in a second; from where on schedules would be due faster than anything could run.
_FASTEST = 86_400
_NAMES = {"real": 1.0, "fast": math.inf}


def parser() -> MagicParser:
    """The options of %clock."""
    made = MagicParser(
        "%clock",
        description=(
            "Show or set how fast time passes for retries and the age of events. What functions\n"
            "take themselves (timeouts, Init, Duration) is always measured in real time."
        ),
        example="%clock fast\n%clock 60\n%clock real",
    )
    made.add_argument(
        "speed",
        nargs="?",
        type=_speed,
        metavar="real|fast|SPEED",
        help="fast: whenever nothing runs, time jumps to what is next (of schedules to at most 20 "
        "moments a second); 60: a minute in a second",
    )
    return made


def _speed(text: str) -> float:
    try:
        speed = _NAMES[text] if text in _NAMES else float(text.removesuffix("x"))
    except ValueError:
        speed = math.nan
    if speed != math.inf and not 0 < speed <= _FASTEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither real nor fast nor a number over 0, up to {_FASTEST:,}"
        )
    return speed


_PARSER = parser()


@magics_class
class ClockMagic(SessionMagics):
    """Registers `%clock`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def clock(self, line: str) -> Table:
        """Show or set the clock."""
        speed = _PARSER.parse(line).speed
        region = self._session.region
        return region.call(_clock(region.clock, speed))


async def _clock(clock: VirtualClock, speed: float | None) -> Table:
    """On the loop thread, whose clock it is."""
    if speed is not None:
        clock.speed = speed
    now = datetime.fromtimestamp(clock.time(), UTC)
    values = (
        clock.name,
        f"{now:%Y-%m-%d %H:%M:%S}",
        f"{round(clock.ahead):,}",
        clock.running_now,
        clock.waiting,
    )
    row = dict(zip(_COLUMNS, values, strict=True))
    return Table("Clock", _COLUMNS, [row], empty="")
