import json
import re

import pytest

from lambda_magic import default_region
from lambda_magic.deployment.package import build_zip

from .conftest import HELLO, Notebook


@pytest.fixture
def two_versions(hello: Notebook) -> Notebook:
    hello.run(HELLO.replace("hi", "hello"))
    return hello


@pytest.mark.parametrize(
    "magic", ["alias", "functions", "versions", "concurrency", "logs", "metrics", "clock", "url"]
)
class TestEveryMagic:
    def test_help(self, notebook: Notebook, magic: str) -> None:
        shown = notebook.output(f"%{magic} -h")
        assert shown.startswith(f"usage: %{magic}")
        assert "example:" in shown

    def test_a_bad_flag(self, notebook: Notebook, magic: str) -> None:
        target = {"alias": "hello:LIVE", "functions": "", "clock": "fast"}.get(magic, "hello")
        line = notebook.error(f"%{magic} {target} --nope")
        assert line.startswith("UsageError: unrecognized arguments: --nope")

    def test_documentation(self, notebook: Notebook, magic: str) -> None:
        assert "example:" in notebook.shell.magics_manager.magics["line"][magic].__doc__


# %alias


def test_an_alias_is_created_moved_shown_and_deleted(two_versions: Notebook) -> None:
    notebook = two_versions
    (created,) = notebook.run("%alias hello:LIVE 1 --description 'for callers'")
    assert (created["Alias"], created["Version"]) == ("LIVE", "1")
    assert created["Description"] == "for callers"
    (moved,) = notebook.run("%alias hello:LIVE 2")
    assert (moved["Version"], moved["Description"]) == ("2", "for callers")
    assert notebook.run("%alias hello:LIVE")[0]["ARN"].endswith(":function:hello:LIVE")
    assert [row["Alias"] for row in notebook.run("%alias hello")] == ["LIVE"]
    notebook.run("%alias -d hello:LIVE")
    assert list(notebook.run("%alias hello")) == []


def test_an_alias_routes_a_share_of_the_traffic(two_versions: Notebook) -> None:
    (alias,) = two_versions.run("%alias hello:LIVE 1 --route 2=0.25")
    assert alias["Version"] == "1 (0.75), 2 (0.25)"
    report = two_versions.run("%invoke hello:LIVE --count 400 --concurrency 4")
    assert report.versions.total() == 400
    # Seven standard deviations: this fails once in a hundred billion runs.
    assert 40 <= report.versions["2"] <= 160
    (alias,) = two_versions.run("%alias hello:LIVE --route 2=0.5")
    assert alias["Version"] == "1 (0.5), 2 (0.5)"
    (alias,) = two_versions.run("%alias hello:LIVE 2")
    assert alias["Version"] == "2"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hello:LIVE", "ResourceNotFoundException: "),
        ("hello:LIVE 9", "ResourceNotFoundException: "),
        ("hello:LIVE 1 --route 9=0.1", "ResourceNotFoundException: "),
        ("hello:LIVE 1 --route 2=1.5", "ValidationException: 1 validation error detected"),
        ("hello:LIVE 1 --route 2", "UsageError: argument --route: '2': write VERSION=WEIGHT"),
        ("nope:LIVE 1", "ResourceNotFoundException: Function not found"),
        ("-d hello:LIVE", "ResourceNotFoundException: "),
        ("hello:LIVE --description x", "ResourceNotFoundException: "),
    ],
)
def test_an_alias_that_cannot_be_is_refused(hello: Notebook, line: str, message: str) -> None:
    if "2=" in line:
        hello.run(HELLO.replace("hi", "hello"))
    assert hello.error(f"%alias {line}").startswith(message)
    assert list(hello.run("%alias hello")) == []


def test_what_names_no_function_goes_to_ipythons_alias(hello: Notebook) -> None:
    hello.run("%alias greet echo hello: %s")
    assert ("greet", "echo hello: %s") in hello.run("%alias")
    # The first use of another magic of the same class must not bring back theirs.
    hello.run("%pwd")
    assert hello.run("%alias hello:LIVE 1")[0]["Version"] == "1"


# %functions and %versions


def test_functions_are_listed(two_versions: Notebook) -> None:
    notebook = two_versions
    notebook.run("%alias hello:LIVE 1 --route 2=0.1")
    notebook.run("%concurrency hello --reserved 5")
    notebook.run("%concurrency hello:2 --provisioned 1")
    notebook.run("%invoke hello")
    table = notebook.run("%functions")
    (row,) = table
    assert row["Function"] == "hello"
    assert row["State"] == "Active"
    assert (row["Memory (MB)"], row["Timeout (s)"], row["Versions"]) == (128, 3, 2)
    assert row["Aliases"] == "LIVE → 1 (0.9), 2 (0.1)"
    assert (row["Reserved"], row["Provisioned"]) == (5, 1)
    assert row["Warm"] >= 1
    assert "isolation: " in str(table)
    assert "LIVE" in table._repr_html_()


