"""`%trigger`: what invokes a function without being asked."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.core.arns import Arns, FunctionReference
from lambda_magic.magics import local_triggers, pushed
from lambda_magic.magics.parser import MagicParser, magic, positive_integer
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.sources import (
    POLLED,
    PUSHING,
    Services,
    Source,
    read_source,
    shown,
)
from lambda_magic.magics.table import Table

_COLUMNS = ("Function", "Source", "State", "Batch", "Window", "About", "Last result", "UUID")
_POSITIONS = {"latest": "LATEST", "oldest": "TRIM_HORIZON"}


def parser() -> MagicParser:
    """The options of %trigger."""
    made = MagicParser(
        "%trigger",
        description=(
            "Have a source invoke a function: sqs:QUEUE, kinesis:STREAM, dynamodb:TABLE,\n"
            "s3:BUCKET, sns:TOPIC, events:RULE; and without any AWS schedule:'rate(5 minutes)',\n"
            "files:FOLDER, http:/path (open to whoever can connect to the endpoint). Without a\n"
            "source, list the triggers of a function, or all of them."
        ),
        example="%queue orders\n%trigger hello sqs:orders --batch-size 5 --partial\n"
        '%trigger hello sqs:orders --filter \'{"body": {"amount": [{"numeric": [">", 9]}]}}\'\n'
        "%trigger hello s3:photos --prefix in/ --suffix .jpg\n"
        "%trigger hello schedule:'cron(0 12 * * ? *)'\n"
        "%trigger hello http:/orders/{id} --method GET",
    )
    add = made.add_argument
    add("function", nargs="?", metavar="NAME[:QUALIFIER]", help="the function, version or alias")
    add("source", nargs="?", metavar="SOURCE", help="such as sqs:orders, or an ARN")
    add("-d", "--delete", action="store_true", help="delete the trigger")
    switch = made.add_mutually_exclusive_group()
    switch.add_argument("--disable", action="store_true", help="keep it, but do not read")
    switch.add_argument("--enable", action="store_true", help="read again")
    add("--batch-size", type=positive_integer, metavar="N", help="records in an event, at most")
    add("--window", type=_count, metavar="S", help="seconds to gather a batch in")
    add("--filter", action="append", metavar="JSON", help="a pattern; of several, one matches")
    add("--partial", action="store_true", help="the function reports which records have failed")
    add("--max-concurrency", type=positive_integer, metavar="N", help="of a queue: batches at once")
    add("--retries", type=_count, metavar="N", help="of a stream: attempts after the first")
    add("--max-age", type=positive_integer, metavar="S", help="of a stream: older records are lost")
    add("--bisect", action="store_true", help="of a stream: halve a batch that fails")
    add("--parallel", type=positive_integer, metavar="N", help="of a stream: batches of a shard")
    add("--tumbling-window", type=positive_integer, metavar="S", help="of a stream, with state")
    add("--from", dest="start", choices=_POSITIONS, help="of a stream: where to begin (latest)")
    add("--prefix", help="of a bucket or a folder: keys that begin so")
    add("--suffix", help="of a bucket or a folder: keys that end so")
    add(
        "--events",
        action="append",
        metavar="NAME",
        help="of a bucket (s3:ObjectCreated:*), or of a folder (created,removed)",
    )
    add("--method", help="of a route: GET, POST, ... (ANY)")
    add("--payload", metavar="1.0|2.0", help="of a route: as a REST API's, or an HTTP API's (2.0)")
    add("--on-failure", metavar="ARN", help="of a stream: told of what is given up")
    return made


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


_PARSER = parser()

#: How an option is typed.
_FLAGS = {action.dest: action.option_strings[-1] for action in _PARSER.options()}
_FOR_ALL = frozenset({"function", "source", "delete"})
_SWITCH = frozenset({"enable", "disable"})
_KEYS = frozenset({"prefix", "suffix", "events"})
#: The options that a source takes besides those for all; a mapping takes what no other does.
_OPTIONS: dict[str, frozenset[str]] = {
    "s3": _KEYS,
    "sns": frozenset({"filter"}),
    "events": frozenset({"filter"}),
    "schedule": _SWITCH,
    "files": _SWITCH | _KEYS,
    "http": _SWITCH | {"method", "payload"},
}
_MAPPED = frozenset(_FLAGS) - _KEYS - {"method", "payload"}
_OPTIONS |= {"kinesis": _MAPPED, "dynamodb": _MAPPED, "sqs": _MAPPED - {"start"}}


@magics_class
class TriggerMagic(SessionMagics):
    """Registers `%trigger`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def trigger(self, line: str) -> Table:
        """Make, change, delete or list triggers."""
        arguments = _PARSER.parse(line)
        services = Services(self._session.configuration.settings())
        try:
            reference = None
            if arguments.function is not None:
                reference = self._session.reference(arguments.function)
            if arguments.source is not None:
                self._change(services, arguments)
            elif arguments.delete:
                raise UsageError("-d deletes one trigger: name its source too, as listed")
            return self._table(services, reference)
        finally:
            services.close()

    def _change(self, services: Services, arguments: argparse.Namespace) -> None:
        client = self._session.client
        reference = self._session.reference(arguments.function)
        named = _named(reference)
        if local_triggers.is_local(arguments.source):
            if not arguments.delete:
                client.get_function_configuration(FunctionName=named)  # it is there
            _check_options(arguments.source.partition(":")[0], arguments)
            local_triggers.change(self._session.region, reference, arguments)
            return
        source = read_source(arguments.source, POLLED | PUSHING, besides=local_triggers.KINDS)
        _check_options(source.kind, arguments)
        if arguments.filter:
            for text in arguments.filter:
                _check_pattern(text)
        if source.kind in PUSHING:
            found = client.get_function_configuration(FunctionName=named)["FunctionArn"]
            arn = found.removesuffix(":$LATEST")
            pushed.change(services, pushed.Target(client, named, arn), source, arguments)
            return
        arn = services.arn(source)
        if source.kind == "sqs":
            services.queue_url(source.name)
        _change(client, named, source, arn, arguments)

    def _table(self, services: Services, reference: FunctionReference | None) -> Table:
        client = self._session.client
        request = {} if reference is None else {"FunctionName": _named(reference)}
        pages = client.get_paginator("list_event_source_mappings").paginate(**request)
        rows = [_row(mapping) for page in pages for mapping in page["EventSourceMappings"]]
        if services.are_there:
            settings = self._session.configuration.settings()
            arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
            prefix = "" if reference is None else arns.function(reference.name, reference.qualifier)
            rows += pushed.rows(services, prefix)
        rows += local_triggers.rows(self._session.region, reference)
        title = "Triggers" if reference is None else f"Triggers of {_named(reference)}"
        return Table(title, _COLUMNS, rows, empty="None yet: %trigger NAME sqs:QUEUE makes one.")


