"""`%trigger` with schedule:, files: and http:, in a notebook without any AWS."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import pytest

from lambda_magic import default_region
from lambda_magic.monitoring.events import Event

from .conftest import Notebook

#: Answers what it was asked; what is asynchronous is in its log.
ECHO = """%%lambda echo
import json
def handler(event, context):
    print("got", json.dumps(event))
    if "boom" in str(event.get("rawPath")):
        raise ValueError("boom")
    return {"statusCode": 201, "headers": {"x-a": "b"}, "body": json.dumps(event)}
"""


@pytest.fixture
def echo(notebook: Notebook) -> Notebook:
    notebook.run(ECHO)
    return notebook


def test_a_route_is_served(echo: Notebook) -> None:
    table = echo.run("%trigger echo http:/orders/{id} --method post")
    assert table[0]["Source"] == "http:/orders/{id}"
    assert table[0]["About"] == "POST, payload 2.0: %endpoint start serves it"
    url = echo.run("%endpoint start").url
    assert f"{url}/lambda-route/orders/{{id}}" in str(echo.run("%trigger echo"))

    request = urllib.request.Request(f"{url}/lambda-route/orders/7?a=b", data=b"{}", method="POST")
    with urllib.request.urlopen(request) as response:
        event = json.load(response)
        assert (response.status, response.headers["x-a"]) == (201, "b")
    assert event["routeKey"] == "POST /orders/{id}"
    assert event["pathParameters"] == {"id": "7"}
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}/lambda-route/orders/7")
    assert (caught.value.code, caught.value.read()) == (404, b'{"message":"Not Found"}')

    echo.run("%trigger echo http:/orders/{id}")
    assert len(echo.run("%trigger")) == 2
    echo.run("%trigger -d echo http:/orders/{id} --method POST")
    (row,) = echo.run("%trigger echo")
    assert row["About"].startswith("ANY, payload 2.0: ")


def test_files_and_schedules_invoke_after_a_restart_too(echo: Notebook, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    echo.run(f"%trigger echo files:{inbox} --suffix .csv --events created")
    echo.run("%trigger echo schedule:'rate(5 minutes)'")
    (inbox / "a.csv").write_text("1,2")
    assert has_got("ObjectCreated:Put")
    # The region is closed, and opened again.
    echo.run("%unload_ext lambda_magic")
    echo.run("%load_ext lambda_magic")
    files, schedule = echo.run("%trigger echo")
    assert files["About"] == "created, suffix .csv"
    assert schedule["About"].startswith("next 20")
    echo.run("%clock fast")
    assert has_got("Scheduled Event")
    echo.run("%clock real")
    drawn = echo.run("%functions --diagram").mermaid
    assert "files inbox" in drawn
    assert "schedule rate(5 minutes)" in drawn

    (disabled,) = echo.run(f"%trigger echo files:{inbox} --disable")[:1]
    assert (disabled["State"], disabled["About"]) == ("Disabled", "created, suffix .csv")
    assert echo.run(f"%trigger echo files:{inbox} --enable")[0]["State"] == "Enabled"
    echo.run(f"%trigger -d echo files:{inbox}")
    assert len(echo.run("%trigger -d echo schedule:'rate(5 minutes)'")) == 0
    (noon,) = echo.run("%trigger echo schedule:'cron(0 12 * * ? *)'")
    assert noon["About"].endswith(" 12:00:00")


def has_got(text: str) -> bool:
    """Whether the function has got an event with this in it; waits for it."""
    region = default_region.get()
    seen = threading.Event()

    def look(events: Sequence[Event]) -> None:
        if any("got {" in str(one) and text in str(one) for one in events):
            seen.set()

    stop = region.subscribe(look)
    region.flush()
    look(region.recent.events())
    found = seen.wait(30)
    stop()
    return found


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "echo schedule:'cron(0 12 * * *)'",
            "ValidationException: Parameter ScheduleExpression is not valid. "
            "cron(0 12 * * *): it has 5 fields, not six",
        ),
        ("echo sqs:a --prefix in/", "--prefix is not for sqs:"),
        ("echo sqs:a --from oldest", "--from is not for sqs:"),
        ("echo http:/a --from oldest", "--from is not for http:"),
        ("echo sns:a --batch-size 5", "--batch-size is not for sns:"),
        ("echo files:home", "is in the home of lambda_magic"),
        ("echo schedule:'rate(0 minutes)'", "the number must be positive"),
        ("echo schedule:'rate(1 minutes)'", "one is singular, more are plural"),
        ("echo schedule:'at(2020-01-01T00:00:00)'", "is never due again: that is over"),
        ("echo schedule:rate(5 minutes)", "unrecognized arguments: minutes)"),
        ("echo files:nowhere", "There is no folder /"),
        ("echo files:", "which folder?"),
        ("echo files:. --events eaten", "eaten is no event of a folder: created, removed"),
        ("echo http:orders", "orders is no path: write /orders"),
        ("echo http:/a --method TEA", "TEA is no method: ANY, DELETE"),
        ("echo http:/a --payload 3", "There is no payload format 3: 1.0, 2.0"),
        ("echo http:/a --batch-size 5", "--batch-size is not for http:"),
        ("echo sqs:a --method GET", "--method is not for sqs:"),
        ("nobody http:/a", "ResourceNotFoundException: "),
        ("-d echo", "-d deletes one trigger: name its source too"),
        ("-d echo http:/a", "http:/a is no trigger of echo"),
        ("echo tea:party", "tea:party is no source: write"),
    ],
)
def test_wrong_input_is_one_line(echo: Notebook, line: str, reason: str) -> None:
    assert reason in echo.error(f"%trigger {line}")


def test_a_route_belongs_to_one_function(echo: Notebook) -> None:
    echo.run(ECHO.replace("%%lambda echo", "%%lambda other"))
    echo.run("%trigger echo http:/a/{b}")
    line = echo.error("%trigger other http:/a/{c}")
    assert line == "ResourceConflictException: Route with key ANY /a/{c} already exists, for echo"
