"""Containers are measured; how fast, is for the benchmark's readers."""

import pytest

from lambda_magic.bench import run
from lambda_magic.environments.engine import Engine


def test_containers_give_three_rows(container_engine: Engine) -> None:
    rows = list(run.run(["contained"], quick=True, isolation="auto"))
    assert [row.name.split(",")[0] for row in rows] == [
        "cold start in a container",
        "warm invoke() in a container",
        "cold start in a container of the pool",
    ]
    assert all(row.figure > 0 for row in rows)


def test_without_an_engine_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert list(run.run(["contained"], quick=True, isolation="auto")) == []
    assert "containers are not measured: No container engine answers" in capsys.readouterr().err
