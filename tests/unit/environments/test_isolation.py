"""Which isolations are tried, in which order."""

import pytest

from lambda_magic.environments import isolation
from lambda_magic.environments.isolation import Isolation, candidates

ALL = [Isolation.NAMESPACES, Isolation.USER_NAMESPACES, Isolation.PROCESS]


@pytest.mark.parametrize(
    ("platform", "user", "expected"),
    [("linux", 0, ALL), ("linux", 1000, ALL[1:]), ("darwin", 501, ALL[2:])],
)
def test_auto_tries_the_strongest_first(monkeypatch, platform, user, expected):
    monkeypatch.setattr(isolation.sys, "platform", platform)
    monkeypatch.setattr(isolation.os, "geteuid", lambda: user)
    assert candidates("auto") == expected


@pytest.mark.parametrize("name", list(Isolation))
def test_a_name_is_taken_at_its_word(name):
    assert candidates(str(name)) == [name]


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="no isolation 'docker'; choose one of auto, namespaces"):
        candidates("docker")
