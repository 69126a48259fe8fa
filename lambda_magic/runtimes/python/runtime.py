"""The runtime proper: the loop that gives events to the handler."""

from __future__ import annotations

import contextlib
import os
import sys
import time

from . import faults, handler, logs, marshalling, output, streaming
from .context import LambdaContext, constant_members
from .runtime_api import ACCEPTED, RESPONSE_MODE, Reply, RuntimeApi, RuntimeApiClosed

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Not at run time: a function would find `typing` loaded that pays for it on AWS.
    from collections.abc import Iterator
    from typing import Any, NoReturn

_RESPONSE_MODE = RESPONSE_MODE.lower()


class Runtime:
    """Gives events to the handler, one after another."""

    def __init__(self, sink: output.LogSink | None = None) -> None:
        self._sink = sink or output.LogSink()
        self._streams = (
            output.RecordStream(self._sink, sys.stdout),
            output.RecordStream(self._sink, sys.stderr),
        )
        self._logger_handler, self._current = logs.set_up(self._sink)
        self._api: RuntimeApi
        self._handler: handler.Handler
        self._constants: dict[str, str | None] = {}

    def run(self, api: RuntimeApi, frames: int) -> None:
        """Load the handler and serve; `frames` is the pipe for log records. Never returns."""
        self._api = api
        self._sink.fd = frames
        sys.stdout, sys.stderr = self._streams
        log_format = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "")
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "")
        if log_format or level:
            logs.configure(self._logger_handler, log_format, level)
        try:
            self.load(os.environ.get("_HANDLER", ""))
            self.serve()
        except RuntimeApiClosed:
            # The region has gone, and init is about to end this process.
            os._exit(1)

    def rehearse(self, api: RuntimeApi, name: str) -> None:
        """Load a handler and serve until the other side closes."""
        self._api = api
        self.load(name)
        with contextlib.suppress(RuntimeApiClosed):
            self.serve()
        del self._api, self._handler
        # What is logged before the first event belongs to none.
        self._current.request_id = ""

    def load(self, name: str) -> None:
        """Import the handler; where that fails, tell and end the process."""
        self._constants = constant_members()
        try:
            self._handler = handler.load(name)
        except Exception as error:
            document = faults.error_document(error)
            logs.warn_of_unhandled_exception()
            self._log_error(document)
            self._api.fail_init(marshalling.to_json(document).encode(), document["errorType"])
            sys.exit(1)

    def serve(self) -> NoReturn:
        """Handle events for ever."""
        while True:
            event = self._api.next()
            request_id = event.headers["lambda-runtime-aws-request-id"]
            self._current.request_id = request_id
            self._current.tenant_id = event.headers.get("lambda-runtime-aws-tenant-id")
            _set_trace_id(event.headers.get("lambda-runtime-trace-id"))
            self._handle(request_id, event)

    def _handle(self, request_id: str, event: Reply) -> None:
        try:
            context = LambdaContext(event.headers, self._constants)
            content_type = event.headers.get("content-type", "application/json")
            result = self._handler(marshalling.unmarshal_event(event.body, content_type), context)
            if _RESPONSE_MODE in event.headers and streaming.is_stream(result):
                self._stream(request_id, result)
                return
            body, content_type = marshalling.marshal_result(result)
        except Exception as error:
            self._fail(request_id, faults.error_document(error, request_id))
            return
        _flush()
        self._check(self._api.respond(request_id, body, content_type))

    def _stream(self, request_id: str, result: Iterator[Any]) -> None:
        """Send what the handler yields as soon as it does."""
        # An error before the first piece is an ordinary one, so that comes first.
        content_type, pieces = streaming.opened(result)
        self._api.begin_stream(request_id, content_type)
        try:
            for piece in pieces:
                self._api.send_piece(piece)
        except RuntimeApiClosed:
            raise
        except Exception as error:
            document = faults.error_document(error, request_id)
            self._log_error(document)
            body = marshalling.to_json(document).encode()
            self._check(self._api.end_stream(document["errorType"], body))
        else:
            _flush()
            self._check(self._api.end_stream())

    def _check(self, status: int) -> None:
        if status != ACCEPTED:
            # Too large: the platform has already answered with Function.ResponseSizeTooLarge.
            self._sink.log(
                f"[ERROR] [{int(time.time() * 1000)}] LAMBDA_RUNTIME Failed to post handler success"
                f" response. Http response code: {status}."
            )

    def _fail(self, request_id: str, document: dict[str, Any]) -> None:
        self._log_error(document)
        self._api.fail(request_id, marshalling.to_json(document).encode(), document["errorType"])

    def _log_error(self, document: dict[str, Any]) -> None:
        _flush()
        as_json = self._logger_handler.as_json
        if as_json:
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            text = marshalling.to_json({"timestamp": now, "level": "ERROR", **document})
        else:
            text = faults.error_text(document)
        self._sink.log(text, logs.error_frame(as_json))


def _set_trace_id(trace_id: str | None) -> None:
    if trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if type(stream) is output.RecordStream and not stream.holds:
            continue
        # The function may have put anything in their place.
        with contextlib.suppress(Exception):
            stream.flush()
