"""`%functions`: what there is, and what is running."""

from collections import Counter
from typing import Any

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.deployment.publication import Client
from lambda_magic.environments.states import EnvironmentState
from lambda_magic.magics import local_triggers
from lambda_magic.magics.alias import route_text
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.table import Table
from lambda_magic.widgets import graph
from lambda_magic.widgets.diagram import Diagram

_COLUMNS = (
    "Function",
    "State",
    "Runtime",
    "Memory (MB)",
    "Timeout (s)",
    "Versions",
    "Aliases",
    "Reserved",
    "Provisioned",
    "Warm",
)

#: Those of environments that are past their Init, so that an invocation may find them.
_WARM_STATES = (EnvironmentState.READY, EnvironmentState.FROZEN, EnvironmentState.RUNNING)


def parser() -> MagicParser:
    """The options of %functions."""
    made = MagicParser(
        "%functions",
        description="List the functions, and how many warm environments each of them has.",
        example="%functions\n%functions --diagram hello",
    )
    made.add_argument(
        "--diagram",
        nargs="*",
        metavar="NAME",
        help="draw them, or those named: versions, aliases, layers, triggers, destinations",
    )
    return made


_PARSER = parser()


@magics_class
class FunctionsMagic(SessionMagics):
    """Registers `%functions`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def functions(self, line: str) -> Table | Diagram:
        """List the functions, or draw them."""
        arguments = _PARSER.parse(line)
        if arguments.diagram is not None:
            return self._diagram(arguments.diagram)
        region, client = self._session.region, self._session.client
        warm = Counter(
            one.function_name for one in region.environments() if one.state in _WARM_STATES
        )
        pages = client.get_paginator("list_functions").paginate()
        rows = [
            _row(client, configuration, warm[configuration["FunctionName"]])
            for page in pages
            for configuration in page["Functions"]
        ]
        return Table(
            f"Functions in {region.settings.region_name}",
            _COLUMNS,
            rows,
            empty="No function yet: %%lambda NAME makes a cell one.",
            notes=[f"isolation: {region.isolation}"],
        )

    def _diagram(self, names: list[str]) -> Diagram:
        client = self._session.client
        pages = client.get_paginator("list_functions").paginate()
        every = (one["FunctionName"] for page in pages for one in page["Functions"])
        shown = map(self._session.function_name, names) if names else every
        return Diagram(graph.read(client, shown, local_triggers.for_diagram(self._session.region)))


def _row(client: Client, listed: dict[str, Any], warm: int) -> dict[str, Any]:
    name = listed["FunctionName"]
    function = client.get_function(FunctionName=name)
    versions = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    aliases = client.get_paginator("list_aliases").paginate(FunctionName=name)
    provisioned = client.get_paginator("list_provisioned_concurrency_configs").paginate(
        FunctionName=name
    )
    requested = [
        config["RequestedProvisionedConcurrentExecutions"]
        for page in provisioned
        for config in page["ProvisionedConcurrencyConfigs"]
    ]
    values = (
        name,
        function["Configuration"].get("State"),
        listed.get("Runtime") or listed["PackageType"],
        listed["MemorySize"],
        listed["Timeout"],
        # $LATEST is listed too, and is not a published version.
        sum(len(page["Versions"]) for page in versions) - 1,
        ", ".join(
            f"{alias['Name']} → {route_text(alias)}"
            for page in aliases
            for alias in page["Aliases"]
        ),
        function.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        sum(requested) or None,
        warm,
    )
    return dict(zip(_COLUMNS, values, strict=True))
