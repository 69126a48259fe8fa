"""`%monitor`: what execution environments do, while they do it."""

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.widgets.monitor import Monitor


def parser() -> MagicParser:
    """The options of %monitor."""
    made = MagicParser(
        "%monitor",
        description=(
            "Show what execution environments do while they do it: a lane for each, its Init, its\n"
            "invocations, frozen and shutdown, and the concurrency against its limits. A click on\n"
            "an invocation shows its log. A saved notebook keeps the picture."
        ),
        example="%monitor hello",
    )
    made.add_argument(
        "functions", nargs="*", metavar="NAME", help="without any, all functions are shown"
    )
    return made


_PARSER = parser()


@magics_class
class MonitorMagic(SessionMagics):
    """Registers `%monitor`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def monitor(self, line: str) -> Monitor:
        """Show what execution environments do."""
        names = [self._session.function_name(text) for text in _PARSER.parse(line).functions]
        for name in names:
            self._session.client.get_function_configuration(FunctionName=name)
        return Monitor(self._session.region, names, shell=self._session.shell)
