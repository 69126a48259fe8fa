from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from lambda_magic.widgets.api_calls import ApiCalls, boto3_line, one_line


class Client:
    """Answers every operation with its parameters, except for one that is refused."""

    def get_function(self, **parameters: Any) -> Any:
        return parameters

    def invoke(self, **parameters: Any) -> Any:
        error = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate <Exceeded>."}}
        raise ClientError({**error, "Reason": "CallerRateLimitExceeded"}, "Invoke")  # type: ignore[typeddict-item]  # Reason is Lambda's own


def test_a_call_is_written_as_one_would_write_it() -> None:
    line = boto3_line("update_alias", {"FunctionName": "hello", "RoutingConfig": {"a": 1.5}})
    assert line == "client.update_alias(FunctionName='hello', RoutingConfig={'a': 1.5})"


def test_an_error_is_one_line() -> None:
    with pytest.raises(ClientError) as caught:
        Client().invoke()
    assert one_line(caught.value) == (
        "TooManyRequestsException: Rate <Exceeded>. (CallerRateLimitExceeded)"
    )
    wrong = ParamValidationError(report="Missing\nparameter")
    assert one_line(wrong) == (
        "ParamValidationError: Parameter validation failed: Missing parameter"
    )


def test_calls_are_shown_newest_first_and_escaped() -> None:
    calls = ApiCalls(Client)
    assert calls.make("get_function", FunctionName="<hello>") == {"FunctionName": "<hello>"}
    with pytest.raises(ClientError):
        calls.make("invoke", FunctionName="hello")
    assert [error[:8] for _, error in calls.made] == ["", "TooManyR"]
    assert calls.value.index("client.invoke") < calls.value.index("client.get_function")
    assert "&lt;hello&gt;" in calls.value
    assert "Rate &lt;Exceeded&gt;." in calls.value
    calls.close()


def test_asking_is_not_shown() -> None:
    calls = ApiCalls(Client)
    calls.ask("get_function", FunctionName="hello")
    assert (calls.made, calls.value) == ([], "")
    calls.close()
