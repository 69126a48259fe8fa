"""Our Ruby runtime client: what handlers get, and what becomes of what they do."""

import json
import re
import shutil
from pathlib import Path

import pytest

import lambda_magic.runtimes

from .conftest import REQUEST_ID, RuntimeProcess, Start

BOOTSTRAP = Path(lambda_magic.runtimes.__file__).parent / "ruby" / "bootstrap.rb"

pytestmark = pytest.mark.skipif(shutil.which("ruby") is None, reason="ruby is not installed")


@pytest.fixture
def start(start_process: Start) -> Start:
    async def start(source: str, **variables: str) -> RuntimeProcess:
        variables = {"_HANDLER": "lambda_function.lambda_handler", **variables}
        files = {"lambda_function.rb": source}
        process: RuntimeProcess = await start_process(["ruby", str(BOOTSTRAP)], files, **variables)
        return process

    return start


ECHOES = {
    "lambda_function.lambda_handler": "def lambda_handler(event:, context:) = { event: event }",
    "lambda_function.Api.get": """
        module Api
          def self.get(event:, context:)
            { event: event }
          end
        end
    """,
    "lambda_function.Api::Orders.get": """
        module Api
          class Orders
            def self.get(event:, **) = { 'event' => event }
          end
        end
    """,
}


@pytest.mark.parametrize("handler", ECHOES)
async def test_a_handler_may_be(start: Start, handler: str) -> None:
    runtime = await start(ECHOES[handler], _HANDLER=handler)
    assert await runtime.invoke({"a": [1, "ä"]}) == {"event": {"a": [1, "ä"]}}
    assert await runtime.invoke(None) == {"event": None}


async def test_the_context_tells_of_the_invocation(start: Start) -> None:
    runtime = await start("""
        def lambda_handler(event:, context:)
          names = %i[aws_request_id invoked_function_arn log_group_name log_stream_name
                     function_name memory_limit_in_mb function_version client_context]
          [context.get_remaining_time_in_millis, ENV['_X_AMZN_TRACE_ID'],
           names.map { |name| context.send(name) }]
        end
    """)
    remaining, trace, told = await runtime.invoke({}, '{"custom": {"a": 1}}')
    assert 0 < remaining <= 3000
    assert trace.startswith("Root=1-5759e988")
    assert told == [
        REQUEST_ID,
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "/aws/lambda/f",
        "2026/01/01/[7]0123",
        "f",
        "256",
        "7",
        {"custom": {"a": 1}},
    ]


async def test_what_a_handler_raises_is_its_error(start: Start, tmp_path: Path) -> None:
    runtime = await start("""
        class Größe < StandardError; end
        def check(event) = raise(Größe, "ä #{event}")
        def lambda_handler(event:, context:)
          check(event)
        end
    """)
    kind, payload = await runtime.answer(7)
    document = json.loads(payload)
    assert kind.isascii()
    assert document == {
        "errorMessage": "ä 7",
        "errorType": "Function<Größe>",
        "stackTrace": [
            f"{tmp_path}/lambda_function.rb:3:in `check'",
            f"{tmp_path}/lambda_function.rb:5:in `lambda_handler'",
        ],
    }
    headline, logged = runtime.logs
    assert headline == "Error raised from handler method"
    assert json.loads(logged) == document
    # It goes on: the next event finds the same process.
    _, payload = await runtime.answer(8)
    assert json.loads(payload)["errorMessage"] == "ä 8"


CRITICAL = {
    "nothing_of_this_name": "Function<NameError>",
    "nil.upcase": "Function<NoMethodError>",
    "exit 3": "Function<SystemExit>",
    "require 'nothing'": "Function<LoadError>",
    "def again = again; again": "Function<SystemStackError>",
}


@pytest.mark.parametrize("body", CRITICAL)
async def test_a_critical_exception_ends_the_process(start: Start, body: str) -> None:
    runtime = await start(f"def lambda_handler(event:, context:)\n  {body}\nend")
    assert (await runtime.error())["errorType"] == CRITICAL[body]
    assert runtime.logs[0] == "Critical exception from handler"
    assert await runtime.exit_code() == 255


