"""The place of one sandbox: its directories, and the paths and variables its processes see."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_magic.environments.commands import BOOTSTRAP, Client, command
from lambda_magic.environments.equipment import Equipment
from lambda_magic.environments.languages import PYTHON
from lambda_magic.environments.runtime_packages import AWS_LAMBDA_RIC, RUNTIMES
from lambda_magic.environments.sandbox import RUNTIME, Program, SandboxSpec
from lambda_magic.environments.search_paths import Roots, search_paths, with_layers
from lambda_magic.runtimes import messages
from lambda_magic.runtimes.private_root import PACKAGE_PARENT

#: What only the runtime gets, not extensions; nor do they get what begins with an underscore.
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RUNTIME_ONLY = (
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Paths as the runtime process sees them."""

    #: The code; `LAMBDA_TASK_ROOT`.
    task_root: str
    #: `LAMBDA_RUNTIME_DIR`.
    runtime_dir: str
    #: The layers.
    opt: str
    equipment: Equipment
    #: The interpreter's program, or None.
    executable: str | None
    #: Where our runtime client's package lies.
    client: str
    #: Where temporary files go, if not to a /tmp of its own.
    temporary: str | None = None

    @classmethod
    def isolated(cls, equipment: Equipment) -> "Place":
        """AWS's paths, in a private root."""
        return cls(
            task_root="/var/task",
            runtime_dir="/var/runtime",
            opt="/opt",
            equipment=equipment,
            executable=equipment.executable,
            client=PACKAGE_PARENT,
        )

    @classmethod
    def shared(
        cls, equipment: Equipment, spec: SandboxSpec, runtime_dir: Path, work: Path
    ) -> "Place":
        """The machine's own paths; `work` is the sandbox's directory."""
        interpreter = equipment.interpreter
        return cls(
            task_root=str(spec.code.resolve()),
            runtime_dir=str(runtime_dir),
            opt=str(spec.layers.resolve() if spec.layers else work / "opt"),
            equipment=equipment,
            executable=None if interpreter is None else str(interpreter.executable),
            client=str(RUNTIMES.parent),
            temporary=str(work / "tmp"),
        )

    def variables(self, spec: SandboxSpec, runtime_api: str) -> dict[str, str]:
        """All environment variables of the runtime process.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        programs = None if self.executable is None else os.path.dirname(self.executable)
        roots = Roots(
            task=self.task_root,
            runtime=self.runtime_dir,
            opt=self.opt,
            programs=programs,
            libraries=None if programs is None else f"{os.path.dirname(programs)}/lib",
        )
        changeable = search_paths(spec.runtime, roots)
        if spec.runtime_client == "awslambdaric" and "PYTHONPATH" in changeable:
            # It is AWS's bootstrap script that adds layers, and that is not published.
            changeable["PYTHONPATH"] = with_layers(spec.runtime, roots)
        if self.temporary is not None:
            changeable |= {"HOME": self.temporary, "TMPDIR": self.temporary}
        reserved = {
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "LAMBDA_TASK_ROOT": self.task_root,
            "LAMBDA_RUNTIME_DIR": self.runtime_dir,
        }
        return changeable | spec.environment_variables | reserved

    def runtime_program(self, spec: SandboxSpec, runtime_api: str) -> Program | None:
        """The program that is the runtime; None where it is forked from one that is ready.

        A wrapper script gets the command that it is to execute as its arguments.
        """
        interpreter = self.equipment.interpreter
        is_python = interpreter is not None and interpreter.language is PYTHON
        if is_python and not spec.is_executed:
            return None
        variables = self.variables(spec, runtime_api)
        if is_python:
            variables |= {messages.OPT_VARIABLE: self.opt}
        if interpreter is None or self.executable is None:
            # What a function brings as its runtime is not wrapped, on AWS neither.
            arguments: tuple[str, ...] = (self._bootstrap(spec),)
        else:
            wrapper = () if spec.exec_wrapper is None else (self.inside(spec.exec_wrapper),)
            class_path = variables.get("CLASSPATH", self.task_root)
            client = self._client(spec)
            language = interpreter.language
            arguments = wrapper + command(language, self.executable, spec, client, class_path)
        return Program(
            name=RUNTIME,
            arguments=arguments,
            environment_variables=variables,
            working_directory=self.task_root,
        )

    def extensions(self, spec: SandboxSpec, runtime_api: str) -> list[Program]:
        """The programs in the layers' extensions directory, in the order of their names."""
        names = self.extension_names_in(spec)
        if not names:
            return []
        variables = {
            name: value
            for name, value in self.variables(spec, runtime_api).items()
            if not name.startswith("_") and name not in _RUNTIME_ONLY
        }
        return [
            Program(
                # Nobody else is called that, not even the runtime.
                name=f"extension-{name}",
                arguments=(f"{self.opt}/extensions/{name}",),
                environment_variables=variables,
            )
            for name in names
        ]

    def extension_names_in(self, spec: SandboxSpec) -> Sequence[str]:
        """The file names in that directory."""
        directory = None if spec.layers is None else spec.layers / "extensions"
        if directory is None or not directory.is_dir():
            return ()
        return sorted(path.name for path in directory.iterdir() if not path.is_dir())

    def _client(self, spec: SandboxSpec) -> Client:
        there = dict(self.equipment.packages)
        is_awss = spec.runtime_client == "awslambdaric" and (
            "awslambdaric" in there or AWS_LAMBDA_RIC in there
        )
        return Client(ours=self.client, runtime_dir=self.runtime_dir, is_awss=is_awss)

    def _bootstrap(self, spec: SandboxSpec) -> str:
        """The function's own runtime: AWS looks in its code, then in its layers."""
        for directory, inside in ((spec.code, self.task_root), (spec.layers, self.opt)):
            if directory is not None and (directory / BOOTSTRAP).is_file():
                return f"{inside}/{BOOTSTRAP}"
        return BOOTSTRAP

    def inside(self, path: str) -> str:
        """Where a path that AWS's environments have is in this one."""
        for there, here in (("/opt/", self.opt), ("/var/task/", self.task_root)):
            if path.startswith(there):
                return f"{here}/{path.removeprefix(there)}"
        return path

    def description(self, spec: SandboxSpec, runtime_api: str) -> dict[str, Any]:
        """What init is told."""
        resolv_conf = os.path.realpath("/etc/resolv.conf")
        return {
            "code": str(spec.code.resolve()),
            "layers": str(spec.layers.resolve()) if spec.layers else None,
            "resolv_conf": resolv_conf if os.path.isfile(resolv_conf) else None,
            "ephemeral_storage_mb": spec.ephemeral_storage_mb,
            "address": runtime_api.rpartition(":")[0],
        }

    def runtime(self, spec: SandboxSpec, runtime_api: str) -> dict[str, Any]:
        """What the runtime process is told."""
        return {
            "environment_variables": self.variables(spec, runtime_api),
            "runtime_client": spec.runtime_client,
            "task_root": self.task_root,
            "opt": self.opt,
            "executable": self.executable,
        }
