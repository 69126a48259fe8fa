"""A boto3 client for a local region: botocore's own, except that no call leaves the process.

The client is made by boto3, so its paginators, waiters, exceptions and checks of parameters are
the real ones, and code written with it runs unchanged against AWS. Two of botocore's own hooks
take the place of the network: one keeps the parameters of a call, the other answers it.
"""

import io
import uuid
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.session import Session
from botocore.waiter import Waiter

from lambda_magic.core import model
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.settings import Settings

if TYPE_CHECKING:  # the stubs are for development only
    from types_boto3_lambda import LambdaClient

#: Where a call keeps its parameters between the two hooks.
_PARAMETERS = "lambda_magic_parameters"

#: Seconds between a waiter's requests; against AWS they are up to 5.
_WAITER_DELAY = 0.05


class Service(Protocol):
    """The service of a region."""

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an operation, or raise a `LambdaError`."""


class LocalRegion(Protocol):
    """What a client needs of a region."""

    @property
    def settings(self) -> Settings:
        """The region's name is in it."""

    @property
    def service(self) -> Service:
        """What answers the calls."""

    def call(self, coroutine: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
        """Run a coroutine on the region's loop, and wait for it."""


def local_client(region: LocalRegion) -> "LambdaClient":
    """A `boto3.client("lambda")` whose calls are answered by `region`.

    It works in every thread but the region's own loop thread.

    >>> local_client(region).list_functions()["Functions"]
    []
    """
    session = Session(session_vars=_nothing_of_the_users())
    session.register("creating-client-class.lambda", _add_quick_waiters)
    client: LambdaClient = boto3.Session(
        botocore_session=session,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        region_name=region.settings.region_name,
    ).client(
        "lambda",
        # Never reached, and no name that could be.
        endpoint_url=f"http://lambda.{region.settings.region_name}.invalid",
        config=Config(inject_host_prefix=False),
    )

    def keep(**event: Any) -> None:
        event["context"][_PARAMETERS] = event["params"]

    def answer(**event: Any) -> Any:
        return _answer(region, event["model"].name, event["context"].pop(_PARAMETERS))

    client.meta.events.register_last("before-parameter-build.lambda", keep)
    client.meta.events.register("before-call.lambda", answer)
    return client


def _answer(
    region: LocalRegion, operation: str, parameters: Mapping[str, Any]
) -> tuple[AWSResponse, dict[str, Any]]:
    """The response to a call, in the two forms in which botocore wants it."""
    request = {name: _read(value) for name, value in parameters.items()}
    try:
        parsed = dict(region.call(region.service.call(operation, request)))
    except LambdaError as error:
        parsed, status = _error(error), error.status
    else:
        status = parsed.get("StatusCode", model.operation(operation).status)
    if isinstance(parsed.get("Payload"), bytes):
        payload = parsed["Payload"]
        parsed["Payload"] = StreamingBody(io.BytesIO(payload), len(payload))
    if "EventStream" in parsed:
        parsed["EventStream"] = LocalEventStream(region, parsed["EventStream"])
    metadata = {
        "RequestId": str(uuid.uuid4()),
        "HTTPStatusCode": status,
        "HTTPHeaders": {},
        "RetryAttempts": 0,
    }
    parsed["ResponseMetadata"] = metadata | parsed.get("ResponseMetadata", {})
    return AWSResponse(f"lambda_magic:{operation}", status, HTTPHeaders(), io.BytesIO()), parsed


class LocalEventStream:
    """The events of a response that goes on, like botocore's `EventStream`."""

    def __init__(self, region: LocalRegion, events: AsyncGenerator[dict[str, Any]]) -> None:
        self._region = region
        self._events = events

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while event := self._region.call(self._next()):
            yield event

    def close(self) -> None:
        """Read no more of it; the function goes on nonetheless."""
        self._region.call(self._close())

    async def _next(self) -> dict[str, Any]:
        return await anext(self._events, {})

    async def _close(self) -> dict[str, Any]:
        await self._events.aclose()
        return {}


def _error(error: LambdaError) -> dict[str, Any]:
    """An error as botocore parses it from a response."""
    parsed: dict[str, Any] = {"Error": {"Code": error.code, "Message": error.message}}
    # Only the errors in AWS's model have members besides code and message.
    if error.code in {shape.name for shape in model.service_model().error_shapes}:
        parsed |= error.body()
    return parsed


def _read(value: Any) -> Any:
    """The value of a parameter; a file, as botocore accepts for blobs, is read."""
    return value.read() if hasattr(value, "read") else value


def _nothing_of_the_users() -> dict[str, tuple[None, None, None, None]]:
    """Session variables without the user's profile and configuration files."""
    return dict.fromkeys(("profile", "config_file", "credentials_file"), (None,) * 4)


def _add_quick_waiters(**event: Any) -> None:
    event["base_classes"].insert(0, _QuickWaiters)


class _QuickWaiters:
    """Part of the client's class: waiters that ask often, since asking costs nothing here."""

    def get_waiter(self, waiter_name: str) -> Waiter:
        waiter: Waiter = super().get_waiter(waiter_name)  # type: ignore[misc]  # BaseClient's
        waiter.config.delay = _WAITER_DELAY  # type: ignore[attr-defined]  # no dict, as stubs say
        return waiter
