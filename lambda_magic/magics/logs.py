"""`%logs`: what a function, and Lambda about it, has written."""

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.magics.parser import MagicParser, magic, positive_integer
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.span import since
from lambda_magic.monitoring.logs import LogText


def parser() -> MagicParser:
    """The options of %logs."""
    made = MagicParser(
        "%logs",
        description="Show the log of a function, or of one of its versions; the newest lines last.",
        example="%logs hello --limit 20 --since 5m",
    )
    add = made.add_argument
    add("function", metavar="NAME[:QUALIFIER]", help="an alias shows the versions it leads to")
    add("--request-id", metavar="ID", help="only this invocation")
    add(
        "-n",
        "--limit",
        type=positive_integer,
        default=1000,
        metavar="N",
        help="the last N log events (1000)",
    )
    add("--since", type=since, metavar="SPAN", help="only the last 90s, 5m, 2h, 1d")
    return made


_PARSER = parser()


@magics_class
class LogsMagic(SessionMagics):
    """Registers `%logs`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def logs(self, line: str) -> LogText:
        """Show the log of a function."""
        arguments = _PARSER.parse(line)
        reference = self._session.reference(arguments.function)
        client, logs = self._session.client, self._session.region.logs
        configuration = client.get_function_configuration(FunctionName=reference.name)
        group = configuration["LoggingConfig"]["LogGroup"]
        versions = None
        if reference.qualifier is not None:
            versions = self._session.versions(reference.name, reference.qualifier)
        return logs.text(
            group,
            streams=logs.function_streams(group, reference.name, versions),
            request_id=arguments.request_id,
            start_ms=arguments.since and int(arguments.since * 1000),
            limit=arguments.limit,
            tail=True,
        )
