"""Base images: what functions in containers run on.

AWS's own are taken where the engine has them or can fetch them. Elsewhere one is made from this
machine's interpreter, in AWS's layout; that needs no registry and takes seconds.
"""

import hashlib
import io
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from lambda_magic.environments.engine import Engine, Image, Progress
from lambda_magic.environments.engine_client import EngineError
from lambda_magic.environments.interpreters import Interpreter, find_interpreter
from lambda_magic.environments.runtime_packages import RUNTIMES, runtime_packages
from lambda_magic.environments.system_files import (
    MERGED_DIRECTORIES,
    Files,
    interpreter_files,
    package_files,
    system_files,
)

#: The label of all images that are made here; its value is the runtime.
LABEL = "lambda_magic.runtime"
#: The file name of the dynamic loader in /var/lang/lib.
LOADER_LABEL = "lambda_magic.loader"
_DIGEST_LABEL = "lambda_magic.digest"
#: Where our runtime lies in every container; the dot keeps it from being importable by functions.
CLIENT = "/var/runtime/.client"

_RUNTIME = re.compile(r"(?P<language>[a-z]+)\.?(?P<version>[a-z]*\d[\w.]*?)(\.x)?")

_DIRECTORIES = ("dev", "etc", "opt", "proc", "run", "sys", "var/lang", "var/runtime", "var/task")
_ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"
    "sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n",
    "etc/group": "root:x:0:\nsbx_user1051:x:990:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
#: As in AWS's images: the handler is the command, and the emulator of theirs is not needed.
_ENTRY_SCRIPT = """#!/bin/sh
if [ $# -ne 1 ]; then
  echo "entrypoint requires the handler name to be the first argument" 1>&2
  exit 142
fi
export _HANDLER="$1"
exec /var/runtime/bootstrap
"""
_BOOTSTRAP = """#!/bin/sh
exec /var/lang/bin/python{version} {client}/runtimes/bootstrap.py
"""


def base_image_name(runtime: str) -> str:
    """The name of the image that is made here for a runtime.

    >>> base_image_name("python3.12")
    'lambda-magic/python:3.12'
    """
    return f"lambda-magic/{_parted(runtime)}"


def aws_image_name(runtime: str) -> str:
    """The name of AWS's own base image for a runtime.

    >>> aws_image_name("python3.12")
    'public.ecr.aws/lambda/python:3.12'
    """
    return f"public.ecr.aws/lambda/{_parted(runtime)}"


def _parted(runtime: str) -> str:
    """The language and the version of a runtime: "nodejs20.x" is "nodejs:20"."""
    match = _RUNTIME.fullmatch(runtime)
    if match is None:
        raise FileNotFoundError(f"There is no base image for the runtime {runtime!r}")
    return f"{match['language']}:{match['version']}"


def find_base_image(engine: Engine, runtime: str) -> Image | None:
    """The image for a runtime that the engine has: AWS's, else ours."""
    return engine.find_image(aws_image_name(runtime)) or engine.find_image(base_image_name(runtime))


def python_for(runtime: str) -> Interpreter:
    """The interpreter that a base image is made of; raises `FileNotFoundError` if there is none."""
    if not runtime.startswith("python"):
        raise FileNotFoundError(
            f"An image for {runtime} can only be fetched, from {aws_image_name(runtime)}: what is "
            "made here is of this machine's Python."
        )
    interpreter = find_interpreter(runtime)
    assert interpreter is not None
    return interpreter


def provide_base_image(engine: Engine, runtime: str, progress: Progress) -> Image:
    """The image for a runtime, fetched or made if need be.

    Raises `FileNotFoundError` if it can neither be pulled nor made of an interpreter here.
    """
    if found := find_base_image(engine, runtime):
        return found
    try:
        interpreter = python_for(runtime)
    except FileNotFoundError as error:
        try:
            engine.pull(aws_image_name(runtime), progress)
        except EngineError as pulling:
            raise FileNotFoundError(f"{error} {pulling}") from None
        name = aws_image_name(runtime)
    else:
        name = build_base_image(engine, interpreter, progress)
    image = engine.find_image(name)
    if image is None:
        raise EngineError(f"The image {name} has vanished.")
    return image


