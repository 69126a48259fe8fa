"""Whether a resource policy lets a service invoke a function for a resource.

https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

Policy = Mapping[str, Any]

_ACTION = "lambda:invokefunction"


def may_invoke(policy: Policy | None, *, service: str, source_arn: str, account_id: str) -> bool:
    """`service` is a principal such as "s3.amazonaws.com"; the source belongs to the account.

    A statement that denies outweighs those that allow.
    """
    facts = {"aws:sourcearn": source_arn, "aws:sourceaccount": account_id}
    about = [
        statement
        for statement in (policy or {}).get("Statement", ())
        if _names(statement.get("Principal"), service)
        and any(fnmatchcase(_ACTION, one.lower()) for one in _listed(statement.get("Action")))
        and _holds(statement.get("Condition", {}), facts)
    ]
    effects = {statement.get("Effect") for statement in about}
    return "Allow" in effects and "Deny" not in effects


def _names(principal: Any, service: str) -> bool:
    if isinstance(principal, Mapping):
        return service in _listed(principal.get("Service")) or "*" in _listed(principal.get("AWS"))
    return bool(principal == "*")


def _holds(conditions: Mapping[str, Mapping[str, Any]], facts: Mapping[str, str]) -> bool:
    """Whether all conditions are satisfied; one about anything else never is."""
    return all(
        any(_matches(operator, facts.get(key.lower(), ""), one) for one in _listed(expected))
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


def _matches(operator: str, fact: str, expected: str) -> bool:
    if operator in ("ArnLike", "ArnEquals", "StringLike"):
        return fnmatchcase(fact, expected)
    if operator == "StringEqualsIgnoreCase":
        return fact.casefold() == expected.casefold()
    return operator == "StringEquals" and fact == expected


def _listed(value: Any) -> Sequence[str]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