def test_no_function_yet(notebook: Notebook) -> None:
    assert "%%lambda NAME makes a cell one" in notebook.output("%functions")


def test_versions_are_listed(two_versions: Notebook) -> None:
    two_versions.run("%alias hello:LIVE 1")
    rows = list(two_versions.run("%versions hello"))
    assert [row["Version"] for row in rows] == ["$LATEST", "1", "2"]
    assert [row["Aliases"] for row in rows] == ["", "LIVE", ""]
    assert rows[0]["CodeSha256"] == rows[2]["CodeSha256"] != rows[1]["CodeSha256"]


@pytest.mark.parametrize("magic", ["versions", "concurrency", "logs", "metrics"])
def test_a_function_that_is_not_there(notebook: Notebook, magic: str) -> None:
    line = notebook.error(f"%{magic} nope")
    assert line.startswith("ResourceNotFoundException: ")


# %concurrency


def test_concurrency_is_reserved_and_given_back(hello: Notebook) -> None:
    table = hello.run("%concurrency hello --reserved 5")
    assert table[0]["Requested"] == 5
    assert "unreserved: 995" in str(table)
    table = hello.run("%concurrency hello --reserved none")
    assert table[0]["Requested"] is None
    assert "unreserved: 1,000" in str(table)


def test_concurrency_is_provisioned_and_given_back(hello: Notebook) -> None:
    hello.run("%alias hello:LIVE 1")
    table = hello.run("%concurrency hello:LIVE --provisioned 2")
    assert (table[1]["Qualifier"], table[1]["Requested"]) == ("LIVE", 2)
    table = hello.run("%concurrency hello --qualifier LIVE --provisioned none")
    assert len(table) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hello --reserved lots", "UsageError: argument --reserved: 'lots' is neither"),
        ("hello --reserved 950", "InvalidParameterValueException: Specified Reserved"),
        ("hello --provisioned 1", "UsageError: --provisioned is for a version or an alias"),
        ("hello:$LATEST --provisioned 1", "InvalidParameterValueException: "),
        ("hello:NOPE --provisioned 1", "ResourceNotFoundException: "),
    ],
)
def test_concurrency_that_cannot_be_is_refused(hello: Notebook, line: str, message: str) -> None:
    assert hello.error(f"%concurrency {line}").startswith(message)


# %logs and %metrics


def test_logs_of_a_function_a_version_an_alias_and_an_invocation(two_versions: Notebook) -> None:
    notebook = two_versions
    notebook.run("%alias hello:LIVE 2")
    first = notebook.run("%invoke hello:1 'one'")
    notebook.run("%invoke hello:LIVE 'two'")
    both = notebook.run("%logs hello")
    assert "working on one" in both
    assert "working on two" in both
    assert "working on two" not in notebook.run("%logs hello:1")
    assert "working on one" not in notebook.run("%logs hello:LIVE")
    only = notebook.run(f"%logs hello --request-id {first.request_id}")
    assert "working on one" in only
    assert "working on two" not in only
    assert notebook.run("%logs hello --limit 1").count("\n") == 1
    assert notebook.run("%logs hello -n 1").startswith("REPORT RequestId")
    assert notebook.run("%logs hello --since 1h") == both


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hello --since ever", "UsageError: argument --since: 'ever' is no span of time"),
        ("hello --limit 0", "UsageError: argument -n/--limit: '0' is not a positive number"),
        ("hello:NOPE", "ResourceNotFoundException: "),
        ("hello:7", "ResourceNotFoundException: "),
    ],
)
def test_logs_that_cannot_be_are_refused(hello: Notebook, line: str, message: str) -> None:
    assert hello.error(f"%logs {line}").startswith(message)


def test_metrics_of_a_function_a_version_and_all(two_versions: Notebook) -> None:
    notebook = two_versions
    notebook.run("%invoke hello:1 --count 3 {'name': 'Ada'}")
    notebook.run("%invoke hello:2 {'name': 'Ada'}")
    metrics = notebook.run("%metrics hello")
    assert metrics["Invocations"]["Sum"] == 4
    assert metrics["Errors"]["Sum"] == 0
    assert metrics["Duration"]["p99"] >= metrics["Duration"]["p50"] > 0
    assert notebook.run("%metrics hello:1")["Invocations"]["Sum"] == 3
    assert notebook.run("%metrics")["Invocations"]["Sum"] == 4
    assert "Invocations" in notebook.output("%metrics hello --since 1h")
    assert notebook.error("%metrics hello:NOPE").startswith("ResourceNotFoundException: ")


