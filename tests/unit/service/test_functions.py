import base64
import hashlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

from lambda_magic.service import packages
from lambda_magic.service.runtimes import supported_runtimes

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RESERVED = (
    "InvalidParameterValueException: Lambda was unable to configure your environment variables "
    "because the environment variables you have provided contains reserved keys that are currently "
    "not supported for modification. Reserved keys used in this request: AWS_REGION, "
    "LAMBDA_TASK_ROOT"
)


async def test_a_new_function_has_the_defaults_of_aws(api: Any) -> None:
    package = api.zipped("x = 1")

    created = await api("CreateFunction", **api.create_request(Code={"ZipFile": package}))

    assert UUID.fullmatch(created.pop("RevisionId"))
    version_arn = created.pop("RuntimeVersionConfig")["RuntimeVersionArn"]
    assert re.fullmatch(r"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}", version_arn)
    assert created == {
        "Architectures": ["x86_64"],
        "CodeSha256": base64.b64encode(hashlib.sha256(package).digest()).decode(),
        "CodeSize": len(package),
        "Description": "",
        "EphemeralStorage": {"Size": 512},
        "FunctionArn": ARN,
        "FunctionName": "hello",
        "Handler": "index.handler",
        "LastModified": "2023-11-14T22:13:20.000+0000",
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/hello"},
        "MemorySize": 128,
        "PackageType": "Zip",
        "Role": "arn:aws:iam::123456789012:role/lambda",
        "Runtime": "python3.12",
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "Timeout": 3,
        "TracingConfig": {"Mode": "PassThrough"},
        "Version": "$LATEST",
    }


async def test_it_is_active_right_after_with_another_revision(api: Any) -> None:
    created = await api("CreateFunction", **api.create_request())
    api.settle()

    found = await api("GetFunctionConfiguration", FunctionName="hello")

    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in found
    assert found["RevisionId"] != created["RevisionId"]
    assert found["LastModified"] == created["LastModified"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"MemorySize": 10240, "Timeout": 900}, {"MemorySize": 10240, "Timeout": 900}),
        ({"Architectures": ["arm64"]}, {"Architectures": ["arm64"]}),
        ({"Environment": {"Variables": {"AB": "1"}}}, {"Environment": {"Variables": {"AB": "1"}}}),
        ({"Environment": {}}, {"Environment": {"Variables": {}}}),
        ({"EphemeralStorage": {"Size": 1024}}, {"EphemeralStorage": {"Size": 1024}}),
        ({"TracingConfig": {"Mode": "Active"}}, {"TracingConfig": {"Mode": "Active"}}),
        ({"Layers": [], "FileSystemConfigs": []}, {"PackageType": "Zip"}),
        ({"DeadLetterConfig": {"TargetArn": ""}}, {"PackageType": "Zip"}),
        (
            {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"}},
            {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:q"}},
        ),
        (
            {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN"}},
            {
                "LoggingConfig": {
                    "LogFormat": "JSON",
                    "LogGroup": "/aws/lambda/hello",
                    "ApplicationLogLevel": "INFO",
                    "SystemLogLevel": "WARN",
                }
            },
        ),
        ({"FunctionName": "123456789012:function:hello"}, {"FunctionName": "hello"}),
        ({"FunctionName": f"123456789012:{'x' * 64}"}, {"FunctionName": "x" * 64}),
        ({"KMSKeyArn": ""}, {"PackageType": "Zip"}),
        ({"Publish": True}, {"Version": "1", "FunctionArn": ARN, "State": "Pending"}),
    ],
)
async def test_what_a_request_makes_of_it(
    api: Any, members: dict[str, Any], expected: dict[str, Any]
) -> None:
    created = await api("CreateFunction", **api.create_request(**members))

    assert {member: created[member] for member in expected} == expected


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"Role": "lambda"},
            "ValidationException: 1 validation error detected: Value 'lambda' at 'role' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
        ),
        (
            {"FunctionName": "x" * 65},
            f"InvalidParameterValueException: 1 validation error detected: Value '{'x' * 65}' at "
            "'functionName' failed to satisfy constraint: Member must have length less than or "
            "equal to 64",
        ),
        (
            {"Handler": None},
            "InvalidParameterValueException: Runtime and Handler are mandatory parameters for "
            "functions created with deployment packages.",
        ),
        (
            {"Runtime": "python2"},
            "InvalidParameterValueException: Value python2 at 'runtime' failed to satisfy "
            "constraint: Member must satisfy enum value set: "
            f"[{', '.join(supported_runtimes())}] or be a valid ARN",
        ),
        (
            {"Runtime": "nodejs14.x"},
            "InvalidParameterValueException: The runtime parameter of nodejs14.x is no longer "
            "supported for creating or updating AWS Lambda functions. We recommend you use the new "
            "runtime (nodejs24.x) while creating or updating functions.",
        ),
        (
            {"Runtime": "go1.x"},
            "InvalidParameterValueException: The runtime parameter of go1.x is no longer "
            "supported for creating or updating AWS Lambda functions. We recommend you use the new "
            "runtime (provided.al2023) while creating or updating functions.",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "OK": "y", "LAMBDA_TASK_ROOT": ""}}},
            RESERVED,
        ),
        (
            {"Environment": {"Variables": {"LONG": "x" * 4086}}},
            "InvalidParameterValueException: Lambda was unable to configure your environment "
            "variables because the environment variables you have provided exceeded the 4KB limit. "
            f'String measured: {{"LONG":"{"x" * 4086}"}}',
        ),
        (
            {"LoggingConfig": {"ApplicationLogLevel": "DEBUG"}},
            "InvalidParameterValueException: LogLevel is not supported when LogFormat is set to "
            '"Text". Remove LogLevel from your request or change the LogFormat to "Json" and try '
            "again.",
        ),
        (
            {"Code": {}},
            "InvalidParameterValueException: Please provide a source for function code.",
        ),
        (
            {"Code": {"ZipFile": b""}},
            "InvalidParameterValueException: Uploaded file must be a non-empty zip",
        ),
        (
            {"Code": {"ZipFile": b"no zip"}},
            "InvalidParameterValueException: Could not unzip uploaded file. Please check your "
            "file, then try to upload again.",
        ),
        (
            {"Tags": {f"tag{number}": "" for number in range(51)}},
            "InvalidParameterValueException: Number of tags exceeds resource tag limit.",
        ),
        (
            {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:hello"},
            "ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this "
            "region ('us-east-1')",
        ),
        ({"FunctionName": "taken"}, "ResourceConflictException: Function already exist: taken"),
    ],
)
async def test_what_cannot_be_created(api: Any, members: dict[str, Any], message: str) -> None:
    await api.create("taken")

    assert await api.refused("CreateFunction", **api.create_request(**members)) == message
    assert api.catalog.functions() == ["taken"]


