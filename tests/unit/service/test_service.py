import re
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core import model
from lambda_magic.core.errors import ServiceException


async def test_operations_have_both_names(api: Any) -> None:
    await api.create()

    assert await api("get_function", FunctionName="hello") == await api(
        "GetFunction", FunctionName="hello"
    )


async def test_members_without_a_value_are_as_good_as_missing(api: Any) -> None:
    await api.create(Description=None, Environment=None)

    found = await api("GetFunctionConfiguration", FunctionName="hello", Qualifier=None)

    assert found["Description"] == ""
    assert "Environment" not in found


#: Durable executions have no place to go on in here.
NOT_SERVED = {
    "CheckpointDurableExecution",
    "DeleteDurableExecution",
    "GetDurableExecution",
    "GetDurableExecutionHistory",
    "GetDurableExecutionState",
    "ListDurableExecutionsByFunction",
    "PauseDurableExecution",
    "ResumeDurableExecution",
    "SendDurableExecutionCallbackFailure",
    "SendDurableExecutionCallbackHeartbeat",
    "SendDurableExecutionCallbackSuccess",
    "StopDurableExecution",
}


def test_which_operations_of_the_model_are_served(api: Any) -> None:
    named = {operation.name for operation in model.operations().values()}
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    said = re.search(r"(\d+) operations of the Lambda API are served", readme)

    assert api.service.operations <= named
    assert not api.service.operations & NOT_SERVED
    # A newer botocore may know more operations than these; each says that it is not served.
    assert said is not None
    assert int(said[1]) == len(api.service.operations)


@pytest.mark.parametrize("operation", sorted(NOT_SERVED))
async def test_what_is_not_served_says_so(api: Any, operation: str) -> None:
    assert await api.refused(operation) == (
        f"NotSupportedException: {operation} is not supported by lambda_magic."
    )


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("MakeCoffee", "UnknownOperationException: The Lambda API has no operation MakeCoffee"),
        (
            "make_coffee",
            "UnknownOperationException: The Lambda API has no operation make_coffee",
        ),
    ],
)
async def test_an_operation_that_there_is_not(api: Any, operation: str, message: str) -> None:
    assert await api.refused(operation) == message


async def test_a_machine_that_fails_is_an_error_of_the_service(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lambda_magic.store.code.CodeStore.put", full)

    with pytest.raises(ServiceException, match="No space left on device"):
        await api("CreateFunction", **api.create_request())


async def test_an_answer_may_be_changed_without_harm(api: Any) -> None:
    await api.create(Tags={"A": "a"}, Environment={"Variables": {"AB": "1"}})
    await api("CreateAlias", FunctionName="hello", Name="LIVE", FunctionVersion="$LATEST")

    async def spoil() -> Any:
        answers = [
            await api("GetFunction", FunctionName="hello"),
            await api("GetAlias", FunctionName="hello", Name="LIVE"),
            await api("ListTags", Resource=api.ARN),
            await api(
                "UpdateFunctionCode", FunctionName="hello", ZipFile=api.zipped(), DryRun=True
            ),
        ]
        kept = repr(answers)
        answers[0]["Configuration"]["Environment"]["Variables"]["AB"] = "spoilt"
        answers[1]["Name"] = answers[2]["Tags"]["A"] = "spoilt"
        answers[3]["Environment"]["Variables"]["AB"] = "spoilt"
        return kept

    assert await spoil() == await spoil()
