"""The rules that event source mappings keep, by the kind of their source."""

import json
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import InvalidParameterValueException, ValidationException
from lambda_magic.event_sources.patterns import compile_pattern
from lambda_magic.service.mapping_sources import SQS, SQS_FIFO, EventSource

Request = Mapping[str, Any]

#: The quota on a mapping's filters.
_MAX_FILTERS = 5

#: The range of MaximumRecordAgeInSeconds has a hole: from -1 (for ever) to a minute.
_LEAST_RECORD_AGE = 60

#: Members of requests that are about no source.
_ABOUT_THE_MAPPING = frozenset({"EventSourceArn", "FunctionName", "Enabled", "Tags", "UUID"})


def check_created(request: Request, source: EventSource, clock: Clock) -> None:
    """Refuse what a new mapping of this source cannot have."""
    _check_start(request, source, clock)
    for member in sorted(source.required):
        if not request.get(member):
            raise InvalidParameterValueException(
                f"1 validation error detected: Value null at '{_lower(member)}' failed to satisfy "
                "constraint: Member must not be null."
            )
    check(request, {}, source)


def check(request: Request, current: Mapping[str, Any], source: EventSource) -> None:
    """Refuse a mapping, or a change of the `current` one, that AWS refuses."""
    for member in sorted(request.keys() - _ABOUT_THE_MAPPING):
        if member not in source.members:
            raise InvalidParameterValueException(
                f"Unsupported '{_lower(member)}' parameter for given event source mapping type."
            )
    _check_batch({**source.defaults, **current, **request}, source)
    age = request.get("MaximumRecordAgeInSeconds")
    if age is not None and -1 < age < _LEAST_RECORD_AGE:
        raise ValidationException(
            f"1 validation error detected: Value '{age}' at 'maximumRecordAgeInSeconds' failed to "
            f"satisfy constraint: Member must have value greater than or equal to "
            f"{_LEAST_RECORD_AGE}"
        )
    _check_filters((request.get("FilterCriteria") or {}).get("Filters") or [])
    _check_pollers({**current, **request}, source)


def _check_start(request: Request, source: EventSource, clock: Clock) -> None:
    position, at = request.get("StartingPosition"), request.get("StartingPositionTimestamp")
    if source in (SQS, SQS_FIFO):
        if position is not None:
            raise InvalidParameterValueException(
                "StartingPosition is not valid for SQS event sources."
            )
        return
    if position is None:
        return
    if at is not None and position != "AT_TIMESTAMP":
        raise InvalidParameterValueException(
            "Timestamp only valid with StartingPosition AT_TIMESTAMP"
        )
    if source.positions and position not in source.positions:
        raise InvalidParameterValueException(
            f"Unsupported starting position for arn type: {request['EventSourceArn']}"
        )
    if position == "AT_TIMESTAMP" and at is None:
        raise InvalidParameterValueException("Need to specify a timestamp")
    if at is not None and at.timestamp() > clock.time():
        raise InvalidParameterValueException("StartingPositionTimestamp cannot be in the future.")


def _check_batch(mapping: Mapping[str, Any], source: EventSource) -> None:
    size = mapping["BatchSize"]
    if size > source.max_batch_size:
        raise InvalidParameterValueException(
            f"Maximum batch size must be between 1 and {source.max_batch_size} inclusive"
        )
    window = mapping.get("MaximumBatchingWindowInSeconds", 0)
    if source.needs_window and size > 10 and not window:
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )


def _check_filters(filters: list[Mapping[str, Any]]) -> None:
    if len(filters) > _MAX_FILTERS:
        raise InvalidParameterValueException(
            f"The number of filters must not be greater than {_MAX_FILTERS}."
        )
    for one in filters:
        try:
            compile_pattern(json.loads(one.get("Pattern") or ""))
        except (ValueError, RecursionError):
            raise InvalidParameterValueException("Invalid filter pattern definition.") from None


def _check_pollers(mapping: Mapping[str, Any], source: EventSource) -> None:
    pollers = mapping.get("ProvisionedPollerConfig") or {}
    least, most = pollers.get("MinimumPollers"), pollers.get("MaximumPollers")
    if least is not None and most is not None and least > most:
        raise InvalidParameterValueException(
            "MinimumPollers must not be greater than MaximumPollers."
        )
    if source is not SQS or not pollers:
        return
    if (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency"):
        raise InvalidParameterValueException(
            "ProvisionedPollerConfig and MaximumConcurrency cannot both be set."
        )
    if 1 in (least, most):
        raise InvalidParameterValueException(
            "MinimumPollers and MaximumPollers must be at least 2 for SQS event sources."
        )


def _lower(member: str) -> str:
    return member[0].lower() + member[1:]
