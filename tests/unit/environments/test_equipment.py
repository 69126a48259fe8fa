"""What this machine gives to the sandboxes of a runtime."""

from pathlib import Path

import pytest

from lambda_magic.environments.equipment import equip
from lambda_magic.environments.interpreters import OWN_RUNTIME, own_python

CACHE = Path("/nowhere")


def test_python_functions_find_boto3() -> None:
    equipment = equip(OWN_RUNTIME, "lambda_magic", CACHE)
    assert equipment.interpreter is equipment.host is own_python()
    assert {"boto3", "botocore"} <= set(dict(equipment.packages))
    assert "awslambdaric" not in dict(equipment.packages)
    assert equipment.directories == ()
    assert equipment.executable == f"/var/lang/{own_python().name_in_prefix}"


def test_awss_client_is_there_for_those_who_want_it() -> None:
    assert "awslambdaric" in dict(equip(OWN_RUNTIME, "awslambdaric", CACHE).packages)


def test_os_only_functions_find_nothing() -> None:
    equipment = equip("provided.al2023", "lambda_magic", CACHE)
    assert (equipment.interpreter, equipment.executable) == (None, None)
    assert (equipment.packages, equipment.directories) == ((), ())
    assert equipment.host is own_python()
    assert equipment.substitute_for("provided.al2023") is None


def test_equal_equipment_is_shared() -> None:
    first = equip("provided.al2", "lambda_magic", CACHE)
    second = equip("provided.al2023", "lambda_magic", CACHE)
    assert first == second
    assert hash(first) == hash(second)


def test_what_is_missing_is_told() -> None:
    with pytest.raises(FileNotFoundError, match="dotnet8 cannot run as a subprocess"):
        equip("dotnet8", "lambda_magic", CACHE)
