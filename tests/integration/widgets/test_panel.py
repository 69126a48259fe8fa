"""A panel over a real region: what one moves is what the API says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances

import lambda_magic
from lambda_magic import default_region
from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.widgets.panel import FunctionPanel

SOURCE = """
def handler(event, context):
    return {"version": context.function_version, "event": event, "share": 1 / event["n"]}
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    default_region.use(lambda: Settings(home=tmp_path / "home"))
    client: Any = lambda_magic.client()
    client.create_function(
        FunctionName="hello",
        Role="arn:aws:iam::123456789012:role/any",
        Runtime="python3.12",
        Handler="lambda_function.handler",
        Code={"ZipFile": build_zip({"lambda_function.py": SOURCE.encode()})},
        Publish=True,
    )
    client.publish_version(FunctionName="hello")
    client.update_function_configuration(FunctionName="hello", Description="second")
    client.publish_version(FunctionName="hello")
    client.create_alias(FunctionName="hello", Name="LIVE", FunctionVersion="1")
    yield client
    default_region.use(None)
    default_region.close()


@pytest.fixture
def panel(client: Any) -> Iterator[FunctionPanel]:
    panel = lambda_magic.function_panel("hello")
    yield panel
    panel.close()


def last_call(panel: FunctionPanel) -> tuple[str, str]:
    return panel.calls.made[-1]


def test_shows_what_there_is(panel: FunctionPanel) -> None:
    assert (panel.settings.memory.value, panel.settings.timeout.value) == (128, 3)
    assert panel.settings.is_reserved.value is False
    assert panel.provisioned.qualifier.options == ("LIVE", "2", "1")
    assert panel.aliases.aliases["LIVE"].version.value == "1"
    assert panel.invocations.qualifier.options == ("$LATEST", "1", "2", "LIVE")
    assert panel.calls.made == [], "looking is no change"


def test_a_change_is_an_api_call_and_the_line_that_makes_it(
    panel: FunctionPanel, client: Any
) -> None:
    panel.settings.memory.value = 256
    assert last_call(panel) == (
        "client.update_function_configuration(FunctionName='hello', MemorySize=256)",
        "",
    )
    assert client.get_function_configuration(FunctionName="hello")["MemorySize"] == 256
    assert "MemorySize=256" in panel.calls.value


def test_reserved_concurrency_is_set_and_given_back(panel: FunctionPanel, client: Any) -> None:
    panel.settings.is_reserved.value = True
    panel.settings.reserved.value = 5
    reserved = client.get_function_concurrency(FunctionName="hello")
    assert reserved["ReservedConcurrentExecutions"] == 5
    panel.settings.is_reserved.value = False
    assert last_call(panel)[0] == "client.delete_function_concurrency(FunctionName='hello')"
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(
        FunctionName="hello"
    )


def test_what_aws_refuses_is_shown_in_one_line_and_taken_back(panel: FunctionPanel) -> None:
    panel.settings.is_reserved.value = True
    panel.settings.reserved.value = 950
    line, error = last_call(panel)
    assert "ReservedConcurrentExecutions=950" in line
    assert error.startswith("InvalidParameterValueException: Specified ReservedConcurrent")
    assert "InvalidParameterValueException" in panel.calls.value
    assert panel.settings.reserved.value == 0


def test_provisioned_concurrency(panel: FunctionPanel, client: Any) -> None:
    panel.provisioned.qualifier.value = "2"
    panel.provisioned.provisioned.value = 1
    assert "Qualifier='2', ProvisionedConcurrentExecutions=1" in last_call(panel)[0]
    target = {"FunctionName": "hello", "Qualifier": "2"}
    config = client.get_provisioned_concurrency_config(**target)
    assert config["RequestedProvisionedConcurrentExecutions"] == 1
    panel.provisioned.qualifier.value = "1"
    assert panel.provisioned.provisioned.value == 0
    panel.provisioned.qualifier.value = "2"
    panel.provisioned.provisioned.value = 0
    with pytest.raises(ClientError, match="ProvisionedConcurrencyConfigNotFound"):
        client.get_provisioned_concurrency_config(**target)


