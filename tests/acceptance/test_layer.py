"""%layer, and %%lambda --layer."""

import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from lambda_magic.deployment import requirements
from lambda_magic.deployment.requirements import machine_architecture
from lambda_magic.environments.interpreters import installed
from lambda_magic.environments.languages import NODE
from lambda_magic.magics.layer_version import ShownLayerVersion

from .conftest import Notebook
from .test_completion import completed

KERNEL = f"python{sys.version_info.major}.{sys.version_info.minor}"

USES = """%%lambda hello --layer words
import subprocess, words

def handler(event, context):
    said = subprocess.check_output(["say"], text=True)
    return {"word": words.WORD, "said": said.strip(), "file": words.__file__}
"""


def directory(tmp_path: Path, word: str = "first") -> Path:
    """A directory with the layout of a layer."""
    root = tmp_path / "content"
    (root / "python").mkdir(parents=True, exist_ok=True)
    (root / "bin").mkdir(exist_ok=True)
    (root / "python/words.py").write_text(f"WORD = '{word}'\n")
    say = root / "bin/say-hello"
    say.write_text("#!/bin/sh\necho hello\n")
    say.chmod(0o755)
    if not (root / "bin/say").is_symlink():
        (root / "bin/say").symlink_to("say-hello")
    return root


def wheel(tmp_path: Path, name: str = "greeting") -> Path:
    """A package that needs no network to be installed."""
    path = tmp_path / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "WORD = 'installed'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n")
    return path


@pytest.fixture
def words(notebook: Notebook, tmp_path: Path) -> Notebook:
    """A notebook with a layer "words" of one version."""
    (tmp_path / "empty").mkdir()
    notebook.run(f"%layer words --path {directory(tmp_path)} --description 'some words'")
    return notebook


def test_a_directory_becomes_what_a_function_finds_in_opt(words: Notebook) -> None:
    words.run(USES)
    payload = words.run("%invoke hello").payload
    assert (payload["word"], payload["said"]) == ("first", "hello")
    assert payload["file"].endswith("/python/words.py")
    assert "Layers words:1" in str(words.run(USES))


@pytest.mark.skipif(not installed(NODE), reason="no Node.js is installed")
def test_a_cell_in_another_language_finds_its_own(notebook: Notebook, tmp_path: Path) -> None:
    module = tmp_path / "content/nodejs/node_modules/words.js"
    module.parent.mkdir(parents=True)
    module.write_text("exports.word = 'from the layer';")
    notebook.run("%layer words --path content --compatible-runtime nodejs20.x")
    notebook.run(
        "%%lambda hello --runtime nodejs20.x --layer words\n"
        "const { word } = require('words');\n"
        "exports.handler = async (event) => word;\n"
    )
    assert notebook.run("%invoke hello").payload == "from the layer"


def test_without_mounts_it_is_found_too(words: Notebook) -> None:
    words.run("%config LambdaMagic.isolation = 'process'")
    words.run(USES)
    payload = words.run("%invoke hello").payload
    assert (payload["word"], payload["said"]) == ("first", "hello")
    assert not payload["file"].startswith("/opt/")


def test_a_version_says_what_is_in_it(words: Notebook) -> None:
    shown: ShownLayerVersion = words.run("%layer words:1")
    assert (shown.layer_name, shown.version) == ("words", 1)
    assert shown.arn == "arn:aws:lambda:us-east-1:123456789012:layer:words:1"
    text = str(shown)
    assert text.startswith("words:1  some words\nRuntimes any  Architectures any  Zip ")
    assert "Files 3" in text
    assert "Python modules words" in text
    assert "programs say, say-hello" in text
    assert text.endswith("say-hello 46.7 %  words 33.3 %  say 20 %")
    html = shown._repr_html_()
    assert shown.code_sha256 in html
    assert 'title="words 33.30 %"' in html
    assert repr(shown) == "<LayerVersion words:1 [shown]>"


def test_the_same_content_is_no_new_version(words: Notebook, tmp_path: Path) -> None:
    again = words.run(f"%layer words --path {directory(tmp_path)} --description 'some words'")
    assert repr(again) == "<LayerVersion words:1 [unchanged]>"
    other = words.run(f"%layer words --path {directory(tmp_path, 'second')}")
    assert repr(other) == "<LayerVersion words:2 [published]>"
    assert words.run("%layer words --path content --compatible-runtime python3.12").version == 3


