from pathlib import Path

import pytest

from lambda_magic.environments.engine import Engine, repository_of
from lambda_magic.environments.engine_client import NoEngineError


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("hello", "hello"),
        ("hello:1", "hello"),
        ("localhost:5000/a/hello", "localhost:5000/a/hello"),
        ("localhost:5000/a/hello:1", "localhost:5000/a/hello"),
        ("a/hello@sha256:00", "a/hello"),
    ],
)
def test_the_repository_of_a_name(name: str, repository: str) -> None:
    assert repository_of(name) == repository


def test_a_named_engine_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(NoEngineError, match=r"none\.sock: .*No such file") as caught:
        Engine().connect()
    assert "apt-get install docker.io" in str(caught.value)
    assert "Podman" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "local"),
    [("", True), ("unix:///run/x.sock", True), ("tcp://there:2375", False), ("ssh://there", False)],
)
def test_an_engine_on_another_machine_cannot_see_this_ones_files(
    monkeypatch: pytest.MonkeyPatch, host: str, local: bool
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setattr("sys.platform", "linux")
    assert Engine().is_local is local
