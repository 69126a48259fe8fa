"""The `logging` set-up that a Python function finds on AWS, in Text and in JSON format."""

from __future__ import annotations

import json
import logging
import time
import traceback

from .output import TEXT_FRAME, LogSink

_DATE_FORMAT = "%Y-%m-%dT%H:%M:%S"
#: What every LogRecord has; everything else came as `extra` and is part of the JSON record.
_STANDARD = {*vars(logging.LogRecord("", 0, "", 0, "", None, None)), "message", "asctime"}
#: The name of asyncio's task is shown where there is one, as AWS's client shows it.
_STANDARD.discard("taskName")
_OWN = {"aws_request_id", "tenant_id"}
#: In a frame's type: JSON instead of text, and the level.
_JSON_BIT = 1
_LEVEL_BITS = {logging.NOTSET: 0, 10: 8, 20: 12, 30: 16, 40: 20, 50: 24}

#: What AWS's runtime warns of when a function cannot be loaded.
_UNHANDLED_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, "
    "or can be applied automatically. To determine if the runtime has been updated, check the "
    "runtime version in the INIT_START log entry. If this error correlates with a change in the "
    "runtime version, you may be able to mitigate this error by temporarily rolling back to the "
    "previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)


class CurrentInvocation(logging.Filter):
    """Adds to each record the invocation that is in flight."""

    request_id = ""
    tenant_id: str | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes."""
        record.aws_request_id = self.request_id
        record.tenant_id = self.tenant_id
        return True


class LambdaLoggerHandler(logging.Handler):
    """Writes each log record as one framed record."""

    def __init__(self, log_sink: LogSink) -> None:
        super().__init__()
        self.log_sink = log_sink
        self.as_json = False
        #: Whether frames tell the level; AWS's do if a format or a level is configured.
        self.tells_level = False

    def emit(self, record: logging.LogRecord) -> None:
        """Format and write.

        What cannot be formatted fails the function, as on AWS; Python's own handlers tell of it
        and go on.
        """
        bits = _LEVEL_BITS[_plain_level(record)] if self.tells_level else 0
        self.log_sink.log(self.format(record), _base_frame(self.as_json) | bits)


class JsonFormatter(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The object's text."""
        error = record.exc_info or (None, None, None)
        document = {
            "timestamp": self.formatTime(record, _DATE_FORMAT + "Z"),
            "level": logging.getLevelName(_plain_level(record)),
            "message": record.msg
            if isinstance(record.msg, dict) and not record.args
            else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(error[2]) if error[0] else None,
            "errorType": error[0].__name__ if error[0] else None,
            "errorMessage": str(error[1]) if error[0] else None,
            "requestId": getattr(record, "aws_request_id", None),
            "location": f"{record.pathname}:{record.funcName}:{record.lineno}"
            if error[0]
            else None,
            "tenantId": getattr(record, "tenant_id", None),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD and name not in _OWN:
                document.setdefault(name, value)
        present = {name: value for name, value in document.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, default=str) + "\n"


def set_up(log_sink: LogSink) -> tuple[LambdaLoggerHandler, CurrentInvocation]:
    """Give the root logger its handler; returns that and the filter that knows the invocation."""
    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler(log_sink)
    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
    handler.setFormatter(logging.Formatter(line, _DATE_FORMAT))
    current = CurrentInvocation()
    handler.addFilter(current)
    logging.getLogger().addHandler(handler)
    return handler, current


def configure(handler: LambdaLoggerHandler, log_format: str, level: str) -> None:
    """Apply `AWS_LAMBDA_LOG_FORMAT` and `AWS_LAMBDA_LOG_LEVEL`."""
    if log_format.upper() == "JSON":
        handler.as_json = handler.tells_level = True
        handler.setFormatter(JsonFormatter())
    if level:
        handler.tells_level = True
        level = "DEBUG" if level.upper() == "TRACE" else level.upper()
        if isinstance(logging.getLevelName(level), int):
            logging.getLogger().setLevel(level)


def warn_of_unhandled_exception() -> None:
    """Log what AWS's runtime logs before the error that kept a function from loading."""
    logging.warning(_UNHANDLED_WARNING)


def error_frame(as_json: bool) -> int:
    """The frame type of the record that tells of an error."""
    return _base_frame(as_json) | _LEVEL_BITS[logging.ERROR]


def _base_frame(as_json: bool) -> int:
    return TEXT_FRAME - _JSON_BIT if as_json else TEXT_FRAME


def _plain_level(record: logging.LogRecord) -> int:
    return min(50, max(0, record.levelno)) // 10 * 10
