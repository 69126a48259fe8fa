"""A graph of functions: who calls what, which version an alias leads to, where results go."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from lambda_magic.core.arns import LATEST

#: Of a function's versions that no alias and no trigger leads to, so many of the newest are shown.
NEWEST = 3


class Kind(StrEnum):
    """What a node stands for; its value is what it is called."""

    TRIGGER = "trigger"
    ALIAS = "alias"
    VERSION = "version"
    LAYER = "layer"
    DESTINATION = "destination"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One thing of a graph."""

    #: Unique in its graph: an ARN, mostly.
    key: str
    kind: Kind
    label: str
    #: The function that it is a part of; "" for what is outside.
    function: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """An arrow from one node to another, by their keys."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """Nodes, each once, and edges."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    #: Function -> how many of its versions are not among the nodes.
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def functions(self) -> list[str]:
        """The names of the functions, in order."""
        return list(dict.fromkeys(node.function for node in self.nodes if node.function))


@dataclass(frozen=True, kw_only=True, slots=True)
class Trigger:
    """What invokes a function and is nothing that the API knows of."""

    function: str
    #: A version or an alias; None is `$LATEST`.
    qualifier: str | None
    #: Unique, as nodes' keys are.
    key: str
    label: str
    #: On the arrow.
    note: str = ""


def read(client: Any, names: Iterable[str], triggers: Iterable[Trigger] = ()) -> Graph:
    """The graph of some functions, as the API tells it, and what else invokes them.

    `client` is a boto3 client for Lambda. Raises `ClientError`, above all for a function that is
    not there.
    """
    builder = _Builder(client, tuple(triggers))
    for name in names:
        builder.add_function(name)
    # A policy may name an alias that is gone, and then leads nowhere.
    nodes = builder.nodes
    edges = [edge for edge in builder.edges if edge.source in nodes and edge.target in nodes]
    joined = {key for edge in edges for key in (edge.source, edge.target)}
    return Graph(
        nodes=tuple(node for node in nodes.values() if node.function or node.key in joined),
        edges=tuple(dict.fromkeys(edges)),
        left_out=builder.left_out,
    )


