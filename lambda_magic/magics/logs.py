"""`%logs`: what a function, and Lambda about it, has written."""

import argparse
import functools
from collections.abc import Callable

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.magics.parser import MagicParser, magic, positive_integer
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.span import since
from lambda_magic.monitoring.filter_patterns import compile_pattern
from lambda_magic.monitoring.logs import LogEvent, LogText
from lambda_magic.monitoring.tail import Tail
from lambda_magic.widgets.log_tail import LogTail


def parser() -> MagicParser:
    """The options of %logs."""
    made = MagicParser(
        "%logs",
        description="Show the log of a function, or of one of its versions; the newest lines last.",
        example="%logs hello --limit 20 --since 5m\n%logs hello --follow --filter ERROR",
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
    add(
        "--follow",
        action="store_true",
        help="a widget that shows what is written from now on; where there are none, the log",
    )
    add("--filter", default="", metavar="PATTERN", help="a filter pattern of CloudWatch Logs")
    add("--since", type=since, metavar="SPAN", help="only the last 90s, 5m, 2h, 1d")
    return made


_PARSER = parser()


@magics_class
class LogsMagic(SessionMagics):
    """Registers `%logs`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def logs(self, line: str) -> LogText | LogTail:
        """Show the log of a function."""
        arguments = _PARSER.parse(line)
        matches = compile_pattern(arguments.filter)
        reference = self._session.reference(arguments.function)
        client, logs = self._session.client, self._session.region.logs
        configuration = client.get_function_configuration(FunctionName=reference.name)
        group = configuration["LoggingConfig"]["LogGroup"]
        versions = None
        if reference.qualifier is not None:
            versions = self._session.versions(reference.name, reference.qualifier)
        find = functools.partial(
            logs.events,
            group,
            streams=logs.function_streams(group, reference.name, versions),
            request_id=arguments.request_id,
            start_ms=arguments.since and int(arguments.since * 1000),
        )
        last = functools.partial(find, limit=arguments.limit, tail=True)
        # Only a kernel has somebody at its other end who can show a widget.
        if arguments.follow and hasattr(self._session.shell, "kernel"):
            return self._follow(
                arguments, Tail(reference.name, versions, arguments.request_id), last
            )
        if not arguments.filter:
            return LogText.of(last())
        matching = [event for event in find() if matches(event.message)]
        return LogText.of(matching[-arguments.limit :])

    def _follow(
        self, arguments: argparse.Namespace, tail: Tail, find: Callable[[], list[LogEvent]]
    ) -> LogTail:
        region = self._session.region
        tail.pattern = arguments.filter
        widget = LogTail(arguments.function, tail, region.subscribe, find)
        region.before_close(widget.stop)
        return widget
