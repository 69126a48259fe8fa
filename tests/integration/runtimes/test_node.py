"""Our Node.js runtime client: what handlers get, and what becomes of what they do."""

import json
import re
import shutil
from pathlib import Path

import pytest

import lambda_magic.runtimes

from .conftest import REQUEST_ID, RuntimeProcess, Start

BOOTSTRAP = Path(lambda_magic.runtimes.__file__).parent / "node" / "bootstrap.mjs"
TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


@pytest.fixture
def start(start_process: Start) -> Start:
    async def start(files: dict[str, str] | str, **variables: str) -> RuntimeProcess:
        if isinstance(files, str):
            files = {"index.mjs" if "export " in files else "index.js": files}
        variables = {
            "_HANDLER": "index.handler",
            "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs20.x",
            **variables,
        }
        process: RuntimeProcess = await start_process(["node", str(BOOTSTRAP)], files, **variables)
        return process

    return start


ECHOES = {
    "CommonJS": {"index.js": "exports.handler = async (event) => ({ event });"},
    "an ES module": {"index.mjs": "export const handler = async (event) => ({ event });"},
    ".cjs": {"index.cjs": "module.exports.handler = async (event) => ({ event });"},
    "a package of modules": {
        "package.json": '{"type": "module"}',
        "index.js": "export async function handler(event) { return { event }; }",
    },
    "top-level await": {
        "index.mjs": "const word = await Promise.resolve('event');\n"
        "export const handler = async (event) => ({ [word]: event });",
    },
    "no promise, but a callback": {
        "index.js": "exports.handler = (event, context, callback) => callback(null, { event });"
    },
    "context.done": {
        "index.js": "exports.handler = (e, context) => context.done(null, {event: e})"
    },
    "context.succeed": {"index.js": "exports.handler = (e, c) => c.succeed({ event: e });"},
}


@pytest.mark.parametrize("kind", ECHOES)
async def test_a_handler_may_be_written_as(start: Start, kind: str) -> None:
    runtime = await start(ECHOES[kind])
    assert await runtime.invoke({"a": [1, "ä"]}) == {"event": {"a": [1, "ä"]}}
    assert await runtime.invoke(2) == {"event": 2}


async def test_a_handler_may_lie_deeper(start: Start) -> None:
    files = {"src/app.js": "exports.api = { get: { handler: async () => 'deep' } };"}
    runtime = await start(files, _HANDLER="src/app.api.get.handler")
    assert await runtime.invoke() == "deep"


async def test_the_context_tells_of_the_invocation(start: Start) -> None:
    runtime = await start("""
        export const handler = async (event, context) => ({
          ...context,
          remaining: context.getRemainingTimeInMillis(),
          trace: process.env._X_AMZN_TRACE_ID,
          w3c: context.w3c(),
        });
    """)
    client_context = '{"custom": {"a": 1}, "w3c": {"traceparent": "00-1-2-01", "other": "x"}}'
    told = await runtime.invoke({}, client_context)
    assert 0 < told.pop("remaining") <= 3000
    assert told == {
        "functionVersion": "7",
        "functionName": "f",
        "memoryLimitInMB": "256",
        "logGroupName": "/aws/lambda/f",
        "logStreamName": "2026/01/01/[7]0123",
        "clientContext": {"custom": {"a": 1}},
        "invokedFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "awsRequestId": REQUEST_ID,
        "callbackWaitsForEmptyEventLoop": True,
        "trace": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
        "w3c": {"traceparent": "00-1-2-01"},
    }


async def test_a_callback_waits_for_the_event_loop_to_be_empty(start: Start) -> None:
    runtime = await start("""
        let ticks = 0;
        exports.handler = (event, context, callback) => {
          context.callbackWaitsForEmptyEventLoop = event.wait;
          setTimeout(() => { ticks += 1; console.log('ticked'); }, 50);
          callback(null, ticks);
          callback(null, 'a second answer, which does not count');
        };
    """)
    assert await runtime.invoke({"wait": True}) == 0
    assert [line.split("\t")[3] for line in runtime.logs] == ["ticked"]
    assert await runtime.invoke({"wait": False}) == 1
    assert len(runtime.logs) == 1


