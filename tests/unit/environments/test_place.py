"""Paths and variables as a runtime process sees them."""

from pathlib import Path

from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.place import Place
from lambda_magic.environments.sandbox import SandboxSpec

PYTHON = Interpreter(
    version="3.12",
    executable=Path("/home/ada/python/bin/python3.12"),
    prefix=Path("/home/ada/python"),
)


def spec(**variables: str) -> SandboxSpec:
    return SandboxSpec(
        environment_id="environment",
        runtime="python3.12",
        handler="app.handler",
        code=Path("/code"),
        layers=None,
        environment_variables=variables,
        memory_size_mb=128,
    )


def test_a_private_root_has_aws_s_paths():
    assert Place.isolated(PYTHON).variables(spec(MINE="1"), "127.0.0.1:9001") == {
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib",
        "PYTHONPATH": "/var/runtime",
        "MINE": "1",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
    }


def test_a_function_may_change_some_and_not_others():
    changes = {"PATH": "/mine", "LAMBDA_TASK_ROOT": "/mine", "AWS_LAMBDA_RUNTIME_API": "mine"}
    variables = Place.isolated(PYTHON).variables(spec(**changes), "127.0.0.1:9001")
    assert variables["PATH"] == "/mine"
    assert variables["LAMBDA_TASK_ROOT"] == "/var/task"
    assert variables["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9001"


def test_without_one_paths_are_the_machine_s():
    place = Place.shared(PYTHON, spec(), Path("/place/runtime"), Path("/place/environment"))
    variables = place.variables(spec(), "127.0.0.1:9001")
    assert variables["LAMBDA_TASK_ROOT"] == "/code"
    assert variables["PYTHONPATH"] == variables["LAMBDA_RUNTIME_DIR"] == "/place/runtime"
    assert variables["TMPDIR"] == variables["HOME"] == "/place/environment/tmp"
    assert variables["PATH"].startswith("/home/ada/python/bin:")
    assert place.opt == "/place/environment/opt"
