"""`%metrics`: CloudWatch's metrics of a function."""

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.span import since
from lambda_magic.monitoring.function_metrics import FunctionMetrics


def parser() -> MagicParser:
    """The options of %metrics."""
    made = MagicParser(
        "%metrics",
        description="Show the metrics of a function, a version, an alias, or of all functions.",
        example="%metrics hello:LIVE --since 1h",
    )
    add = made.add_argument
    add("function", nargs="?", metavar="NAME[:QUALIFIER]", help="without it, all functions")
    add("--since", type=since, metavar="SPAN", help="only the last 90s, 5m, 2h, 1d")
    return made


_PARSER = parser()


@magics_class
class MetricsMagic(SessionMagics):
    """Registers `%metrics`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def metrics(self, line: str) -> FunctionMetrics:
        """Show the metrics of a function."""
        arguments = _PARSER.parse(line)
        metrics = self._session.region.metrics
        if arguments.function is None:
            return metrics.account(start=arguments.since)
        reference = self._session.reference(arguments.function)
        if reference.qualifier is not None:
            self._session.versions(reference.name, reference.qualifier)
        else:
            self._session.client.get_function_configuration(FunctionName=reference.name)
        return metrics.function(reference.name, reference.qualifier, start=arguments.since)