class _Builder:
    """Reads one function after the other; what they share is one node."""

    def __init__(self, client: Any, others: Sequence[Trigger]) -> None:
        self._client = client
        self._others = others
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self.left_out: dict[str, int] = {}
        # All there are: those of an alias are not listed under the function's name.
        pages = client.get_paginator("list_event_source_mappings").paginate()
        self._mappings = [one for page in pages for one in page["EventSourceMappings"]]

    def add_function(self, name: str) -> None:
        versions = {
            one["Version"]: one
            for one in self._pages("list_versions_by_function", "Versions", name)
        }
        aliases = self._pages("list_aliases", "Aliases", name)
        triggers = list(self._triggers(name))
        destinations = list(self._destinations(name, versions[LATEST]))
        wanted = {version for alias in aliases for version, _ in _shares(alias)}
        wanted |= {qualifier for qualifier, *_ in [*triggers, *destinations]}
        published = sorted((one for one in versions if one != LATEST), key=int)
        shown = [LATEST, *(one for one in published if one in wanted or one in published[-NEWEST:])]
        if left := len(versions) - len(shown):
            self.left_out[name] = left
        for alias in aliases:
            self._node(f"{name}:{alias['Name']}", Kind.ALIAS, alias["Name"], name)
        for version in shown:
            self._add_version(name, versions[version])
        for alias in aliases:
            for version, share in _shares(alias):
                label = "" if share == 1 else f"{100 * share:.4g} %"
                self._edge(f"{name}:{alias['Name']}", f"{name}:{version}", label)
        for qualifier, key, label, note in triggers:
            self._node(key, Kind.TRIGGER, label)
            self._edge(key, f"{name}:{qualifier}", note)
        for qualifier, key, label, note in destinations:
            self._node(key, Kind.DESTINATION, label)
            self._edge(f"{name}:{qualifier}", key, note)

    def _add_version(self, name: str, version: Mapping[str, Any]) -> None:
        number = version["Version"]
        label = number if number == LATEST else f"Version {number}"
        self._node(f"{name}:{number}", Kind.VERSION, label, name)
        for layer in version.get("Layers", []):
            self._node(layer["Arn"], Kind.LAYER, layer["Arn"].partition(":layer:")[2])
            self._edge(f"{name}:{number}", layer["Arn"])

    def _triggers(self, name: str) -> Iterator[tuple[str, str, str, str]]:
        """(qualifier, key, label, what it says on the arrow) of what invokes a function."""
        for url in self._pages("list_function_url_configs", "FunctionUrlConfigs", name):
            yield (
                _qualifier(url["FunctionArn"]),
                url["FunctionUrl"],
                "Function URL",
                url["AuthType"],
            )
        for mapping in self._mappings_of(name):
            source = mapping.get("EventSourceArn") or mapping["UUID"]
            state = "" if mapping["State"] == "Enabled" else mapping["State"]
            yield _qualifier(mapping["FunctionArn"]), source, resource(source), state
        for statement in self._statements(name):
            service = statement.get("Principal", {}).get("Service")
            if service:
                sources = statement.get("Condition", {}).get("ArnLike", {})
                arn = sources.get("AWS:SourceArn", service)
                yield _qualifier(statement["Resource"]), arn, resource(arn), ""
        for one in self._others:
            if one.function == name:
                yield one.qualifier or LATEST, one.key, one.label, one.note

    def _statements(self, name: str) -> list[dict[str, Any]]:
        """What the function's policy allows; services that push events are in there."""
        try:
            policy = self._client.get_policy(FunctionName=name)["Policy"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return []
        statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
        return [one for one in statements if isinstance(one.get("Principal"), dict)]

    def _destinations(
        self, name: str, latest: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, str, str]]:
        """The same of where a function's results and failures go."""
        if arn := latest.get("DeadLetterConfig", {}).get("TargetArn"):
            yield LATEST, arn, resource(arn), "dead letters"
        configs = self._pages(
            "list_function_event_invoke_configs", "FunctionEventInvokeConfigs", name
        )
        for config in [*configs, *self._mappings_of(name)]:
            for outcome, note in (("OnSuccess", "on success"), ("OnFailure", "on failure")):
                target = config.get("DestinationConfig", {}).get(outcome, {}).get("Destination")
                if target:
                    yield _qualifier(config["FunctionArn"]), target, resource(target), note

    def _mappings_of(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self._mappings if one["FunctionArn"].split(":")[6] == name]

    def _pages(self, operation: str, member: str, name: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(FunctionName=name)
        return [one for page in pages for one in page[member]]

    def _node(self, key: str, kind: Kind, label: str, function: str = "") -> None:
        self.nodes.setdefault(key, Node(key=key, kind=kind, label=label, function=function))

    def _edge(self, source: str, target: str, label: str = "") -> None:
        self.edges.append(Edge(source=source, target=target, label=label))


def resource(arn: str) -> str:
    """What an ARN is about, in short: "sqs orders", "lambda hello:LIVE".

    >>> resource("arn:aws:sqs:us-east-1:123456789012:orders")
    'sqs orders'
    """
    if not arn.startswith("arn:"):
        return arn
    _, _, service, _, _, name = arn.split(":", 5)
    return f"{service} {name.removeprefix('function:')}"


def _qualifier(arn: str) -> str:
    """The version or the alias in a function's ARN."""
    parts: Sequence[str] = arn.split(":")
    return parts[7] if len(parts) > 7 else LATEST


def _shares(alias: Mapping[str, Any]) -> list[tuple[str, float]]:
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return [(alias["FunctionVersion"], 1 - sum(weights.values())), *weights.items()]