def test_the_last_version_is_taken_unless_one_is_named(words: Notebook, tmp_path: Path) -> None:
    second = words.run(f"%layer words --path {directory(tmp_path, 'second')}")
    for option, word in (("words", "second"), ("words:1", "first"), (second.arn, "second")):
        words.run(USES.replace("--layer words", f"--layer {option}"))
        assert words.run("%invoke hello").payload["word"] == word


def test_later_layers_lie_over_earlier_ones(words: Notebook, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "python").mkdir(parents=True)
    (other / "python/words.py").write_text("WORD = 'other'\n")
    words.run("%layer other --path other")
    words.run(USES.replace("--layer words", "--layer words --layer other"))
    assert words.run("%invoke hello").payload["word"] == "other"
    words.run(USES.replace("--layer words", "--layer other --layer words"))
    assert words.run("%invoke hello").payload["word"] == "first"
    assert [version["Version"] for version in words.run("%versions hello")] == ["$LATEST", "1", "2"]


def test_a_deleted_version_keeps_working(words: Notebook) -> None:
    words.run(USES)
    assert words.run("%layer -d words:1") is None
    assert len(words.run("%layer")) == 0
    words.run("%invoke hello")
    words.run("%unload_ext lambda_magic")
    words.run("%load_ext lambda_magic")
    assert words.run("%invoke hello").payload["word"] == "first"
    assert words.error(USES).startswith("ResourceNotFoundException: There is no layer words: ")


def test_layers_and_versions_are_listed(words: Notebook, tmp_path: Path) -> None:
    assert words.run("%layer")[0]["Used by"] == ""
    words.run(USES)
    words.run(f"%layer words --path {directory(tmp_path, 'second')} --compatible-runtime {KERNEL}")
    (row,) = words.run("%layer")
    assert (row["Layer"], row["Version"], row["Runtimes"]) == ("words", 2, KERNEL)
    newest, oldest = words.run("%layer words")
    assert (newest["Version"], newest["Used by"]) == (2, "")
    assert (oldest["Version"], oldest["Used by"]) == (1, "hello")
    assert oldest["Description"] == "some words"