NOT_LOADED = {
    ("", "none.handler"): ("Init<LoadError>", "cannot load such file -- none"),
    ("require 'none'", "lambda_function.f"): ("Init<LoadError>", "cannot load such file -- none"),
    ("def f(", "lambda_function.f"): ("Init<SyntaxError>", "lambda_function.rb:1: "),
    ("raise 'early'", "lambda_function.f"): ("Init<RuntimeError>", "early"),
    ("", "handler"): ("Init<ArgumentError>", "must be of form FILENAME.METHOD"),
}


@pytest.mark.parametrize(("source", "handler"), NOT_LOADED)
async def test_a_function_that_cannot_be_loaded_says_why(
    start: Start, source: str, handler: str
) -> None:
    runtime = await start(source, _HANDLER=handler)
    document = await runtime.init_error()
    error_type, message = NOT_LOADED[source, handler]
    assert document["errorType"] == error_type
    assert message in document["errorMessage"]
    assert await runtime.exit_code() == 256 - 4
    assert runtime.logs[0] == f"Init error when loading handler {handler}"


async def test_a_result_without_json_is_an_error(start: Start) -> None:
    runtime = await start("def lambda_handler(event:, context:) = Float::NAN")
    assert (await runtime.error())["errorType"] == "Function<JSON::GeneratorError>"


async def test_a_string_io_is_sent_as_it_is(start: Start) -> None:
    runtime = await start("""
        require 'stringio'
        def lambda_handler(event:, context:) = StringIO.new("{\\"a\\":1}")
    """)
    assert await runtime.invoke() == {"a": 1}


async def test_output_becomes_records(start: Start) -> None:
    runtime = await start("""
        require 'logger'
        LOGGER = Logger.new($stdout)
        def lambda_handler(event:, context:)
          puts 'two', 'lines'
          puts "three\\nmore"
          LOGGER.info('told')
          LOGGER.debug { 'in a block' }
          print "plain\\n"
        end
    """)
    await runtime.invoke()
    assert runtime.logs[:2] == ["two\nlines", "three\nmore"]
    assert re.fullmatch(rf"I, \[.* #\d+\]  INFO {REQUEST_ID} -- : told", runtime.logs[2])
    assert re.fullmatch(rf"D, \[.*\] DEBUG {REQUEST_ID} -- : in a block", runtime.logs[3])
    assert "plain" in runtime.logs


async def test_json_records_have_a_level(start: Start) -> None:
    runtime = await start(
        """
        require 'logger'
        LOGGER = Logger.new($stdout, progname: 'orders')
        def lambda_handler(event:, context:)
          LOGGER.info('too little')
          LOGGER.warn('told')
          LOGGER.error(RangeError.new('far'))
          raise 'no'
        end
        """,
        AWS_LAMBDA_LOG_FORMAT="JSON",
        AWS_LAMBDA_LOG_LEVEL="WARN",
    )
    await runtime.error()
    records = [json.loads(line) for line in runtime.logs]
    assert {record["requestId"] for record in records} == {REQUEST_ID}
    assert [(record["level"], record["message"]) for record in records] == [
        ("WARN", "told"),
        ("ERROR", "far"),
        ("ERROR", "Error raised from handler method"),
    ]
    assert records[0]["logger"] == "orders"
    assert records[1]["errorType"] == "RangeError"
    assert records[2]["errorType"] == "Function<RuntimeError>"


async def test_gems_that_come_with_ruby_are_found(start: Start, tmp_path: Path) -> None:
    runtime = await start(
        """
        require 'power_assert'
        def lambda_handler(event:, context:) = [PowerAssert::VERSION, Gem.path.first]
        """,
        GEM_PATH=str(tmp_path / "vendor"),
        GEM_HOME=str(tmp_path / "home"),
    )
    version, first = await runtime.invoke()
    assert re.fullmatch(r"[\d.]+", version)
    assert first == str(tmp_path / "vendor")


async def test_a_response_too_large_leaves_the_runtime_running(start: Start) -> None:
    runtime = await start("def lambda_handler(event:, context:) = 'x' * event")
    assert await runtime.answer(7_000_000) == ("too large", None)
    assert await runtime.invoke(2) == "xx"
    assert any("Http response code: 413" in line for line in runtime.logs)


async def test_the_runtime_ends_with_the_api(start: Start) -> None:
    runtime = await start("def lambda_handler(event:, context:) = 1")
    await runtime.invoke()
    runtime.api.close()
    assert await runtime.exit_code() == 1