async def test_a_request_may_not_be_too_large(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_REQUEST_SIZE", 100)

    assert await api.refused("CreateFunction", **api.create_request()) == (
        "RequestEntityTooLargeException: Request must be smaller than 100 bytes for the "
        "CreateFunction operation"
    )


async def test_a_function_is_found_with_its_code_tags_and_concurrency(api: Any) -> None:
    await api.create(Tags={"team": "blue"})
    await api("PutFunctionConcurrency", FunctionName="hello", ReservedConcurrentExecutions=5)

    found = await api("GetFunction", FunctionName="hello")

    assert found["Code"]["RepositoryType"] == "S3"
    path = Path(unquote(urlparse(found["Code"]["Location"]).path))
    assert path.read_bytes() == api.zipped()
    assert found["Configuration"]["FunctionArn"] == ARN
    assert found["Tags"] == {"team": "blue"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 5}


@pytest.mark.parametrize("operation", ["GetFunction", "GetFunctionConfiguration"])
@pytest.mark.parametrize(
    ("request_", "arn", "version"),
    [
        ({"FunctionName": "hello"}, ARN, "$LATEST"),
        ({"FunctionName": "hello", "Qualifier": "$LATEST"}, f"{ARN}:$LATEST", "$LATEST"),
        ({"FunctionName": "hello:1"}, f"{ARN}:1", "1"),
        ({"FunctionName": f"{ARN}:2"}, f"{ARN}:2", "2"),
        ({"FunctionName": "hello", "Qualifier": "LIVE"}, f"{ARN}:LIVE", "1"),
    ],
)
async def test_the_arn_has_the_qualifier_that_was_asked_for(
    hello: Any, operation: str, request_: dict[str, str], arn: str, version: str
) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")

    found = await hello(operation, **request_)

    configuration = found.get("Configuration", found)
    assert (configuration["FunctionArn"], configuration["Version"]) == (arn, version)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("GetFunction", {}),
        ("GetFunctionConfiguration", {}),
        ("UpdateFunctionCode", {"ZipFile": b"x"}),
        ("UpdateFunctionConfiguration", {"Timeout": 4}),
        ("DeleteFunction", {}),
        ("DeleteFunction", {"Qualifier": "1"}),
        ("PublishVersion", {}),
        ("ListVersionsByFunction", {}),
        ("GetFunctionConcurrency", {}),
        ("ListAliases", {}),
        ("ListProvisionedConcurrencyConfigs", {}),
    ],
)
async def test_a_function_that_is_not_there_is_not_found(
    api: Any, operation: str, members: dict[str, Any]
) -> None:
    assert await api.refused(operation, FunctionName="hello", **members) == (
        f"ResourceNotFoundException: Function not found: {ARN}"
    )


