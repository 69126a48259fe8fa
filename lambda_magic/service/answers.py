"""FunctionConfiguration as operations answer with it: a copy, with the ARN that was asked for."""

import copy
from typing import Any

from lambda_magic.core.arns import Arns, FunctionReference
from lambda_magic.store.catalog import FunctionVersion

#: What AWS leaves out of lists.
_NOT_LISTED = frozenset(
    {
        "State",
        "StateReason",
        "StateReasonCode",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "RuntimeVersionConfig",
    }
)


def answered(version: FunctionVersion) -> dict[str, Any]:
    """A version's configuration; a number is part of its ARN, `$LATEST` is not."""
    return copy.deepcopy(dict(version.configuration))


def qualified(version: FunctionVersion, reference: FunctionReference, arns: Arns) -> dict[str, Any]:
    """A version's configuration, with the qualifier in its ARN that the request had."""
    arn = arns.function(reference.name, reference.qualifier)
    return answered(version) | {"FunctionArn": arn}


def listed(version: FunctionVersion, *, arns: Arns | None = None) -> dict[str, Any]:
    """A version as an element of a list; given `arns`, `$LATEST` is part of its ARN, too."""
    answer = {key: value for key, value in answered(version).items() if key not in _NOT_LISTED}
    if arns is not None:
        answer["FunctionArn"] = arns.function(answer["FunctionName"], version.version)
    return answer
