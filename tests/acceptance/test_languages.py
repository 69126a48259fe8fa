"""Functions in other languages than Python, as one writes them in cells."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from lambda_magic.environments.interpreters import find_interpreter, installed
from lambda_magic.environments.languages import JAVA, NODE, RUBY

from .conftest import Notebook

needs_node = pytest.mark.skipif(not installed(NODE), reason="node is not installed")
needs_ruby = pytest.mark.skipif(not installed(RUBY), reason="ruby is not installed")
needs_java = pytest.mark.skipif(not installed(JAVA), reason="no JDK is installed")
needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="go is not installed")


JAVASCRIPT = """%%lambda hello --runtime nodejs20.x --memory 256
export const handler = async (event) => {
  console.log('working on', event);
  return { greeting: `hi ${event.name}` };
};
"""


@needs_node
def test_a_javascript_cell(notebook: Notebook) -> None:
    deployed = notebook.run(JAVASCRIPT)
    assert repr(deployed) == "<DeployedFunction hello:1 [created]>"
    result = notebook.run('%invoke hello {"name": "Ada"}')
    assert result.payload == {"greeting": "hi Ada"}
    assert "\tINFO\tworking on { name: 'Ada' }\n" in result.logs
    assert result.report.init_duration_ms > 0
    assert result.report.max_memory_used_mb > 20
    assert notebook.run('%invoke hello {"name": "Ada"}').report.init_duration_ms is None
    assert repr(notebook.run(JAVASCRIPT)) == "<DeployedFunction hello:1 [unchanged]>"
    # Or its neighbour, where this machine has no Node.js 20.
    assert f"nodejs:{find_interpreter('nodejs20.x').version}.v1" in notebook.output("%logs hello")


@needs_node
def test_code_is_shown_in_the_colours_of_its_language(notebook: Notebook) -> None:
    html = notebook.run(JAVASCRIPT)._repr_html_()
    assert "<summary" in html
    assert "index.mjs</summary>" in html
    assert 'keyword-color,#008000)">export</span>' in html
    python = notebook.run("%%lambda f\ndef handler(event, context): ...")
    assert "lambda_function.py</summary>" not in python._repr_html_()


@needs_node
def test_an_error_in_javascript_shows_its_line(notebook: Notebook) -> None:
    notebook.run(
        "%%lambda f --runtime nodejs20.x\n\nexports.handler = async (e) => {\n  e.x.y;\n};"
    )
    result = notebook.run("%invoke f {}")
    assert (result.function_error, result.error_type) == ("Unhandled", "TypeError")
    assert (result.excerpt.path, result.excerpt.line) == ("index.js", 3)
    assert "e.x.y" in notebook.output("%invoke f {}")


@needs_node
def test_a_javascript_function_may_time_out_or_exit(notebook: Notebook) -> None:
    notebook.run(
        "%%lambda f --runtime nodejs20.x --timeout 4 --memory 256\n"
        "let count = 0;\n"
        "export const handler = async (what) => {\n"
        "  count += 1;\n"
        "  if (what === 'hang') for (;;);\n"
        "  if (what === 'exit') process.exit(3);\n"
        "  return count;\n"
        "};"
    )
    assert notebook.run("%invoke f").payload == 1
    timed_out = notebook.run('%invoke f "hang"')
    assert timed_out.error_type == "Sandbox.Timedout"
    assert notebook.run("%invoke f").payload == 1
    exited = notebook.run('%invoke f "exit"')
    assert exited.error_type == "Runtime.ExitError"
    assert "Runtime exited with error: exit status 3" in exited.error_message
    assert notebook.run("%invoke f").payload == 1


@needs_node
def test_javascript_streams(notebook: Notebook) -> None:
    notebook.run(
        "%%lambda f --runtime nodejs20.x\n"
        "export const handler = awslambda.streamifyResponse(async (event, stream) => {\n"
        "  stream.write('one '); stream.write('two'); stream.end();\n"
        "});"
    )
    assert "one two" in notebook.output("%invoke f --stream")


@needs_ruby
def test_a_ruby_cell(notebook: Notebook) -> None:
    deployed = notebook.run(
        "%%lambda hello --runtime ruby3.4\n"
        "def handler(event:, context:)\n"
        "  puts 'working'\n"
        "  { greeting: \"hi #{event['name']}\", left: context.get_remaining_time_in_millis }\n"
        "end"
    )
    result = notebook.run('%invoke hello {"name": "Ada"}')
    assert result.payload["greeting"] == "hi Ada"
    assert 0 < result.payload["left"] <= 3000
    assert "working\n" in result.logs
    (version,) = {one.version for one in installed(RUBY)[:1]}
    if version != "3.4":
        assert f"ruby3.4 runs on this machine's Ruby {version}" in str(deployed)
        assert f"ruby:{version}.v1" in notebook.output("%logs hello")


@needs_ruby
def test_an_error_in_ruby_shows_its_line(notebook: Notebook) -> None:
    notebook.run("%%lambda f --runtime ruby3.4\ndef handler(event:, context:)\n  1 / event\nend")
    result = notebook.run("%invoke f 0")
    assert result.error_type == "Function<ZeroDivisionError>"
    assert (result.excerpt.path, result.excerpt.line) == ("lambda_function.rb", 2)


@needs_java
def test_a_java_cell(notebook: Notebook) -> None:
    notebook.run(
        "%%lambda hello --runtime java17 --memory 512 --timeout 20\n"
        "import java.util.Map;\n"
        "import com.amazonaws.services.lambda.runtime.*;\n\n"
        "public class Hello implements RequestHandler<Map<String, String>, Object> {\n"
        "    public Object handleRequest(Map<String, String> event, Context context) {\n"
        '        context.getLogger().log("working");\n'
        '        return Map.of("greeting", "hi " + event.get("name").strip());\n'
        "    }\n"
        "}"
    )
    result = notebook.run('%invoke hello {"name": "Ada"}')
    assert result.payload == {"greeting": "hi Ada"}
    assert "working\n" in result.logs
    failed = notebook.run("%invoke hello {}")
    assert failed.error_type == "java.lang.NullPointerException"
    assert (failed.excerpt.path, failed.excerpt.line) == ("Hello.java", 7)


@needs_java
def test_a_java_cell_is_compiled_for_its_runtime(notebook: Notebook) -> None:
    """AWS's older machines could not load what this machine's compiler makes by itself."""
    notebook.run(
        "%%lambda hello --runtime java8.al2 --memory 512 --timeout 20\n"
        "import com.amazonaws.services.lambda.runtime.*;\n"
        "public class Hello implements RequestHandler<String, String> {\n"
        "    public String handleRequest(String event, Context context) { return event; }\n"
        "}"
    )
    location = notebook.client().get_function(FunctionName="hello")["Code"]["Location"]
    with zipfile.ZipFile(location.removeprefix("file://")) as package:
        assert set(package.namelist()) == {"Hello.class", "Hello.java"}
        # The class file's version: 52 is Java 8.
        assert int.from_bytes(package.read("Hello.class")[6:8], "big") == 52
    assert notebook.run('%invoke hello "Ada"').payload == "Ada"


BASH = """%%lambda hello
#!/bin/bash
exec {runtime}<>/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}
while true; do
  printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&$runtime
  while IFS=$': \\r' read -r name value <&$runtime && [[ -n $name ]]; do
    case ${name,,} in
      content-length) length=$value ;;
      lambda-runtime-aws-request-id) id=$value ;;
    esac
  done
  read -rN "$length" event <&$runtime
  echo "working on $event" >&2
  answer="{\\"event\\": $event, \\"shell\\": \\"bash\\"}"
  printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\n' "$id" >&$runtime
  printf 'Host: x\\r\\nContent-Length: %d\\r\\n\\r\\n%s' ${#answer} "$answer" >&$runtime
  while IFS=$': \\r' read -r name value <&$runtime && [[ -n $name ]]; do
    [[ ${name,,} == content-length ]] && length=$value
  done
  read -rN "$length" _ <&$runtime
done
"""


def test_a_cell_that_is_a_program(notebook: Notebook) -> None:
    notebook.run(BASH)
    configuration = notebook.client().get_function_configuration(FunctionName="hello")
    assert (configuration["Runtime"], configuration["Handler"]) == ("provided.al2023", "bootstrap")
    result = notebook.run("%invoke hello [1]")
    assert result.payload == {"event": [1], "shell": "bash"}
    assert "working on [1]\n" in result.logs
    assert notebook.run("%invoke hello 2").payload == {"event": 2, "shell": "bash"}


GO = """package main

import (
\t"bytes"
\t"fmt"
\t"io"
\t"net/http"
\t"os"
)

func main() {
\tapi := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
\tfor {
\t\tnext, err := http.Get(api + "next")
\t\tif err != nil {
\t\t\tpanic(err)
\t\t}
\t\tevent, _ := io.ReadAll(next.Body)
\t\tfmt.Println("working on", string(event))
\t\tid := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
\t\tanswer := []byte(fmt.Sprintf(`{"go": %s, "handler": "%s"}`, event, os.Getenv("_HANDLER")))
\t\thttp.Post(api+id+"/response", "application/json", bytes.NewReader(answer))
\t}
}
"""


@needs_go
def test_a_go_program_from_a_zip(notebook: Notebook, tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text(GO)
    program = tmp_path / "bootstrap"
    subprocess.run(
        ["go", "build", "-o", program, "main.go"],
        cwd=tmp_path,
        check=True,
        env={"PATH": "/usr/local/go/bin:/usr/bin:/bin", "HOME": str(tmp_path), "CGO_ENABLED": "0"},
    )
    with zipfile.ZipFile(tmp_path / "function.zip", "w") as archive:
        archive.write(program, "bootstrap")
    notebook.run("%%lambda hello --runtime provided.al2023 --zip function.zip\n# in Go")
    result = notebook.run("%invoke hello {}")
    assert result.payload == {"go": {}, "handler": "bootstrap"}
    assert "working on {}\n" in result.logs


def test_a_zip_adds_files_to_a_cell(notebook: Notebook, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("greeting.py", "WORD = 'hello'")
    cell = "import greeting\ndef handler(event, context):\n    return greeting.WORD\n"
    notebook.run(f"%%lambda f --zip more.zip\n{cell}")
    assert notebook.run("%invoke f").payload == "hello"
    notebook.run("%%lambda g --zip more.zip --handler greeting.WORD.upper\n# all in there")
    assert notebook.run("%invoke g").error_type == "Runtime.ImportModuleError"


REFUSED = [
    ("--runtime nodejs20.x", "const x = 1;", "The cell has no handler: write export const handler"),
    ("--runtime nodejs20.x", "export const a = 1, b", "line 1: SyntaxError: "),
    ("--runtime nodejs20.x --requirements x", "", "--requirements is for Python"),
    ("--runtime ruby3.4", "x = 1", "The cell has no handler: define handler(event:, context:)"),
    ("--runtime ruby3.4", "def handler(event:, context:)", "The cell does not compile: line "),
    ("--runtime java17", "int x;", "The cell has no class"),
    (
        "--runtime java17",
        "class A { void handler() { int x = 1 } }",
        "The cell does not compile: line 1: ';' expected",
    ),
    ("--runtime provided.al2023", "echo", "The cell is no program: begin it with"),
    ("--zip none.zip --handler a.b", "# note", "none.zip: No such file or directory."),
    ("--zip none.zip", "# note", "name the handler in it with --handler"),
    ("--runtime dotnet8", "x", "The cell has no handler"),
]


@needs_node
@needs_ruby
@needs_java
@pytest.mark.parametrize(("options", "body", "message"), REFUSED)
def test_what_is_refused_says_why_in_one_line(
    notebook: Notebook, options: str, body: str, message: str
) -> None:
    assert message in notebook.error(f"%%lambda f {options}\n{body}\n")
    assert list(notebook.run("%functions")) == []
