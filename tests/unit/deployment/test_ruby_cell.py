import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.ruby_cell import ruby_module

FOUND = {
    ("def handler(event:, context:)\nend", None): "lambda_function.handler",
    ("def lambda_handler(event:, context:) = 1", None): "lambda_function.lambda_handler",
    ("def run(context:, event:)\nend\ndef help(x)\nend", None): "lambda_function.run",
    ("def run(**options)\nend", None): "lambda_function.run",
    ("def a(event:, context:)\nend\ndef b(event:, context:)\nend", "b"): "lambda_function.b",
    ("class Api\n  def self.get(event:, context:)\n  end\nend", "Api.get"): (
        "lambda_function.Api.get"
    ),
    ("module A\nend", "A::B.get"): "lambda_function.A::B.get",
    ("", "other.handler"): "other.handler",
}


@pytest.mark.parametrize(("source", "handler"), FOUND)
def test_the_handler_is_a_method(source: str, handler: str | None) -> None:
    module = ruby_module(source, handler)
    assert module.handler == FOUND[source, handler]
    assert module.files == {"lambda_function.rb": source.encode()}


REFUSED = [
    ("x = 1", None, "has no handler: define handler"),
    ("# def handler(event:, context:)", None, "has no handler"),
    ("=begin\ndef handler(event:, context:)\n=end", None, "has no handler"),
    ("class A\n  def handler(event:, context:)\n  end\nend", None, "has no handler"),
    ("def handler(event, context)\nend", None, "cannot be called with event: and context:"),
    ("def a(event:, context:)\nend\ndef b(event:, context:)\nend", None, "has 2 methods"),
    ("def a(event:, context:)\nend", "b", "does not define the handler 'b'"),
]


@pytest.mark.parametrize(("source", "handler", "message"), REFUSED)
def test_a_cell_without_a_handler_is_refused(
    source: str, handler: str | None, message: str
) -> None:
    with pytest.raises(InvalidParameterValueException, match=message):
        ruby_module(source, handler)
