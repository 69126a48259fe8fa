"""Commands: how the runtime of each language is started as a program."""

from dataclasses import dataclass

from lambda_magic.environments.languages import JAVA, NODE, PYTHON, RUBY, Language
from lambda_magic.environments.runtime_packages import AWS_LAMBDA_RIC
from lambda_magic.environments.sandbox import SandboxSpec

#: What a function in no language of ours brings along.
BOOTSTRAP = "bootstrap"
#: The share of the memory that a heap may have; the rest is the virtual machine's own.
_HEAP_SHARE = 0.75


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """Where the runtime clients are, as the runtime process sees it."""

    #: The directory of ours.
    ours: str
    #: `LAMBDA_RUNTIME_DIR`, with what AWS's need and what has been compiled.
    runtime_dir: str
    #: Whether AWS's own is to be used, and is there.
    is_awss: bool


def command(
    language: Language, executable: str, spec: SandboxSpec, client: Client, class_path: str
) -> tuple[str, ...]:
    """The program of a runtime, and its arguments. `class_path` is for Java."""
    heap_mb = int(spec.memory_size_mb * _HEAP_SHARE)
    if language is PYTHON:
        if client.is_awss:
            return (executable, "-m", "awslambdaric", spec.handler)
        return (executable, f"{client.ours}/runtimes/bootstrap.py")
    if language is NODE:
        heap = f"--max-old-space-size={heap_mb}"
        if client.is_awss:
            ric = f"{client.runtime_dir}/{AWS_LAMBDA_RIC}/bin/index.mjs"
            return (executable, heap, ric, spec.handler)
        return (executable, heap, f"{client.ours}/runtimes/node/bootstrap.mjs")
    if language is RUBY:
        return (executable, f"{client.ours}/runtimes/ruby/bootstrap.rb")
    assert language is JAVA
    return (
        executable,
        f"-Xmx{heap_mb}m",
        # What AWS's runtimes choose: one thread collects, and the quick compiler is enough.
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        "-Dfile.encoding=UTF-8",
        "-Dstdout.encoding=UTF-8",
        "-Dstderr.encoding=UTF-8",
        "-cp",
        f"{client.runtime_dir}/lib:{class_path}",
        "lambdamagic.Bootstrap",
    )
