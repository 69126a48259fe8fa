import shutil
from pathlib import Path
from typing import Any

import pytest

from lambda_magic import default_region

from .conftest import HELLO, Notebook

MAGICS = ["alias", "concurrency", "endpoint", "functions", "invoke", "logs", "metrics", "versions"]


def everything(notebook: Notebook) -> dict[str, Any]:
    """All that loading an extension may change in a shell."""
    shell = notebook.shell
    return {
        "line magics": dict(shell.magics_manager.magics["line"]),
        "cell magics": dict(shell.magics_manager.magics["cell"]),
        "registry": dict(shell.magics_manager.registry),
        "configurables": list(shell.configurables),
        "matchers": list(shell.Completer.custom_matchers),
        "completers": dict(shell.strdispatchers["complete_command"].strs),
        "exception handlers": shell.custom_exceptions,
        "names": {name for name in shell.user_ns if not name.startswith("_")},
    }


def test_unloading_leaves_the_shell_as_it_was(bare_notebook: Notebook) -> None:
    # IPython loads its own magics when they are first used, which is no doing of ours.
    bare_notebook.output("%load_ext json")
    bare_notebook.output("%alias")
    before = everything(bare_notebook)
    bare_notebook.run("%load_ext lambda_magic")
    assert everything(bare_notebook) != before
    bare_notebook.run(HELLO)
    bare_notebook.run("%unload_ext lambda_magic")
    assert everything(bare_notebook) == before


def test_loading_registers_every_magic(notebook: Notebook) -> None:
    tables = notebook.shell.magics_manager.magics
    assert all(tables["line"][name].__self__.__module__ for name in MAGICS)
    assert "lambda" in tables["cell"]
    assert "invoke" in tables["cell"]
    # A line magic of this name would hide Python's keyword under automagic.
    assert "lambda" not in tables["line"]
    assert notebook.run("(lambda x: x + 1)(1)") == 2


def test_loading_twice_is_loading_once(notebook: Notebook) -> None:
    matchers = list(notebook.shell.Completer.custom_matchers)
    notebook.output("%load_ext lambda_magic")
    assert notebook.shell.Completer.custom_matchers == matchers


def test_reloading_keeps_what_was_deployed(hello: Notebook) -> None:
    before = everything(hello)["line magics"].keys()
    hello.run("%reload_ext lambda_magic")
    assert everything(hello)["line magics"].keys() == before
    assert hello.run("%invoke hello").payload == {"greeting": "hi there"}
    hello.run("%unload_ext lambda_magic")
    assert "invoke" not in hello.shell.magics_manager.magics["line"]


def test_a_home_that_is_removed_is_told_and_reloading_begins_another(
    hello: Notebook, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "home")
    line = hello.error("%%lambda new\ndef handler(event, context): ...")
    assert line.startswith(f"RemovedStoreError: {tmp_path}/home/code was removed or moved")
    assert line.endswith("%reload_ext lambda_magic")
    assert hello.error("%concurrency hello --reserved 5").startswith("RemovedStoreError: ")
    assert hello.error("%invoke hello").startswith("RemovedStoreError: ")
    hello.run("%reload_ext lambda_magic")
    assert hello.client().list_functions()["Functions"] == []
    hello.run(HELLO)
    assert hello.run("%invoke hello").payload == {"greeting": "hi there"}


def test_unloading_closes_the_region(hello: Notebook) -> None:
    region = default_region.get()
    hello.run("%unload_ext lambda_magic")
    assert "closed" in repr(region)


def test_what_is_interrupted_while_it_unloads_can_be_loaded_again(
    hello: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = default_region.close

    def interrupted() -> None:
        close()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(default_region, "close", interrupted)
        hello.output("%unload_ext lambda_magic")
    assert hello.shell.find_line_magic("invoke") is None
    hello.run("%load_ext lambda_magic")
    assert hello.run("%invoke hello").payload == {"greeting": "hi there"}


def test_ipythons_alias_magic_comes_back(bare_notebook: Notebook) -> None:
    theirs = bare_notebook.shell.find_line_magic("alias")
    bare_notebook.run("%load_ext lambda_magic")
    assert bare_notebook.shell.magics_manager.magics["line"]["alias"] != theirs
    bare_notebook.run("%unload_ext lambda_magic")
    assert bare_notebook.shell.magics_manager.magics["line"]["alias"] == theirs


def test_configuration_sets_the_defaults(notebook: Notebook) -> None:
    notebook.run("%config LambdaMagic.memory_size = 256")
    notebook.run("%config LambdaMagic.timeout = 7")
    configuration = notebook.run(HELLO).publication.configuration
    assert (configuration["MemorySize"], configuration["Timeout"]) == (256, 7)


def test_configuration_of_the_region_opens_another_one(hello: Notebook, tmp_path: Any) -> None:
    hello.run(f"%config LambdaMagic.home = {str(tmp_path / 'elsewhere')!r}")
    assert list(hello.run("%functions")) == []
    assert (tmp_path / "elsewhere").is_dir()
    hello.run("%config LambdaMagic.account_id = '210987654321'")
    assert ":210987654321:" in hello.run(HELLO).arn


def test_configuration_is_listed(notebook: Notebook) -> None:
    listed = notebook.output("%config LambdaMagic")
    assert "LambdaMagic(Configurable) options" in listed
    assert "LambdaMagic.concurrent_executions=<Int>" in listed


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("memory_size", "a"),
        ("memory_size", 0),
        ("timeout", 901),
        ("isolation", "vault"),
        ("architecture", "sparc"),
        ("account_id", "12"),
        ("region_name", "here"),
        ("runtime_client", "mine"),
    ],
)
def test_configuration_refuses_what_cannot_be(
    hello: Notebook, trait: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    hello.run(f"%config LambdaMagic.{trait} = {value!r}")
    (message,) = caplog.messages
    assert trait in message
    assert hello.run("%invoke hello").payload == {"greeting": "hi there"}


def test_loading_keeps_a_region_that_is_open_already(bare_notebook: Notebook) -> None:
    bare_notebook.run("import lambda_magic\nclient = lambda_magic.client()")
    bare_notebook.run("%load_ext lambda_magic")
    assert bare_notebook.run("client is lambda_magic.client()")
    assert bare_notebook.run("client.list_functions()['Functions']") == []


def test_functions_survive_the_kernel(hello: Notebook) -> None:
    hello.run("%unload_ext lambda_magic")
    hello.run("%load_ext lambda_magic")
    assert [row["Function"] for row in hello.run("%functions")] == ["hello"]
