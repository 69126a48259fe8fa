"""Layers of functions in containers."""

from collections.abc import Callable
from pathlib import Path

from lambda_magic.deployment.package import Link, build_zip
from lambda_magic.function import Function
from lambda_magic.region import Region

Make = Callable[..., Function]

SOURCE = """
    import os, subprocess, words

    def handler(event, context):
        try:
            open("/opt/new", "w")
        except OSError as error:
            refused = error.strerror
        said = subprocess.check_output(["say"], text=True)
        return [words.__file__, said, os.listdir("/opt"), refused]
"""


def test_layers_are_mounted_and_searched(make: Make, region: Region, tmp_path: Path) -> None:
    say = tmp_path / "say-hello"
    say.write_text("#!/bin/sh\necho hello\n")
    say.chmod(0o755)
    arns = []
    for name, files in {
        "modules": {"python/words.py": b""},
        "programs": {"bin/say-hello": say, "bin/say": Link("say-hello")},
    }.items():
        content = {"ZipFile": build_zip(files)}
        layer = region.client().publish_layer_version(LayerName=name, Content=content)
        arns.append(layer["LayerVersionArn"])

    result = make(SOURCE, Layers=arns).invoke()

    assert result.function_error is None, result.payload
    path, said, listed, refused = result.payload
    assert path == "/opt/python/words.py"
    assert said == "hello\n"
    assert sorted(listed) == ["bin", "python"]
    assert refused == "Read-only file system"


def test_libraries_are_found_by_name(make: Make, region: Region) -> None:
    maps = Path("/proc/self/maps").read_text().split()
    library = next(Path(word) for word in maps if "/libm.so" in word or "/libm-" in word)
    content = {"ZipFile": build_zip({"lib/libmine.so.1": library})}
    layer = region.client().publish_layer_version(LayerName="native", Content=content)
    source = """
        import ctypes

        def handler(event, context):
            ctypes.CDLL("libmine.so.1")
            with open("/proc/self/maps") as maps:
                return next(line.split()[-1] for line in maps if "libmine" in line)
    """

    result = make(source, Layers=[layer["LayerVersionArn"]]).invoke()

    assert result.payload == "/opt/lib/libmine.so.1"
