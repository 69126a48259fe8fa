import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.javascript_cell import javascript_module

MODULE, COMMON = "index.mjs", "index.js"

FOUND = {
    "export const handler = async (event) => event;": (MODULE, "handler"),
    "export async function handler(event) {}": (MODULE, "handler"),
    "export function* other() {}": (MODULE, "other"),
    "const f = async () => 1;\nexport { f as handler };": (MODULE, "handler"),
    "const f = 1, g = 2;\nexport { f, g as lambda_handler };": (MODULE, "lambda_handler"),
    "export default async () => 1;": (MODULE, "default"),
    "import fs from 'fs';\nexport const only = async () => 1;": (MODULE, "only"),
    "export const a = 1;\nexport const handler = async () => a;": (MODULE, "handler"),
    "exports.handler = async () => 1;": (COMMON, "handler"),
    "module.exports.handler = async () => 1;": (COMMON, "handler"),
    "module.exports = { handler: async () => ({ deep: 1 }), other };": (COMMON, "handler"),
    "module.exports = { async run(event) { return { a: 1, b }; } };": (COMMON, "run"),
    "const x = require('x'); exports.only = x;": (COMMON, "only"),
    "// export const handler\nexports.handler = async () => 'export const a = 1';": (
        COMMON,
        "handler",
    ),
    "exports.handler = async () => `\nexport const b = 1`;": (COMMON, "handler"),
    "exports.handler = async (s) => s.match(/export const c = [/'\"]/);": (COMMON, "handler"),
    "exports.handler = async () => import('x');": (COMMON, "handler"),
}


@pytest.mark.parametrize("source", FOUND)
def test_the_handler_is_what_the_cell_exports(source: str) -> None:
    module = javascript_module(source)
    filename, name = FOUND[source]
    assert (module.filename, module.handler) == (filename, f"index.{name}")
    assert module.files == {filename: source.encode()}


NAMED = {
    ("export const a = 1, f = 2;\nexport const b = 1;", "b"): "index.b",
    ("export const a = 1;\nexport const b = 1;", "index.b"): "index.b",
    ("export const a = 1;", "src/app.handler"): "src/app.handler",
    ("module.exports = require('./made');", "run"): "index.run",
}


@pytest.mark.parametrize(("source", "handler"), NAMED)
def test_another_may_be_named(source: str, handler: str) -> None:
    assert javascript_module(source, handler).handler == NAMED[source, handler]


REFUSED = [
    ("const handler = 1;", None, "has no handler: write export const handler"),
    ("", None, "has no handler"),
    ("exports.a = 1; exports.b = 2;", None, r"has 2 exports \(a, b\)"),
    ("exports.a = 1;", "b", "does not export the handler 'b'"),
    ("if (exports.handler == null) {}", None, "has no handler"),
]


@pytest.mark.parametrize(("source", "handler", "message"), REFUSED)
def test_a_cell_without_a_handler_is_refused(
    source: str, handler: str | None, message: str
) -> None:
    with pytest.raises(InvalidParameterValueException, match=message):
        javascript_module(source, handler)
