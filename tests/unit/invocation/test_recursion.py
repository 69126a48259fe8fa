"""Recursive loops, told by the trace header."""

from typing import Any

import pytest

from lambda_magic.core import trace
from lambda_magic.core.errors import RecursiveInvocationException
from lambda_magic.invocation.invoker import RECURSION_LIMIT, Invoker
from lambda_magic.monitoring.events import Measurement, Start

from .test_invoker import Invoking

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


async def chain(invoking: Invoking, invoker: Invoker, length: int) -> list[str]:
    """The headers that a function which always calls itself finds, one after the other."""
    headers: list[str] = []
    for _ in range(length):
        header = headers[-1] if headers else None
        # As botocore sends it: the bar between resources is quoted.
        await invoker.invoke("hello", None, b"{}", trace_id=header and header.replace("|", "%7C"))
        headers.append(invoking.published(Start)[-1].trace_id)
    return headers


async def test_a_function_that_calls_itself_is_stopped(world: Any) -> None:
    invoking = Invoking(world)
    headers = await chain(invoking, invoking.invoker, RECURSION_LIMIT)

    with pytest.raises(RecursiveInvocationException) as caught:
        await invoking.invoker.invoke("hello", None, b"{}", trace_id=headers[-1])

    assert caught.value.message == (
        "Lambda has detected your function being invoked in a recursive loop with other AWS "
        "resources and stopped your function's invocation."
    )
    hash_ = trace.resource_hash(ARN)
    assert headers[0].endswith(f";Lineage=1:{hash_}:0")
    assert headers[-1].endswith(f";Lineage=1:{hash_}:15")
    assert len({header.split(";")[0] for header in headers}) == 1
    dropped = invoking.published(Measurement)
    assert [one.metric for one in dropped] == ["RecursiveInvocationsDropped"]
    assert repr(invoking.concurrency) == "<Concurrency [0 in flight, 0 unreserved]>"
    await invoking.pool.close()


async def test_a_loop_over_another_function_is_stopped_too(world: Any) -> None:
    invoking = Invoking(world)
    header = trace.new_header(0)
    for _ in range(RECURSION_LIMIT):
        await invoking.invoker.invoke("hello", "1", b"{}", trace_id=header)
        header, _ = trace.passing(invoking.published(Start)[-1].trace_id, "0badcafe")

    with pytest.raises(RecursiveInvocationException):
        await invoking.invoker.invoke("hello", None, b"{}", trace_id=header)
    await invoking.pool.close()


async def test_a_loop_may_be_allowed(world: Any) -> None:
    invoking = Invoking(world)
    invoker = Invoker(
        world.router,
        invoking.concurrency,
        invoking.pool,
        bus=invoking.bus,
        clock=invoking.clock,
        recursion=lambda function_name: "Allow",
    )

    headers = await chain(invoking, invoker, RECURSION_LIMIT + 4)

    assert headers[-1].endswith(":19")
    await invoking.pool.close()


async def test_a_header_that_is_none_begins_a_new_chain(world: Any) -> None:
    invoking = Invoking(world)

    await invoking.invoker.invoke("hello", None, b"{}", trace_id="Root=1\r\nX-Injected: 1")

    assert invoking.published(Start)[0].trace_id.startswith("Root=1-")
    await invoking.pool.close()
