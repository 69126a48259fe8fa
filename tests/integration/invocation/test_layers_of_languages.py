"""Layers of functions that are not in Python: each language finds its own in /opt."""

import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import Content, build_zip
from lambda_magic.environments.interpreters import installed
from lambda_magic.environments.languages import JAVA, NODE, RUBY
from lambda_magic.function import Function
from lambda_magic.region import Region

JAVAS = installed(JAVA)

needs_node = pytest.mark.skipif(not installed(NODE), reason="no Node.js is installed")
needs_ruby = pytest.mark.skipif(not installed(RUBY), reason="no Ruby is installed")
needs_java = pytest.mark.skipif(not JAVAS, reason="no JDK is installed")


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Makes functions with a layer, in one region."""

    region: Region

    def __call__(
        self, runtime: str, handler: str, code: dict[str, Content], layer: dict[str, Content]
    ) -> Function:
        client = self.region.client()
        published = client.publish_layer_version(
            LayerName="layer", Content={"ZipFile": build_zip(layer)}
        )
        client.create_function(
            FunctionName="f",
            Runtime=runtime,  # type: ignore[arg-type]
            Handler=handler,
            Role="arn:aws:iam::123456789012:role/test",
            Code={"ZipFile": build_zip(code)},
            MemorySize=512,
            Timeout=60,
            Layers=[published["LayerVersionArn"]],
        )
        client.get_waiter("function_active_v2").wait(FunctionName="f")
        return Function(self.region, "f")


@pytest.fixture(params=["auto", "process"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Maker]:
    region = Region(Settings(home=tmp_path / "home", isolation=request.param))
    yield Maker(region=region)
    region.close()


def payload(function: Function) -> Any:
    result = function.invoke()
    result.raise_for_error()
    return result.payload


@needs_node
def test_node_finds_modules(make: Maker) -> None:
    both = b"exports.place = '%b';"
    function = make(
        "nodejs20.x",
        "index.handler",
        {
            "index.js": b"const words = require('words'), both = require('both');\n"
            b"exports.handler = async () => [words.word, both.place];"
        },
        {
            "nodejs/node_modules/words/index.js": b"exports.word = 'layer';",
            "nodejs/node_modules/both.js": both % b"nodejs",
            "nodejs/node20/node_modules/both.js": both % b"node20",
        },
    )
    assert payload(function) == ["layer", "node20"]


@needs_ruby
def test_ruby_finds_libraries_and_gems(make: Maker) -> None:
    gem = "ruby/gems/3.3.0"
    function = make(
        "ruby3.3",
        "app.handler",
        {
            "app.rb": b"require 'words'\nrequire 'sentences'\n"
            b"def handler(event:, context:)\n  [WORD, SENTENCE]\nend\n"
        },
        {
            "ruby/lib/words.rb": b"WORD = 'library'\n",
            f"{gem}/gems/sentences-1.0/lib/sentences.rb": b"SENTENCE = 'gem'\n",
            f"{gem}/specifications/sentences-1.0.gemspec": b"Gem::Specification.new do |s|\n"
            b"  s.name = 'sentences'\n  s.version = '1.0'\n  s.summary = 's'\n"
            b"  s.authors = ['a']\n  s.require_paths = ['lib']\nend\n",
        },
    )
    assert payload(function) == ["library", "gem"]


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Path]:
    """Compiles Java classes into a directory."""

    def compiled(name: str, source: str, *class_path: Path) -> Path:
        directory = tmp_path / name
        directory.mkdir()
        file = directory / f"{name}.java"
        file.write_text(source)
        path = ":".join(map(str, [directory, *class_path]))
        javac = JAVAS[0].prefix / "bin" / "javac"
        subprocess.run(
            [javac, "--release", "17", "-cp", path, "-d", directory, file], check=True, timeout=120
        )
        file.unlink()
        return directory

    return compiled


@needs_java
def test_java_finds_archives(make: Maker, compiled: Callable[..., Path], tmp_path: Path) -> None:
    words = compiled("Words", 'public class Words { public static String word = "archive"; }')
    with zipfile.ZipFile(tmp_path / "words.jar", "w") as archive:
        archive.write(words / "Words.class", "Words.class")
    source = "public class App { public String handle(Object event) { return Words.word; } }"
    app = compiled("App", source, words)
    function = make(
        "java17",
        "App::handle",
        {"App.class": app / "App.class"},
        {"java/lib/words.jar": tmp_path / "words.jar"},
    )
    assert payload(function) == "archive"
