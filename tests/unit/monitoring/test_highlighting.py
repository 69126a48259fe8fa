"""Source in the colours of its language."""

import re
from html import unescape

import pytest

from lambda_magic.monitoring.highlighting import highlighted

SOURCES = {
    ("index.mjs", "// why\nexport const f = () => 'a<b';\n"): {
        "comment",
        "keyword",
        "string",
    },
    ("lambda_function.rb", "def handler(event:)\n  'x' # y\nend\n"): {"keyword", "def", "comment"},
    ("H.java", "class H { int f() { return 1; } }\n"): {"keyword", "def", "number"},
    ("bootstrap", "#!/bin/bash\nwhile true; do echo 'x'; done\n"): {"comment", "keyword"},
    ("bootstrap", "no language at all"): set(),
}


@pytest.mark.parametrize(("filename", "source"), SOURCES)
def test_words_have_colours_and_the_text_stays_as_it_is(filename: str, source: str) -> None:
    html = highlighted(source, filename)
    assert unescape(re.sub("<[^>]+>", "", html)).rstrip("\n") == source.rstrip("\n")
    colours = set(re.findall(r"--jp-mirror-editor-(\w+)-color", html))
    assert colours >= SOURCES[filename, source]
    assert "<b" not in re.sub("</?(pre|span)[^>]*>", "", html)
