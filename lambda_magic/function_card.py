"""The card of a function, a version or an alias: what the API says of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lambda_magic.core.arns import is_version
from lambda_magic.deployment.publication import Client
from lambda_magic.monitoring.card import Card


def function_card(client: Client, name: str, qualifier: str | None) -> Card:
    """What there is under a name; something that is missing has a card too, which says so."""
    try:
        if qualifier is None:
            return _function(client, name)
        if is_version(qualifier):
            configuration = client.get_function_configuration(
                FunctionName=name, Qualifier=qualifier
            )
            return _version(configuration)
        return _alias(client, name, qualifier)
    except ClientError as error:
        title = name if qualifier is None else f"{name}:{qualifier}"
        told = error.response["Error"]
        return Card(title=title, facts=[[(told["Code"], told["Message"])]], document=told)


def configuration_facts(configuration: Mapping[str, Any]) -> list[tuple[str, object]]:
    """What one wants to know of a configuration at a glance; an image has no handler."""
    return [
        ("Handler", configuration.get("Handler")),
        ("Runtime", configuration.get("Runtime") or configuration.get("PackageType")),
        ("Memory", f"{configuration['MemorySize']:,} MB"),
        ("Timeout", f"{configuration['Timeout']} s"),
        ("Code", f"{configuration['CodeSize']:,} bytes"),
        ("Layers", ", ".join(one["Arn"].split(":layer:")[-1] for one in _layers(configuration))),
    ]


def _layers(configuration: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return configuration.get("Layers") or ()


def alias_shares(alias: Mapping[str, Any]) -> dict[str, float]:
    """Where an alias sends its traffic: version -> share, from 0 to 1."""
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return {alias["FunctionVersion"]: 1 - sum(weights.values()), **weights}


def _function(client: Client, name: str) -> Card:
    function = client.get_function(FunctionName=name)
    configuration = function["Configuration"]
    versions = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    aliases = client.get_paginator("list_aliases").paginate(FunctionName=name)
    return Card(
        title=name,
        notes=[configuration.get("State", "")],
        facts=[
            configuration_facts(configuration),
            [
                # $LATEST is listed too, and is not a published version.
                ("Versions", sum(len(page["Versions"]) for page in versions) - 1),
                ("Aliases", ", ".join(one["Name"] for page in aliases for one in page["Aliases"])),
                (
                    "Reserved concurrency",
                    function.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
                ),
            ],
            [("ARN", configuration["FunctionArn"])],
        ],
        document=_document(function),
    )


def _version(configuration: Mapping[str, Any]) -> Card:
    return Card(
        title=f"{configuration['FunctionName']}:{configuration['Version']}",
        notes=[configuration.get("Description", "")],
        facts=[
            configuration_facts(configuration),
            [("Published", configuration["LastModified"])],
            [("ARN", configuration["FunctionArn"])],
            [("CodeSha256", configuration["CodeSha256"])],
        ],
        document=_document(configuration),
    )


def _alias(client: Client, name: str, alias_name: str) -> Card:
    alias = client.get_alias(FunctionName=name, Name=alias_name)
    return Card(
        title=f"{name}:{alias_name}",
        notes=[alias.get("Description", "")],
        facts=[[("ARN", alias["AliasArn"])]],
        shares=[
            (f"Version {version}", round(100 * share, 2))
            for version, share in alias_shares(alias).items()
        ],
        document=_document(alias),
    )


def _document(response: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}