NOTHING_LEFT = {
    "exports.handler = (event, context, callback) => {}": None,
    "exports.handler = async () => {}": None,
    "exports.handler = () => 'a value that is no promise'": None,
}


@pytest.mark.parametrize("source", NOTHING_LEFT)
async def test_without_a_result_there_is_null(start: Start, source: str) -> None:
    runtime = await start(source)
    assert await runtime.invoke() is None


async def test_a_promise_that_is_never_settled_is_an_error(start: Start) -> None:
    runtime = await start("export const handler = async () => new Promise(() => {});")
    error = await runtime.error()
    assert error["errorType"] == "Runtime.NodeJsExit"
    assert "a Promise that was never settled" in error["errorMessage"]
    assert (await runtime.error())["errorType"] == "Runtime.NodeJsExit"


FAILING = {
    "throw new TypeError('no')": ("TypeError", "no"),
    "throw 'text'": ("string", "text"),
    "throw Object.assign(new Error('full'), { code: 'ENOSPC' })": ("Error", "full"),
    "class Größe extends Error { name = 'Größe' }; throw new Größe('ä')": ("Größe", "ä"),
    "undefined.x": ("TypeError", "Cannot read properties of undefined (reading 'x')"),
    "return { big: 1n }": ("Error", "Unable to stringify response body"),
}


@pytest.mark.parametrize("body", FAILING)
async def test_what_a_handler_throws_is_its_error(start: Start, body: str) -> None:
    runtime = await start(f"exports.handler = async () => {{ {body} }}")
    kind, payload = await runtime.answer()
    document = json.loads(payload)
    assert (document["errorType"], document["errorMessage"]) == FAILING[body]
    assert kind.isascii()
    (line,) = runtime.logs
    assert re.fullmatch(rf"{TIMESTAMP}\t{REQUEST_ID}\tERROR\tInvoke Error \t{{.*}}", line)


async def test_an_error_traces_the_functions_own_code_only(start: Start, tmp_path: Path) -> None:
    runtime = await start("""
        const fail = () => { throw new RangeError('far'); };
        exports.handler = async () => fail();
    """)
    document = await runtime.error()
    assert document["trace"][:3] == [
        "RangeError: far",
        f"    at fail ({tmp_path}/index.js:2:28)",
        f"    at exports.handler ({tmp_path}/index.js:3:31)",
    ]
    assert not [frame for frame in document["trace"] if "runtimes/node" in frame]
    logged = json.loads(runtime.logs[0].split("\t")[-1])
    assert logged == {
        "errorType": "RangeError",
        "errorMessage": "far",
        "stack": document["trace"],
    }


async def test_a_callback_may_answer_with_an_error(start: Start) -> None:
    runtime = await start("exports.handler = (e, c, callback) => callback(new Error('no'));")
    assert (await runtime.error())["errorMessage"] == "no"