def test_traffic_follows_the_slider(panel: FunctionPanel, client: Any) -> None:
    control = panel.aliases.aliases["LIVE"]
    assert control.weight.disabled
    control.additional.value = "2"
    assert not control.weight.disabled
    control.weight.value = 1.0
    assert "RoutingConfig={'AdditionalVersionWeights': {'2': 1.0}}" in last_call(panel)[0]
    report = lambda_magic.function("hello:LIVE").load({"n": 1}, count=10)
    assert report.versions == {"2": 10}
    control.additional.value = "none"
    assert "RoutingConfig" not in client.get_alias(FunctionName="hello", Name="LIVE")


def test_what_others_changed_shows_after_a_refresh(panel: FunctionPanel, client: Any) -> None:
    client.update_function_configuration(FunctionName="hello", Timeout=9)
    client.create_alias(FunctionName="hello", Name="TEST", FunctionVersion="2")
    panel.refresh.click()
    assert panel.settings.timeout.value == 9
    assert list(panel.aliases.aliases) == ["LIVE", "TEST"]
    assert panel.calls.made == []


def test_a_function_that_is_gone_is_said_to_be(panel: FunctionPanel, client: Any) -> None:
    client.delete_function(FunctionName="hello")
    panel.settings.memory.value = 512
    assert last_call(panel)[1].startswith("ResourceNotFoundException: Function not found")
    panel.refresh.click()
    assert last_call(panel)[1].startswith("ResourceNotFoundException: Function not found")


def test_an_event_is_chosen_edited_and_sent(panel: FunctionPanel) -> None:
    invocations = panel.invocations
    assert json.loads(invocations.event.value)["key1"] == "value1"
    invocations.sample.value = "sqs/message"
    assert json.loads(invocations.event.value)["Records"][0]["eventSource"] == "aws:sqs"
    invocations.qualifier.value = "2"
    invocations.event.value = '{"n": 4}'
    invocations.invoke.click()
    invocations.wait(30)
    assert "&quot;share&quot;: 0.25" in invocations.outcome.value
    assert "hello:2" in invocations.outcome.value
    assert "Payload=b'{" in last_call(panel)[0]


def test_a_function_error_shows_the_line_that_failed(panel: FunctionPanel) -> None:
    panel.invocations.event.value = '{"n": 0}'
    panel.invocations.invoke.click()
    panel.invocations.wait(30)
    assert "ZeroDivisionError" in panel.invocations.outcome.value
    assert "lambda_function.py, line 3" in panel.invocations.outcome.value


def test_what_is_no_json_is_aws_to_say(panel: FunctionPanel) -> None:
    panel.invocations.event.value = "{"
    panel.invocations.invoke.click()
    panel.invocations.wait(30)
    assert "InvalidRequestContentException" in panel.invocations.outcome.value


def test_events_of_ones_own(client: Any) -> None:
    panel = lambda_magic.function_panel("hello", events={"mine": {"a": 1}})
    assert json.loads(panel.invocations.event.value) == {"a": 1}
    panel.close()


def test_without_widgets_it_is_the_function(panel: FunctionPanel) -> None:
    bundle = panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Memory 128 MB" in bundle["text/plain"]
    assert "<script" not in bundle["text/html"]


def test_what_is_not_there_is_said(client: Any) -> None:
    for name in ("nope", "hello:NOPE"):
        with pytest.raises(ClientError, match=r"Function not found|Cannot find alias"):
            lambda_magic.function_panel(name)


def test_a_qualifier_is_what_is_invoked(client: Any) -> None:
    panel = lambda_magic.function_panel("hello:LIVE")
    assert panel.invocations.qualifier.value == "LIVE"
    panel.close()


def test_closing_leaves_nothing_behind(client: Any) -> None:
    before = set(_instances)
    panel = lambda_magic.function_panel("hello")
    panel.reload()
    assert set(_instances) > before
    panel.close()
    assert set(_instances) == before
    assert isinstance(panel, Widget)
