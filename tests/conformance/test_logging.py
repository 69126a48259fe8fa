"""LoggingConfig: the format, the levels and the log group of a function."""

from collections.abc import Callable
from typing import Any

import pytest

from .table import CREATED, FUNCTION, NOTHING, Call, Row, ok, refused

TEXT_HAS_NO_LEVELS = (
    'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request '
    'or change the LogFormat to "Json" and try again.'
)


def created(**logging: str) -> dict[str, Any]:
    return {**FUNCTION, "LoggingConfig": logging}


def updated(**logging: str) -> dict[str, Any]:
    return {"FunctionName": "$f", "LoggingConfig": logging}


def constraint(member: str, value: str, rule: str) -> str:
    return (
        f"1 validation error detected: Value '{value}' at 'loggingConfig.{member}' failed to "
        f"satisfy constraint: Member must satisfy {rule}"
    )


JSON: Call = (
    "create_function",
    created(LogFormat="JSON", ApplicationLogLevel="DEBUG", SystemLogLevel="WARN"),
)

TABLE = [
    ok(
        "logs text to a group of its own, unless it is told otherwise",
        "create_function",
        FUNCTION,
        201,
        LoggingConfig={
            "LogFormat": "Text",
            "LogGroup": "/aws/lambda/$f",
            "ApplicationLogLevel": NOTHING,
            "SystemLogLevel": NOTHING,
        },
    ),
    ok(
        "keeps both log levels",
        "create_function",
        created(LogFormat="JSON", ApplicationLogLevel="FATAL", SystemLogLevel="DEBUG"),
        201,
        LoggingConfig={
            "LogFormat": "JSON",
            "ApplicationLogLevel": "FATAL",
            "SystemLogLevel": "DEBUG",
            "LogGroup": "/aws/lambda/$f",
        },
    ),
    ok(
        "keeps a log group",
        "create_function",
        created(LogFormat="Text", LogGroup="our/logs_#1"),
        201,
        LoggingConfig={"LogFormat": "Text", "LogGroup": "our/logs_#1"},
    ),
    refused(
        "refuses an application log level for text",
        "create_function",
        created(LogFormat="Text", ApplicationLogLevel="INFO"),
        400,
        "InvalidParameterValueException",
        TEXT_HAS_NO_LEVELS,
    ),
    refused(
        "refuses a log level without a format",
        "create_function",
        created(ApplicationLogLevel="DEBUG"),
        400,
        "InvalidParameterValueException",
        TEXT_HAS_NO_LEVELS,
    ),
    refused(
        "refuses a log format",
        "create_function",
        created(LogFormat="XML"),
        400,
        "ValidationException",
        constraint("logFormat", "XML", "enum value set: [JSON, Text]"),
    ),
    refused(
        "refuses an application log level",
        "create_function",
        created(LogFormat="JSON", ApplicationLogLevel="LOUD"),
        400,
        "ValidationException",
        constraint(
            "applicationLogLevel",
            "LOUD",
            "enum value set: [TRACE, DEBUG, INFO, WARN, ERROR, FATAL]",
        ),
    ),
    refused(
        "refuses a system log level that only applications have",
        "create_function",
        created(LogFormat="JSON", SystemLogLevel="ERROR"),
        400,
        "ValidationException",
        constraint("systemLogLevel", "ERROR", "enum value set: [DEBUG, INFO, WARN]"),
    ),
    refused(
        "refuses a log group with a space",
        "create_function",
        created(LogFormat="Text", LogGroup="our logs"),
        400,
        "ValidationException",
        constraint("logGroup", "our logs", r"regular expression pattern: [\.\-_/#A-Za-z0-9]+"),
    ),
    ok(
        "changes a level, and nothing else of the logging",
        "update_function_configuration",
        updated(ApplicationLogLevel="ERROR"),
        given=[JSON],
        LoggingConfig={
            "LogFormat": "JSON",
            "ApplicationLogLevel": "ERROR",
            "SystemLogLevel": "WARN",
            "LogGroup": "/aws/lambda/$f",
        },
    ),
    ok(
        "forgets the levels with the format",
        "update_function_configuration",
        updated(LogFormat="Text"),
        given=[JSON],
        LoggingConfig={
            "LogFormat": "Text",
            "ApplicationLogLevel": NOTHING,
            "SystemLogLevel": NOTHING,
        },
    ),
    ok(
        "changes the log group, and nothing else of the logging",
        "update_function_configuration",
        updated(LogGroup="shared"),
        given=[JSON],
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "shared", "SystemLogLevel": "WARN"},
    ),
    ok(
        "has levels as soon as the format is JSON",
        "update_function_configuration",
        updated(LogFormat="JSON", SystemLogLevel="DEBUG"),
        given=[CREATED],
        LoggingConfig={
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "DEBUG",
        },
    ),
    refused(
        "refuses a log level for a function that logs text",
        "update_function_configuration",
        updated(SystemLogLevel="DEBUG"),
        400,
        "InvalidParameterValueException",
        TEXT_HAS_NO_LEVELS,
        given=[CREATED],
    ),
    ok(
        "answers with the logging",
        "get_function_configuration",
        {"FunctionName": "$f"},
        given=[JSON],
        LoggingConfig={
            "LogFormat": "JSON",
            "ApplicationLogLevel": "DEBUG",
            "SystemLogLevel": "WARN",
            "LogGroup": "/aws/lambda/$f",
        },
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_conforms(conforms: Callable[[Row], None], row: Row) -> None:
    conforms(row)
