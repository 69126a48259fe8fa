"""The handler's second argument.

https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterable

from .faults import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from typing import Any

#: The trace context that may be passed in a client context.
_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


def constant_members() -> dict[str, str | None]:
    """What the contexts of all invocations say alike: the function and its environment."""
    get = os.environ.get
    return {
        "log_group_name": get("AWS_LAMBDA_LOG_GROUP_NAME"),
        "log_stream_name": get("AWS_LAMBDA_LOG_STREAM_NAME"),
        "function_name": get("AWS_LAMBDA_FUNCTION_NAME"),
        "memory_limit_in_mb": get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        "function_version": get("AWS_LAMBDA_FUNCTION_VERSION"),
    }


class LambdaContext:
    """The invocation, the function and the execution environment, for the handler.

    `headers` are the event's, `constants` are `constant_members()`, asked once.
    """

    def __init__(self, headers: dict[str, str], constants: dict[str, str | None]) -> None:
        client_context = _parse(headers.get("lambda-runtime-client-context"), "Client Context")
        identity = _parse(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity")
        vars(self).update(constants)
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self._w3c_fields = _take_w3c(client_context)
        self.client_context = _filled(ClientContext, client_context)
        if self.client_context is not None:
            self.client_context.client = _filled(Client, self.client_context.client)
        self.identity = CognitoIdentity(identity or {})
        self._epoch_deadline_time_in_ms = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out."""
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def w3c(self) -> dict[str, str]:
        """The W3C trace context of this invocation."""
        return dict(self._w3c_fields)

    def log(self, message: object) -> None:
        """Write one log record."""
        for handler in logging.getLogger().handlers:
            if hasattr(handler, "log_sink"):
                handler.log_sink.log(str(message))
                return
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return _shown(self, names)


class CognitoIdentity:
    """Who called, where the caller is an application that uses Amazon Cognito."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, members: dict[str, str]) -> None:
        self.cognito_identity_id = members.get("cognitoIdentityId")
        self.cognito_identity_pool_id = members.get("cognitoIdentityPoolId")

    def __repr__(self) -> str:
        return _shown(self, self.__slots__)


class Client:
    """The application that called."""

    __slots__ = (
        "app_package_name",
        "app_title",
        "app_version_code",
        "app_version_name",
        "installation_id",
    )

    def __repr__(self) -> str:
        return _shown(self, self.__slots__)


class ClientContext:
    """What the caller sent as Invoke's `ClientContext`."""

    __slots__ = ("client", "custom", "env")

    def __repr__(self) -> str:
        return _shown(self, self.__slots__)


def _parse(header: str | None, name: str) -> Any:
    if not header:
        return None
    try:
        return json.loads(header)
    except Exception as error:
        message = f"Unable to parse {name} JSON: {error}"
        raise Fault("Runtime.LambdaContextUnmarshalError", message) from None


def _take_w3c(client_context: Any) -> dict[str, str]:
    """Take the trace context out of a client context: it is no part of what the handler sees."""
    if not isinstance(client_context, dict):
        return {}
    w3c = client_context.pop("w3c", None)
    if not isinstance(w3c, dict):
        return {}
    return {name: w3c[name] for name in _W3C_FIELDS if isinstance(w3c.get(name), str)}


def _filled(kind: type[Any], members: dict[str, Any] | None) -> Any:
    if members is None:
        return None
    filled = kind()
    for name in kind.__slots__:
        setattr(filled, name, members.get(name))
    return filled


def _shown(thing: object, names: Iterable[str]) -> str:
    members = ",".join(f"{name}={getattr(thing, name)}" for name in names)
    return f"{type(thing).__name__}([{members}])"
