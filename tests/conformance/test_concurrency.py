"""Reserved and provisioned concurrency, and the account's."""

from collections.abc import Callable

import pytest

from .table import ALIASED, CREATED, NOTHING, PUBLISHED, SOMETHING, Row, ok, refused

TABLE = [
    ok(
        "reserves",
        "put_function_concurrency",
        {"FunctionName": "$f", "ReservedConcurrentExecutions": 5},
        given=[CREATED],
        ReservedConcurrentExecutions=5,
    ),
    ok(
        "reserves nothing",
        "put_function_concurrency",
        {"FunctionName": "$f", "ReservedConcurrentExecutions": 0},
        given=[CREATED],
        ReservedConcurrentExecutions=0,
    ),
    refused(
        "refuses less than nothing",
        "put_function_concurrency",
        {"FunctionName": "$f", "ReservedConcurrentExecutions": -1},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '-1' at 'reservedConcurrentExecutions' "
            "failed to satisfy constraint: Member must have value greater than or equal to 0"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses more than there is",
        "put_function_concurrency",
        {"FunctionName": "$f", "ReservedConcurrentExecutions": 901},
        400,
        "InvalidParameterValueException",
        (
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [100]."
        ),
        given=[CREATED],
    ),
    refused(
        "refuses none",
        "put_function_concurrency",
        {"FunctionName": "$f"},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value null at 'reservedConcurrentExecutions' "
            "failed to satisfy constraint: Member must not be null"
        ),
        given=[CREATED],
    ),
    refused(
        "refuses less than is provisioned",
        "put_function_concurrency",
        {"FunctionName": "$f", "ReservedConcurrentExecutions": 1},
        400,
        "InvalidParameterValueException",
        (
            " ReservedConcurrentExecutions  1 should not be lower than function's total "
            "provisioned concurrency [2]."
        ),
        given=[
            CREATED,
            PUBLISHED,
            (
                "put_provisioned_concurrency_config",
                {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 2},
            ),
        ],
    ),
    refused(
        "misses the function",
        "put_function_concurrency",
        {"FunctionName": "$f", "ReservedConcurrentExecutions": 5},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:$LATEST",
    ),
    ok(
        "reads",
        "get_function_concurrency",
        {"FunctionName": "$f"},
        given=[
            CREATED,
            ("put_function_concurrency", {"FunctionName": "$f", "ReservedConcurrentExecutions": 3}),
        ],
        ReservedConcurrentExecutions=3,
    ),
    ok(
        "reads that there is none",
        "get_function_concurrency",
        {"FunctionName": "$f"},
        given=[CREATED],
        ReservedConcurrentExecutions=NOTHING,
    ),
    refused(
        "misses the function to read",
        "get_function_concurrency",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok("gives back", "delete_function_concurrency", {"FunctionName": "$f"}, 204, given=[CREATED]),
    refused(
        "misses the function to give back",
        "delete_function_concurrency",
        {"FunctionName": "$f"},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn",
    ),
    ok(
        "provisions",
        "put_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1},
        202,
        given=[CREATED, PUBLISHED],
        RequestedProvisionedConcurrentExecutions=1,
        Status="IN_PROGRESS",
        LastModified=SOMETHING,
    ),
    refused(
        "refuses $LATEST",
        "put_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1},
        400,
        "InvalidParameterValueException",
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        given=[CREATED],
    ),
    refused(
        "refuses zero",
        "put_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 0},
        400,
        "ValidationException",
        (
            "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' "
            "failed to satisfy constraint: Member must have value greater than or equal to 1"
        ),
        given=[CREATED, PUBLISHED],
    ),
    refused(
        "refuses a version with an alias that has some",
        "put_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1},
        409,
        "ResourceConflictException",
        "Version is pointed by a Provisioned Concurrency alias",
        given=[
            CREATED,
            PUBLISHED,
            ALIASED,
            (
                "put_provisioned_concurrency_config",
                {"FunctionName": "$f", "Qualifier": "LIVE", "ProvisionedConcurrentExecutions": 1},
            ),
        ],
    ),
    refused(
        "refuses more than is reserved",
        "put_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 3},
        400,
        "InvalidParameterValueException",
        (
            "Requested Provisioned Concurrency should not be greater than the "
            "reservedConcurrentExecution for function"
        ),
        given=[
            CREATED,
            PUBLISHED,
            ("put_function_concurrency", {"FunctionName": "$f", "ReservedConcurrentExecutions": 2}),
        ],
    ),
    refused(
        "misses the version",
        "put_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "9", "ProvisionedConcurrentExecutions": 1},
        404,
        "ResourceNotFoundException",
        "Function not found: $arn:9",
        given=[CREATED],
    ),
    ok(
        "reads what is provisioned",
        "get_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1"},
        given=[
            CREATED,
            PUBLISHED,
            (
                "put_provisioned_concurrency_config",
                {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1},
            ),
        ],
        RequestedProvisionedConcurrentExecutions=1,
        Status=SOMETHING,
    ),
    refused(
        "misses what is provisioned",
        "get_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1"},
        404,
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        given=[CREATED, PUBLISHED],
    ),
    ok(
        "lists what is provisioned",
        "list_provisioned_concurrency_configs",
        {"FunctionName": "$f"},
        given=[
            CREATED,
            PUBLISHED,
            (
                "put_provisioned_concurrency_config",
                {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1},
            ),
        ],
        ProvisionedConcurrencyConfigs=[{"FunctionArn": "$arn:1"}],
    ),
    ok(
        "takes it away",
        "delete_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1"},
        204,
        given=[
            CREATED,
            PUBLISHED,
            (
                "put_provisioned_concurrency_config",
                {"FunctionName": "$f", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1},
            ),
        ],
    ),
    ok(
        "takes away what is not there",
        "delete_provisioned_concurrency_config",
        {"FunctionName": "$f", "Qualifier": "1"},
        204,
        given=[CREATED, PUBLISHED],
    ),
    ok(
        "tells limits and use",
        "get_account_settings",
        {},
        AccountLimit={
            "ConcurrentExecutions": 1000,
            "CodeSizeUnzipped": 262144000,
            "CodeSizeZipped": 52428800,
            "TotalCodeSize": SOMETHING,
        },
        AccountUsage={"FunctionCount": SOMETHING},
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