NOT_LOADED = [
    ("", "index.handler", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
    ("exports.handler = 1", "index.handler", "Runtime.HandlerNotFound", "is not a function"),
    ("", "none.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'none'"),
    ("require('none')", "index.handler", "Runtime.ImportModuleError", "Cannot find module 'none'"),
    ("exports.handler =", "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: "),
    ("", "handler", "Runtime.MalformedHandlerName", "Bad handler"),
    ("", "../index.handler", "Runtime.MalformedHandlerName", "is not a valid handler name"),
    ("throw new Error('early')", "index.handler", "Error", "early"),
]


@pytest.mark.parametrize(("source", "handler", "error_type", "message"), NOT_LOADED)
async def test_a_function_that_cannot_be_loaded_says_why(
    start: Start, source: str, handler: str, error_type: str, message: str
) -> None:
    runtime = await start({"index.js": source}, _HANDLER=handler)
    document = await runtime.init_error()
    assert document["errorType"] == error_type
    assert message in document["errorMessage"]
    assert await runtime.exit_code() == 129
    runtime.drain()
    assert (
        f'\tundefined\tERROR\tUncaught Exception \t{{"errorType":"{error_type}"'
        in (runtime.logs[0])
    )


async def test_a_missing_package_of_a_module_keeps_nodes_own_words(start: Start) -> None:
    runtime = await start("import 'none';\nexport const handler = async () => 1;")
    document = await runtime.init_error()
    assert document["errorType"] == "Error"
    assert document["errorMessage"].startswith("Cannot find package 'none' imported from")


async def test_an_uncaught_exception_ends_the_process(start: Start) -> None:
    runtime = await start("""
        exports.handler = () => new Promise(() => setImmediate(() => { throw new Error('lost') }));
    """)
    assert (await runtime.error())["errorMessage"] == "lost"
    assert "Uncaught Exception" in runtime.logs[0]
    assert await runtime.exit_code() == 129


async def test_an_unhandled_rejection_ends_the_process(start: Start) -> None:
    runtime = await start("""
        export const handler = async () => {
          Promise.reject(new Error('forgotten'));
          await new Promise((resolve) => setTimeout(resolve, 1000));
        };
    """)
    error = await runtime.error()
    assert error["errorType"] == "Runtime.UnhandledPromiseRejection"
    assert error["errorMessage"] == "Error: forgotten"
    assert await runtime.exit_code() == 128


async def test_console_writes_one_record_a_call(start: Start) -> None:
    runtime = await start("""
        console.log('while loading');
        export const handler = async () => {
          console.log('two\\nlines', { a: 1 });
          console.debug('%s and %d', 'text', 7);
          console.info('i'); console.warn('w'); console.error('e'); console.trace('t');
          process.stdout.write('plain\\n');
        };
    """)
    await runtime.invoke()
    assert re.fullmatch(rf"{TIMESTAMP}\tundefined\tINFO\twhile loading", runtime.logs[0])
    said = [tuple(line.split("\t", 3)[1:]) for line in runtime.logs[1:] if "\t" in line]
    assert said == [
        (REQUEST_ID, "INFO", "two\nlines { a: 1 }"),
        (REQUEST_ID, "DEBUG", "text and 7"),
        (REQUEST_ID, "INFO", "i"),
        (REQUEST_ID, "WARN", "w"),
        (REQUEST_ID, "ERROR", "e"),
        (REQUEST_ID, "TRACE", "t"),
    ]
    assert "plain" in runtime.logs


async def test_json_records_have_a_level(start: Start) -> None:
    runtime = await start(
        """
        export const handler = async () => {
          console.debug('too little');
          console.info({ order: 7 });
          console.warn('%s', 'formatted', 1);
          console.error('went wrong', new RangeError('far'));
          throw new TypeError('no');
        };
        """,
        AWS_LAMBDA_LOG_FORMAT="JSON",
        AWS_LAMBDA_LOG_LEVEL="INFO",
    )
    await runtime.error()
    records = [json.loads(line) for line in runtime.logs]
    assert [record.pop("requestId") for record in records] == [REQUEST_ID] * 4
    assert all(re.fullmatch(TIMESTAMP, record.pop("timestamp")) for record in records)
    stack = [record.pop("stackTrace", None) for record in records]
    assert stack[2][0] == "RangeError: far"
    assert [(record["level"], record["message"]) for record in records[:2]] == [
        ("INFO", {"order": 7}),
        ("WARN", "formatted 1"),
    ]
    assert (records[2]["errorType"], records[2]["errorMessage"]) == ("RangeError", "far")
    assert records[3]["message"]["errorType"] == "TypeError"


async def test_node_24_takes_no_callbacks(start: Start) -> None:
    variables = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}
    runtime = await start("exports.handler = (event, context, callback) => {}", **variables)
    assert (await runtime.init_error())["errorType"] == "Runtime.CallbackHandlerDeprecated"
    runtime = await start("exports.handler = (event, context) => Object.keys(context)", **variables)
    assert "succeed" not in await runtime.invoke()


