"""`%alias`: a name for a version, or for two of them with a share of the traffic each.

IPython has a magic of this name, for shell commands. It keeps working: what does not name a
Lambda function is handed on to it.
"""

import argparse
import re
from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.deployment.publication import Client
from lambda_magic.function_card import alias_shares
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import Session, SessionMagics
from lambda_magic.magics.table import Table

_QUALIFIED = re.compile(r"(arn:\S+|[a-zA-Z0-9-_]+):[a-zA-Z0-9-_$]+")


def parser() -> MagicParser:
    """The options of %alias."""
    made = MagicParser(
        "%alias",
        description=(
            "Point an alias of a function to a version; without VERSION, show the alias.\n"
            "%alias NAME lists all of a function's aliases. Anything else is IPython's %alias."
        ),
        example="%alias hello:LIVE 1 --route 2=0.1",
    )
    add = made.add_argument
    add("alias", metavar="NAME:ALIAS", help="the function and its alias")
    add("version", nargs="?", metavar="VERSION", help="the version that it shall point to")
    add(
        "--route",
        action="append",
        type=_weight,
        metavar="V=W",
        help="send the share W (0 to 1) to version V",
    )
    add("--description", help="what the alias is for")
    add("-d", "--delete", action="store_true", help="delete the alias")
    return made


def _weight(text: str) -> tuple[str, float]:
    version, _, weight = text.partition("=")
    try:
        return version, float(weight)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write VERSION=WEIGHT, as in 2=0.1") from None


_PARSER = parser()


@magics_class
class AliasMagic(SessionMagics):
    """Registers `%alias`; `shell_alias` is IPython's own."""

    def __init__(self, session: Session, shell_alias: Callable[[str], Any] | None) -> None:
        super().__init__(session)
        self._shell_alias = shell_alias

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def alias(self, line: str) -> Any:
        """Point an alias to a version."""
        words = line.split()
        first = words[0] if words else ""
        if len(words) == 1 and self._is_function(first):
            return self._list(first)
        named = next((word for word in words if not word.startswith("-")), "")
        if first not in ("-h", "--help") and not _QUALIFIED.fullmatch(named):
            return self._shell_alias(line) if self._shell_alias else _PARSER.parse(line)
        arguments = _PARSER.parse(line)
        reference = self._session.reference(arguments.alias)
        if reference.qualifier is None:
            _PARSER.error(f"{arguments.alias}: name the alias too, as in {reference.name}:LIVE")
        return self._carry_out(arguments, reference.name, reference.qualifier)

    def _carry_out(self, arguments: argparse.Namespace, name: str, alias: str) -> Table | None:
        client = self._session.client
        if arguments.delete:
            client.get_alias(FunctionName=name, Name=alias)
            client.delete_alias(FunctionName=name, Name=alias)
            return None
        if _changes(arguments):
            answered = _put(client, name, alias, arguments)
        else:
            answered = client.get_alias(FunctionName=name, Name=alias)
        return _table(name, [answered])

    def _is_function(self, word: str) -> bool:
        if not re.fullmatch(r"[a-zA-Z0-9-_]+", word):
            return False
        client = self._session.client
        try:
            client.get_function_configuration(FunctionName=word)
        except client.exceptions.ClientError:
            return False
        return True

    def _list(self, name: str) -> Table:
        pages = self._session.client.get_paginator("list_aliases").paginate(FunctionName=name)
        return _table(name, [alias for page in pages for alias in page["Aliases"]])


def route_text(alias: Mapping[str, Any]) -> str:
    """Where an alias leads: "1", or "1 (90 %), 2 (10 %)"."""
    shares = alias_shares(alias)
    if len(shares) == 1:
        return str(alias["FunctionVersion"])
    return ", ".join(f"{version} ({share:.4g})" for version, share in shares.items())


def _changes(arguments: argparse.Namespace) -> bool:
    return any(
        value is not None for value in (arguments.version, arguments.route, arguments.description)
    )


def _put(client: Client, name: str, alias: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Update the alias, or create it; a new version takes all traffic unless routes say else."""
    request: dict[str, Any] = {"FunctionName": name, "Name": alias}
    if arguments.version is not None:
        request |= {"FunctionVersion": arguments.version}
    if arguments.description is not None:
        request |= {"Description": arguments.description}
    if arguments.version is not None or arguments.route:
        weights = dict(arguments.route or [])
        request |= {"RoutingConfig": {"AdditionalVersionWeights": weights}}
    try:
        answered: dict[str, Any] = client.update_alias(**request)
    except client.exceptions.ResourceNotFoundException:
        if arguments.version is None:
            raise
        answered = client.create_alias(**request)
    return answered


def _table(name: str, aliases: list[dict[str, Any]]) -> Table:
    rows = [
        {
            "Alias": alias["Name"],
            "Version": route_text(alias),
            "Description": alias.get("Description"),
            "ARN": alias["AliasArn"],
        }
        for alias in aliases
    ]
    return Table(
        f"Aliases of {name}",
        ("Alias", "Version", "Description", "ARN"),
        rows,
        empty=f"No alias yet: %alias {name}:LIVE VERSION makes one.",
    )
