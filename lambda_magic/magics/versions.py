"""`%versions`: the published versions of a function."""

from typing import Any

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.table import Table

_COLUMNS = (
    "Version",
    "Aliases",
    "Runtime",
    "Handler",
    "Memory (MB)",
    "Timeout (s)",
    "Code (bytes)",
    "CodeSha256",
    "Description",
    "LastModified",
)


def parser() -> MagicParser:
    """The options of %versions."""
    made = MagicParser(
        "%versions",
        description="List the versions of a function, $LATEST first.",
        example="%versions hello",
    )
    made.add_argument("name", metavar="NAME", help="the function's name")
    return made


_PARSER = parser()


@magics_class
class VersionsMagic(SessionMagics):
    """Registers `%versions`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def versions(self, line: str) -> Table:
        """List the versions of a function."""
        name = self._session.function_name(_PARSER.parse(line).name)
        client = self._session.client
        versions = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        aliases = client.get_paginator("list_aliases").paginate(FunctionName=name)
        pointing = [alias for page in aliases for alias in page["Aliases"]]
        rows = [_row(version, pointing) for page in versions for version in page["Versions"]]
        return Table(f"Versions of {name}", _COLUMNS, rows, empty="There is none.")


def _row(version: dict[str, Any], aliases: list[dict[str, Any]]) -> dict[str, Any]:
    number = version["Version"]
    values = (
        number,
        ", ".join(alias["Name"] for alias in aliases if number in _versions_of(alias)),
        version.get("Runtime"),
        version.get("Handler"),
        version["MemorySize"],
        version["Timeout"],
        version["CodeSize"],
        # Enough to tell versions apart; the API has the whole of it.
        f"{version['CodeSha256'][:12]}…",
        version["Description"],
        version["LastModified"],
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _versions_of(alias: dict[str, Any]) -> set[str]:
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return {alias["FunctionVersion"], *weights}
