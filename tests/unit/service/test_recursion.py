from typing import Any

import pytest

NO_FUNCTION = (
    "ResourceNotFoundException: Function not found: "
    "arn:aws:lambda:us-east-1:123456789012:function:nobody"
)


async def test_loops_are_stopped_unless_they_are_allowed(hello: Any) -> None:
    get = ("GetFunctionRecursionConfig", {"FunctionName": "hello"})

    assert await hello(get[0], **get[1]) == {"RecursiveLoop": "Terminate"}
    for choice in ("Allow", "Terminate"):
        assert await hello(
            "PutFunctionRecursionConfig", FunctionName="hello", RecursiveLoop=choice
        ) == {"RecursiveLoop": choice}
        assert await hello(get[0], **get[1]) == {"RecursiveLoop": choice}
        assert hello.catalog.recursion("hello") == choice


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("GetFunctionRecursionConfig", {"FunctionName": "nobody"}, NO_FUNCTION),
        (
            "PutFunctionRecursionConfig",
            {"FunctionName": "nobody", "RecursiveLoop": "Allow"},
            NO_FUNCTION,
        ),
        (
            "PutFunctionRecursionConfig",
            {"FunctionName": "hello", "RecursiveLoop": "Never"},
            "ValidationException: 1 validation error detected: Value 'Never' at 'recursiveLoop' "
            "failed to satisfy constraint: Member must satisfy enum value set: [Allow, Terminate]",
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    assert await hello.refused(operation, **request_) == message
