"""Destinations of events and of what became of them: which there may be."""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException, LambdaError
from lambda_magic.service.lookup import Lookup

#: The services that take the record of a success, and of a failure.
ON_SUCCESS = frozenset({"events", "lambda", "sns", "sqs"})
ON_FAILURE = ON_SUCCESS | {"s3"}


def normal(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """A DestinationConfig as AWS answers with it: both members, empty where there is none."""
    result: dict[str, dict[str, str]] = {}
    for member in ("OnSuccess", "OnFailure"):
        destination = (config.get(member) or {}).get("Destination")
        result[member] = {"Destination": destination} if destination else {}
    return result


def check(
    config: Mapping[str, Any],
    lookup: Lookup,
    function_name: str,
    *,
    on_success: frozenset[str] = ON_SUCCESS,
    on_failure: frozenset[str] = ON_FAILURE,
) -> None:
    """Refuse a (normal) DestinationConfig that names what can be no destination."""
    success = config["OnSuccess"].get("Destination")
    failure = config["OnFailure"].get("Destination")
    for destination, services in ((failure, on_failure), (success, on_success)):
        if destination is None:
            continue
        if _service(destination) not in services or destination.endswith(".fifo"):
            raise InvalidParameterValueException(
                "The provided destination config DestinationConfig("
                f"onSuccess={_shown('OnSuccess', success)}, "
                f"onFailure={_shown('OnFailure', failure)}) is invalid."
            )
        if _service(destination) == "lambda":
            _check_function(destination, lookup, function_name)


def _check_function(destination: str, lookup: Lookup, function_name: str) -> None:
    try:
        reference = lookup.arns.parse(destination)
        lookup.version(reference)
    except LambdaError as error:
        raise InvalidParameterValueException(
            f"The destination ARN {destination} is invalid."
        ) from error
    if reference.name == function_name:
        raise InvalidParameterValueException(
            "You can't specify the function as a destination for itself."
        )


def _service(destination: str) -> str:
    """The service of an ARN; "kafka" of the URI of a topic."""
    if destination.startswith("kafka://"):
        return "kafka"
    return destination.split(":")[2]


def _shown(member: str, destination: str | None) -> str:
    return "null" if destination is None else f"{member}(destination={destination})"