def _check_options(kind: str, arguments: argparse.Namespace) -> None:
    given = {option for option, value in vars(arguments).items() if value not in (None, False)}
    if foreign := given - _OPTIONS[kind] - _FOR_ALL:
        raise UsageError(f"{_FLAGS[min(foreign)]} is not for {kind}:")


def _change(
    client: Any, function: str, source: Source, arn: str, arguments: argparse.Namespace
) -> None:
    found = client.list_event_source_mappings(FunctionName=function, EventSourceArn=arn)
    mappings = found["EventSourceMappings"]
    request = _request(arguments)
    if not mappings:
        if arguments.delete:
            raise UsageError(f"{source} is no trigger of {function}")
        if source.kind != "sqs":
            request["StartingPosition"] = _POSITIONS[arguments.start or "latest"]
        client.create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=arn,
            Enabled=not arguments.disable,
            **request,
        )
    elif arguments.delete:
        client.delete_event_source_mapping(UUID=mappings[0]["UUID"])
    else:
        if arguments.enable or arguments.disable:
            request["Enabled"] = arguments.enable
        client.update_event_source_mapping(UUID=mappings[0]["UUID"], **request)


def _request(arguments: argparse.Namespace) -> dict[str, Any]:
    """The members of CreateEventSourceMapping that the options stand for."""
    given: dict[str, Any] = {
        "BatchSize": arguments.batch_size,
        "MaximumBatchingWindowInSeconds": arguments.window,
        "MaximumRetryAttempts": arguments.retries,
        "MaximumRecordAgeInSeconds": arguments.max_age,
        "ParallelizationFactor": arguments.parallel,
        "TumblingWindowInSeconds": arguments.tumbling_window,
    }
    request = {member: value for member, value in given.items() if value is not None}
    if arguments.filter:
        patterns = [{"Pattern": text} for text in arguments.filter]
        request["FilterCriteria"] = {"Filters": patterns}
    if arguments.partial:
        request["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    if arguments.max_concurrency is not None:
        request["ScalingConfig"] = {"MaximumConcurrency": arguments.max_concurrency}
    if arguments.bisect:
        request["BisectBatchOnFunctionError"] = True
    if arguments.on_failure is not None:
        request["DestinationConfig"] = {"OnFailure": {"Destination": arguments.on_failure}}
    return request


def _check_pattern(text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise UsageError(f"--filter {text} is not JSON: {error}") from None


def _row(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Function": mapping["FunctionArn"].partition(":function:")[2],
        "Source": shown(mapping["EventSourceArn"]) if "EventSourceArn" in mapping else "Kafka",
        "State": mapping["State"],
        "Batch": mapping.get("BatchSize"),
        "Window": mapping.get("MaximumBatchingWindowInSeconds"),
        "About": ", ".join(
            one["Pattern"] for one in mapping.get("FilterCriteria", {}).get("Filters", ())
        ),
        "Last result": mapping.get("LastProcessingResult"),
        "UUID": mapping["UUID"],
    }


def _named(reference: FunctionReference) -> str:
    return ":".join(filter(None, (reference.name, reference.qualifier)))
