"""`%concurrency`: what a function may use at once, and what is kept ready for it."""

import argparse
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.deployment.publication import Client
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.table import Table

_COLUMNS = ("Concurrency", "Qualifier", "Requested", "Allocated", "Available", "Status")


def parser() -> MagicParser:
    """The options of %concurrency."""
    made = MagicParser(
        "%concurrency",
        description="Show or set a function's reserved and provisioned concurrency.",
        example="%concurrency hello --reserved 5\n%concurrency hello:LIVE --provisioned 2",
    )
    add = made.add_argument
    add("function", metavar="NAME[:QUALIFIER]", help="a qualifier is for provisioned concurrency")
    add("--reserved", type=_number, metavar="N", help="a number, or none to give it back")
    add("--provisioned", type=_number, metavar="N", help="a number, or none to give it back")
    add("--qualifier", help="the version or alias whose environments are kept ready")
    return made


def _number(text: str) -> int | str:
    if text != "none" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor none")
    return text if text == "none" else int(text)


_PARSER = parser()


@magics_class
class ConcurrencyMagic(SessionMagics):
    """Registers `%concurrency`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def concurrency(self, line: str) -> Table:
        """Show or set concurrency."""
        arguments = _PARSER.parse(line)
        client = self._session.client
        reference = self._session.reference(arguments.function)
        if arguments.provisioned is not None:
            qualifier = arguments.qualifier or reference.qualifier
            if qualifier is None:
                raise UsageError("--provisioned is for a version or an alias: add --qualifier")
            _provision(client, reference.name, qualifier, arguments.provisioned)
        if arguments.reserved is not None:
            _reserve(client, reference.name, arguments.reserved)
        return _table(client, reference.name)


def _reserve(client: Client, name: str, number: int | str) -> None:
    if number == "none":
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=number)


def _provision(client: Client, name: str, qualifier: str, number: int | str) -> None:
    if number == "none":
        client.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    else:
        client.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=number
        )


def _table(client: Client, name: str) -> Table:
    limits = client.get_account_settings()["AccountLimit"]
    reserved = client.get_function_concurrency(FunctionName=name)
    pages = client.get_paginator("list_provisioned_concurrency_configs").paginate(FunctionName=name)
    rows: list[dict[str, Any]] = [
        {"Concurrency": "reserved", "Requested": reserved.get("ReservedConcurrentExecutions")}
    ]
    rows += [
        {
            "Concurrency": "provisioned",
            "Qualifier": config["FunctionArn"].rpartition(":")[2],
            "Requested": config["RequestedProvisionedConcurrentExecutions"],
            "Allocated": config["AllocatedProvisionedConcurrentExecutions"],
            "Available": config["AvailableProvisionedConcurrentExecutions"],
            "Status": config["Status"],
        }
        for page in pages
        for config in page["ProvisionedConcurrencyConfigs"]
    ]
    account = f"account: {limits['ConcurrentExecutions']:,}"
    unreserved = f"unreserved: {limits['UnreservedConcurrentExecutions']:,}"
    title = f"Concurrency of {name}"
    return Table(title, _COLUMNS, rows, empty="", notes=[account, unreserved])
