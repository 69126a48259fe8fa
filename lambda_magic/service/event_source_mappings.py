"""Event source mappings: which source's records go to which function. `event_sources` polls.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

import copy
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.utils import parse_to_aware_datetime

from lambda_magic.core.arns import FunctionReference
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceInUseException,
    ResourceNotFoundException,
    SerializationException,
)
from lambda_magic.service import destinations, mapping_rules
from lambda_magic.service.aws_resources import AwsResources
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.mapping_sources import SQS, SQS_FIFO, service_of, source_of
from lambda_magic.service.pages import page
from lambda_magic.service.protocols import MappingPollers
from lambda_magic.service.tags import check_tags
from lambda_magic.store.resources import Kind, Resource

Request = Mapping[str, Any]
Response = dict[str, Any]

#: Members of a request that are no members of the mapping.
_NOT_KEPT = frozenset({"Enabled", "FunctionName", "Tags", "UUID"})
#: Members of a mapping that are kept, and answered in another form.
_TRANSFORMED = frozenset({"FunctionName", "Qualifier", "StartingPositionTimestamp"})
#: Configurations that an empty value takes away.
_REMOVABLE = ("FilterCriteria", "KMSKeyArn", "ProvisionedPollerConfig", "ScalingConfig")
#: Members that name a consumer group of Kafka.
_CONSUMERS = frozenset({"AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig"})
#: Where records of failures may go.
_ON_FAILURE = frozenset({"kafka", "s3", "sns", "sqs"})
#: The states that go before these.
_BECOMING = {"Enabled": "Enabling", "Disabled": "Disabling"}


class EventSourceMappings:
    """The operations on event source mappings."""

    def __init__(
        self, lookup: Lookup, clock: Clock, aws: AwsResources, pollers: MappingPollers
    ) -> None:
        self._lookup = lookup
        self._pollers = pollers
        self._catalog = lookup.catalog
        self._clock = clock
        self._aws = aws

    async def create_event_source_mapping(self, request: Request) -> Response:
        """Map a source to a function."""
        request = _with_moment(request)
        source = source_of(request)
        mapping_rules.check_created(request, source, self._clock)
        tags = request.get("Tags") or {}
        check_tags(tags)
        reference = self._function(request, "CreateEventSourceMapping")
        await self._check_source(request, reference)
        mapping = self._kept({**source.defaults}, request, reference)
        state = "Disabled" if request.get("Enabled") is False else "Enabled"
        name = str(uuid.uuid4())
        for member in source.members & _CONSUMERS:
            # A consumer group that is not named is named like the mapping.
            mapping[member] = {"ConsumerGroupId": name} | mapping.get(member, {})
        with self._catalog.transaction() as changes:
            self._function(request, "CreateEventSourceMapping")
            self._refuse_another(mapping, source.name)
            changes.put_resource(Kind.EVENT_SOURCE_MAPPING, name, mapping | {"State": state})
            changes.set_resource_tags(Kind.EVENT_SOURCE_MAPPING, name, tags)
        self._pollers.changed(name, "Creating")
        return self._answer(name, mapping, state="Creating")

    async def get_event_source_mapping(self, request: Request) -> Response:
        """One mapping."""
        found = self._found(request)
        return self._current(found)

    async def update_event_source_mapping(self, request: Request) -> Response:
        """Change a mapping; its source stays."""
        current = self._found(request).document
        source = source_of(current)
        mapping_rules.check(request, current, source)
        if "FunctionName" in request:
            await self._check_source(current, self._function(request, "UpdateEventSourceMapping"))
        with self._catalog.transaction() as changes:
            found = self._found(request)
            _check_not_deleting(found, "update")
            reference = FunctionReference(
                name=found.document["FunctionName"], qualifier=found.document["Qualifier"]
            )
            if "FunctionName" in request:
                reference = self._function(request, "UpdateEventSourceMapping")
            before = found.document["State"]
            after = _state(request, before)
            mapping = self._kept(found.document, request, reference) | {"State": after}
            changes.put_resource(Kind.EVENT_SOURCE_MAPPING, found.name, mapping)
        passing = "Updating" if after == before else _BECOMING[after]
        self._pollers.changed(found.name, passing)
        return self._answer(found.name, mapping, state=passing)

    async def delete_event_source_mapping(self, request: Request) -> Response:
        """Delete a mapping."""
        with self._catalog.transaction() as changes:
            found = self._found(request)
            _check_not_deleting(found, "delete")
            name = found.name
            if self._pollers.is_polled(name):
                # It is there until what was polled is done with.
                deleting = {**found.document, "State": "Deleting"}
                changes.put_resource(Kind.EVENT_SOURCE_MAPPING, name, deleting)
            else:
                changes.delete_resource(Kind.EVENT_SOURCE_MAPPING, name)
        if self._pollers.is_polled(name):
            self._pollers.changed(name, "Deleting")
        return self._answer(name, found.document, state="Deleting")

    async def list_event_source_mappings(self, request: Request) -> Response:
        """The mappings (of a source, to a function); a page at a time."""
        found = [
            one
            for one in self._catalog.resources.of_kind(Kind.EVENT_SOURCE_MAPPING)
            if self._matches(one.document, request)
        ]
        mappings, marker = page(found, request, key=lambda one: one.name)
        return {"EventSourceMappings": [self._current(one) for one in mappings], **marker}

    def _kept(
        self, current: Mapping[str, Any], request: Request, reference: FunctionReference
    ) -> dict[str, Any]:
        """The mapping that a request makes of the current one, without its state."""
        given = {
            member: copy.deepcopy(value)
            for member, value in request.items()
            if member not in _NOT_KEPT
        }
        if "DestinationConfig" in given:
            config = destinations.normal(given["DestinationConfig"])
            destinations.check(
                config,
                self._lookup,
                reference.name,
                on_success=frozenset(),
                on_failure=_ON_FAILURE,
            )
            given["DestinationConfig"] = {"OnFailure": config["OnFailure"]}
        if at := given.get("StartingPositionTimestamp"):
            given["StartingPositionTimestamp"] = at.timestamp()
        kept = {**current, **given}
        for member in _REMOVABLE:
            if member in kept and not any(_values(kept[member])):
                del kept[member]
        return kept | {
            "FunctionName": reference.name,
            "Qualifier": reference.qualifier,
            "LastModified": self._clock.time(),
        }

    def _function(self, request: Request, operation: str) -> FunctionReference:
        """The function, version or alias that a request names; it exists."""
        reference = self._lookup.reference(request, operation)
        try:
            self._lookup.version(reference)
        except ResourceNotFoundException as error:
            raise InvalidParameterValueException("Function does not exist") from error
        return reference

    async def _check_source(self, mapping: Mapping[str, Any], reference: FunctionReference) -> None:
        """Refuse a source that is not there, where that can be known."""
        source, arn = source_of(mapping), mapping.get("EventSourceArn", "")
        if source in (SQS, SQS_FIFO):
            timeout = self._lookup.version(reference).configuration["Timeout"]
            await self._aws.check_queue(arn, timeout)
        elif service_of(arn) in ("kinesis", "dynamodb"):
            await self._aws.check_stream(arn, service_of(arn))

    def _refuse_another(self, mapping: Mapping[str, Any], source_name: str) -> None:
        """Refuse to map a source to the same function twice."""
        arn, name = mapping.get("EventSourceArn"), mapping["FunctionName"]
        for other in self._catalog.resources.of_kind(Kind.EVENT_SOURCE_MAPPING):
            same = ("EventSourceArn", "FunctionName", "Qualifier")
            if arn is None or any(other.document.get(key) != mapping[key] for key in same):
                continue
            rest = f"Please update or delete the existing mapping with UUID {other.name}"
            if source_name == "SQS":
                raise ResourceConflictException(
                    f'An event source mapping with SQS arn (" {arn} ") and function (" {name} ") '
                    f"already exists. {rest}"
                )
            raise ResourceConflictException(
                f'The event source arn (" {arn} ") and function (" {name} ") provided mapping '
                f"already exists. {rest}"
            )

    def _found(self, request: Request) -> Resource:
        found = self._catalog.resources.find(Kind.EVENT_SOURCE_MAPPING, request["UUID"])
        if found is None:
            raise ResourceNotFoundException()
        return found

    def _matches(self, mapping: Mapping[str, Any], request: Request) -> bool:
        if request.get("EventSourceArn") not in (None, mapping.get("EventSourceArn")):
            return False
        if "FunctionName" not in request:
            return True
        reference = self._lookup.reference(request, "ListEventSourceMappings")
        return mapping["FunctionName"] == reference.name and reference.qualifier in (
            None,
            mapping["Qualifier"],
        )

    def _current(self, found: Resource) -> Response:
        answer = self._answer(found.name, found.document, state=found.document["State"])
        return {**answer, **self._pollers.members(found.name)}

    def _answer(self, name: str, mapping: Mapping[str, Any], *, state: str) -> Response:
        arns = self._lookup.arns
        answer = {
            key: copy.deepcopy(value) for key, value in mapping.items() if key not in _TRANSFORMED
        }
        if "StartingPositionTimestamp" in mapping:
            at = mapping["StartingPositionTimestamp"]
            answer["StartingPositionTimestamp"] = datetime.fromtimestamp(at, UTC)
        return answer | {
            "UUID": name,
            "EventSourceMappingArn": arns.resource("event-source-mapping", name),
            "FunctionArn": arns.function(mapping["FunctionName"], mapping["Qualifier"]),
            "LastModified": datetime.fromtimestamp(mapping["LastModified"], UTC),
            "State": state,
        }


def _check_not_deleting(found: Resource, what: str) -> None:
    if found.document["State"] == "Deleting":
        raise ResourceInUseException(
            f"Cannot {what} the event source mapping because it is in use."
        )


def _with_moment(request: Request) -> Request:
    """The request, with StartingPositionTimestamp in one of the forms that boto3 takes."""
    if "StartingPositionTimestamp" not in request:
        return request
    try:
        moment = parse_to_aware_datetime(request["StartingPositionTimestamp"])
    except (ValueError, OverflowError, RuntimeError):
        raise SerializationException("STRING_VALUE can not be converted to a Timestamp") from None
    return {**request, "StartingPositionTimestamp": moment}


def _state(request: Request, before: str) -> str:
    if "Enabled" not in request:
        return before
    return "Enabled" if request["Enabled"] else "Disabled"


def _values(member: Any) -> list[Any]:
    return list(member.values()) if isinstance(member, Mapping) else [member]
