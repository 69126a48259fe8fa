"""Code is checked by the compilers that this machine has."""

from pathlib import Path

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.environments.compilers import compiled
from lambda_magic.environments.interpreters import installed
from lambda_magic.environments.java_classes import compiled_client
from lambda_magic.environments.languages import JAVA, NODE, RUBY

LANGUAGES = {"nodejs20.x": NODE, "ruby3.4": RUBY, "java17": JAVA}

GOOD = {
    "nodejs20.x": ("index.mjs", "export const handler = async () => await 1;"),
    "ruby3.4": ("lambda_function.rb", "def handler(event:, context:) = event"),
    "java17": ("a/b/H.java", "package a.b;\npublic class H { record R(int x) { } }"),
    "provided.al2023": ("bootstrap", "#!/bin/sh\n"),
}
CLASSES = {"java17": {"a/b/H.class", "a/b/H$R.class"}}


def need(runtime: str) -> None:
    language = LANGUAGES.get(runtime)
    if language is not None and not installed(language):
        pytest.skip(f"no {language.title} is installed")


@pytest.mark.parametrize("runtime", GOOD)
def test_what_compiles_is_packaged_with_its_classes(runtime: str, tmp_path: Path) -> None:
    need(runtime)
    made = compiled(runtime, *GOOD[runtime], tmp_path)
    assert set(made) == CLASSES.get(runtime, set())
    assert all(content[:4] == b"\xca\xfe\xba\xbe" for content in made.values())


BAD = [
    (
        "nodejs20.x",
        "index.mjs",
        "\n\nexport const = 1;",
        "line 3: SyntaxError: Unexpected token '='",
    ),
    ("nodejs20.x", "index.js", "let a;\nlet x = ;", "line 2: SyntaxError: Unexpected token ';'"),
    ("ruby3.4", "lambda_function.rb", "def f\n", "line "),
    ("java17", "H.java", "class H {\n  int f() { return x; }\n}", "line 2: cannot find symbol"),
]


@pytest.mark.parametrize(("runtime", "filename", "source", "message"), BAD)
def test_what_does_not_is_told_with_its_line(
    runtime: str, filename: str, source: str, message: str, tmp_path: Path
) -> None:
    need(runtime)
    with pytest.raises(InvalidParameterValueException) as raised:
        compiled(runtime, filename, source, tmp_path)
    text = raised.value.message
    assert text.startswith(f"The cell does not compile: {message}")
    assert "\n" not in text


def test_our_java_client_is_compiled_once(tmp_path: Path) -> None:
    need("java17")
    (java, *_) = installed(JAVA)
    classes = compiled_client(java, tmp_path)
    made = (classes / "lambdamagic" / "Bootstrap.class").stat()
    assert compiled_client(java, tmp_path) == classes
    assert (classes / "lambdamagic" / "Bootstrap.class").stat() == made
    assert [path.name for path in tmp_path.iterdir()] == [classes.name]