def test_a_zip_is_a_layer_as_it_is(notebook: Notebook, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "layer.zip", "w") as archive:
        archive.writestr("data/words.txt", "zipped")
    shown = notebook.run("%layer data --zip layer.zip")
    assert "Note: no function finds anything in it by name" in str(shown)
    notebook.run(
        "%%lambda hello --layer data\n"
        "import os, pathlib\n\n"
        "def handler(event, context):\n"
        "    return next(map(pathlib.Path.read_text, pathlib.Path(event).glob('words.txt')))"
    )
    if notebook.run("import lambda_magic.default_region as d; d.get().isolation") != "process":
        assert notebook.run('%invoke hello "/opt/data"').payload == "zipped"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_requirements_are_installed(
    notebook: Notebook, tmp_path: Path, installer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installer == "pip":
        monkeypatch.setattr(requirements, "_find_uv", lambda: None)
    else:
        assert requirements._find_uv()
    for variable in ("PIP_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    for variable in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(variable, str(wheel(tmp_path).parent))
    output = notebook.output("made = %layer lib --requirements greeting")
    assert "Installing requirements" in output
    assert str(notebook.run("made")).startswith(
        f"lib:1  published\nRuntimes {KERNEL}  Architectures {machine_architecture()}  Zip "
    )
    assert notebook.run("made").contents.found == {"Python modules": ("greeting",)}
    assert "from the cache" in notebook.output("again = %layer lib --requirements greeting")
    assert notebook.run("again").version == 1
    notebook.run(
        "%%lambda hello --layer lib\n"
        "import greeting\n\n"
        "def handler(event, context):\n"
        "    return greeting.WORD"
    )
    assert notebook.run("%invoke hello").payload == "installed"


def test_a_local_package_is_installed_anew(notebook: Notebook, tmp_path: Path) -> None:
    path = wheel(tmp_path)
    first = notebook.run(f"%layer lib --requirements {path} --path {directory(tmp_path)}")
    assert first.contents.python_modules == ("greeting", "words")
    assert "from the cache" not in notebook.output(f"%layer lib --requirements {path}")


def test_captured_objects_may_need_what_a_layer_has(
    words: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "words", ModuleType("words"))
    words.run("import words")
    cell = "%%lambda hello --with words\ndef handler(event, context):\n    return words.WORD"
    assert "it needs words, which the function does not have" in words.error(cell)
    words.run(cell.replace("--with", "--layer words --with"))
    assert words.run("%invoke hello").payload == "first"


def test_an_extension_stays_when_the_functions_cell_runs_again(words: Notebook) -> None:
    def layers(cell: str) -> list[str]:
        words.run(cell)
        function = words.client().get_function_configuration(FunctionName="hello")
        return [layer["Arn"].rpartition(":layer:")[2] for layer in function.get("Layers", [])]

    assert layers(USES) == ["words:1"]
    words.run("%%extension watch --function hello\n#!/bin/sh\nexit 0\n")
    assert layers(USES) == ["words:1", "watch:1"]
    assert "unchanged" in str(words.run(USES))
    assert layers(USES.replace("--layer words", "")) == ["watch:1"]
    assert layers(USES.replace("--layer words", "--layer watch --layer words")) == [
        "watch:1",
        "words:1",
    ]
    assert layers(USES.replace("--layer words", "--no-extensions --layer words")) == ["words:1"]


def test_a_layer_for_something_else_is_remarked_upon(words: Notebook, tmp_path: Path) -> None:
    words.run("%layer words --path content --compatible-runtime nodejs20.x")
    assert str(words.run(USES)).endswith(f"layer words:2 is made for nodejs20.x, not for {KERNEL}")
    assert words.run("%invoke hello").payload["word"] == "first"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%layer nope", "ResourceNotFoundException: There is no layer nope: "),
        ("%layer words:9", "ResourceNotFoundException: There is no layer words:9: "),
        ("%layer -d words", "InvalidParameterValueException: Which version of words is to be del"),
        ("%layer -d words:9", "ResourceNotFoundException: There is no layer words:9: "),
        ("%layer -d words:1 --path content", "UsageError: -d NAME:VERSION takes no other option"),
        ("%layer --path content", "UsageError: name the layer: %layer NAME"),
        ("%layer words:2 --path content", "UsageError: words:2: AWS numbers the versions"),
        ("%layer words --description new", "UsageError: say what is to be in the layer"),
        ("%layer words --zip a --path b", "UsageError: --zip is the whole layer: leave --path out"),
        ("%layer words --path nothing", "InvalidParameterValueException: --path nothing: there is"),
        ("%layer words --zip nothing", "InvalidParameterValueException: --zip nothing: No such"),
        ("%layer words --zip content/bin/say", "InvalidParameterValueException: Could not unzip"),
        (
            "%layer words --path empty",
            "InvalidParameterValueException: Uploaded file must be a non",
        ),
        ("%layer a:b:c", "InvalidParameterValueException: 'a:b:c' is no layer: write NAME"),
        ("%layer w!rds --path content", "ParamValidationError|ValidationException: 1 validation"),
        (
            "%layer words --requirements six --compatible-runtime nodejs20.x",
            "InvalidParameterValueException: --requirements six: these are Python's packages",
        ),
        ("%layer words --path content --compatible-runtime x", "ValidationException: 1 validation"),
    ],
)
def test_mistakes_are_one_line(words: Notebook, line: str, message: str) -> None:
    shown = words.error(line)
    assert shown.startswith(tuple(message.split("|"))), shown


def test_a_function_has_at_most_five(words: Notebook, tmp_path: Path) -> None:
    for number in range(5):
        words.run(f"%layer layer{number} --path content")
    six = " ".join(["--layer words", *(f"--layer layer{number}" for number in range(5))])
    assert words.error(USES.replace("--layer words", six)) == (
        "InvalidParameterValueException: Cannot reference more than 5 layers."
    )


def test_help_shows_a_cell_to_paste(notebook: Notebook) -> None:
    assert "%layer text --requirements" in notebook.output("%layer -h")


def test_names_and_versions_are_completed(words: Notebook, tmp_path: Path) -> None:
    words.run(f"%layer words --path {directory(tmp_path, 'second')}")
    words.run("%layer other --path content")
    assert completed(words, "%layer ") == ["%layer other", "%layer words"]
    assert completed(words, "%layer w") == ["%layer words"]
    assert completed(words, "%layer -d words:") == ["%layer -d words:2", "%layer -d words:1"]
    assert completed(words, "%%lambda hello --layer w") == ["%%lambda hello --layer words"]
    assert completed(words, "%%lambda hello --layer words:") == [
        "%%lambda hello --layer words:2",
        "%%lambda hello --layer words:1",
    ]
    runtimes = completed(words, "%layer words --compatible-runtime python3.1")
    assert "%layer words --compatible-runtime python3.12" in runtimes
    assert completed(words, "%layer words --compatible-architecture a") == [
        "%layer words --compatible-architecture arm64"
    ]
    assert completed(words, "%layer words --comp") == [
        "%layer words --compatible-runtime",
        "%layer words --compatible-architecture",
    ]
