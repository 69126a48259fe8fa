"""Rows of the conformance table: a request, and what AWS answers to it.

Each row is about an operation that has a page in AWS's reference, whose name is in the row's id:
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html for the rows "API_Invoke ...". Where
that page gives no message, it is the one in responses recorded from AWS, or follows from
botocore's model of the request.
"""

import io
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

from botocore.exceptions import ClientError

from lambda_magic.core import model

ROLE = "arn:aws:iam::123456789012:role/lambda"

#: One that every machine has: the Python that runs the tests.
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


class _Something:
    def __repr__(self) -> str:
        return "SOMETHING"


class _Nothing:
    def __repr__(self) -> str:
        return "NOTHING"


#: A field that is there, with a value that no table can know.
SOMETHING: Any = _Something()
#: A field that is not there.
NOTHING: Any = _Nothing()

Call = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A call as boto3 makes it, and the answer.

    In all texts `$f` is the row's own function and `$arn` its ARN; in those after a call of `given`
    `$1.Member` is what the first of these answered, in itself or in one of its members.
    """

    says: str
    call: str
    request: Mapping[str, Any]
    status: int
    error: str | None = None
    message: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[Call] = ()

    @property
    def operation(self) -> str:
        """The operation's name in AWS's reference."""
        return model.operation(self.call).name

    def __str__(self) -> str:
        return f"API_{self.operation} {self.says}"


def ok(
    says: str,
    call: str,
    request: Mapping[str, Any],
    status: int = 200,
    *,
    given: Sequence[Call] = (),
    **fields: Any,
) -> Row:
    """A row whose request succeeds; `fields` are some of the answer's."""
    return Row(says=says, call=call, request=request, status=status, fields=fields, given=given)


def refused(
    says: str,
    call: str,
    request: Mapping[str, Any],
    status: int,
    error: str,
    message: str,
    *,
    given: Sequence[Call] = (),
    **fields: Any,
) -> Row:
    """A row whose request is an error; the message is compared as a whole."""
    return Row(
        says=says,
        call=call,
        request=request,
        status=status,
        error=error,
        message=message,
        fields=fields,
        given=given,
    )


def zipped(text: str = "def handler(event, context):\n    return event\n") -> bytes:
    """A deployment package, the same bytes whenever it is made."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr(zipfile.ZipInfo("index.py"), text)
    return file.getvalue()


FUNCTION: Mapping[str, Any] = {
    "FunctionName": "$f",
    "Runtime": RUNTIME,
    "Role": ROLE,
    "Handler": "index.handler",
    "Code": {"ZipFile": zipped()},
}

CREATED: Call = ("create_function", FUNCTION)
PUBLISHED: Call = ("publish_version", {"FunctionName": "$f"})
CHANGED: Call = ("update_function_code", {"FunctionName": "$f", "ZipFile": zipped("# second")})
ALIASED: Call = ("create_alias", {"FunctionName": "$f", "Name": "LIVE", "FunctionVersion": "1"})


def check(client: Any, name: str, row: Row) -> None:
    """Make the row's call and compare the answer with what the row says."""
    names: dict[str, Any] = {
        "f": name,
        "arn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
    }
    for number, (call, request) in enumerate(row.given, start=1):
        answer = _settled(client, call, _filled(request, names))
        for member, value in answer.items():
            inner = value if isinstance(value, Mapping) else {member: value}
            names |= {f"{number}.{name}": item for name, item in inner.items()}
    request = _filled(row.request, names)
    try:
        answer = getattr(client, row.call)(**request)
        if "EventStream" in answer:
            # Read whole, so that its connection is given back.
            answer["EventStream"] = list(answer["EventStream"])
    except ClientError as error:
        answer = error.response
    metadata = answer["ResponseMetadata"]
    said = answer.get("Error", {})
    found = (metadata["HTTPStatusCode"], said.get("Code"), said.get("Message"))
    assert found == (row.status, row.error, _filled(row.message, names))
    assert metadata["RequestId"]
    _compare(_filled(row.fields, names), answer, "")


def _settled(client: Any, call: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make a call and wait until the function that it may have changed is ready again."""
    answer: Mapping[str, Any] = getattr(client, call)(**request)
    if "FunctionName" in answer and {"State", "LastUpdateStatus"} & answer.keys():
        until = time.monotonic() + 10
        while time.monotonic() < until:
            now = client.get_function_configuration(FunctionName=answer["FunctionName"])
            if (now["State"], now["LastUpdateStatus"]) == ("Active", "Successful"):
                break
    return answer


class _Names(Template):
    idpattern = r"(?:f|arn|\d\.[A-Za-z0-9]+)(?![A-Za-z])"
    flags = 0  # case counts


def _filled(value: Any, names: Mapping[str, Any]) -> Any:
    match value:
        case str():
            return _Names(value).safe_substitute(names)
        case Mapping():
            return {_filled(key, names): _filled(item, names) for key, item in value.items()}
        case list() | tuple():
            return [_filled(item, names) for item in value]
        case _:
            return value


def _compare(expected: Any, found: Any, where: str) -> None:
    if expected is SOMETHING:
        assert found not in (None, ""), where
    elif isinstance(expected, Mapping):
        for key, value in expected.items():
            if value is NOTHING:
                assert key not in found, f"{where}.{key}"
            else:
                assert key in found, f"{where}.{key}"
                _compare(value, found[key], f"{where}.{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), f"{where}: {found}"
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            _compare(one, other, f"{where}[{number}]")
    else:
        found = found.read() if hasattr(found, "read") else found
        assert found == expected, where
