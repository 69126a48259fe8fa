"""A streamed response to a caller who wants the whole, and to one who does not."""

import pytest

from lambda_magic.core.errors import LambdaError
from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.execution import Execution, PendingInvocation
from lambda_magic.environments.response_stream import STREAM_LIMIT, ResponseStream
from lambda_magic.monitoring.events import Origin, RuntimeDone
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.runtime_api.streaming import StreamError


class Flow:
    def pause(self) -> None:
        """Never."""

    def resume(self) -> None:
        """Never."""


def origin() -> Origin:
    return Origin(
        environment_id="e-1",
        function_name="hello",
        function_version="1",
        log_group="/aws/lambda/hello",
        log_stream="stream",
        memory_size_mb=128,
        architecture="x86_64",
        initialization_type="on-demand",
        runtime="python3.12",
    )


def execution(stream: ResponseStream | None) -> tuple[Execution, list[InvocationResult]]:
    results: list[InvocationResult] = []

    def deliver(outcome: InvocationResult | LambdaError) -> None:
        assert isinstance(outcome, InvocationResult)
        results.append(outcome)

    invocation = Invocation(
        request_id="r-1",
        invoked_function_arn="arn",
        function_name="hello",
        version="1",
        alias=None,
        payload=b"{}",
        trace_id="Root=1-0-0",
    )
    pending = PendingInvocation(invocation, deliver, 1, 1, stream=stream)
    return Execution(pending, origin(), 10.0, 1_000.0), results


def finish(run: Execution, error: StreamError | None = None) -> RuntimeDone:
    run.end_stream(error, 11.0)
    run.end(11.0, 30)
    run.deliver()
    return run.runtime_done_event()


def test_a_caller_who_wants_the_whole_gets_it() -> None:
    run, results = execution(None)
    run.begin_stream("text/plain", Flow(), 10.5)
    assert run.stream(b"[1,")
    assert run.stream(b"2]")
    done = finish(run)
    assert results[0].payload == [1, 2]
    assert (done.produced_bytes, done.status) == (5, "success")


@pytest.mark.parametrize(("stream", "limit"), [(None, 6_291_556), (ResponseStream(), STREAM_LIMIT)])
def test_there_is_a_limit(stream: ResponseStream | None, limit: int) -> None:
    run, _ = execution(stream)
    run.begin_stream("text/plain", Flow(), 10.5)
    assert run.stream_limit == limit
    if stream is not None:
        stream.abandon()
    piece = bytes(1_048_576)
    whole, rest = divmod(limit, len(piece))
    assert all(run.stream(piece) for _ in range(whole))
    assert run.stream(piece[:rest])
    assert not run.stream(b"x")


def test_an_error_on_the_way_is_a_success_with_an_error() -> None:
    stream = ResponseStream()
    run, results = execution(stream)
    run.begin_stream("text/plain", Flow(), 10.5)
    run.stream(b"one")
    done = finish(run, StreamError(error_type="Oops", body=b'{"errorType": "Oops"}'))
    assert (done.status, done.error_type, done.produced_bytes) == ("success", "Oops", 3)
    assert results[0].function_error == "Unhandled"
    assert results[0].error_type == "Oops"
