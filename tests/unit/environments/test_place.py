"""Paths and variables as a runtime process sees them."""

import dataclasses
from pathlib import Path

import pytest

from lambda_magic.environments.equipment import Equipment
from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.languages import JAVA, NODE, RUBY, Language
from lambda_magic.environments.place import Place
from lambda_magic.environments.sandbox import Program, SandboxSpec
from lambda_magic.runtimes.private_root import PACKAGE_PARENT

ADDRESS = "127.0.0.1:9001"
HOST = Interpreter(
    release="3.12.1",
    executable=Path("/home/ada/python/bin/python3.12"),
    prefix=Path("/home/ada/python"),
)
PYTHON = Equipment(interpreter=HOST, host=HOST, packages=())


def equipment(language: Language, prefix: str, **packages: Path) -> Equipment:
    interpreter = Interpreter(
        language=language,
        release="20.1.0",
        executable=Path(prefix, "bin", "program"),
        prefix=Path(prefix),
    )
    return Equipment(interpreter=interpreter, host=HOST, packages=tuple(packages.items()))


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


def program(equipment: Equipment, spec: SandboxSpec) -> Program:
    found = Place.isolated(equipment).runtime_program(spec, ADDRESS)
    assert found is not None
    return found


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
    layered = dataclasses.replace(spec(), runtime_client="awslambdaric")
    assert place.variables(layered, ADDRESS)["PYTHONPATH"] == (
        "/opt/python/lib/python3.12/site-packages:/opt/python:/var/runtime"
    )
    layered = dataclasses.replace(spec(PYTHONPATH="/mine"), runtime_client="awslambdaric")
    assert place.variables(layered, ADDRESS)["PYTHONPATH"] == "/mine"


def test_a_runtime_that_depends_on_its_start_is_executed():
    place = Place.isolated(PYTHON)
    assert place.runtime_program(spec(), ADDRESS) is None
    program = place.runtime_program(spec(LD_LIBRARY_PATH="/opt/mine"), ADDRESS)
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


def test_python_is_forked_unless_something_wraps_it():
    assert Place.isolated(PYTHON).runtime_program(spec(), ADDRESS) is None
    wrapped = program(PYTHON, spec(AWS_LAMBDA_EXEC_WRAPPER="/opt/wrap"))
    client = f"{PACKAGE_PARENT}/runtimes/bootstrap.py"
    assert wrapped.arguments == ("/opt/wrap", "/var/lang/bin/python3.12", client)


def test_other_languages_are_programs():
    node = program(equipment(NODE, "/usr"), spec())
    client = f"{PACKAGE_PARENT}/runtimes/node/bootstrap.mjs"
    assert node.arguments == ("/usr/bin/program", "--max-old-space-size=96", client)
    assert node.working_directory == "/var/task"
    ruby = program(equipment(RUBY, "/usr"), spec(AWS_LAMBDA_EXEC_WRAPPER="/opt/wrap"))
    client = f"{PACKAGE_PARENT}/runtimes/ruby/bootstrap.rb"
    assert ruby.arguments == ("/opt/wrap", "/usr/bin/program", client)


def test_java_gets_its_class_path_and_limits():
    java = dataclasses.replace(spec(), runtime="java17")
    first, heap, *_, option, class_path, name = program(equipment(JAVA, "/usr"), java).arguments
    assert (first, heap, option, name) == (
        "/usr/bin/program",
        "-Xmx96m",
        "-cp",
        "lambdamagic.Bootstrap",
    )
    assert class_path.split(":")[:2] == ["/var/runtime/lib", "/var/task"]


def test_what_can_lie_anywhere_is_shown_in_var_runtime():
    there = {".interpreter": Path("/home/ada/.nvm/20")}
    node = equipment(NODE, "/home/ada/.nvm/20", **there)
    assert program(node, spec()).arguments[0] == "/var/runtime/.interpreter/bin/program"
    assert node.directories == ()


