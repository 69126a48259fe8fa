from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


async def test_a_version_is_what_latest_was(api: Any) -> None:
    await api.create(Description="latest", Timeout=7)
    latest = await api("GetFunctionConfiguration", FunctionName="hello")

    published = await api("PublishVersion", FunctionName="hello", Description="first")

    same = {"CodeSha256", "Timeout", "Handler", "Role", "MemorySize", "LoggingConfig"}
    assert {member: published[member] for member in same} == {
        member: latest[member] for member in same
    }
    assert (published["Version"], published["FunctionArn"]) == ("1", f"{ARN}:1")
    assert published["Description"] == "first"
    assert (published["State"], published["LastUpdateStatus"]) == ("Active", "Successful")
    assert published["RevisionId"] != latest["RevisionId"]
    assert await api("GetFunctionConfiguration", FunctionName="hello:1") == published


async def test_an_unchanged_latest_publishes_no_new_version(api: Any) -> None:
    await api.create()
    first = await api("PublishVersion", FunctionName="hello", Description="first")

    again = await api("PublishVersion", FunctionName="hello", Description="again")
    await api("UpdateFunctionCode", FunctionName="hello", ZipFile=api.zipped())
    api.settle()
    after_the_same_code = await api("PublishVersion", FunctionName="hello")

    assert again == after_the_same_code == first


@pytest.mark.parametrize("change", [{"Timeout": 9}, {"Description": "new"}, {"MemorySize": 256}])
async def test_a_changed_configuration_publishes_one(api: Any, change: dict[str, Any]) -> None:
    await api.create()
    await api("PublishVersion", FunctionName="hello")
    await api("UpdateFunctionConfiguration", FunctionName="hello", **change)
    api.settle()

    published = await api("PublishVersion", FunctionName="hello")

    assert published["Version"] == "2"
    assert published | change == published


async def test_a_number_is_never_used_again(hello: Any) -> None:
    assert await hello("DeleteFunction", FunctionName="hello", Qualifier="2") == {"StatusCode": 204}

    assert (await hello("PublishVersion", FunctionName="hello"))["Version"] == "3"
    assert await hello.refused("GetFunction", FunctionName="hello:2") == (
        f"ResourceNotFoundException: Function not found: {ARN}:2"
    )


async def test_deleting_a_version_again_is_no_error(hello: Any) -> None:
    for _ in range(2):
        answer = await hello("DeleteFunction", FunctionName="hello", Qualifier="2")
        assert answer == {"StatusCode": 204}
    assert hello.provisioner.calls == [("remove", "hello", "2")] * 2


async def test_versions_are_listed_by_number(hello: Any) -> None:
    first = await hello("ListVersionsByFunction", FunctionName="hello", MaxItems=2)
    second = await hello("ListVersionsByFunction", FunctionName="hello", Marker=first["NextMarker"])

    arns = [version["FunctionArn"] for page in (first, second) for version in page["Versions"]]
    assert arns == [f"{ARN}:$LATEST", f"{ARN}:1", f"{ARN}:2"]
    assert "State" not in first["Versions"][0]


async def test_a_version_is_published_of_the_code_expected_only(hello: Any) -> None:
    latest = await hello("GetFunctionConfiguration", FunctionName="hello")
    sha256 = latest["CodeSha256"]

    assert await hello.refused("PublishVersion", FunctionName="hello", CodeSha256="other") == (
        "InvalidParameterValueException: CodeSHA256 (other) is different from current CodeSHA256 "
        f"in $LATEST ({sha256}). Please try again with the CodeSHA256 in $LATEST."
    )
    published = await hello("PublishVersion", FunctionName="hello", CodeSha256=sha256)
    assert published["CodeSha256"] == sha256


async def test_publishing_gives_latest_another_revision(api: Any) -> None:
    await api.create()
    before = await api("GetFunctionConfiguration", FunctionName="hello")

    published = await api("PublishVersion", FunctionName="hello")

    after = await api("GetFunctionConfiguration", FunctionName="hello")
    assert len({before["RevisionId"], published["RevisionId"], after["RevisionId"]}) == 3
    assert before | {"RevisionId": after["RevisionId"]} == after
