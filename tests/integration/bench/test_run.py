"""The benchmark runs; how fast it finds us is for its readers, not for a test."""

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_a_quick_run_gives_every_row() -> None:
    command = [sys.executable, "-m", "lambda_magic", "bench", "--quick", "--json"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = json.loads(done.stdout)

    names = [row["name"].split(",")[0].split(" (")[0] for row in rows]
    expected = {"warm invoke()", "warm await ainvoke()", "cold start", "Invoke over HTTP"}
    assert expected <= set(names), done.stderr
    assert all(row["figure"] > 0 for row in rows)
    assert done.returncode == (0 if all(row["reached"] for row in rows) else 1)