@pytest.mark.parametrize("qualifier", ["99", "NONE"])
async def test_a_version_or_alias_that_is_not_there_is_not_found(
    hello: Any, qualifier: str
) -> None:
    assert await hello.refused("GetFunction", FunctionName="hello", Qualifier=qualifier) == (
        f"ResourceNotFoundException: Function not found: {ARN}:{qualifier}"
    )


async def test_functions_are_listed_without_their_states(api: Any) -> None:
    await api.create()

    (function,) = (await api("ListFunctions"))["Functions"]

    assert function["FunctionArn"] == ARN
    assert not {"State", "LastUpdateStatus", "RuntimeVersionConfig"} & function.keys()


async def test_functions_are_listed_by_pages(api: Any) -> None:
    names = [f"f{number:02d}" for number in range(55)]
    for name in names:
        await api.create(name)

    first = await api("ListFunctions")
    second = await api("ListFunctions", Marker=first["NextMarker"], MaxItems=10)

    assert [function["FunctionName"] for function in first["Functions"]] == names[:50]
    assert [function["FunctionName"] for function in second["Functions"]] == names[50:]
    assert "NextMarker" not in second
    assert await api.refused("ListFunctions", Marker="nonsense") == (
        "InvalidParameterValueException: Invalid Marker"
    )


async def test_all_versions_of_all_functions_are_listed(hello: Any) -> None:
    await hello.create("other")
    found: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page = await hello("ListFunctions", FunctionVersion="ALL", MaxItems=2, **marker)
        found += [
            function["FunctionArn"].partition("function:")[2] for function in page["Functions"]
        ]
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}

    assert found == ["hello:$LATEST", "hello:1", "hello:2", "other:$LATEST"]


async def test_code_is_updated(api: Any) -> None:
    created = await api.create()
    api.clock.advance(10)

    updated = await api("UpdateFunctionCode", FunctionName="hello", ZipFile=api.zipped("new"))
    api.settle()
    found = await api("GetFunctionConfiguration", FunctionName="hello")

    assert updated["CodeSha256"] == found["CodeSha256"] != created["CodeSha256"]
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    assert updated["LastUpdateStatusReasonCode"] == "Creating"
    assert found["LastUpdateStatus"] == "Successful"
    assert found["LastModified"] == "2023-11-14T22:13:30.000+0000"
    assert len({created["RevisionId"], updated["RevisionId"], found["RevisionId"]}) == 3


async def test_a_dry_run_changes_nothing(api: Any) -> None:
    await api.create()
    before = await api("GetFunctionConfiguration", FunctionName="hello")
    package = api.zipped("new")

    answer = await api("UpdateFunctionCode", FunctionName="hello", ZipFile=package, DryRun=True)

    assert answer["CodeSize"] == len(package)
    assert answer["CodeSha256"] != before["CodeSha256"]
    assert await api("GetFunctionConfiguration", FunctionName="hello") == before
    assert await api.refused(
        "UpdateFunctionCode", FunctionName="hello", ZipFile=b"no zip", DryRun=True
    ) == (
        "InvalidParameterValueException: Could not unzip uploaded file. Please check your file, "
        "then try to upload again."
    )


async def test_code_is_updated_and_published_at_once(api: Any) -> None:
    await api.create()
    update = {"FunctionName": "hello", "ZipFile": api.zipped("new"), "Publish": True}

    published = await api("UpdateFunctionCode", **update)
    api.settle()
    again = await api("UpdateFunctionCode", **update)

    assert (published["Version"], published["FunctionArn"]) == ("1", f"{ARN}:1")
    assert published["State"] == "Pending"
    assert (again["Version"], again["State"]) == ("1", "Active")