async def test_a_response_too_large_leaves_the_runtime_running(start: Start) -> None:
    runtime = await start("export const handler = async (n) => 'x'.repeat(n);")
    assert await runtime.answer(7_000_000) == ("too large", None)
    assert await runtime.invoke(2) == "xx"
    assert any("Http response code: 413" in line for line in runtime.logs)


async def test_a_response_may_be_streamed(start: Start) -> None:
    runtime = await start("""
        export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
          stream.setContentType('text/plain');
          stream.write('one ');
          stream.write({ two: 2 });
          stream.end();
        });
    """)
    for _ in range(2):
        assert await runtime.answer() == ("stream", ("text/plain", b'one {"two":2}', None))


async def test_a_pipeline_may_stream(start: Start) -> None:
    runtime = await start("""
        import { Readable } from 'node:stream';
        import { pipeline } from 'node:stream/promises';
        export const handler = awslambda.streamifyResponse(async (event, stream) => {
          await pipeline(Readable.from(['a', Buffer.from('b')]), stream);
        });
    """)
    assert await runtime.answer() == ("stream", ("application/octet-stream", b"ab", None))


async def test_a_streamed_http_response_has_a_head(start: Start) -> None:
    runtime = await start("""
        export const handler = awslambda.streamifyResponse(async (event, stream) => {
          const head = { statusCode: 201, headers: { 'x-a': 'b' } };
          const body = awslambda.HttpResponseStream.from(stream, head);
          body.write('made');
          body.end();
        });
    """)
    _, (content_type, body, error) = await runtime.answer()
    assert content_type == "application/vnd.awslambda.http-integration-response"
    head, text = body.split(bytes(8))
    assert json.loads(head) == {"statusCode": 201, "headers": {"x-a": "b"}}
    assert (text, error) == (b"made", None)


BROKEN_STREAMS = {
    "stream.write('some'); throw new RangeError('far')": (b"some", "RangeError"),
    "throw new RangeError('far')": (b"", "RangeError"),
    "stream.write('some')": (b"some", "string"),
}


@pytest.mark.parametrize("body", BROKEN_STREAMS)
async def test_a_stream_may_end_with_an_error(start: Start, body: str) -> None:
    runtime = await start(f"""
        export const handler = awslambda.streamifyResponse(async (event, stream) => {{ {body} }});
    """)
    for _ in range(2):
        _, (_, sent, error) = await runtime.answer()
        assert (sent, error.error_type) == BROKEN_STREAMS[body]
    assert "Invoke Error" in runtime.logs[0]


async def test_the_runtime_ends_with_the_api(start: Start) -> None:
    runtime = await start("export const handler = async () => 1;")
    await runtime.invoke()
    runtime.api.close()
    assert await runtime.exit_code() == 1


async def test_large_events_and_streams_arrive_whole(start: Start) -> None:
    runtime = await start("""
        import { Readable } from 'node:stream';
        import { pipeline } from 'node:stream/promises';
        export const handler = awslambda.streamifyResponse(async (event, stream) => {
          const pieces = Array.from({ length: 100 }, (_, n) => Buffer.alloc(100_000, n));
          pieces.push(Buffer.from(event.at(-1)), '');
          await pipeline(Readable.from(pieces), stream);
        });
    """)
    event = ["ä" * 1_000_000, "end"]
    for _ in range(2):
        _, (_, body, error) = await runtime.answer(event)
        assert body == b"".join(bytes([n]) * 100_000 for n in range(100)) + b"end"
        assert error is None


async def test_a_large_response_is_followed_by_the_next_event(start: Start) -> None:
    runtime = await start("export const handler = async (event) => event.repeat(2);")
    assert await runtime.invoke("x" * 1_000_000) == "x" * 2_000_000
    assert await runtime.invoke("ä") == "ää"
