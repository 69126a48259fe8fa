"""Functions with layers, from publishing to what the function finds, in one kernel and in two."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.function import Function
from lambda_magic.region import Region

from .conftest import Make

HANDLER = """
    import words

    def handler(event, context):
        return [words.WORD, words.OTHER]
"""

#: Another kernel on the same home: invokes a function, and prints what it answers.
OTHER_KERNEL = """
import json, sys
from pathlib import Path
from lambda_magic.core.settings import Settings
from lambda_magic.function import Function
from lambda_magic.region import Region

home, names = Path(sys.argv[1]), sys.argv[2:]
region = Region(Settings(home=home))
print("open", flush=True)
sys.stdin.readline()
print(json.dumps([Function(region, name).invoke().payload for name in names]))
region.close()
"""


def publish(region: Region, name: str, word: str) -> str:
    """The ARN of a new version of a layer, whose module `words` lacks what `OTHER` brings."""
    files = {"python/words.py": f"WORD = '{word}'\nfrom other import OTHER\n".encode()}
    return put(region, name, files)


def put(region: Region, name: str, files: dict[str, Any]) -> str:
    published = region.client().publish_layer_version(
        LayerName=name, Content={"ZipFile": build_zip(files)}
    )
    return str(published["LayerVersionArn"])


@pytest.fixture(scope="module")
def other(region: Region) -> str:
    return put(region, "other", {"python/other.py": b"OTHER = 'other'\n"})


def test_layers_are_merged_in_their_order(make: Make, region: Region, other: str) -> None:
    first, second = publish(region, "first", "first"), publish(region, "second", "second")

    assert make(HANDLER, Layers=[other, first, second]).invoke().payload == ["second", "other"]
    assert make(HANDLER, Layers=[second, first, other]).invoke().payload == ["first", "other"]


def test_other_layers_need_other_environments(make: Make, region: Region, other: str) -> None:
    old, new = publish(region, "words", "old"), publish(region, "words", "new")
    function = make(HANDLER, Layers=[old, other], Publish=True)
    assert function.invoke().payload == ["old", "other"]

    region.client().update_function_configuration(FunctionName=function.name, Layers=[new, other])
    region.client().get_waiter("function_updated_v2").wait(FunctionName=function.name)

    assert function.invoke().payload == ["new", "other"]
    assert Function(region, function.name, "1").invoke().payload == ["old", "other"]


def test_a_missing_layer_is_the_functions_error(make: Make, region: Region) -> None:
    words = publish(region, "lonely", "lonely")

    result = make(HANDLER, Layers=[words]).invoke()

    assert result.error_type == "Runtime.ImportModuleError"
    assert "No module named 'other'" in result.error_message


def test_deleted_versions_still_work_when_made_anew(make: Make, region: Region, other: str) -> None:
    words = publish(region, "gone", "gone")
    function = make(HANDLER, Layers=[words, other])
    region.client().delete_layer_version(LayerName="gone", VersionNumber=1)
    for merged in (region.settings.home / "code").glob("*.merged"):
        shutil.rmtree(merged)

    assert function.invoke().payload == ["gone", "other"]


def test_two_kernels_use_the_same_layers_at_once(make: Make, region: Region, other: str) -> None:
    words = publish(region, "shared", "shared")
    names = [make(HANDLER, Layers=[words, other]).name for _ in range(2)]
    for merged in (region.settings.home / "code").glob("*.merged"):
        shutil.rmtree(merged)

    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", OTHER_KERNEL, str(region.settings.home), *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for kernel in kernels:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == "open\n"
    for kernel in kernels:
        assert kernel.stdin is not None
        kernel.stdin.write("go\n")
        kernel.stdin.flush()

    for kernel in kernels:
        said, _ = kernel.communicate(timeout=60)
        assert kernel.returncode == 0
        assert json.loads(said) == [["shared", "other"]] * 2
    assert list((region.settings.home / "code").glob(".new-*")) == []


def test_without_mounts_they_are_found_too(tmp_path: Path) -> None:
    region = Region(Settings(home=tmp_path, isolation="process"))
    try:
        layers = [
            publish(region, "words", "word"),
            put(region, "other", {"python/other.py": b"OTHER = 'other'\n"}),
        ]
        zip_file = build_zip({"app.py": b"import words\ndef handler(e, c): return words.__file__"})
        region.client().create_function(
            FunctionName="f",
            Role="arn:aws:iam::123456789012:role/test",
            Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
            Handler="app.handler",
            Code={"ZipFile": zip_file},
            Layers=layers,
        )
        region.client().get_waiter("function_active_v2").wait(FunctionName="f")
        answer = json.load(region.client().invoke(FunctionName="f")["Payload"])
    finally:
        region.close()
    (merged,) = (tmp_path / "code").glob("*.merged")
    assert answer == str(merged / "python/words.py")
