"""A cell that is an image, or says how one is run: in the words of a Dockerfile.

    %%lambda hello --dockerfile
    FROM lambda-magic/python:3.12
    COPY app.py ${LAMBDA_TASK_ROOT}/
    CMD ["app.handler"]
    # %% app.py
    def handler(event, context):
        return "hi"

A line `# %% NAME` begins a file of the build context; before the first comes the Dockerfile.
"""

import hashlib
import json
import re
import shlex
from pathlib import PurePosixPath

from lambda_magic.core.errors import InvalidParameterValueException

_FILE = re.compile(r"^# %% +(\S+) *\n", re.MULTILINE)
#: Instructions, and the members of an ImageConfig that they stand for.
_MEMBERS = {"ENTRYPOINT": "EntryPoint", "CMD": "Command", "WORKDIR": "WorkingDirectory"}
#: As much of a context's digest as a tag shows.
_TAG_LENGTH = 16

ImageConfig = dict[str, str | list[str]]


def build_context(cell: str) -> dict[str, bytes]:
    """The files of a cell that is a Dockerfile and what that copies.

    >>> sorted(build_context("FROM x\\nCOPY a /\\n# %% a\\n1\\n"))
    ['Dockerfile', 'a']
    """
    dockerfile, *parts = _FILE.split(cell)
    if not re.search(r"^\s*FROM\s", dockerfile, re.MULTILINE | re.IGNORECASE):
        raise InvalidParameterValueException(
            "The cell has no Dockerfile: it begins with FROM and the name of an image"
        )
    files = {"Dockerfile": dockerfile.encode()}
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or name in files:
            raise InvalidParameterValueException(f"{name!r} is no name of another file in there")
        files[name] = text.encode()
    return files


def image_name(function_name: str, files: dict[str, bytes]) -> str:
    """What the image of a function is called; another one with other files."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    # Function names may begin or end with what a repository's may not.
    repository = function_name.lower().strip("-_")
    return f"lambda-magic/functions/{repository}:{digest.hexdigest()[:_TAG_LENGTH]}"


def image_config(cell: str) -> ImageConfig:
    """The ImageConfig in a cell: ENTRYPOINT, CMD and WORKDIR over those of the image.

    >>> image_config('CMD ["app.handler"]')
    {'Command': ['app.handler']}
    """
    config: ImageConfig = {}
    for line in cell.splitlines():
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        instruction, _, value = words.partition(" ")
        member = _MEMBERS.get(instruction.upper())
        if member is None or not value.strip():
            raise InvalidParameterValueException(
                f"{words!r}: of an image that there is already, a cell says only how it is run, by "
                "ENTRYPOINT, CMD and WORKDIR"
            )
        config[member] = value.strip() if member == "WorkingDirectory" else _words(value)
    return config


def _words(value: str) -> list[str]:
    """The arguments of an instruction: JSON, or words."""
    try:
        words = json.loads(value)
    except ValueError:
        return _split(value)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise InvalidParameterValueException(f"{value.strip()} is no list of strings")
    return words


def _split(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise InvalidParameterValueException(f"{value.strip()}: {error}") from None
