import pytest

from lambda_magic.core.arns import (
    Arns,
    FunctionReference,
    LayerVersionReference,
    is_version,
    parse_layer_version,
)
from lambda_magic.core.errors import (
    AccessDeniedException,
    InvalidParameterValueException,
    LambdaError,
    ResourceNotFoundException,
    ValidationException,
)

ARNS = Arns(account_id="123456789012", region_name="us-east-1")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


@pytest.mark.parametrize(
    ("function_name", "qualifier", "expected"),
    [
        ("hello", None, ("hello", None)),
        ("hello", "LIVE", ("hello", "LIVE")),
        ("hello:LIVE", None, ("hello", "LIVE")),
        ("hello:LIVE", "LIVE", ("hello", "LIVE")),
        ("hello:$LATEST", None, ("hello", "$LATEST")),
        ("hello:7", None, ("hello", "7")),
        ("function:hello", None, ("hello", None)),
        ("123456789012:function:hello", None, ("hello", None)),
        ("123456789012:function:hello:7", None, ("hello", "7")),
        ("123456789012:hello", None, ("hello", None)),
        ("us-east-1:123456789012:function:hello", None, ("hello", None)),
        (ARN, None, ("hello", None)),
        (f"{ARN}:$LATEST", None, ("hello", "$LATEST")),
        (f"{ARN}:LIVE", "LIVE", ("hello", "LIVE")),
        ("with-dash_and_score", None, ("with-dash_and_score", None)),
    ],
)
def test_a_function_name_stands_for(
    function_name: str, qualifier: str | None, expected: tuple[str, str | None]
) -> None:
    name, expected_qualifier = expected

    assert ARNS.parse(function_name, qualifier) == FunctionReference(
        name=name, qualifier=expected_qualifier
    )


@pytest.mark.parametrize(
    ("function_name", "qualifier", "error", "message"),
    [
        (
            "hello:1",
            "2",
            InvalidParameterValueException,
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:hello",
            None,
            ResourceNotFoundException,
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
        ),
        (
            "999999999999:function:hello",
            None,
            AccessDeniedException,
            "User: arn:aws:iam::123456789012:root is not authorized to perform: "
            "lambda:InvokeFunction on resource: 999999999999:function:hello because no "
            "resource-based policy allows the lambda:InvokeFunction action",
        ),
    ],
)
def test_what_is_refused(
    function_name: str, qualifier: str | None, error: type[LambdaError], message: str
) -> None:
    with pytest.raises(error) as caught:
        ARNS.parse(function_name, qualifier)

    assert caught.value.message == message


@pytest.mark.parametrize(
    "function_name", ["", "a b", "hello:", "a:b:c", "hello.py", "arn:aws:s3:::x"]
)
def test_what_is_no_function_name(function_name: str) -> None:
    with pytest.raises(ValidationException, match="at 'functionName' failed to satisfy"):
        ARNS.parse(function_name)


def test_arns_are_built_with_and_without_a_qualifier() -> None:
    assert ARNS.function("hello") == ARN
    assert ARNS.function("hello", "LIVE") == f"{ARN}:LIVE"
    assert ARNS.runtime_version("abc") == "arn:aws:lambda:us-east-1::runtime:abc"


@pytest.mark.parametrize(
    ("qualifier", "expected"), [("$LATEST", True), ("1", True), ("LIVE", False), ("1a", False)]
)
def test_a_version_is_told_from_an_alias(qualifier: str, expected: bool) -> None:
    assert is_version(qualifier) is expected


def test_the_arn_of_a_layer_version_says_where_it_is() -> None:
    assert parse_layer_version(f"{ARNS.resource('layer', 'lib')}:12") == LayerVersionReference(
        region_name="us-east-1", account_id="123456789012", name="lib", version=12
    )


@pytest.mark.parametrize(
    "arn",
    [
        "lib:1",
        ARNS.resource("layer", "lib"),
        f"{ARNS.resource('layer', 'lib')}:new",
        "arn:aws:lambda:::awslayer:AmazonLinux1703",
        f"{ARN}:1",
    ],
)
def test_what_is_no_arn_of_a_layer_version(arn: str) -> None:
    assert parse_layer_version(arn) is None
