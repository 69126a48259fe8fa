"""The place of one sandbox: its directories, and the paths and variables its processes see."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_magic.environments.fork_server import RUNTIMES
from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.sandbox import RUNTIME, Program, SandboxSpec
from lambda_magic.environments.search_paths import Roots, search_paths, with_layers
from lambda_magic.runtimes import messages
from lambda_magic.runtimes.private_root import PACKAGE_PARENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Paths as the runtime process sees them."""

    #: The code; `LAMBDA_TASK_ROOT`.
    task_root: str
    #: `LAMBDA_RUNTIME_DIR`.
    runtime_dir: str
    #: The layers.
    opt: str
    #: The Python program.
    executable: str
    #: Where our runtime client's package lies.
    client: str
    #: Where temporary files go, if not to a /tmp of its own.
    temporary: str | None = None

    @classmethod
    def isolated(cls, interpreter: Interpreter) -> "Place":
        """AWS's paths, in a private root."""
        return cls(
            task_root="/var/task",
            runtime_dir="/var/runtime",
            opt="/opt",
            executable=f"/var/lang/{interpreter.name_in_prefix}",
            client=PACKAGE_PARENT,
        )

    @classmethod
    def shared(
        cls, interpreter: Interpreter, spec: SandboxSpec, runtime_dir: Path, work: Path
    ) -> "Place":
        """The machine's own paths; `work` is the sandbox's directory."""
        return cls(
            task_root=str(spec.code.resolve()),
            runtime_dir=str(runtime_dir),
            opt=str(spec.layers.resolve() if spec.layers else work / "opt"),
            executable=str(interpreter.executable),
            client=str(RUNTIMES.parent),
            temporary=str(work / "tmp"),
        )

    def variables(self, spec: SandboxSpec, runtime_api: str) -> dict[str, str]:
        """All environment variables of the runtime process.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        programs = os.path.dirname(self.executable)
        roots = Roots(
            task=self.task_root,
            runtime=self.runtime_dir,
            opt=self.opt,
            programs=programs,
            libraries=f"{os.path.dirname(programs)}/lib",
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
        if not spec.is_executed:
            return None
        variables = self.variables(spec, runtime_api) | {messages.OPT_VARIABLE: self.opt}
        client = [f"{self.client}/runtimes/bootstrap.py"]
        if spec.runtime_client == "awslambdaric":
            client = ["-m", "awslambdaric", spec.handler]
        wrapper = [] if spec.exec_wrapper is None else [self.inside(spec.exec_wrapper)]
        return Program(
            name=RUNTIME,
            arguments=(*wrapper, self.executable, *client),
            environment_variables=variables,
            working_directory=self.task_root,
        )

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
