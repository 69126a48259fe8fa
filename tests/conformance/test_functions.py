"""Functions: create, read, change, list, delete."""

from collections.abc import Callable

import pytest

from .table import (
    ALIASED,
    CREATED,
    FUNCTION,
    NOTHING,
    PUBLISHED,
    ROLE,
    RUNTIME,
    SOMETHING,
    Row,
    ok,
    refused,
    zipped,
)

TABLE = [
    ok(
        "answers with the configuration",
        "create_function",
        FUNCTION,
        201,
        FunctionName="$f",
        FunctionArn="$arn",
        Version="$LATEST",
        State="Pending",
        StateReasonCode="Creating",
        StateReason="The function is being created.",
        MemorySize=128,
        Timeout=3,
        PackageType="Zip",
        Architectures=["x86_64"],
        EphemeralStorage={"Size": 512},
        TracingConfig={"Mode": "PassThrough"},
        SnapStart={"ApplyOn": "None", "OptimizationStatus": "Off"},
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/aws/lambda/$f"},
        CodeSha256=SOMETHING,
        RevisionId=SOMETHING,
        LastModified=SOMETHING,
    ),
    ok(
        "publishes a first version",
        "create_function",
        {**FUNCTION, "Publish": True},
        201,
        Version="1",
        FunctionArn="$arn",
    ),
    ok(
        "takes a partial ARN",
        "create_function",
        {**FUNCTION, "FunctionName": "123456789012:function:$f"},
        201,
        FunctionName="$f",
    ),
    ok(
        "takes a full ARN",
        "create_function",
        {**FUNCTION, "FunctionName": "$arn"},
        201,
        FunctionName="$f",
    ),
    ok(
        "keeps memory and timeout",
        "create_function",
        {**FUNCTION, "MemorySize": 1769, "Timeout": 900},
        201,
        MemorySize=1769,
        Timeout=900,
    ),
    ok(
        "keeps variables",
        "create_function",
        {**FUNCTION, "Environment": {"Variables": {"STAGE": "test"}}},
        201,
        Environment={"Variables": {"STAGE": "test"}},
    ),
    ok(
        "keeps the storage",
        "create_function",
        {**FUNCTION, "EphemeralStorage": {"Size": 10240}},
        201,
        EphemeralStorage={"Size": 10240},
    ),
    ok(
        "keeps tracing and description",
        "create_function",
        {**FUNCTION, "TracingConfig": {"Mode": "Active"}, "Description": "traced"},
        201,
        TracingConfig={"Mode": "Active"},
        Description="traced",
    ),
    ok(
        "completes the logging",
        "create_function",
        {**FUNCTION, "LoggingConfig": {"LogFormat": "JSON"}},
        201,
        LoggingConfig={
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "INFO",
        },
    ),
    refused(
        "refuses a second of the name",
        "create_function",
        FUNCTION,
        409,
        "ResourceConflictException",
        "Function already exist: $f",
        given=[CREATED],
        Type="User",
    ),
    refused(
        "refuses a name with a dot",
        "create_function",
        {**FUNCTION, "FunctionName": "a.b"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'a.b' at 'functionName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
            "\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
        ),
    ),
    refused(
        "refuses an empty name",
        "create_function",
        {**FUNCTION, "FunctionName": ""},
        400,
        "ValidationException",
        (
            "2 validation errors detected: Value '' at 'functionName' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1; Value '' at "
            "'functionName' failed to satisfy constraint: Member must satisfy regular "
            "expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-is"
            "o([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a"
            "-zA-Z0-9-_]+))?"
        ),
    ),
    refused(
        "refuses a role that is none",
        "create_function",
        {**FUNCTION, "Role": "nobody"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'nobody' at 'role' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+"
        ),
    ),
    refused(
        "refuses too little memory",
        "create_function",
        {**FUNCTION, "MemorySize": 64},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '64' at 'memorySize' failed to satisfy "
            "constraint: Member must have value greater than or equal to 128"
        ),
    ),
    refused(
        "refuses too much memory",
        "create_function",
        {**FUNCTION, "MemorySize": 20480},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '20480' at 'memorySize' failed to satisfy "
            "constraint: Member must have value less than or equal to 10240"
        ),
    ),
    refused(
        "refuses a timeout of zero",
        "create_function",
        {**FUNCTION, "Timeout": 0},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '0' at 'timeout' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1"
        ),
    ),
    refused(
        "refuses a long timeout",
        "create_function",
        {**FUNCTION, "Timeout": 901},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '901' at 'timeout' failed to satisfy "
            "constraint: Member must have value less than or equal to 900"
        ),
    ),
    refused(
        "refuses little storage",
        "create_function",
        {**FUNCTION, "EphemeralStorage": {"Size": 100}},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '100' at 'ephemeralStorage.size' failed to "
            "satisfy constraint: Member must have value greater than or equal to 512"
        ),
    ),
    refused(
        "refuses no runtime",
        "create_function",
        {key: value for key, value in FUNCTION.items() if key != "Runtime"},
        400,
        "InvalidParameterValueException",
        (
            "Runtime and Handler are mandatory parameters for functions created with "
            "deployment packages."
        ),
    ),
    refused(
        "refuses no role",
        "create_function",
        {key: value for key, value in FUNCTION.items() if key != "Role"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value null at 'role' failed to satisfy constraint: "
            "Member must not be null"
        ),
    ),
    refused(
        "refuses no code",
        "create_function",
        {key: value for key, value in FUNCTION.items() if key != "Code"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value null at 'code' failed to satisfy constraint: "
            "Member must not be null"
        ),
    ),
    refused(
        "refuses empty code",
        "create_function",
        {**FUNCTION, "Code": {}},
        400,
        "InvalidParameterValueException",
        "Please provide a source for function code.",
    ),
    refused(
        "refuses what is no zip",
        "create_function",
        {**FUNCTION, "Code": {"ZipFile": b"no zip"}},
        400,
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    ),
    refused(
        "refuses a reserved variable",
        "create_function",
        {**FUNCTION, "Environment": {"Variables": {"AWS_REGION": "x"}}},
        400,
        "InvalidParameterValueException",
        (
            "Lambda was unable to configure your environment variables because the "
            "environment variables you have provided contains reserved keys that are "
            "currently not supported for modification. Reserved keys used in this request: "
            "AWS_REGION"
        ),
    ),
    refused(
        "refuses a variable that is no name",
        "create_function",
        {**FUNCTION, "Environment": {"Variables": {"1A": "x"}}},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value at 'environment.variables' failed to satisfy "
            "constraint: Map keys must satisfy constraint: [Member must satisfy regular "
            "expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"
        ),
    ),
    refused(
        "refuses a wrong type",
        "create_function",
        {**FUNCTION, "Timeout": "long"},
        400,
        "SerializationException",
        "STRING_VALUE can not be converted to an Integer",
    ),
    refused(
        "refuses a package type",
        "create_function",
        {**FUNCTION, "PackageType": "Tar"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'Tar' at 'packageType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [Zip, Image]"
        ),
    ),
    refused(
        "refuses an architecture",
        "create_function",
        {**FUNCTION, "Architectures": ["sparc"]},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '[sparc]' at 'architectures' failed to "
            "satisfy constraint: Member must satisfy constraint: [Member must satisfy enum "
            "value set: [x86_64, arm64], Member must not be null]"
        ),
    ),
    refused(
        "refuses two architectures",
        "create_function",
        {**FUNCTION, "Architectures": ["x86_64", "arm64"]},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed "
            "to satisfy constraint: Member must have length less than or equal to 1"
        ),
    ),
    refused(
        "refuses several mistakes at once",
        "create_function",
        {**FUNCTION, "MemorySize": 1, "Timeout": 0},
        400,
        "ValidationException",
        (
            "2 validation errors detected: Value '0' at 'timeout' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1; Value '1' at "
            "'memorySize' failed to satisfy constraint: Member must have value greater than "
            "or equal to 128"
        ),
    ),
    refused(
        "refuses a tracing mode",
        "create_function",
        {**FUNCTION, "TracingConfig": {"Mode": "Always"}},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'Always' at 'tracingConfig.mode' failed to "
            "satisfy constraint: Member must satisfy enum value set: [Active, PassThrough]"
        ),
    ),
    refused(
        "refuses a log level for text",
        "create_function",
        {**FUNCTION, "LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "WARN"}},
        400,
        "InvalidParameterValueException",
        (
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from '
            'your request or change the LogFormat to "Json" and try again.'
        ),
    ),
    ok(
        "answers with code and tags",
        "get_function",
        {"FunctionName": "$f"},
        given=[("create_function", {**FUNCTION, "Tags": {"team": "blue"}})],
        Configuration={
            "FunctionArn": "$arn",
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "StateReason": NOTHING,
        },
        Code={"RepositoryType": "S3", "Location": SOMETHING},
        Tags={"team": "blue"},
    ),
    ok(
        "reads a version",
        "get_function",
        {"FunctionName": "$f", "Qualifier": "1"},
        given=[CREATED, PUBLISHED],
        Configuration={"FunctionArn": "$arn:1", "Version": "1"},
    ),
    ok(
        "reads an alias",
        "get_function",
        {"FunctionName": "$f:LIVE"},
        given=[CREATED, PUBLISHED, ALIASED],
        Configuration={"FunctionArn": "$arn:LIVE", "Version": "1"},
    ),
    refused(
        "misses the function",
        "get_function",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
        Type="User",
    ),
    refused(
        "misses the version",
        "get_function",
        {"FunctionName": "$f", "Qualifier": "7"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:7",
        given=[CREATED],
    ),
    refused(
        "misses the alias",
        "get_function",
        {"FunctionName": "$f:NOPE"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:NOPE",
        given=[CREATED],
    ),
    refused(
        "refuses two different qualifiers",
        "get_function",
        {"FunctionName": "$f:1", "Qualifier": "2"},
        400,
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
        given=[CREATED],
    ),
    refused(
        "refuses a foreign account",
        "get_function",
        {"FunctionName": "arn:aws:lambda:us-east-1:999999999999:function:$f"},
        403,
        "AccessDeniedException",
        (
            "User: arn:aws:iam::123456789012:root is not authorized to perform: "
            "lambda:GetFunction on resource: "
            "arn:aws:lambda:us-east-1:999999999999:function:$f because no resource-based "
            "policy allows the lambda:GetFunction action"
        ),
    ),
    refused(
        "refuses a foreign region",
        "get_function",
        {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:$f"},
        404,
        "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    ),
    refused(
        "refuses a strange name",
        "get_function",
        {"FunctionName": "so strange!"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'so strange!' at 'functionName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
            "\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-"
            "Z0-9-_]+))?"
        ),
    ),
    ok(
        "reads the configuration",
        "get_function_configuration",
        {"FunctionName": "$f"},
        given=[CREATED],
        FunctionArn="$arn",
        Runtime=RUNTIME,
        Handler="index.handler",
        Role=ROLE,
    ),
    refused(
        "misses the function",
        "get_function_configuration",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "changes what is given",
        "update_function_configuration",
        {"FunctionName": "$f", "Timeout": 7},
        given=[CREATED],
        Timeout=7,
        MemorySize=128,
        LastUpdateStatus="InProgress",
        LastUpdateStatusReasonCode="Creating",
        LastUpdateStatusReason="The function is being created.",
    ),
    ok(
        "forgets variables",
        "update_function_configuration",
        {"FunctionName": "$f", "Environment": {"Variables": {}}},
        given=[("create_function", {**FUNCTION, "Environment": {"Variables": {"AB": "1"}}})],
        Environment={"Variables": {}},
    ),
    refused(
        "checks the revision",
        "update_function_configuration",
        {"FunctionName": "$f", "RevisionId": "11111111-2222-3333-4444-555555555555"},
        412,
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        given=[CREATED],
        Type="User",
    ),
    refused(
        "misses the function",
        "update_function_configuration",
        {"FunctionName": "$f", "Timeout": 7},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    refused(
        "refuses too much memory",
        "update_function_configuration",
        {"FunctionName": "$f", "MemorySize": 20480},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '20480' at 'memorySize' failed to satisfy "
            "constraint: Member must have value less than or equal to 10240"
        ),
        given=[CREATED],
    ),
    ok(
        "changes the code",
        "update_function_code",
        {"FunctionName": "$f", "ZipFile": zipped("# new")},
        given=[CREATED],
        CodeSha256=SOMETHING,
        LastUpdateStatus="InProgress",
    ),
    ok(
        "changes nothing for a dry run",
        "update_function_code",
        {"FunctionName": "$f", "ZipFile": zipped("# new"), "DryRun": True},
        given=[CREATED],
        CodeSha256=SOMETHING,
    ),
    ok(
        "publishes",
        "update_function_code",
        {"FunctionName": "$f", "ZipFile": zipped("# new"), "Publish": True},
        given=[CREATED],
        Version="1",
    ),
    refused(
        "checks the revision",
        "update_function_code",
        {
            "FunctionName": "$f",
            "ZipFile": zipped(),
            "RevisionId": "11111111-2222-3333-4444-555555555555",
        },
        412,
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        given=[CREATED],
    ),
    refused(
        "misses the function",
        "update_function_code",
        {"FunctionName": "$f", "ZipFile": zipped()},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    refused(
        "refuses what is no zip",
        "update_function_code",
        {"FunctionName": "$f", "ZipFile": b"no zip"},
        400,
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        given=[CREATED],
    ),
    ok(
        "lists a page",
        "list_functions",
        {"MaxItems": 1},
        given=[CREATED, ("create_function", {**FUNCTION, "FunctionName": "$f-2"})],
        Functions=[{"FunctionName": SOMETHING, "State": NOTHING}],
        NextMarker=SOMETHING,
    ),
    refused(
        "refuses too many on a page",
        "list_functions",
        {"MaxItems": 0},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '0' at 'maxItems' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1"
        ),
    ),
    refused(
        "refuses a marker",
        "list_functions",
        {"Marker": "nonsense"},
        400,
        "InvalidParameterValueException",
        "Invalid Marker",
    ),
    refused(
        "refuses a version filter",
        "list_functions",
        {"FunctionVersion": "SOME"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'SOME' at 'functionVersion' failed to "
            "satisfy constraint: Member must satisfy enum value set: [ALL]"
        ),
    ),
    refused(
        "refuses a number that is none",
        "list_functions",
        {"MaxItems": "many"},
        400,
        "SerializationException",
        "STRING_VALUE can not be converted to an Integer",
    ),
    ok("deletes", "delete_function", {"FunctionName": "$f"}, 204, given=[CREATED]),
    ok(
        "deletes a version",
        "delete_function",
        {"FunctionName": "$f", "Qualifier": "1"},
        204,
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "refuses $LATEST alone",
        "delete_function",
        {"FunctionName": "$f", "Qualifier": "$LATEST"},
        400,
        "InvalidParameterValueException",
        "$LATEST version cannot be deleted without deleting the function.",
        given=[CREATED],
    ),
    refused(
        "refuses an alias",
        "delete_function",
        {"FunctionName": "$f", "Qualifier": "LIVE"},
        400,
        "InvalidParameterValueException",
        "Deletion of aliases is not currently supported.",
        given=[CREATED, PUBLISHED, ALIASED],
    ),
    refused(
        "refuses a version with an alias",
        "delete_function",
        {"FunctionName": "$f", "Qualifier": "1"},
        409,
        "ResourceConflictException",
        "Unable to delete version because the following aliases reference it: [LIVE]",
        given=[CREATED, PUBLISHED, ALIASED],
    ),
    refused(
        "misses the function",
        "delete_function",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
