"""The options of `%%lambda` about a function's log: its format, its levels and its group.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
"""

import argparse

from lambda_magic.magics.parser import MagicParser

_APPLICATION_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SYSTEM_LEVELS = ("DEBUG", "INFO", "WARN")
_FORMATS = {"json": "JSON", "text": "Text"}


def add_logging_options(parser: MagicParser) -> None:
    """Let the parser know `--log-format` and what goes with it."""
    add = parser.add_argument
    add(
        "--log-format",
        type=str.lower,
        choices=list(_FORMATS),
        help="text, or json: then log records and Lambda's own lines are JSON objects",
    )
    add(
        "--application-log-level",
        type=str.upper,
        choices=_APPLICATION_LEVELS,
        help="with --log-format json: the least of what the function logs (INFO)",
    )
    add(
        "--system-log-level",
        type=str.upper,
        choices=_SYSTEM_LEVELS,
        help="with --log-format json: the least of what Lambda logs (INFO)",
    )
    add("--log-group", metavar="NAME", help="where the log goes, if not to /aws/lambda/NAME")


def logging_config(arguments: argparse.Namespace, function_name: str) -> dict[str, str]:
    """`LoggingConfig` of a function whose cell gives these arguments."""
    log_format = _FORMATS[arguments.log_format or "text"]
    levels = {
        "ApplicationLogLevel": arguments.application_log_level,
        "SystemLogLevel": arguments.system_log_level,
    }
    if log_format == "JSON":
        levels = {name: level or "INFO" for name, level in levels.items()}
    return {
        "LogFormat": log_format,
        "LogGroup": arguments.log_group or f"/aws/lambda/{function_name}",
        # With text Lambda refuses them, and says why.
        **{name: level for name, level in levels.items() if level},
    }
