from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


async def test_tags_are_added_changed_and_taken_away(api: Any) -> None:
    await api.create(Tags={"A": "a"})

    async def tags() -> Any:
        return (await api("ListTags", Resource=ARN))["Tags"]

    assert await tags() == {"A": "a"}
    assert await api("TagResource", Resource=ARN, Tags={"A": "b", "C": "c"}) == {}
    assert await tags() == {"A": "b", "C": "c"}
    assert await api("UntagResource", Resource=ARN, TagKeys=["A", "never there"]) == {}
    assert await tags() == {"C": "c"}


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "ListTags",
            {"Resource": ARN.replace("hello", "nobody")},
            f"ResourceNotFoundException: Function not found: {ARN.replace('hello', 'nobody')}",
        ),
        (
            "TagResource",
            {"Resource": f"{ARN}:1", "Tags": {"A": "a"}},
            "InvalidParameterValueException: Tags on function aliases and versions are not "
            "supported. Please specify a function ARN.",
        ),
        (
            "TagResource",
            {"Resource": ARN, "Tags": {}},
            "InvalidParameterValueException: An error occurred and the request cannot be "
            "processed.",
        ),
        (
            "TagResource",
            {"Resource": ARN, "Tags": {f"tag{number}": "" for number in range(51)}},
            "InvalidParameterValueException: Number of tags exceeds resource tag limit.",
        ),
        (
            "TagResource",
            {"Resource": ARN, "Tags": {"AWS:mine": ""}},
            "InvalidParameterValueException: Tag keys that start with aws: are reserved for use by "
            "AWS.",
        ),
        (
            "UntagResource",
            {"Resource": ARN},
            "ValidationException: 1 validation error detected: Value null at 'tagKeys' failed to "
            "satisfy constraint: Member must not be null",
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    assert await hello.refused(operation, **request_) == message


async def test_only_arns_have_tags(hello: Any) -> None:
    refused = await hello.refused("ListTags", Resource="hello")

    assert refused.startswith(
        "ValidationException: 1 validation error detected: Value 'hello' at 'resource' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: arn:"
    )


async def test_other_resources_have_tags_too(api: Any) -> None:
    created = await api(
        "CreateCodeSigningConfig",
        AllowedPublishers={
            "SigningProfileVersionArns": ["arn:aws:signer:us-east-1:123456789012:/p/test"]
        },
        Tags={"A": "a"},
    )
    arn = created["CodeSigningConfig"]["CodeSigningConfigArn"]

    await api("TagResource", Resource=arn, Tags={"B": "b"})
    await api("UntagResource", Resource=arn, TagKeys=["A"])

    assert await api("ListTags", Resource=arn) == {"Tags": {"B": "b"}}
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    assert await api.refused("ListTags", Resource=elsewhere) == (
        "ResourceNotFoundException: The resource you requested does not exist."
    )


async def test_tags_make_another_revision(hello: Any) -> None:
    async def revision() -> Any:
        return (await hello("GetFunctionConfiguration", FunctionName="hello"))["RevisionId"]

    before = await revision()
    await hello("TagResource", Resource=ARN, Tags={"A": "a"})

    assert await revision() != before
