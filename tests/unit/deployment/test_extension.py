import io
import zipfile

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.extension import extension_files
from lambda_magic.deployment.package import Executable, build_zip


@pytest.mark.parametrize(
    ("cell", "program"),
    [
        ("#!/bin/bash\necho hi\n", b"#!/bin/bash\necho hi\n"),
        ("#! /usr/bin/env ruby\nputs 1\n", b"#! /usr/bin/env ruby\nputs 1\n"),
        ("print('hi')\n", b"#!/usr/bin/env python3\nprint('hi')\n"),
    ],
)
def test_a_cell_is_a_program(cell: str, program: bytes) -> None:
    assert extension_files("watch", cell) == {"extensions/watch": Executable(program)}


@pytest.mark.parametrize(
    ("name", "cell", "message"),
    [
        ("watch", "def broken(:\n", "syntax"),
        ("watch", "#!bash\n", "write its whole path"),
        ("a/b", "#!/bin/sh\n", "no name of a file"),
    ],
)
def test_what_is_no_program_is_refused(name: str, cell: str, message: str) -> None:
    with pytest.raises(InvalidParameterValueException, match=message):
        extension_files(name, cell)


def test_the_program_in_the_zip_may_be_executed() -> None:
    content = build_zip(extension_files("watch", "#!/bin/sh\n"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (entry,) = archive.infolist()
    assert entry.external_attr >> 16 == 0o100755
