"""The table as a whole: how much of the API it is about."""

from lambda_magic.api.endpoint import Endpoint

from . import (
    test_code_signing,
    test_concurrency,
    test_configs,
    test_functions,
    test_invoke,
    test_layer_permissions,
    test_layers,
    test_logging,
    test_mappings,
    test_permissions,
    test_response_streams,
    test_versions,
)

TABLES = [
    test_code_signing,
    test_concurrency,
    test_configs,
    test_functions,
    test_invoke,
    test_layer_permissions,
    test_layers,
    test_logging,
    test_mappings,
    test_permissions,
    test_response_streams,
    test_versions,
]
ROWS = [row for module in TABLES for row in module.TABLE]

#: Families of operations that are kept and reported, and are nothing a function would notice.
LEFT_OUT = ("CapacityProvider", "ResourcePolicy", "DurableExecution", "FunctionScalingConfig")


def test_the_table_has_as_many_rows_as_it_should() -> None:
    assert len(ROWS) >= 150
    assert len({str(row) for row in ROWS}) == len(ROWS)


def test_every_family_of_operations_is_in_the_table(endpoint: Endpoint) -> None:
    served = endpoint.region.service.operations
    missing = served - {row.operation for row in ROWS}
    assert {one for one in missing if not any(part in one for part in LEFT_OUT)} == set()


def test_there_are_refusals_for_most_operations() -> None:
    operations = {row.operation for row in ROWS}
    refused = {row.operation for row in ROWS if row.error}
    assert len(refused) / len(operations) > 0.7
