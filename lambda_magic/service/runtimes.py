"""Runtime identifiers: which ones a function may have.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

import re
from functools import cache

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.core.model import enum_values

#: What AWS recommends in the place of a runtime it no longer accepts.
_SUCCESSORS = {
    "nodejs": "nodejs24.x",
    "python": "python3.14",
    "java": "java25",
    "dotnetcore": "dotnet10",
    "go": "provided.al2023",
    "ruby": "ruby3.4",
    "provided": "provided.al2023",
}
#: What it no longer accepts.
_RETIRED = frozenset(
    {
        "nodejs",
        "nodejs4.3",
        "nodejs4.3-edge",
        "nodejs6.10",
        "nodejs8.10",
        "nodejs10.x",
        "nodejs12.x",
        "nodejs14.x",
        "python2.7",
        "python3.6",
        "python3.7",
        "java8",
        "dotnetcore1.0",
        "dotnetcore2.0",
        "dotnetcore2.1",
        "dotnetcore3.1",
        "go1.x",
        "ruby2.5",
        "ruby2.7",
        "provided",
    }
)
#: The first version of each family that SnapStart is there for.
_FIRST_WITH_SNAPSTART = {"java": 11, "python3.": 12, "dotnet": 8}
#: Customer-managed runtimes of managed instances, which there are none of here.
_OTHER = frozenset({"custom"})


@cache
def supported_runtimes() -> tuple[str, ...]:
    """The identifiers that a function may be created with, in the order of AWS's model."""
    return tuple(name for name in enum_values("Runtime") if name not in _RETIRED | _OTHER)


def check_runtime(runtime: str) -> None:
    """Refuse a runtime that does not exist, or no longer."""
    if runtime in _RETIRED:
        successor = next(new for family, new in _SUCCESSORS.items() if runtime.startswith(family))
        raise InvalidParameterValueException(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            f"AWS Lambda functions. We recommend you use the new runtime ({successor}) "
            "while creating or updating functions."
        )
    if runtime not in supported_runtimes():
        raise InvalidParameterValueException(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(supported_runtimes())}] or be a valid ARN"
        )


def has_snapstart(runtime: str | None) -> bool:
    """Whether functions of a runtime can be restored from a snapshot.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    """
    match = re.match(r"(java|python3\.|dotnet)(\d+)", runtime or "")
    return match is not None and int(match[2]) >= _FIRST_WITH_SNAPSTART[match[1]]
