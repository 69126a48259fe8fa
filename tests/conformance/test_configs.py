"""What is configured beside a function: asynchronous invocation, URLs, recursion, runtimes."""

from collections.abc import Callable

import pytest

from .table import CREATED, PUBLISHED, SOMETHING, Call, Row, ok, refused

QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
RETRIES: Call = (
    "put_function_event_invoke_config",
    {"FunctionName": "$f", "MaximumRetryAttempts": 1},
)
URL: Call = ("create_function_url_config", {"FunctionName": "$f", "AuthType": "NONE"})

TABLE = [
    ok(
        "keeps the retries",
        "put_function_event_invoke_config",
        {"FunctionName": "$f", "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        given=[CREATED],
        FunctionArn="$arn:$LATEST",
        MaximumRetryAttempts=0,
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnSuccess": {}, "OnFailure": {}},
        LastModified=SOMETHING,
    ),
    ok(
        "keeps a destination",
        "put_function_event_invoke_config",
        {"FunctionName": "$f", "DestinationConfig": {"OnFailure": {"Destination": QUEUE}}},
        given=[CREATED],
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
    ),
    refused(
        "refuses nothing at all",
        "put_function_event_invoke_config",
        {"FunctionName": "$f"},
        400,
        "InvalidParameterValueException",
        "You must specify at least one of error handling or destination setting.",
        given=[CREATED],
    ),
    refused(
        "refuses three retries",
        "put_function_event_invoke_config",
        {"FunctionName": "$f", "MaximumRetryAttempts": 3},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '3' at 'maximumRetryAttempts' failed to "
            "satisfy constraint: Member must have value less than or equal to 2"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses a short age",
        "put_function_event_invoke_config",
        {"FunctionName": "$f", "MaximumEventAgeInSeconds": 59},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '59' at 'maximumEventAgeInSeconds' failed to "
            "satisfy constraint: Member must have value greater than or equal to 60"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses a destination that is none",
        "put_function_event_invoke_config",
        {"FunctionName": "$f", "DestinationConfig": {"OnFailure": {"Destination": "nowhere"}}},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'nowhere' at "
            "'destinationConfig.onFailure.destination' failed to satisfy constraint: Member "
            "must satisfy regular expression pattern: "
            "$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+"
            ":((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses itself as a destination",
        "put_function_event_invoke_config",
        {"FunctionName": "$f", "DestinationConfig": {"OnFailure": {"Destination": "$arn"}}},
        400,
        "InvalidParameterValueException",
        "You can't specify the function as a destination for itself.",
        given=[CREATED],
    ),
    refused(
        "misses the function",
        "put_function_event_invoke_config",
        {"FunctionName": "$f", "MaximumRetryAttempts": 0},
        404,
        "ResourceNotFoundException",
        "The function doesn't exist.",
    ),
    ok(
        "changes only what is given",
        "update_function_event_invoke_config",
        {"FunctionName": "$f", "MaximumEventAgeInSeconds": 100},
        given=[CREATED, RETRIES],
        MaximumRetryAttempts=1,
        MaximumEventAgeInSeconds=100,
    ),
    refused(
        "misses what is to change",
        "update_function_event_invoke_config",
        {"FunctionName": "$f", "MaximumRetryAttempts": 0},
        404,
        "ResourceNotFoundException",
        "The function $arn:$LATEST doesn't have an EventInvokeConfig",
        given=[CREATED],
    ),
    ok(
        "reads",
        "get_function_event_invoke_config",
        {"FunctionName": "$f"},
        given=[CREATED, RETRIES],
        MaximumRetryAttempts=1,
    ),
    refused(
        "misses the configuration",
        "get_function_event_invoke_config",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "The function $arn:$LATEST doesn't have an EventInvokeConfig",
        given=[CREATED],
    ),
    ok(
        "lists",
        "list_function_event_invoke_configs",
        {"FunctionName": "$f"},
        given=[CREATED, RETRIES],
        FunctionEventInvokeConfigs=[{"FunctionArn": "$arn:$LATEST"}],
    ),
    ok(
        "deletes",
        "delete_function_event_invoke_config",
        {"FunctionName": "$f"},
        204,
        given=[CREATED, RETRIES],
    ),
    refused(
        "deletes what is not there",
        "delete_function_event_invoke_config",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "The function $arn:$LATEST doesn't have an EventInvokeConfig",
        given=[CREATED],
    ),
    ok(
        "makes a URL",
        "create_function_url_config",
        {"FunctionName": "$f", "AuthType": "NONE"},
        201,
        given=[CREATED],
        FunctionArn="$arn",
        FunctionUrl=SOMETHING,
        AuthType="NONE",
        CreationTime=SOMETHING,
    ),
    ok(
        "makes a URL with CORS",
        "create_function_url_config",
        {
            "FunctionName": "$f",
            "AuthType": "AWS_IAM",
            "Cors": {"AllowOrigins": ["*"], "MaxAge": 60},
            "InvokeMode": "RESPONSE_STREAM",
        },
        201,
        given=[CREATED],
        Cors={"AllowOrigins": ["*"], "MaxAge": 60},
        InvokeMode="RESPONSE_STREAM",
    ),
    refused(
        "refuses a second URL",
        "create_function_url_config",
        {"FunctionName": "$f", "AuthType": "NONE"},
        409,
        "ResourceConflictException",
        (
            "Failed to create function url config for [functionArn = $arn]. Error message:  "
            "FunctionUrlConfig exists for this Lambda function"
        ),
        given=[CREATED, URL],
    ),
    refused(
        "refuses a version's URL",
        "create_function_url_config",
        {"FunctionName": "$f", "AuthType": "NONE", "Qualifier": "1"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '1' at 'qualifier' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "((?!^\\d+$)^[0-9a-zA-Z-_]+$)"
        ),
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "refuses an auth type",
        "create_function_url_config",
        {"FunctionName": "$f", "AuthType": "BASIC"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'BASIC' at 'authType' failed to satisfy "
            "constraint: Member must satisfy enum value set: [NONE, AWS_IAM]"
        ),
        given=[CREATED],
    ),
    refused(
        "misses the function of a URL",
        "create_function_url_config",
        {"FunctionName": "$f", "AuthType": "NONE"},
        404,
        "ResourceNotFoundException",
        "Function does not exist",
    ),
    ok(
        "reads a URL",
        "get_function_url_config",
        {"FunctionName": "$f"},
        given=[CREATED, URL],
        FunctionUrl="$2.FunctionUrl",
        InvokeMode="BUFFERED",
    ),
    refused(
        "misses a URL",
        "get_function_url_config",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        given=[CREATED],
    ),
    ok(
        "changes a URL",
        "update_function_url_config",
        {"FunctionName": "$f", "AuthType": "AWS_IAM"},
        given=[CREATED, URL],
        AuthType="AWS_IAM",
        FunctionUrl="$2.FunctionUrl",
    ),
    ok(
        "lists URLs",
        "list_function_url_configs",
        {"FunctionName": "$f"},
        given=[CREATED, URL],
        FunctionUrlConfigs=[{"FunctionUrl": "$2.FunctionUrl"}],
    ),
    ok(
        "deletes a URL",
        "delete_function_url_config",
        {"FunctionName": "$f"},
        204,
        given=[CREATED, URL],
    ),
    refused(
        "deletes no URL",
        "delete_function_url_config",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        given=[CREATED],
    ),
    ok(
        "stops recursion at first",
        "get_function_recursion_config",
        {"FunctionName": "$f"},
        given=[CREATED],
        RecursiveLoop="Terminate",
    ),
    ok(
        "allows recursion",
        "put_function_recursion_config",
        {"FunctionName": "$f", "RecursiveLoop": "Allow"},
        given=[CREATED],
        RecursiveLoop="Allow",
    ),
    refused(
        "refuses to know about recursion",
        "put_function_recursion_config",
        {"FunctionName": "$f", "RecursiveLoop": "Maybe"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'Maybe' at 'recursiveLoop' failed to satisfy "
            "constraint: Member must satisfy enum value set: [Allow, Terminate]"
        ),
        given=[CREATED],
    ),
    refused(
        "misses the function that recurs",
        "get_function_recursion_config",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "updates runtimes automatically",
        "get_runtime_management_config",
        {"FunctionName": "$f"},
        given=[CREATED],
        UpdateRuntimeOn="Auto",
        FunctionArn="$arn",
    ),
    ok(
        "updates runtimes with the function",
        "put_runtime_management_config",
        {"FunctionName": "$f", "UpdateRuntimeOn": "FunctionUpdate"},
        given=[CREATED],
        UpdateRuntimeOn="FunctionUpdate",
    ),
    refused(
        "refuses a manual runtime without an ARN",
        "put_runtime_management_config",
        {"FunctionName": "$f", "UpdateRuntimeOn": "Manual"},
        400,
        "InvalidParameterValueException",
        "RuntimeVersionArn is required when UpdateRuntimeOn is Manual.",
        given=[CREATED],
    ),
    refused(
        "refuses another way",
        "put_runtime_management_config",
        {"FunctionName": "$f", "UpdateRuntimeOn": "Never"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'Never' at 'updateRuntimeOn' failed to "
            "satisfy constraint: Member must satisfy enum value set: [Auto, Manual, "
            "FunctionUpdate]"
        ),
        given=[CREATED],
    ),
    refused(
        "misses the function to scale",
        "get_function_scaling_config",
        {"FunctionName": "$f", "Qualifier": "$LATEST.PUBLISHED"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:$LATEST.PUBLISHED",
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
