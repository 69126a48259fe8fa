"""Function names as the API takes them, and the ARNs it answers with.

Wherever the API has a `FunctionName` it accepts a name, a partial ARN or a full ARN, each with or
without a qualifier: `hello`, `hello:LIVE`, `123456789012:function:hello`,
`arn:aws:lambda:us-east-1:123456789012:function:hello:LIVE`.
"""

import re
from dataclasses import dataclass

from lambda_magic.core.errors import (
    AccessDeniedException,
    InvalidParameterValueException,
    ResourceNotFoundException,
    ValidationException,
)

#: The version that can be changed.
LATEST = "$LATEST"

_FUNCTION = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?"
    r"(?:(?P<region>(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?"
    r"(?:(?P<account>\d{12}):)?"
    r"(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)"
    r"(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


_LAYER_VERSION = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]*):(?P<account>\d{12}):layer:(?P<name>[^:]+):(?P<version>\d+)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionReference:
    """A function, and which of its versions or aliases; what a `FunctionName` stands for."""

    name: str
    #: A version, an alias or None.
    qualifier: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerVersionReference:
    """A version of a layer, and where it is; what a LayerVersionArn stands for."""

    region_name: str
    account_id: str
    name: str
    version: int


def parse_layer_version(arn: str) -> LayerVersionReference | None:
    """The version that a LayerVersionArn stands for; None where it is no such ARN."""
    match = _LAYER_VERSION.fullmatch(arn)
    if match is None:
        return None
    return LayerVersionReference(
        region_name=match["region"],
        account_id=match["account"],
        name=match["name"],
        version=int(match["version"]),
    )


def is_version(qualifier: str) -> bool:
    """Whether a qualifier is a version (`$LATEST` or a number) and not the name of an alias."""
    return qualifier == LATEST or qualifier.isdecimal()


@dataclass(frozen=True, kw_only=True, slots=True)
class Arns:
    """Reads and writes the ARNs of one account in one region."""

    account_id: str
    region_name: str
    partition: str = "aws"

    def function(self, name: str, qualifier: str | None = None) -> str:
        """The ARN of a function, or of one of its versions or aliases."""
        arn = f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:function:{name}"
        return arn if qualifier is None else f"{arn}:{qualifier}"

    def resource(self, kind: str, name: str) -> str:
        """The ARN of what is no function: a layer, a code signing configuration, ..."""
        return f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:{kind}:{name}"

    def runtime_version(self, runtime_id: str) -> str:
        """The ARN of a runtime version; runtimes belong to no account."""
        return f"arn:{self.partition}:lambda:{self.region_name}::runtime:{runtime_id}"

    def parse(
        self,
        function_name: str,
        qualifier: str | None = None,
        *,
        operation: str = "InvokeFunction",
    ) -> FunctionReference:
        """The function that a request means by its `FunctionName` and `Qualifier` members.

        `operation` is what the caller would not be authorized to do in somebody else's account.
        """
        match = _FUNCTION.fullmatch(function_name)
        if match is None:
            raise ValidationException(
                f"1 validation error detected: Value '{function_name}' at 'functionName' failed to "
                f"satisfy constraint: Member must satisfy regular expression pattern: "
                f"{_FUNCTION.pattern}"
            )
        self._check_place(match, function_name, operation)
        named = match["qualifier"]
        if qualifier and named and qualifier != named:
            raise InvalidParameterValueException(
                "The derived qualifier from the function name does not match the specified "
                "qualifier."
            )
        return FunctionReference(name=match["name"], qualifier=qualifier or named)

    def _check_place(self, match: re.Match[str], function_name: str, operation: str) -> None:
        if match["account"] not in (None, self.account_id):
            raise AccessDeniedException(
                f"User: arn:{self.partition}:iam::{self.account_id}:root is not authorized to "
                f"perform: lambda:{operation} on resource: {function_name} because no "
                f"resource-based policy allows the lambda:{operation} action"
            )
        if match["region"] not in (None, self.region_name):
            raise ResourceNotFoundException(
                f"Functions from '{match['region']}' are not reachable in this region "
                f"('{self.region_name}')"
            )