def test_a_log_is_filtered_as_in_cloudwatch(hello: Notebook) -> None:
    hello.run('%invoke hello {"name": "Ada"}')
    assert hello.run("%logs hello --filter 'working -REPORT'") == "working on {'name': 'Ada'}\n"
    assert hello.error("%logs hello --filter '[a, b]'").startswith("InvalidParameterException")
    hello.run("%invoke hello --count 20")
    assert hello.run("%logs hello --filter Ada --limit 1") == "working on {'name': 'Ada'}\n"
    assert hello.run("%logs hello --filter working --limit 2") == "working on {}\n" * 2
    assert "is more than 2,147,483,647" in hello.error(f"%logs hello --limit {2**63}")


def test_where_there_is_no_widget_following_shows_the_log(hello: Notebook) -> None:
    hello.run("%invoke hello")
    assert "working on" in hello.run("%logs hello --follow")


def test_following_ends_with_the_extension(
    hello: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As it is in a notebook, where a kernel can show widgets.
    monkeypatch.setattr(hello.shell, "kernel", object(), raising=False)
    bus = default_region.get().bus
    before = repr(bus)
    hello.run("tail = %logs hello --follow --filter working")
    hello.run("%invoke hello")
    default_region.get().flush()
    assert hello.run("tail.tail.text()") == "working on {}\n"
    assert repr(bus) != before
    hello.run("other = %logs hello --follow")
    hello.run("other.close()")
    hello.run("%unload_ext lambda_magic")
    assert hello.run("tail.is_following") is False
    assert repr(bus) == before


def test_functions_are_drawn(two_versions: Notebook) -> None:
    notebook, client = two_versions, two_versions.client()
    notebook.run("%alias hello:LIVE 1 --route 2=0.25")
    words = build_zip({"python/words.py": b""})
    layer = client.publish_layer_version(LayerName="words", Content={"ZipFile": words})
    client.update_function_configuration(
        FunctionName="hello", Layers=[layer["LayerVersionArn"]], Description="with a layer"
    )
    client.create_function_url_config(FunctionName="hello", Qualifier="LIVE", AuthType="NONE")
    client.create_event_source_mapping(
        FunctionName="hello:LIVE",
        EventSourceArn="arn:aws:sqs:us-east-1:123456789012:orders",
        Enabled=False,
    )
    client.add_permission(
        FunctionName="hello",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::pictures",
    )
    client.put_function_event_invoke_config(
        FunctionName="hello",
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:lost"}},
    )
    told = notebook.run("%functions --diagram").mermaid
    names = {label: name for name, label in re.findall(r'(n\d+)\W+"([^"]+)"\W', told)}
    for source, label, target in [
        ("LIVE", '|"75 %"|', "Version 1"),
        ("LIVE", '|"25 %"|', "Version 2"),
        ("Function URL", '|"NONE"|', "LIVE"),
        ("sqs orders", '|"Disabled"|', "LIVE"),
        ("s3 pictures", "", "$LATEST"),
        ("$LATEST", '|"on failure"|', "sqs lost"),
        ("$LATEST", "", "layer words:1"),
    ]:
        assert f"{names[source]} -->{label} {names[target]}\n" in told
    assert "LIVE" in notebook.run("%functions --diagram hello").svg
    assert "Function not found" in notebook.error("%functions --diagram nope")


# What single things look like


def test_a_function_a_version_and_an_alias_show_what_they_are(two_versions: Notebook) -> None:
    notebook = two_versions
    notebook.run("%alias hello:LIVE 1 --route 2=0.25")
    notebook.run("import lambda_magic\nfunction = lambda_magic.function")
    assert "Aliases LIVE" in notebook.output("function('hello')")
    assert "hello:2\nHandler" in notebook.output("function('hello:2')")
    assert "Version 1 75 %  Version 2 25 %" in notebook.output("function('hello', 'LIVE')")
    assert "ResourceNotFoundException" in notebook.output("function('nope')")
    alias = notebook.run("function('hello:LIVE')")
    assert "width:75.00%" in alias._repr_html_()
    default_region.close()
    assert "The region is closed" in alias._repr_html_()


def test_a_panel_of_what_there_is_not_is_one_line(hello: Notebook) -> None:
    hello.run("import lambda_magic")
    line = hello.error("lambda_magic.function_panel('nope')")
    assert line.startswith("ResourceNotFoundException: Function not found: ")
    assert hello.run("lambda_magic.function_panel('hello')").children


def test_a_row_of_a_list_is_a_card(hello: Notebook) -> None:
    row = hello.run("%versions hello")[1]
    assert row["Version"] == "1"
    assert "Handler lambda_function.handler" in hello.output("_[1]")
    assert "Version 1" in row._repr_html_()


def test_everything_is_json_for_those_who_ask(hello: Notebook) -> None:
    hello.run("import lambda_magic")
    for shown in (
        "%versions hello",
        "lambda_magic.function('hello')",
        "%invoke hello",
        "%metrics hello",
    ):
        value = hello.run(shown)
        asked = value._repr_mimebundle_(include={"application/json"})
        assert json.loads(json.dumps(asked))["application/json"], shown
        assert value._repr_mimebundle_() == {}
