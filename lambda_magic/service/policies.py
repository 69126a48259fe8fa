"""Resource policies: who may do what with a function or a layer.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html

Functions of values; `permissions`, `resource_policies` and `layer_permissions` keep them.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.errors import (
    InvalidParameterValueException,
    PolicyLengthExceededException,
    ResourceConflictException,
    ResourceNotFoundException,
)

#: The quota on a policy, as JSON.
MAX_POLICY_SIZE = 20_480

Policy = Mapping[str, Any]

#: The members of AddPermission that make a condition: the operator, and the key.
_CONDITIONS = {
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "OrganizationId": ("StringEquals", "aws:PrincipalOrgID"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}

_SERVICE = re.compile(r"[a-zA-Z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)")
_IAM_ARN = re.compile(r"arn:aws[a-zA-Z-]*:(iam|sts):.*")


def statement(request: Mapping[str, Any], arn: str, partition: str) -> dict[str, Any]:
    """The statement that AddPermission or AddLayerVersionPermission makes for a resource."""
    made: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(request["Principal"], partition),
        "Action": request["Action"],
        "Resource": arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for member, (operator, key) in _CONDITIONS.items():
        if member in request:
            value = request[member]
            text = str(value).lower() if isinstance(value, bool) else value
            conditions.setdefault(operator, {})[key] = text
    return made | ({"Condition": conditions} if conditions else {})


def added(policy: Policy | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """The policy with another statement."""
    statements = [] if policy is None else list(policy["Statement"])
    if any(one.get("Sid") == new["Sid"] for one in statements):
        raise ResourceConflictException(
            f"The statement id ({new['Sid']}) provided already exists. Please provide a new "
            "statement id, or remove the existing statement."
        )
    base = {"Version": "2012-10-17", "Id": "default"} if policy is None else dict(policy)
    result = base | {"Statement": [*statements, new]}
    if (size := len(rendered(result).encode())) > MAX_POLICY_SIZE:
        raise PolicyLengthExceededException(
            f"The final policy size ({size}) is bigger than the limit ({MAX_POLICY_SIZE})."
        )
    return result


def removed(policy: Policy, statement_id: str) -> dict[str, Any] | None:
    """The policy without a statement, or None if that was the last one."""
    left = [one for one in policy["Statement"] if one.get("Sid") != statement_id]
    if len(left) == len(policy["Statement"]):
        raise ResourceNotFoundException(
            f"Statement {statement_id} is not found in resource policy."
        )
    return {**policy, "Statement": left} if left else None


def rendered(document: Mapping[str, Any]) -> str:
    """A policy or a statement as AWS writes it."""
    return json.dumps(document, separators=(",", ":"))


def no_policy() -> ResourceNotFoundException:
    """AWS's error where something is to be taken from a policy that is not there."""
    return ResourceNotFoundException("No policy is associated with the given resource.")


def _principal(text: str, partition: str) -> str | dict[str, str]:
    if text == "*":
        return text
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:{partition}:iam::{text}:root"}
    if _IAM_ARN.fullmatch(text):
        return {"AWS": text}
    if _SERVICE.fullmatch(text):
        return {"Service": text}
    raise InvalidParameterValueException(
        "The provided principal was invalid. Please check the principal and try again."
    )
