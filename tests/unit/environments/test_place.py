"""Paths and variables as a runtime process sees them."""

from dataclasses import replace
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


def test_aws_s_own_client_is_told_where_layers_are():
    place = Place.isolated(PYTHON)
    layered = replace(spec(), runtime_client="awslambdaric")
    assert place.variables(layered, "127.0.0.1:9001")["PYTHONPATH"] == (
        "/opt/python/lib/python3.12/site-packages:/opt/python:/var/runtime"
    )
    layered = replace(spec(PYTHONPATH="/mine"), runtime_client="awslambdaric")
    assert place.variables(layered, "127.0.0.1:9001")["PYTHONPATH"] == "/mine"


def test_a_runtime_that_depends_on_its_start_is_executed():
    place = Place.isolated(PYTHON)
    assert place.runtime_program(spec(), "127.0.0.1:9001") is None
    program = place.runtime_program(spec(LD_LIBRARY_PATH="/opt/mine"), "127.0.0.1:9001")
    assert program is not None
    assert program.arguments == (
        "/var/lang/bin/python3.12",
        "/var/runtime/.client/runtimes/bootstrap.py",
    )
    assert program.environment_variables["LD_LIBRARY_PATH"] == "/opt/mine"
    wrapped = spec(AWS_LAMBDA_EXEC_WRAPPER="/opt/wrapper", LD_LIBRARY_PATH="/opt/mine")
    assert place.runtime_program(wrapped, "").arguments[:2] == (
        "/opt/wrapper",
        "/var/lang/bin/python3.12",
    )
