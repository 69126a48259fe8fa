"""Our Java runtime client: what handlers get, and what becomes of what they do."""

import functools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_magic.environments.interpreters import installed
from lambda_magic.environments.java_classes import compiled_client
from lambda_magic.environments.languages import JAVA

from .conftest import REQUEST_ID, RuntimeProcess, Start

JAVAS = installed(JAVA)

pytestmark = pytest.mark.skipif(not JAVAS, reason="no JDK is installed")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled_client(JAVAS[0], tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def compile_source(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The directory with the classes of a source: each source is compiled once."""

    @functools.cache
    def compile_source(source: str) -> Path:
        directory = tmp_path_factory.mktemp("classes")
        file = directory / "H.java"
        imports = "import java.util.*;\nimport com.amazonaws.services.lambda.runtime.*;\n"
        file.write_text(imports + source)
        javac = JAVAS[0].prefix / "bin" / "javac"
        subprocess.run([javac, "-cp", client, "-d", directory, file], check=True)
        return directory

    return compile_source


@pytest.fixture
def start(start_process: Start, client: Path, compile_source: Callable[[str], Path]) -> Start:
    async def start(source: str, handler: str, **variables: str) -> RuntimeProcess:
        command = [str(JAVAS[0].executable), "-XX:TieredStopAtLevel=1", "-cp"]
        command += [f"{client}:{compile_source(source)}", "lambdamagic.Bootstrap"]
        process: RuntimeProcess = await start_process(command, {}, _HANDLER=handler, **variables)
        return process

    return start


ECHOES = """
public class H {
    public Map<String, Object> map(Map<String, Object> event) { return event; }
    public Object object(Object event, Context context) { return event; }
    static Object fixed(Object event) { return event; }
    public void streams(java.io.InputStream input, java.io.OutputStream output, Context context)
            throws Exception {
        input.transferTo(output);
    }
}
"""


@pytest.mark.parametrize("method", ["map", "object", "fixed", "streams"])
async def test_a_handler_may_take(start: Start, method: str) -> None:
    runtime = await start(ECHOES, f"H::{method}")
    event = {"a": [1, -2.5, 12345678901, 1e30], "b": {"c": None, "d": True}, "ä\n": '"\\€😀'}
    assert await runtime.invoke(event) == event
    assert await runtime.invoke({}) == {}


TYPED = {
    "int f(int n) { return n + 1; }": (41, 42),
    "String f(String s) { return s.toUpperCase(); }": ("ada", "ADA"),
    "long f(List<Integer> n) { return n.stream().mapToLong(x -> x).sum(); }": ([1, 2], 3),
    "double f(double[] n) { return n[0] / n[1]; }": ([1, 4], 0.25),
    "boolean f(boolean b) { return !b; }": (True, False),
    'Object f(Map<String, Long> m) { return m.get("a") + 1; }': ({"a": 1}, 2),
    "Order f(Order o) { return new Order(o.id() + 1, o.tags(), Level.HIGH); }": (
        {"id": 1, "tags": ["x"]},
        {"id": 2, "tags": ["x"], "level": "HIGH"},
    ),
    "Level f(Level l) { return l; }": ("LOW", "LOW"),
    "Bean f(Bean b) { b.setName(b.getName() + '!'); return b; }": (
        {"name": "Ada", "age": 36},
        {"name": "Ada!", "age": 36},
    ),
    "Object f() { return new int[][] {{1}, {2, 3}}; }": (None, [[1], [2, 3]]),
    "void f(Context c) { }": (None, None),
    "Object f(Set<String> s) { return Optional.of(s.size()); }": (["a", "b", "a"], 2),
    "Object f(Object e) { return Double.NaN; }": (None, "NaN"),
}
METHODS = [f"public {text}".replace(" f(", f" f{n}(") for n, text in enumerate(TYPED)]
TYPES = """
public class H {
    enum Level { LOW, HIGH }
    record Order(int id, List<String> tags, Level level) { }
    public static class Bean {
        private String name;
        public int age;
        public String getName() { return name; }
        public void setName(String name) { this.name = name; }
    }
    METHODS
}
""".replace("METHODS", "\n".join(METHODS))


@pytest.mark.parametrize("method", TYPED)
async def test_types_are_made_of_json_and_back(start: Start, method: str) -> None:
    runtime = await start(TYPES, f"H::f{list(TYPED).index(method)}")
    event, result = TYPED[method]
    assert await runtime.invoke(event) == result


async def test_awss_interface_needs_no_method_name(start: Start) -> None:
    source = """
        public class H implements RequestHandler<Map<String, Integer>, String> {
            public String handleRequest(Map<String, Integer> event, Context context) {
                return context.getFunctionName() + (event.get("n") + 1);
            }
        }
    """
    runtime = await start(source, "H")
    assert await runtime.invoke({"n": 1}) == "f2"


async def test_the_context_tells_of_the_invocation(start: Start) -> None:
    source = """
        public class H {
            public Object f(Object event, Context c) {
                return List.of(c.getRemainingTimeInMillis(), c.getAwsRequestId(),
                    c.getInvokedFunctionArn(), c.getLogGroupName(), c.getLogStreamName(),
                    c.getFunctionName(), c.getFunctionVersion(), c.getMemoryLimitInMB(),
                    c.getClientContext().getCustom(), c.getIdentity() == null,
                    System.getProperty("com.amazonaws.xray.traceHeader").substring(0, 5));
            }
        }
    """
    runtime = await start(source, "H::f")
    remaining, *told = await runtime.invoke({}, '{"custom": {"a": "1"}}')
    assert 0 < remaining <= 3000
    assert told == [
        REQUEST_ID,
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "/aws/lambda/f",
        "2026/01/01/[7]0123",
        "f",
        "7",
        256,
        {"a": "1"},
        True,
        "Root=",
    ]


async def test_what_a_handler_throws_is_its_error(start: Start) -> None:
    source = """
        public class H {
            static class Size extends RuntimeException {
                Size(String message, Throwable cause) { super(message, cause); }
            }
            public Object f(Object event) {
                throw new Size("ä " + event, new IllegalStateException("before"));
            }
        }
    """
    runtime = await start(source, "H::f")
    kind, payload = await runtime.answer(7)
    document = json.loads(payload)
    assert kind.isascii()
    assert document["errorType"] == "H$Size"
    assert document["errorMessage"] == "ä 7"
    assert document["stackTrace"] == ["H.f(H.java:9)"]
    assert document["cause"]["errorMessage"] == "before"
    (logged,) = runtime.logs
    assert logged.splitlines()[:3] == ["ä 7: H$Size", "H$Size: ä 7", "\tat H.f(H.java:9)"]
    _, payload = await runtime.answer(8)
    assert json.loads(payload)["errorMessage"] == "ä 8"


async def test_an_event_of_another_type_is_an_error(start: Start) -> None:
    runtime = await start("public class H { public int f(int n) { return n; } }", "H::f")
    error = await runtime.error({"a": 1})
    assert error["errorType"] == "java.lang.IllegalArgumentException"
    assert error["errorMessage"] == "Cannot deserialize value of type `int` from an object"


NOT_LOADED = {
    "None::f": ("java.lang.ClassNotFoundException", "Class not found: None"),
    "H::none": ("java.lang.NoSuchMethodException", "No public method named none with"),
    "H::three": ("java.lang.NoSuchMethodException", "No public method named three with"),
    "H": ("java.lang.NoSuchMethodException", "does not implement an appropriate handler interface"),
    "H$Broken::f": ("java.lang.IllegalStateException", "early"),
    "H$Static::f": ("java.lang.IllegalStateException", "static"),
}


@pytest.mark.parametrize("handler", NOT_LOADED)
async def test_a_function_that_cannot_be_loaded_says_why(start: Start, handler: str) -> None:
    source = """
        public class H {
            public void f() { }
            public void three(int a, int b, int c) { }
            public static class Broken {
                public Broken() { throw new IllegalStateException("early"); }
                public void f() { }
            }
            public static class Static {
                static final int N = fail();
                static int fail() { throw new IllegalStateException("static"); }
                public void f() { }
            }
        }
    """
    runtime = await start(source, handler)
    error_type, message = NOT_LOADED[handler]
    document = await runtime.init_error()
    assert document["errorType"] == error_type
    assert message in document["errorMessage"]
    assert await runtime.exit_code() == 1


async def test_output_and_the_logger_write_records(start: Start) -> None:
    source = """
        public class H {
            public void f(Object event, Context context) {
                context.getLogger().log("two\\nlines");
                System.out.println("plain");
            }
        }
    """
    runtime = await start(source, "H::f")
    await runtime.invoke()
    assert sorted(runtime.logs) == ["plain", "two\nlines"]


async def test_json_records_have_a_level(start: Start) -> None:
    source = """
        public class H {
            public void f(Object event, Context context) {
                context.getLogger().log("told");
                throw new IllegalStateException("no");
            }
        }
    """
    runtime = await start(source, "H::f", AWS_LAMBDA_LOG_FORMAT="JSON")
    await runtime.error()
    told, failed = map(json.loads, runtime.logs)
    assert (told["level"], told["message"], told["AWSRequestId"]) == ("INFO", "told", REQUEST_ID)
    assert (failed["level"], failed["errorType"]) == ("ERROR", "java.lang.IllegalStateException")


async def test_a_response_too_large_leaves_the_runtime_running(start: Start) -> None:
    runtime = await start(
        'public class H { public String f(int n) { return "x".repeat(n); } }', "H::f"
    )
    assert await runtime.answer(7_000_000) == ("too large", None)
    assert await runtime.invoke(2) == "xx"
    assert any("Http response code: 413" in line for line in runtime.logs)


async def test_the_runtime_ends_with_the_api(start: Start) -> None:
    runtime = await start("public class H { public int f() { return 1; } }", "H::f")
    await runtime.invoke()
    runtime.api.close()
    assert await runtime.exit_code() == 1