async def test_only_the_members_given_are_updated(api: Any) -> None:
    await api.create(Environment={"Variables": {"AB": "1"}}, LoggingConfig={"LogFormat": "JSON"})
    before = await api("GetFunctionConfiguration", FunctionName="hello")

    await api(
        "UpdateFunctionConfiguration",
        FunctionName="hello",
        Timeout=10,
        LoggingConfig={"LogFormat": "Text"},
        Description="changed",
    )
    api.settle()

    after = await api("GetFunctionConfiguration", FunctionName="hello")
    changed = {member for member in after if after[member] != before.get(member)}
    assert changed == {"Timeout", "LoggingConfig", "Description", "RevisionId"}
    assert after["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/hello"}


async def test_an_update_is_checked_like_a_creation(api: Any) -> None:
    await api.create()
    variables = {"AWS_REGION": "x", "LAMBDA_TASK_ROOT": "y"}

    refused = await api.refused(
        "UpdateFunctionConfiguration", FunctionName="hello", Environment={"Variables": variables}
    )

    assert refused == RESERVED


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("UpdateFunctionCode", {"ZipFile": b"x"}),
        ("UpdateFunctionConfiguration", {"Timeout": 4}),
        ("PublishVersion", {}),
    ],
)
async def test_a_change_is_refused_while_another_is_under_way_or_out_of_date(
    api: Any, operation: str, members: dict[str, Any]
) -> None:
    busy = "ResourceConflictException: The operation cannot be performed at this time. "
    request = {"FunctionName": "hello"} | members
    await api("CreateFunction", **api.create_request())

    assert await api.refused(operation, **request) == (
        f"{busy}The function is currently in the following state: Pending"
    )
    api.settle()
    await api("UpdateFunctionConfiguration", FunctionName="hello", Timeout=9)
    assert await api.refused(operation, **request) == (
        f"{busy}An update is in progress for resource: {ARN}"
    )
    api.settle()
    assert await api.refused(operation, RevisionId="old", **request) == (
        "PreconditionFailedException: The Revision Id provided does not match the latest Revision "
        "Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    )


async def test_a_change_with_the_right_revision_is_made(api: Any) -> None:
    await api.create()
    revision = (await api("GetFunctionConfiguration", FunctionName="hello"))["RevisionId"]

    updated = await api(
        "UpdateFunctionConfiguration", FunctionName="hello", Timeout=9, RevisionId=revision
    )

    assert updated["Timeout"] == 9


async def test_a_function_is_deleted_with_all_that_belongs_to_it(hello: Any) -> None:
    await hello("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="1")
    await hello(
        "PutProvisionedConcurrencyConfig",
        FunctionName="hello",
        Qualifier="LIVE",
        ProvisionedConcurrentExecutions=1,
    )

    assert await hello("DeleteFunction", FunctionName="hello") == {"StatusCode": 204}

    assert (await hello("ListFunctions"))["Functions"] == []
    assert hello.provisioner.calls[-1] == ("remove", "hello", "LIVE")
    created = await hello.create(Publish=True)
    assert created["Version"] == "1"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"Qualifier": "$LATEST"},
            "InvalidParameterValueException: $LATEST version cannot be deleted without deleting "
            "the function.",
        ),
        (
            {"Qualifier": "LIVE"},
            "InvalidParameterValueException: Deletion of aliases is not currently supported.",
        ),
        (
            {"Qualifier": "1"},
            "ResourceConflictException: Unable to delete version because the following aliases "
            "reference it: [LIVE]",
        ),
        (
            {"Qualifier": "2"},
            "ResourceConflictException: Unable to delete version because the following aliases "
            "reference it: [LIVE]",
        ),
        (
            {"FunctionName": "hello:1", "Qualifier": "2"},
            "InvalidParameterValueException: The derived qualifier from the function name does not "
            "match the specified qualifier.",
        ),
    ],
)
async def test_what_cannot_be_deleted(hello: Any, request_: dict[str, str], message: str) -> None:
    await hello(
        "CreateAlias",
        FunctionName="hello",
        Name="LIVE",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )

    assert await hello.refused("DeleteFunction", **{"FunctionName": "hello"} | request_) == message


async def test_what_a_killed_kernel_left_pending_becomes_active(make_api: Any) -> None:
    killed = make_api()
    await killed("CreateFunction", **killed.create_request(Publish=True))

    found = await make_api()("ListVersionsByFunction", FunctionName="hello")
    states = [
        (await killed("GetFunctionConfiguration", FunctionName="hello", Qualifier=v["Version"]))
        for v in found["Versions"]
    ]

    assert [(state["Version"], state["State"]) for state in states] == [
        ("$LATEST", "Active"),
        ("1", "Active"),
    ]
