import io
from pathlib import Path

import pytest

from lambda_magic.deployment.layer_contents import LayerContents
from lambda_magic.deployment.package import build_zip


def contents(*names: str) -> LayerContents:
    return LayerContents.read(io.BytesIO(build_zip(dict.fromkeys(names, b"12"))))


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("python/six.py", "Python modules", "six"),
        ("python/numpy/__init__.py", "Python modules", "numpy"),
        ("python/lib/python3.12/site-packages/six.py", "Python modules", "six"),
        ("python/lib/python3.12/site-packages/a/b/c.py", "Python modules", "a"),
        ("python/_cffi.cpython-312-x86_64-linux-gnu.so", "Python modules", "_cffi"),
        ("nodejs/node_modules/lodash/index.js", "Node.js modules", "lodash"),
        ("nodejs/node20/node_modules/@aws/x/index.js", "Node.js modules", "@aws/x"),
        ("ruby/gems/3.3.0/gems/json-2.7/lib/json.rb", "Ruby gems", "json-2.7"),
        ("ruby/lib/words.rb", "Ruby libraries", "words"),
        ("java/lib/words.jar", "Java archives", "words.jar"),
        ("bin/ffmpeg", "programs", "ffmpeg"),
        ("lib/libpq.so.5", "libraries", "libpq.so.5"),
        ("extensions/collector", "extensions", "collector"),
    ],
)
def test_what_functions_find_is_told_by_kind(path: str, kind: str, name: str) -> None:
    assert contents(path).found == {kind: (name,)}


@pytest.mark.parametrize(
    "path",
    [
        "words.py",
        "data/words.txt",
        "python/six-1.17.dist-info/METADATA",
        "python/LICENSE",
        "python/lib/readme.txt",
        "bin/nested/tool",
        "lib/notes.txt",
    ],
)
def test_of_other_files_nothing_is_told(path: str) -> None:
    assert contents(path).found == {}


def test_files_are_counted_and_names_told_once() -> None:
    found = contents("python/a/__init__.py", "python/a/b.py", "python/c.py", "x.txt")

    assert (found.files, found.size) == (4, 8)
    assert found.python_modules == ("a", "c")


def test_what_takes_the_space_comes_first() -> None:
    files = {
        "python/small.py": b"1",
        "python/large/__init__.py": b"12345",
        "python/large/data.bin": b"12345",
        "python/large-1.0.dist-info/METADATA": b"12",
        "data/a.txt": b"123",
        "README": b"1234",
    }

    found = LayerContents.read(io.BytesIO(build_zip(files)))

    assert list(found.parts.items()) == [
        ("large", 10),
        ("README", 4),
        ("data", 3),
        ("python/large-1.0.dist-info", 2),
        ("small", 1),
    ]
    assert found.size == 20


def test_those_of_a_version_are_read_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a layer.zip"
    file.write_bytes(build_zip({"bin/tool": b""}))

    here = LayerContents.of({"Content": {"Location": file.as_uri()}})

    assert here is not None
    assert here.found == {"programs": ("tool",)}
    assert LayerContents.of({"Content": {"Location": "https://s3.example/layer"}}) is None
    assert LayerContents.of({"Content": {}}) is None
