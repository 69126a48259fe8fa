from typing import Any

import pytest

from lambda_magic.core import trace
from lambda_magic.core.errors import ResourceNotFoundException, TooManyRequestsException


async def test_a_function_is_invoked(api: Any) -> None:
    answer = await api("Invoke", FunctionName="hello:LIVE", Payload=b"{}", ClientContext="e30=")

    assert api.invoker.calls == [("hello", "LIVE", b"{}", "e30=")]
    assert answer == {
        "ResponseMetadata": {"RequestId": "6f0e9c1e-8d0f-4c55-9d5e-0d4a4cbb3c5a"},
        "StatusCode": 200,
        "ExecutedVersion": "1",
        "Payload": b"{}",
    }


@pytest.mark.parametrize(
    ("payload", "expected"), [(None, b""), ('{"a": 1}', b'{"a": 1}'), (bytearray(b"1"), b"1")]
)
async def test_a_payload_becomes_bytes(api: Any, payload: Any, expected: bytes) -> None:
    await api("Invoke", FunctionName="hello", Payload=payload)

    assert api.invoker.calls == [("hello", None, expected, None)]


async def test_the_tail_of_the_log_comes_with_the_answer_if_asked_for(api: Any) -> None:
    answer = await api("Invoke", FunctionName="hello", LogType="Tail")

    assert answer["LogResult"] == "bG9n"


async def test_an_event_is_accepted(api: Any) -> None:
    answer = await api(
        "Invoke",
        FunctionName="hello:LIVE",
        InvocationType="Event",
        Payload=b"[1]",
        ClientContext="e30=",
    )

    assert api.event_invoker.calls == [("hello", "LIVE", b"[1]", "e30=", None)]
    assert answer == {
        "ResponseMetadata": {"RequestId": "b3d0e6f2-6d0a-4a8e-8f27-3f5f0cf5f1a1"},
        "StatusCode": 202,
        "Payload": b"",
    }
    assert api.invoker.calls == []


async def test_an_event_that_is_not_accepted(api: Any) -> None:
    api.event_invoker.error = ResourceNotFoundException("Function not found: hello")

    refused = await api.refused("Invoke", FunctionName="hello", InvocationType="Event")

    assert refused == "ResourceNotFoundException: Function not found: hello"


async def test_invoke_async_accepts_an_event(api: Any) -> None:
    answer = await api("InvokeAsync", FunctionName="hello", InvokeArgs=b"[1]")

    assert answer == {"Status": 202}
    assert api.event_invoker.calls == [("hello", None, b"[1]", None, None)]


async def test_the_callers_trace_header_goes_along(api: Any) -> None:
    token = trace.caller_trace_id.set("Root=1-2-3;Lineage=1:a87bd80c:0")
    try:
        await api("Invoke", FunctionName="hello", InvocationType="Event")
        await api("InvokeAsync", FunctionName="hello", InvokeArgs=b"")
    finally:
        trace.caller_trace_id.reset(token)

    assert [call[-1] for call in api.event_invoker.calls] == ["Root=1-2-3;Lineage=1:a87bd80c:0"] * 2


async def test_a_function_error_is_an_answer(api: Any) -> None:
    api.invoker.function_error = "Unhandled"

    answer = await api("Invoke", FunctionName="hello")

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")


async def test_a_dry_run_runs_nothing(api: Any) -> None:
    answer = await api("Invoke", FunctionName="hello", Qualifier="1", InvocationType="DryRun")

    assert answer["StatusCode"] == 204
    assert api.invoker.calls == [("dry_run", "hello", "1")]


async def test_a_dry_run_says_what_an_invocation_would(api: Any) -> None:
    api.invoker.error = ResourceNotFoundException("Function not found: hello")

    assert await api.refused("Invoke", FunctionName="hello", InvocationType="DryRun") == (
        "ResourceNotFoundException: Function not found: hello"
    )


async def test_what_the_invoker_raises_is_raised(api: Any) -> None:
    api.invoker.error = TooManyRequestsException(Reason="ConcurrentInvocationLimitExceeded")

    assert await api.refused("Invoke", FunctionName="hello") == (
        "TooManyRequestsException: Rate Exceeded."
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"InvocationType": "Whenever"},
            "ValidationException: 1 validation error detected: Value 'Whenever' at "
            "'invocationType' failed to satisfy constraint: Member must satisfy enum value set: "
            "[Event, RequestResponse, DryRun]",
        ),
        (
            {"TenantId": "blue"},
            "InvalidParameterValueException: The invoked function is not enabled with tenancy "
            "configuration.",
        ),
        (
            {"DurableExecutionName": "job"},
            "NotSupportedException: Durable executions are not supported by lambda_magic.",
        ),
        (
            {"Qualifier": "2"},
            "InvalidParameterValueException: The derived qualifier from the function name does not "
            "match the specified qualifier.",
        ),
    ],
)
async def test_what_is_refused(api: Any, members: dict[str, str], message: str) -> None:
    assert await api.refused("Invoke", FunctionName="hello:1", **members) == message
    assert api.invoker.calls == []


async def test_a_function_with_tenants_is_invoked_for_one(api: Any) -> None:
    api.invoker.tenanted.add("hello")

    answer = await api("Invoke", FunctionName="hello", TenantId="blue", Payload=b"1")

    assert answer["Payload"] == b"1"
    assert await api.refused("Invoke", FunctionName="hello") == (
        "InvalidParameterValueException: The invoked function is enabled with tenancy "
        "configuration. Add a valid tenant ID in your request and try again."
    )


async def events(answer: Any) -> list[Any]:
    return [event async for event in answer["EventStream"]]


async def test_a_response_is_streamed(api: Any) -> None:
    answer = await api(
        "InvokeWithResponseStream", FunctionName="hello:LIVE", Payload="1", LogType="Tail"
    )

    assert api.invoker.calls == [("stream", "hello", "LIVE", b"1", None)]
    assert await events(answer) == [
        {"PayloadChunk": {"Payload": b"1"}},
        {"InvokeComplete": {"LogResult": "bG9n"}},
    ]
    del answer["EventStream"]
    assert answer == {
        "ResponseMetadata": {"RequestId": "6f0e9c1e-8d0f-4c55-9d5e-0d4a4cbb3c5a"},
        "StatusCode": 200,
        "ExecutedVersion": "1",
        "ResponseStreamContentType": "application/vnd.amazon.eventstream",
    }


async def test_a_streams_error_is_its_last_event(api: Any) -> None:
    api.invoker.function_error = "Unhandled"

    answer = await api("InvokeWithResponseStream", FunctionName="hello", Payload=b"{}")

    assert await events(answer) == [
        {"InvokeComplete": {"ErrorCode": "Unhandled", "ErrorDetails": "{}"}}
    ]


async def test_a_dry_run_streams_nothing(api: Any) -> None:
    answer = await api("InvokeWithResponseStream", FunctionName="hello", InvocationType="DryRun")

    assert api.invoker.calls == [("dry_run", "hello", None)]
    assert (answer["StatusCode"], await events(answer)) == (204, [])


async def test_a_stream_that_cannot_begin_is_an_error(api: Any) -> None:
    api.invoker.error = TooManyRequestsException(Reason="CallerRateLimitExceeded")

    with pytest.raises(TooManyRequestsException):
        await api("InvokeWithResponseStream", FunctionName="hello")
