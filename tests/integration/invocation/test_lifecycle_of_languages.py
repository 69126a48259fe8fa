"""What functions in other languages do, and what becomes of them: the same as of Python's."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import Content, Executable, build_zip
from lambda_magic.environments import interpreters
from lambda_magic.environments.interpreters import installed
from lambda_magic.environments.languages import JAVA, NODE, RUBY
from lambda_magic.function import Function
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region

JAVAS = installed(JAVA)

#: Handlers that do what their event says, and answer how often they were called.
NODE_MISCHIEF = """
let calls = 0;
const kept = [];
export const handler = async (what) => {
  calls += 1;
  if (what === 'exit') process.exit(3);
  if (what === 'kill') process.kill(process.pid, 'SIGKILL');
  if (what === 'hang') for (;;);
  if (what === 'swell') for (;;) kept.push(Buffer.alloc(1 << 22, calls));
  return calls;
};
"""
RUBY_MISCHIEF = """
$calls = 0
def handler(event:, context:)
  $calls += 1
  case event
  when 'exit' then exit!(3)
  when 'kill' then Process.kill('KILL', Process.pid)
  when 'hang' then loop { }
  when 'swell' then kept = []; loop { kept << 'x' * 4_000_000 }
  end
  $calls
end
"""
JAVA_MISCHIEF = """
public class Mischief {
    private static int calls;
    public int handle(String what) throws Exception {
        calls++;
        switch (String.valueOf(what)) {
            case "exit": System.exit(3);
            case "kill": new ProcessBuilder("/bin/sh", "-c", "kill -9 $PPID").start().waitFor();
            case "hang": for (;;) { Thread.onSpinWait(); }
            case "swell": java.util.List<Object> kept = new java.util.ArrayList<>();
                for (;;) { kept.add(new byte[1 << 22]); }
            default: return calls;
        }
    }
}
"""


def node() -> dict[str, Any]:
    if not installed(NODE):
        pytest.skip("no Node.js is installed")
    return {"Runtime": "nodejs20.x", "files": {"index.mjs": NODE_MISCHIEF.encode()}}


def ruby() -> dict[str, Any]:
    if not installed(RUBY):
        pytest.skip("no Ruby is installed")
    return {"Runtime": "ruby3.4", "files": {"index.rb": RUBY_MISCHIEF.encode()}}


def java(directory: Path) -> dict[str, Any]:
    if not JAVAS:
        pytest.skip("no JDK is installed")
    source = directory / "Mischief.java"
    source.write_text(JAVA_MISCHIEF)
    javac = JAVAS[0].prefix / "bin" / "javac"
    subprocess.run([javac, "--release", "17", "-d", directory, source], check=True)
    files = {"Mischief.class": (directory / "Mischief.class").read_bytes()}
    return {"Runtime": "java17", "Handler": "Mischief::handle", "files": files}


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    region = Region(Settings(home=tmp_path_factory.mktemp("home")))
    yield region
    region.close()


def create(region: Region, name: str, files: dict[str, Content], **members: Any) -> Function:
    region.client().create_function(
        FunctionName=name,
        Role="arn:aws:iam::123456789012:role/test",
        Code={"ZipFile": build_zip(files)},
        **{"Handler": "index.handler", "MemorySize": 256, "Timeout": 20, **members},
    )
    region.client().get_waiter("function_active_v2").wait(FunctionName=name)
    return Function(region, name)


@pytest.fixture(scope="module", params=["node", "ruby", "java"])
def mischief(
    request: pytest.FixtureRequest, region: Region, tmp_path_factory: pytest.TempPathFactory
) -> Function:
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "node": node,
        "ruby": ruby,
        "java": lambda: java(tmp_path_factory.mktemp("java")),
    }
    return create(region, f"mischief-{request.param}", **makers[request.param]())


def document(result: InvocationResult) -> dict[str, Any]:
    assert result.function_error == "Unhandled"
    payload = result.payload
    assert isinstance(payload, dict)
    return payload


def test_a_cold_start_is_reported_with_its_duration_and_memory(mischief: Function) -> None:
    cold = mischief.invoke(None)
    assert cold.report.init_duration_ms > 20, "an interpreter starts from scratch"
    assert cold.report.billed_duration_ms >= cold.report.init_duration_ms
    assert 5 < cold.report.max_memory_used_mb <= 256
    warm = mischief.invoke(None)
    assert warm.report.init_duration_ms is None
    assert warm.payload == cold.payload + 1


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("exit", "Runtime exited with error: exit status 3"),
        ("kill", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_runtime_that_ends_is_reset(mischief: Function, what: str, message: str) -> None:
    died = mischief.invoke(what)
    assert document(died) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {died.request_id} Error: {message}",
    }
    after = mischief.invoke(None)
    assert after.payload == 1, "the process is another"
    assert after.report.init_duration_ms is None, "a suppressed Init is part of the duration"


def test_what_takes_too_long_is_stopped(mischief: Function, region: Region) -> None:
    client = region.client()
    client.update_function_configuration(FunctionName=mischief.name, Timeout=6)
    client.get_waiter("function_updated_v2").wait(FunctionName=mischief.name)
    result = mischief.invoke("hang")
    assert document(result)["errorType"] == "Sandbox.Timedout"
    assert mischief.invoke(None).payload == 1


def test_what_takes_too_much_memory_ends(mischief: Function) -> None:
    result = mischief.invoke("swell")
    # Java's heap ends before the function's memory does, and that is an error of its own.
    assert document(result)["errorType"] in ("Runtime.ExitError", "java.lang.OutOfMemoryError")
    assert mischief.invoke(None).payload == 1


def test_a_function_of_its_own_runtime_may_be_missing_or_no_program(region: Region) -> None:
    files: dict[str, dict[str, Content]] = {
        "missing": {"other": b""},
        "no-shebang": {"bootstrap": Executable(b"#!/no/such/shell\n")},
        "not-executable": {"bootstrap": b"#!/bin/sh\n"},
        "nonsense": {"bootstrap": Executable(b"\x7fELF nonsense")},
    }
    messages = {
        "missing": "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
        "no-shebang": "fork/exec /var/task/bootstrap: no such file or directory",
        "not-executable": "fork/exec /var/task/bootstrap: permission denied",
        "nonsense": "fork/exec /var/task/bootstrap: exec format error",
    }
    for name, content in files.items():
        result = create(region, name, content, Runtime="provided.al2023").invoke(None)
        assert document(result) == {
            "errorType": "Runtime.InvalidEntrypoint",
            "errorMessage": f"RequestId: {result.request_id} Error: {messages[name]}",
        }
        assert "Status: error\tError Type: Runtime.InvalidEntrypoint" in result.logs


def test_a_wrapper_starts_the_runtime(region: Region) -> None:
    files = {
        **node()["files"],
        "index.mjs": b"export const handler = async () => [process.env.WRAPPED, process.argv0];",
        "wrap": Executable(b'#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n'),
    }
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"}
    function = create(
        region, "wrapped", files, Runtime="nodejs20.x", Environment={"Variables": variables}
    )
    wrapped, program = function.invoke(None).payload
    assert (wrapped, os.path.basename(program)) == ("yes", "node")


def test_a_streamed_http_response_goes_through_a_function_url(region: Region) -> None:
    node()
    source = b"""
        export const handler = awslambda.streamifyResponse(async (event, stream) => {
          const head = { statusCode: 201, headers: { 'x-path': event.rawPath } };
          stream = awslambda.HttpResponseStream.from(stream, head);
          stream.write('one ');
          stream.write('two');
          stream.end();
        });
    """
    create(region, "streaming", {"index.mjs": source}, Runtime="nodejs20.x")
    client = region.client()
    for action in ("InvokeFunctionUrl", "InvokeFunction"):
        via = (
            {"FunctionUrlAuthType": "NONE"}
            if action.endswith("Url")
            else {"InvokedViaFunctionUrl": True}
        )
        client.add_permission(
            FunctionName="streaming",
            StatementId=action,
            Action=f"lambda:{action}",
            Principal="*",
            **via,
        )
    with Endpoint(region, Address(port=0)) as endpoint, urllib3.PoolManager(timeout=20) as pool:
        made = client.create_function_url_config(
            FunctionName="streaming", AuthType="NONE", InvokeMode="RESPONSE_STREAM"
        )
        url_id = made["FunctionUrl"].removeprefix("http://").partition(".")[0]
        response = pool.request("GET", f"{endpoint.url}/lambda-url/{url_id}/made")
        assert (response.status, response.headers["x-path"]) == (201, "/made")
        assert response.data == b"one two"


def test_an_interpreter_in_a_private_directory_is_shown_to_its_functions_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node()
    private = tmp_path / "private"
    program = private / "versions" / "node" / "v99.1.0" / "bin" / "node"
    program.parent.mkdir(parents=True)
    (program.parents[1] / "word").write_text("shown")
    # It says that it is another version, and is the machine's own otherwise.
    told = f'printf "99.1.0\\n{program}\\n{program.parents[1]}\\n"'
    own = installed(NODE)[0].executable
    program.write_text(f'#!/bin/sh\ncase $1 in -p) {told};; *) exec {own} "$@";; esac\n')
    program.chmod(0o755)
    private.chmod(0o700)
    monkeypatch.setenv("NVM_DIR", str(private))
    interpreters._probe.cache_clear()
    find = interpreters.find_interpreter
    find.cache_clear()
    region = Region(Settings(home=tmp_path / "home"))
    try:
        source = (
            b"import fs from 'node:fs';\n"
            b"const place = '/var/runtime/.interpreter/word';\n"
            b"export const handler = async () => fs.existsSync(place);\n"
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(interpreters, "language_of", lambda runtime: (NODE, (99,)))
            function = create(region, "private", {"index.mjs": source}, Runtime="nodejs22.x")
            assert json.loads(function.invoke(None).payload_bytes) is True
    finally:
        region.close()
        interpreters._probe.cache_clear()
        find.cache_clear()
