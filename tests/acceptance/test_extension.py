"""%%extension: cells that run beside functions."""

from lambda_magic.magics.extension import parser
from lambda_magic.magics.layer_version import ShownLayerVersion

from .conftest import Notebook
from .test_completion import completed

#: The cell that the help shows.
WATCH = parser().epilog.partition("\n")[2]  # type: ignore[union-attr]
SHELL = """%%extension shell --function hello
#!/bin/sh
echo "no Python here"
exit 7
"""


def test_the_cell_of_the_help_sees_every_invocation(hello: Notebook) -> None:
    shown = hello.run(WATCH)

    result = hello.run("%invoke hello {}")

    assert isinstance(shown, ShownLayerVersion)
    assert (shown.layer_name, shown.version) == ("watch", 1)
    assert "published, given to hello" in str(shown)
    assert shown.contents is not None
    assert shown.contents.found["extensions"] == ("watch",)
    lines = result.logs.splitlines()
    assert "EXTENSION\tName: watch\tState: Ready\tEvents: [INVOKE, SHUTDOWN]" in lines
    assert "INVOKE" in lines


def test_the_same_cell_again_changes_nothing_and_another_replaces_it(hello: Notebook) -> None:
    hello.run(WATCH)

    assert "unchanged, already in hello" in str(hello.run(WATCH))
    changed = hello.run(
        WATCH.replace('print(event["eventType"]', 'print("saw", event["eventType"]')
    )

    assert "watch:2" in str(changed)
    assert "saw INVOKE" in hello.run("%invoke hello {}").logs
    layers = hello.client().get_function_configuration(FunctionName="hello")["Layers"]
    assert [layer["Arn"].rpartition(":")[2] for layer in layers] == ["2"]


def test_a_cell_in_another_language_begins_with_its_program(hello: Notebook) -> None:
    hello.run(SHELL)

    result = hello.run("%invoke hello {}")

    assert "no Python here" in result.logs
    assert result.payload["errorType"] == "Extension.Crash"
    assert "exit status 7" in result.payload["errorMessage"]


def test_without_a_function_it_is_a_layer_for_any(notebook: Notebook) -> None:
    notebook.run(WATCH.replace(" --function hello", ""))
    notebook.run("%%lambda hi --layer watch\ndef handler(event, context):\n    return 1\n")
    assert "EXTENSION\tName: watch\tState: Ready" in notebook.run("%invoke hi {}").logs


def test_its_mistakes_are_told_in_one_line(hello: Notebook) -> None:
    assert hello.error("%%extension\nprint(1)").startswith("UsageError: ")
    assert hello.error("%%extension e --function nobody\n1").startswith(
        "ResourceNotFoundException: "
    )
    assert hello.error("%%extension e\ndef broken(:\n").startswith(
        "InvalidParameterValueException: "
    )
    assert hello.error("%%extension e\n#! bash\n").startswith("InvalidParameterValueException: ")
    assert hello.error("%%extension e --function hello:1\n1").startswith("UsageError: ")
    assert hello.error("%%extension a/b\n1").startswith("InvalidParameterValueException: ")
    assert hello.client().list_layers()["Layers"] == []
    assert "--function NAME" in hello.output("%%extension -h\n\n")


def test_names_are_completed(hello: Notebook) -> None:
    hello.run(WATCH)
    assert completed(hello, "%%extension wa") == ["%%extension watch"]
    assert completed(hello, "%%extension watch --function he") == [
        "%%extension watch --function hello"
    ]
