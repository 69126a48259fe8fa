"""Whether a resource policy lets the public use a function URL.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html

"Starting in October 2025, new function URLs will require both lambda:InvokeFunctionUrl and
lambda:InvokeFunction permissions": every URL here is a new one. There is no IAM here, so
whoever has signed a request counts as the account itself, which needs no policy to be let in.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

Policy = Mapping[str, Any]

_ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


def is_public(policy: Policy | None, auth_type: str) -> bool:
    """Whether everybody may do all that a request to a URL of this type needs."""
    statements = [] if policy is None else policy["Statement"]
    return all(
        _has(statements, "Allow", action, auth_type)
        and not _has(statements, "Deny", action, auth_type)
        for action in _ACTIONS
    )


def is_denied(policy: Policy | None, auth_type: str) -> bool:
    """Whether the policy keeps out even the account's own callers."""
    statements = [] if policy is None else policy["Statement"]
    return any(_has(statements, "Deny", action, auth_type) for action in _ACTIONS)


def _has(statements: Sequence[Policy], effect: str, action: str, auth_type: str) -> bool:
    return any(
        statement.get("Effect") == effect
        and _is_everybody(statement.get("Principal"))
        and any(
            fnmatchcase(action.lower(), pattern.lower())
            for pattern in _listed(statement.get("Action"))
        )
        and _holds(statement.get("Condition", {}), auth_type)
        for statement in statements
    )


def _is_everybody(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        return "*" in _listed(principal.get("AWS"))
    return bool(principal == "*")


def _holds(conditions: Mapping[str, Mapping[str, Any]], auth_type: str) -> bool:
    """Whether a request to a URL satisfies all conditions; it has nothing but these two keys."""
    facts = {
        "lambda:functionurlauthtype": auth_type,
        "lambda:invokedviafunctionurl": "true",
    }
    return all(
        _matches(facts.get(key.lower(), ""), expected) != operator.startswith("StringNot")
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


def _matches(fact: str, expected: Any) -> bool:
    return any(
        fnmatchcase(fact, str(pattern).lower() if isinstance(pattern, bool) else pattern)
        for pattern in _listed(expected)
    )


def _listed(value: Any) -> Sequence[str]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