def build_base_image(engine: Engine, interpreter: Interpreter, progress: Progress) -> str:
    """Make an image of this machine's interpreter, unless there is the same; returns its name."""
    runtime = f"python{interpreter.version}"
    name = base_image_name(runtime)
    progress(f"{name}: collecting files")
    own = interpreter_files(interpreter)
    files = (
        own
        | system_files(interpreter)
        | package_files(runtime_packages(interpreter, "lambda_magic"), "/var/runtime")
        | package_files({"runtimes": RUNTIMES}, CLIENT)
    )
    configuration = _configuration(runtime, _loader(own))
    digest = _digest(files, configuration)
    before = engine.find_image(name)
    if before is not None and before.labels.get(_DIGEST_LABEL) == digest:
        progress(f"{name}: is as it would be made now")
        return name
    with tempfile.TemporaryFile() as archive:
        _write_archive(archive, files, interpreter.version)
        size = archive.tell()
        archive.seek(0)
        progress(f"{name}: importing {size / 1e6:,.0f} MB")
        configuration.append(f"LABEL {_DIGEST_LABEL}={digest}")
        engine.import_image(archive, name, configuration)
    if before is not None:
        with suppress(EngineError):  # Something may be made of it.
            engine.remove_image(before.image_id, force=False)
    progress(f"{name}: done")
    return name


def _digest(files: Files, configuration: Sequence[str]) -> str:
    """What changes with the files that an image is made of, and how."""
    digest = hashlib.sha256(repr((_BOOTSTRAP, _ENTRY_SCRIPT, *configuration)).encode())
    for place, path in sorted(files.items()):
        facts = path.stat()
        digest.update(f"{place}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _loader(files: Files) -> str:
    """The dynamic loader among an interpreter's files."""
    names = (os.path.basename(place) for place in files)
    return next((name for name in names if name.startswith(("ld-", "ld64"))), "")


def _configuration(runtime: str, loader: str) -> list[str]:
    """What AWS's images say of themselves, and whose image this is."""
    return [
        "ENV LANG=en_US.UTF-8",
        "ENV TZ=:/etc/localtime",
        "ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "ENV LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
        "/var/task:/var/task/lib:/opt/lib",
        "ENV LAMBDA_TASK_ROOT=/var/task",
        "ENV LAMBDA_RUNTIME_DIR=/var/runtime",
        "WORKDIR /var/task",
        'ENTRYPOINT ["/lambda-entrypoint.sh"]',
        f"LABEL {LABEL}={runtime}",
        f"LABEL {LOADER_LABEL}={loader}",
    ]


def _write_archive(archive: IO[bytes], files: Files, version: str) -> None:
    bootstrap = _BOOTSTRAP.format(version=version, client=CLIENT)
    texts = {"lambda-entrypoint.sh": _ENTRY_SCRIPT, "var/runtime/bootstrap": bootstrap}
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in _DIRECTORIES:
            _add(tar, name, tarfile.DIRTYPE, 0o755)
        for name in ("tmp", "var/tmp"):
            _add(tar, name, tarfile.DIRTYPE, 0o1777)
        _add_links(tar, version)
        for name, text in (_ACCOUNTS | texts).items():
            _add(tar, name, tarfile.REGTYPE, 0o755 if name in texts else 0o644, text.encode())
        for place, path in sorted(files.items()):
            add_file(tar, place.lstrip("/"), path)


def _add_links(tar: tarfile.TarFile, version: str) -> None:
    links = {name: f"usr/{name}" for name in MERGED_DIRECTORIES if os.path.islink(f"/{name}")}
    major = version.partition(".")[0]
    for name in ("python", f"python{major}"):
        links[f"var/lang/bin/{name}"] = f"python{version}"
    links["etc/localtime"] = "/usr/share/zoneinfo/UTC"
    for name, target in links.items():
        _add(tar, name, tarfile.SYMTYPE, 0o777, target=target)


def add_file(tar: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a copy of a file, readable by everybody and root's; of a link, what it leads to."""
    facts = path.stat()
    entry = tarfile.TarInfo(name)
    entry.size = facts.st_size
    # Kept, because compiled Python files know the time of their source.
    entry.mtime = int(facts.st_mtime)
    entry.mode = 0o755 if facts.st_mode & 0o111 else 0o644
    with path.open("rb") as file:
        tar.addfile(entry, file)


def context_archive(texts: Mapping[str, bytes]) -> IO[bytes]:
    """A build context: a tar of these files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in sorted(texts.items()):
            context_entry(tar, name, content)
    archive.seek(0)
    return archive


def context_entry(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file to a build context."""
    _add(tar, name, tarfile.REGTYPE, 0o644, content)


def _add(
    tar: tarfile.TarFile,
    name: str,
    kind: bytes,
    mode: int,
    content: bytes = b"",
    *,
    target: str = "",
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), target
    tar.addfile(entry, io.BytesIO(content))
