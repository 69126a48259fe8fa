"""Whatever a request has in it, the answer has the API's shape, or is one of the API's errors."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_magic.core import model
from lambda_magic.core.errors import LambdaError

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello"
#: Texts that mean something somewhere, so that requests get past the first check.
TEXTS = [
    *("hello", "hello:1", "nobody", "1", "2", "$LATEST", "$LATEST.PUBLISHED", "LIVE", ""),
    *(FUNCTION, f"{FUNCTION}:LIVE", f"{FUNCTION}:9", FUNCTION.replace("us-east-1", "eu-west-1")),
    *("lib", "arn:aws:lambda:us-east-1:123456789012:layer:lib:1"),
    "arn:aws:lambda:us-east-1:123456789012:layer:lib",
    "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-11111111111111111",
    "arn:aws:lambda:us-east-1:123456789012:capacity-provider:fleet",
    "arn:aws:iam::123456789012:role/lambda",
    "arn:aws:sqs:us-east-1:123456789012:queue.fifo",
    "arn:aws:sqs:us-east-1:123456789012:queue",
    "arn:aws:kinesis:us-east-1:123456789012:stream/s",
    "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1",
    "arn:aws:kafka:us-east-1:123456789012:cluster/c/1",
    *("arn:aws:s3:::bucket", "kafka://topic", "subnet-1", "sg-1", "/mnt/data", "python3.12"),
    *("{}", '{"a": [1]}', '{"Statement": {}}', "index.handler", "*", "s3.amazonaws.com"),
    *("lambda:InvokeFunction", "lambda:GetLayerVersion", "s1", "e30=", "W10="),
    "00000000-0000-0000-0000-000000000000",
    *("half a \ud800", "arn:aws:lambda:us-east-1:123456789012:layer:lib:99999999999999999999999"),
]
NUMBERS = [-1, 0, 1, 2, 5, 10, 60, 128, 512, 900, 10_000, 2**63 - 1, 2**63]
OPERATIONS = sorted({one.name for one in model.operations().values()})


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values for a shape: of its type, and often of its meaning."""
    if isinstance(shape, StructureShape):
        required = {name: values(shape.members[name]) for name in shape.required_members}
        others = {
            name: values(member)
            for name, member in shape.members.items()
            if name not in shape.required_members
        }
        return st.fixed_dictionaries(required, optional=others)
    if isinstance(shape, ListShape):
        return st.lists(values(shape.member), max_size=2)
    if isinstance(shape, MapShape):
        return st.dictionaries(values(shape.key), values(shape.value), max_size=2)
    if enum := shape.metadata.get("enum"):
        return st.sampled_from([*enum, "Other"])
    return {
        "string": st.sampled_from(TEXTS) | st.text(max_size=5),
        "integer": st.sampled_from(NUMBERS),
        "long": st.sampled_from(NUMBERS),
        "double": st.sampled_from([0.0, 0.5, 1.0, 7.5]),
        "boolean": st.booleans(),
        "blob": st.sampled_from([b"", b"no zip", b"{}"]),
        "timestamp": st.just(datetime(2023, 1, 1, tzinfo=UTC)),
    }[shape.type_name]


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_any_request(hello: Any, operation: str, data: st.DataObject) -> None:
    shape = model.service_model().operation_model(operation).input_shape
    request = {} if shape is None else data.draw(values(shape))
    status = 200
    try:
        await hello(operation, **request)  # which compares the answer with its shape
    except LambdaError as error:
        status = error.status
    assert status in {200, 400, 403, 404, 409, 412, 501}
    hello.settle()
