import re
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
NOW = "2023-11-14T22:13:20.000000Z"
CORS = {"AllowOrigins": ["*"], "AllowMethods": ["GET"], "MaxAge": 60, "AllowCredentials": True}
NO_FUNCTION = "ResourceNotFoundException: Function does not exist"
NO_URL = "ResourceNotFoundException: The resource you requested does not exist."


def no_alias(qualifier: str) -> str:
    return (
        f"ValidationException: 1 validation error detected: Value '{qualifier}' at 'qualifier' "
        "failed to satisfy constraint: Member must satisfy regular expression pattern: "
        r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"
    )


async def create(api: Any, **request: Any) -> Any:
    return await api(
        "CreateFunctionUrlConfig", **{"FunctionName": "hello", "AuthType": "NONE"} | request
    )


async def test_a_function_gets_a_url(hello: Any) -> None:
    created = await create(hello, Cors=CORS)

    url = created["FunctionUrl"]
    assert re.fullmatch(r"https://[a-z0-9]{32}\.lambda-url\.us-east-1\.on\.aws/", url)
    assert created == {
        "FunctionUrl": url,
        "FunctionArn": ARN,
        "AuthType": "NONE",
        "Cors": CORS,
        "CreationTime": NOW,
    }
    assert await hello("GetFunctionUrlConfig", FunctionName="hello") == created | {
        "InvokeMode": "BUFFERED",
        "LastModifiedTime": NOW,
    }


async def test_a_url_is_changed_and_stays_the_same(hello: Any) -> None:
    created = await create(hello, Cors=CORS, InvokeMode="RESPONSE_STREAM")
    hello.clock.advance(1)

    updated = await hello(
        "UpdateFunctionUrlConfig", FunctionName="hello", AuthType="AWS_IAM", Cors={}
    )

    assert created["InvokeMode"] == "RESPONSE_STREAM"
    assert updated == {
        "FunctionUrl": created["FunctionUrl"],
        "FunctionArn": ARN,
        "AuthType": "AWS_IAM",
        "CreationTime": NOW,
        "LastModifiedTime": "2023-11-14T22:13:21.000000Z",
    }
    assert await hello("GetFunctionUrlConfig", FunctionName="hello") == updated | {
        "InvokeMode": "RESPONSE_STREAM"
    }


async def test_an_alias_has_its_own_url(hello: Any) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")
    await create(hello)
    await create(hello, FunctionName="hello:LIVE")

    first = await hello("ListFunctionUrlConfigs", FunctionName="hello", MaxItems=1)
    second = await hello("ListFunctionUrlConfigs", FunctionName="hello", Marker=first["NextMarker"])

    urls = [*first["FunctionUrlConfigs"], *second["FunctionUrlConfigs"]]
    assert [url["FunctionArn"] for url in urls] == [ARN, f"{ARN}:LIVE"]
    url_id = urls[1]["FunctionUrl"][len("https://") :].partition(".")[0]
    assert hello.catalog.find_url(url_id) == ("hello", "LIVE")
    assert hello.catalog.function_url("hello", "LIVE")["AuthType"] == "NONE"


async def test_a_deleted_url_is_gone(hello: Any) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")
    await create(hello)
    await create(hello, Qualifier="LIVE")

    assert await hello("DeleteFunctionUrlConfig", FunctionName="hello") == {}
    await hello("DeleteAlias", FunctionName="hello", Name="LIVE")

    assert (await hello("ListFunctionUrlConfigs", FunctionName="hello"))["FunctionUrlConfigs"] == []
    assert await hello.refused("DeleteFunctionUrlConfig", FunctionName="hello") == NO_URL


async def test_urls_are_where_they_are_served(hello: Any) -> None:
    created = await create(hello)
    url_id = created["FunctionUrl"][len("https://") :].partition(".")[0]

    hello.service.serve_urls_at("localhost:9001")
    served = await hello("GetFunctionUrlConfig", FunctionName="hello")
    hello.service.serve_urls_at(None)

    assert served["FunctionUrl"] == f"http://{url_id}.lambda-url.us-east-1.localhost:9001/"
    found = await hello("GetFunctionUrlConfig", FunctionName="hello")
    assert found["FunctionUrl"] == created["FunctionUrl"]


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "CreateFunctionUrlConfig",
            {},
            "ResourceConflictException: Failed to create function url config for [functionArn = "
            f"{ARN}]. Error message:  FunctionUrlConfig exists for this Lambda function",
        ),
        ("CreateFunctionUrlConfig", {"FunctionName": "nobody"}, NO_FUNCTION),
        ("CreateFunctionUrlConfig", {"Qualifier": "NONE"}, NO_FUNCTION),
        ("CreateFunctionUrlConfig", {"Qualifier": "1"}, no_alias("1")),
        ("CreateFunctionUrlConfig", {"Qualifier": "$LATEST"}, no_alias("$LATEST")),
        ("CreateFunctionUrlConfig", {"FunctionName": "nobody", "Qualifier": "1"}, no_alias("1")),
        (
            "CreateFunctionUrlConfig",
            {"FunctionName": "hello:LIVE", "Qualifier": "OTHER"},
            "InvalidParameterValueException: The derived qualifier from the function name does not "
            "match the specified qualifier.",
        ),
        (
            "CreateFunctionUrlConfig",
            {"AuthType": "SOME"},
            "ValidationException: 1 validation error detected: Value 'SOME' at 'authType' failed "
            "to satisfy constraint: Member must satisfy enum value set: [NONE, AWS_IAM]",
        ),
        (
            "CreateFunctionUrlConfig",
            {"Cors": {"MaxAge": 86401}},
            "ValidationException: 1 validation error detected: Value '86401' at 'cors.maxAge' "
            "failed to satisfy constraint: Member must have value less than or equal to 86400",
        ),
        (
            "CreateFunctionUrlConfig",
            {"Cors": {"AllowMethods": ["GET"] * 7}},
            "ValidationException: 1 validation error detected: Value "
            f"'[{', '.join(['GET'] * 7)}]' at 'cors.allowMethods' failed to satisfy constraint: "
            "Member must have length less than or equal to 6",
        ),
        ("GetFunctionUrlConfig", {"FunctionName": "nobody"}, NO_URL),
        ("GetFunctionUrlConfig", {"Qualifier": "LIVE"}, NO_URL),
        ("GetFunctionUrlConfig", {"Qualifier": "1"}, no_alias("1")),
        ("UpdateFunctionUrlConfig", {"FunctionName": "nobody"}, NO_FUNCTION),
        ("UpdateFunctionUrlConfig", {"Qualifier": "NONE"}, NO_FUNCTION),
        ("UpdateFunctionUrlConfig", {"Qualifier": "LIVE"}, NO_URL),
        ("DeleteFunctionUrlConfig", {"FunctionName": "nobody"}, NO_URL),
        ("ListFunctionUrlConfigs", {"FunctionName": "nobody"}, NO_FUNCTION),
    ],
)
async def test_what_is_refused(
    hello: Any, operation: str, request_: dict[str, Any], message: str
) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")
    await create(hello)
    request = {"FunctionName": "hello"} | (
        {"AuthType": "NONE"} if operation == "CreateFunctionUrlConfig" else {}
    )

    assert await hello.refused(operation, **request | request_) == message
