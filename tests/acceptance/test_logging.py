"""The options about a function's log, and what they make of it."""

import json
from typing import Any

from .conftest import Notebook

WORDY = (
    "import json, logging\n"
    "def handler(event, context):\n"
    "    logging.getLogger('mine').debug('detail')\n"
    "    logging.info({'n': event})\n"
    "    print('plain text')\n"
    "    print(json.dumps({'level': 'debug', 'timestamp': '2026-01-31T12:34:56Z'}))\n"
    "    logging.error('%s went wrong', 'it')\n"
)


def parsed(log: str) -> list[Any]:
    """The lines of a log; those that are no JSON as they are."""
    return [json.loads(line) if line.startswith("{") else line for line in log.splitlines()]


def kinds(log: str) -> list[str]:
    """What each line is: the type of a record of Lambda's, else a level, or just text."""
    return [
        line if isinstance(line, str) else line.get("type") or line["level"] for line in parsed(log)
    ]


def configured(notebook: Notebook) -> dict[str, str]:
    answer = notebook.client().get_function_configuration(FunctionName="wordy")
    found: dict[str, str] = answer["LoggingConfig"]
    return found


def test_a_log_in_json(notebook: Notebook) -> None:
    notebook.run(f"%%lambda wordy --log-format json\n{WORDY}")
    assert configured(notebook) == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
        "LogGroup": "/aws/lambda/wordy",
    }
    result = notebook.run("%invoke wordy 7")
    assert kinds(result.logs) == [
        "platform.initStart",
        "platform.start",
        "INFO",
        "plain text",
        "ERROR",
        "platform.report",
    ]
    _, start, info, _, error, report = parsed(result.logs)
    assert start["record"]["requestId"] == info["requestId"] == result.request_id
    assert (info["message"], info["logger"]) == ({"n": 7}, "root")
    assert error["message"] == "it went wrong"
    assert report["record"]["metrics"]["memorySizeMB"] == 128
    assert notebook.run("%logs wordy") == result.logs
    assert result.report.duration_ms > 0


def test_the_tail_over_the_api_is_json_too(notebook: Notebook) -> None:
    notebook.run(f"%%lambda wordy --log-format json\n{WORDY}")
    response = notebook.client().invoke(FunctionName="wordy", Payload=b"7", LogType="Tail")
    result_type = type(notebook.run("%invoke wordy 7"))
    result = result_type.from_response(response, function_name="wordy")
    assert kinds(result.logs)[-2:] == ["ERROR", "platform.report"]
    assert result.report.memory_size_mb == 128


def test_log_levels(notebook: Notebook) -> None:
    options = "--log-format json --application-log-level error --system-log-level warn"
    notebook.run(f"%%lambda wordy {options}\n{WORDY}")
    assert kinds(notebook.run("%invoke wordy 7").logs) == ["ERROR"]
    options = "--log-format json --application-log-level trace --system-log-level debug"
    notebook.run(f"%%lambda wordy {options}\n{WORDY}")
    lines = kinds(notebook.run("%invoke wordy 7").logs)
    assert lines[:4] == [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
    ]
    assert lines[4:] == [
        "DEBUG",
        "INFO",
        "plain text",
        "debug",
        "ERROR",
        "platform.runtimeDone",
        "platform.report",
    ]


def test_an_error_in_json(notebook: Notebook) -> None:
    notebook.run("%%lambda wordy --log-format json\ndef handler(event, context):\n    1 / 0\n")
    result = notebook.run("%invoke wordy")
    (error,) = [line for line in parsed(result.logs) if line.get("level")]
    assert error["level"] == "ERROR"
    assert error["errorType"] == "ZeroDivisionError"
    assert error["errorMessage"] == "division by zero"
    assert "1 / 0" in error["stackTrace"][0]
    assert error["requestId"] == result.request_id


def test_functions_may_share_a_log_group(notebook: Notebook) -> None:
    for name in ("wordy", "other"):
        notebook.run(
            f"%%lambda {name} --log-group ours\ndef handler(event, context):\n    print('{name}')\n"
        )
        assert "\n" + name in notebook.run(f"%invoke {name}:1").logs
    shown = notebook.run("%logs wordy")
    assert "\nwordy\n" in shown
    assert "other" not in shown
    assert notebook.run("%logs wordy:1") == shown
    from_python = notebook.run("import lambda_magic; lambda_magic.function('wordy').logs()")
    assert from_python == shown


def test_without_the_options_a_log_is_text_again(notebook: Notebook) -> None:
    notebook.run(f"%%lambda wordy --log-format json --log-group ours\n{WORDY}")
    assert repr(notebook.run(f"%%lambda wordy\n{WORDY}")) == "<DeployedFunction wordy:2 [updated]>"
    assert configured(notebook) == {"LogFormat": "Text", "LogGroup": "/aws/lambda/wordy"}
    assert notebook.run("%invoke wordy 7").logs.startswith("INIT_START ")


def test_text_has_no_levels(notebook: Notebook) -> None:
    shown = notebook.error(f"%%lambda wordy --system-log-level warn\n{WORDY}")
    assert 'LogLevel is not supported when LogFormat is set to "Text".' in shown
    shown = notebook.output(f"%%lambda wordy --log-format xml\n{WORDY}")
    assert "invalid choice: 'xml'" in shown
