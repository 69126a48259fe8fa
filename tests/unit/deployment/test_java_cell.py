import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.java_cell import java_module

FOUND = {
    ("public class Hello { Object handleRequest(Object e) { } }", None): (
        "Hello.java",
        "Hello::handleRequest",
    ),
    ("class Hello {\n  Object handler(Map<String, Object> e, Context c) {\n  }\n}", None): (
        "Hello.java",
        "Hello::handler",
    ),
    ("package a.b;\nrecord R(int x) { }\npublic final class H { void handler() { } }", None): (
        "a/b/H.java",
        "a.b.H::handler",
    ),
    ("class H { int run(int n) throws Exception { } }", "run"): ("H.java", "H::run"),
    ("class H { }", "other.Thing::run"): ("H.java", "other.Thing::run"),
    (
        '/* class A { } */ // class B\nclass H { String s = "class C"; void handler() { } }',
        None,
    ): (
        "H.java",
        "H::handler",
    ),
}


@pytest.mark.parametrize(("source", "handler"), FOUND)
def test_the_handler_is_a_method_of_the_public_class(source: str, handler: str | None) -> None:
    module = java_module(source, handler)
    assert (module.filename, module.handler) == FOUND[source, handler]


def test_classes_come_with_their_source() -> None:
    module = java_module("class H { void handler() { } }").with_compiled({"H.class": b"\xca\xfe"})
    assert module.files == {"H.class": b"\xca\xfe", "H.java": b"class H { void handler() { } }"}


REFUSED = [
    ("int x;", None, "has no class"),
    ("class H { }", None, "has no handler: call a method handleRequest"),
    ("class H { }", "run", "does not define the handler 'run'"),
]


@pytest.mark.parametrize(("source", "handler", "message"), REFUSED)
def test_a_cell_without_a_handler_is_refused(
    source: str, handler: str | None, message: str
) -> None:
    with pytest.raises(InvalidParameterValueException, match=message):
        java_module(source, handler)