def test_what_cannot_is_shown_where_it_is():
    ruby = equipment(RUBY, "/home/ada/.rbenv/3.3")
    assert program(ruby, spec()).arguments[0] == "/home/ada/.rbenv/3.3/bin/program"
    assert ruby.directories == (Path("/home/ada/.rbenv/3.3"),)


@pytest.mark.parametrize(
    ("code", "layers", "found"),
    [
        (["bootstrap"], ["bootstrap"], "/var/task/bootstrap"),
        ([], ["bootstrap"], "/opt/bootstrap"),
        (["other"], None, "bootstrap"),
    ],
)
def test_an_os_only_runtime_is_in_the_code_or_the_layers(tmp_path, code, layers, found):
    directories = {}
    for name, files in (("code", code), ("layers", layers)):
        if files is not None:
            directories[name] = tmp_path / name
            directories[name].mkdir()
            for file in files:
                (directories[name] / file).touch()
    os_only = dataclasses.replace(spec(AWS_LAMBDA_EXEC_WRAPPER="/opt/wrap"), **directories)
    nothing = Equipment(interpreter=None, host=HOST, packages=())
    bootstrap = program(nothing, os_only)
    assert bootstrap.arguments == (found,)
    assert bootstrap.environment_variables["PATH"] == "/usr/local/bin:/usr/bin/:/bin:/opt/bin"


def test_awss_client_for_node_is_used_where_it_is():
    asked = dataclasses.replace(spec(), runtime_client="awslambdaric")
    assert program(equipment(NODE, "/usr"), asked).arguments[-1].endswith("node/bootstrap.mjs")
    ric = {"node_modules/aws-lambda-ric": Path("/usr/lib/node_modules/aws-lambda-ric")}
    node = equipment(NODE, "/usr", **ric)
    assert program(node, asked).arguments[-2:] == (
        "/var/runtime/node_modules/aws-lambda-ric/bin/index.mjs",
        "app.handler",
    )
    assert program(node, spec()).arguments[-1].endswith("node/bootstrap.mjs")


def test_extensions_are_the_programs_of_the_layers(tmp_path: Path):
    (tmp_path / "extensions/data").mkdir(parents=True)
    (tmp_path / "extensions/two").touch()
    (tmp_path / "extensions/one").touch()
    layered = dataclasses.replace(
        spec(MINE="1", _HANDLER="app.handler", AWS_EXECUTION_ENV="AWS_Lambda_python3.12"),
        layers=tmp_path,
    )

    first, second = Place.isolated(PYTHON).extensions(layered, ADDRESS)

    assert (first.name, second.name) == ("extension-one", "extension-two")
    assert (first.arguments, first.file_name) == (("/opt/extensions/one",), "one")
    # What is only the runtime's is kept from them, as on AWS.
    assert first.environment_variables == {
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib",
        "PYTHONPATH": "/var/runtime",
        "MINE": "1",
        "AWS_LAMBDA_RUNTIME_API": ADDRESS,
    }
    place = Place.shared(PYTHON, layered, Path("/place/runtime"), Path("/place/environment"))
    assert place.extensions(layered, ADDRESS)[0].arguments == (f"{tmp_path}/extensions/one",)


def test_without_layers_there_are_no_extensions(tmp_path: Path):
    place = Place.isolated(PYTHON)
    assert place.extensions(spec(), ADDRESS) == []
    assert place.extensions(dataclasses.replace(spec(), layers=tmp_path), ADDRESS) == []


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/opt/wrapper", "/layers/wrapper"),
        ("/var/task/wrapper", "/code/wrapper"),
        ("/usr/bin/strace", "/usr/bin/strace"),
    ],
)
def test_aws_s_paths_are_found_without_a_private_root(path: str, inside: str):
    layered = dataclasses.replace(spec(), layers=Path("/layers"))
    place = Place.shared(PYTHON, layered, Path("/place/runtime"), Path("/place/environment"))
    assert place.inside(path) == inside
