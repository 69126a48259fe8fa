"""A function that logs JSON writes the same with our runtime client and with AWS's own."""

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.function import Function
from lambda_magic.region import Region

pytest.importorskip("awslambdaric")

WORDY = """
    import asyncio, decimal, logging

    logging.warning("from init")
    log = logging.getLogger("mine")

    async def in_a_task():
        log.info("from a task")

    def handler(event, context):
        log.debug("detail")
        logging.info("%s and %s", "one", 2, extra={"more": decimal.Decimal("1.5"), "args2": [1]})
        log.info({"an": "object"})
        log.critical("several\\nlines, and \\u00e4")
        log.log(25, "between")
        print("plain text")
        print('{"level": "debug", "timestamp": "2026-01-31T12:34:56Z"}')
        asyncio.run(in_a_task())
        try:
            1 / 0
        except ZeroDivisionError:
            log.exception("it failed")
        if event:
            raise ValueError("uncaught")
"""

#: What it prints.
PRINTED = ("plain text", {"level": "debug", "timestamp": ["timestamp"]})

#: What is of the moment, or of the client.
PASSING = ("timestamp", "requestId", "location", "stackTrace")


def lines(log: str) -> list[Any]:
    """What the function wrote: objects without what is of the moment, and then text as it is.

    With AWS's client text comes by a way of its own, so it may be earlier or later.
    """
    found: list[Any] = []
    for line in log.splitlines():
        document = json.loads(line) if line.startswith("{") else line
        if isinstance(document, dict):
            if "record" in document:
                continue
            there = [name for name in PASSING if name in document]
            document = {name: there if name in there else document[name] for name in document}
        found.append(document)
    return sorted(found, key=lambda line: line in PRINTED)


def run(home: Path, client: str, source: str, level: str) -> list[list[Any]]:
    """The logs of two invocations: one that goes well, and one that fails."""
    region = Region(Settings(home=home, runtime_client=client))
    try:
        region.client().create_function(
            FunctionName="wordy",
            Role="arn:aws:iam::123456789012:role/test",
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Handler="app.handler",
            Code={"ZipFile": build_zip({"app.py": textwrap.dedent(source).encode()})},
            LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": level},
            Timeout=30,
        )
        region.client().get_waiter("function_active_v2").wait(FunctionName="wordy")
        function = Function(region, "wordy")
        return [lines(function.invoke(event).logs) for event in (None, 1)]
    finally:
        region.close()


@pytest.mark.parametrize("level", ["TRACE", "INFO", "ERROR"])
def test_both_clients_write_the_same(tmp_path: Path, level: str) -> None:
    ours = run(tmp_path / "ours", "lambda_magic", WORDY, level)
    theirs = run(tmp_path / "theirs", "awslambdaric", WORDY, level)
    assert ours == theirs
    levels = [line["level"] for line in ours[1] if isinstance(line, dict)]
    assert levels.count("ERROR") == 2
    assert ("DEBUG" in levels) == (level == "TRACE")
    assert ("plain text" in ours[1]) == (level != "ERROR")


def test_both_clients_tell_the_same_of_a_module_that_is_missing(tmp_path: Path) -> None:
    source = "import no_such_module\n"
    ours = run(tmp_path / "ours", "lambda_magic", source, "INFO")
    assert ours == run(tmp_path / "theirs", "awslambdaric", source, "INFO")
    assert "Runtime.ImportModuleError" in [line.get("errorType") for line in ours[0]]
