"""Schedules and folders invoke functions: no AWS anywhere."""

import hashlib
import math
import os
import queue
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.errors import ResourceConflictException
from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.event_sources.local_trigger import (
    CREATED,
    FolderSource,
    LocalTrigger,
    RouteSource,
    ScheduleSource,
    Source,
)
from lambda_magic.region import Region

from .test_sqs import wait_for

ROLE = "arn:aws:iam::123456789012:role/lambda"


class Here:
    """A region that can be closed and opened again, and the events of its function "hello"."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._events: queue.Queue[Any] = queue.Queue()
        self.failures = 0
        self.region = self._open()
        client: Any = self.region.client()
        client.create_function(
            FunctionName="hello",
            Role=ROLE,
            Runtime="python3.12",
            Handler="index.handler",
            Code={"ZipFile": build_zip({"index.py": b""})},
        )
        client.get_waiter("function_active_v2").wait(FunctionName="hello")

    def _open(self) -> Region:
        return Region(Settings(home=self._home), factory=FakeSandboxFactory(self._handle))

    def _handle(self, event: Any) -> None:
        self._events.put(event)
        if self.failures:
            self.failures -= 1
            raise ValueError("not yet")

    def reopen(self) -> None:
        self.region.close()
        self.region = self._open()

    def hasten(self) -> None:
        async def fast() -> None:
            self.region.clock.speed = math.inf

        self.region.call(fast())

    def put(self, source: Source, **members: Any) -> LocalTrigger:
        trigger = LocalTrigger(
            **{
                "id": str(uuid.uuid4()),
                "function_name": "hello",
                "qualifier": None,
                "source": source,
                **members,
            }
        )
        self.region.call(self.region.local_sources.put(trigger))
        return trigger

    def delete(self, trigger: LocalTrigger) -> None:
        self.region.call(self.region.local_sources.delete(trigger.id))

    def triggers(self) -> list[LocalTrigger]:
        async def read() -> list[LocalTrigger]:
            return self.region.local_sources.triggers()

        return self.region.call(read())

    def result(self, trigger: LocalTrigger) -> str | None:
        async def read() -> str | None:
            return self.region.local_sources.result(trigger.id)

        return self.region.call(read())

    def is_watching(self, id: str) -> bool:
        async def read() -> bool:
            folder = self.region.local_sources._folders.get(id)
            return folder is not None and folder.is_watched

        return self.region.call(read())

    def event(self) -> Any:
        """The next one, which is awaited."""
        return self._events.get(timeout=30)

    def record(self) -> tuple[str, str]:
        """What happened to which key, by the next event."""
        (record,) = self.event()["Records"]
        return record["eventName"], record["s3"]["object"]["key"]

    def has_nothing(self) -> bool:
        return self._events.empty()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    made = Here(tmp_path / "home")
    yield made
    made.region.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    directory = tmp_path / "photos"
    directory.mkdir()
    (directory / "old.jpg").write_text("there before")
    return directory


def test_a_file_is_an_object(here: Here, photos: Path) -> None:
    trigger = here.put(FolderSource(directory=str(photos)))
    (photos / "my cat.jpg").write_bytes(b"meow")
    event = here.event()
    (record,) = event["Records"]
    assert record["eventSource"] == "aws:s3"
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["awsRegion"] == "us-east-1"
    assert record["s3"]["configurationId"] == trigger.id
    assert record["s3"]["bucket"]["name"] == "photos"
    assert record["s3"]["bucket"]["arn"] == "arn:aws:s3:::photos"
    found = record["s3"]["object"]
    assert found.pop("sequencer")
    assert found == {
        "key": "my+cat.jpg",
        "size": 4,
        "eTag": hashlib.md5(b"meow").hexdigest(),
    }
    assert here.region.call(here.region.asynchronous.settle()) is None
    assert here.result(trigger) == "OK"

    (photos / "my cat.jpg").write_bytes(b"woof!")
    (record,) = here.event()["Records"]
    assert record["s3"]["object"]["size"] == 5
    (photos / "my cat.jpg").unlink()
    (record,) = here.event()["Records"]
    assert record["eventName"] == "ObjectRemoved:Delete"
    assert set(record["s3"]["object"]) == {"key", "sequencer"}


def test_a_file_is_told_of_once_it_is_whole(
    here: Here, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.put(FolderSource(directory=str(photos)))
    digest, pieces = hashlib.file_digest, ["b", "c"]

    def grow(file: Any, name: Any) -> Any:
        """Somebody goes on writing while the file is read."""
        if pieces:
            with (photos / "slow").open("a") as again:
                again.write(pieces.pop(0))
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", grow)
    (photos / "slow").write_text("a")
    (record,) = here.event()["Records"]
    assert record["s3"]["object"]["size"] == 3
    assert record["s3"]["object"]["eTag"] == hashlib.md5(b"abc").hexdigest()


def test_the_home_is_no_news_in_the_folder_that_it_is_in(here: Here, tmp_path: Path) -> None:
    here.put(FolderSource(directory=str(tmp_path)))
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("new")
        assert here.record() == ("ObjectCreated:Put", f"{number}.txt")
        # Everything is written down, which is in the folder too.
        here.region.call(here.region.asynchronous.settle())
        here.region.journal.flush()
    (tmp_path / "home" / "last.txt").write_text("new")
    (tmp_path / "last.txt").write_text("new")
    assert here.record() == ("ObjectCreated:Put", "last.txt")
    assert here.has_nothing()
    with pytest.raises(NotADirectoryError, match="is in the home of lambda_magic"):
        here.put(FolderSource(directory=str(tmp_path / "home" / "code")))


def test_folders_in_a_folder_come_and_go_whole(here: Here, photos: Path, tmp_path: Path) -> None:
    here.put(FolderSource(directory=str(photos)))
    moved = tmp_path / "moved"
    (moved / "deep").mkdir(parents=True)
    (moved / "deep" / "a.txt").write_text("a")
    (moved / "b.txt").write_text("b")
    moved.rename(photos / "in")
    assert {here.record(), here.record()} == {
        ("ObjectCreated:Put", "in/b.txt"),
        ("ObjectCreated:Put", "in/deep/a.txt"),
    }
    (photos / "in").rename(tmp_path / "out")
    assert {here.record(), here.record()} == {
        ("ObjectRemoved:Delete", "in/b.txt"),
        ("ObjectRemoved:Delete", "in/deep/a.txt"),
    }


def test_only_some_files_are_meant(here: Here, photos: Path) -> None:
    source = FolderSource(directory=str(photos), prefix="in/", suffix=".jpg", events=(CREATED,))
    here.put(source)
    (photos / "in").mkdir()
    for name in ("a.jpg", "in/a.png", "in/a.jpg~", "in/.a.jpg.swp"):
        (photos / name).write_text("not this")
    (photos / "in" / "a.jpg").write_text("this")
    assert here.record() == ("ObjectCreated:Put", "in/a.jpg")
    # Nor what has not been written to, or goes away.
    os.chmod(photos / "in" / "a.jpg", 0o600)
    (photos / "in" / "a.jpg").unlink()
    (photos / "in" / "b.jpg").write_text("and this")
    assert here.record() == ("ObjectCreated:Put", "in/b.jpg")
    assert here.has_nothing()


def test_a_trigger_outlives_the_region_until_it_is_deleted(here: Here, photos: Path) -> None:
    trigger = here.put(FolderSource(directory=str(photos)))
    here.reopen()
    assert here.triggers() == [trigger]
    wait_until_watched(here, trigger)
    (photos / "a").write_text("after")
    assert here.record() == ("ObjectCreated:Put", "a")

    here.put(trigger.source, id=trigger.id, is_enabled=False)
    (photos / "b").write_text("unseen")
    here.put(trigger.source, id=trigger.id)
    (photos / "c").write_text("seen")
    assert here.record() == ("ObjectCreated:Put", "c")

    here.delete(trigger)
    assert here.triggers() == []
    (photos / "d").write_text("unseen")
    other = here.put(FolderSource(directory=str(photos)))
    (photos / "e").write_text("seen")
    assert here.record() == ("ObjectCreated:Put", "e")
    assert other.id != trigger.id


def wait_until_watched(here: Here, trigger: LocalTrigger) -> None:
    """What a region takes up when it opens it takes up beside everything else."""
    here.put(trigger.source, id=trigger.id)


def test_a_folder_may_be_gone_for_a_while(
    here: Here, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_magic.event_sources.local_sources.LocalSources.LOOK_INTERVAL", 0.05)
    with pytest.raises(NotADirectoryError, match=r"There is no folder .*elsewhere"):
        here.put(FolderSource(directory=str(photos / "elsewhere")))
    assert here.triggers() == []
    here.put(FolderSource(directory=str(photos)))
    shutil.rmtree(photos)
    assert here.record() == ("ObjectRemoved:Delete", "old.jpg")
    photos.mkdir()
    (photos / "new.jpg").write_text("back")
    assert here.record() == ("ObjectCreated:Put", "new.jpg")


def test_a_schedule_is_followed(here: Here) -> None:
    trigger = here.put(ScheduleSource(expression="rate(5 minutes)"))
    here.hasten()
    event = here.event()
    assert event.pop("id")
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:123456789012:rule/hello-{trigger.id[:8]}"],
        "detail": {},
    }
    assert here.event()["resources"] == event["resources"]


def test_a_scheduled_event_is_tried_again(here: Here) -> None:
    here.failures = 2
    here.put(ScheduleSource(expression="at(2090-01-01T00:00:00)"))
    here.hasten()
    events = [here.event() for _ in range(3)]
    assert [event["time"] for event in events] == ["2090-01-01T00:00:00Z"] * 3
    assert len({event["id"] for event in events}) == 1


def test_a_schedule_comes_back_with_the_region(here: Here) -> None:
    trigger = here.put(ScheduleSource(expression="cron(0 12 * * ? *)"))
    here.reopen()
    assert here.triggers() == [trigger]
    here.hasten()
    assert here.event()["time"].endswith("T12:00:00Z")


def test_one_of_several_regions_on_a_home_attends_to_it(
    here: Here, photos: Path, tmp_path: Path
) -> None:
    trigger = here.put(FolderSource(directory=str(photos)))
    events: list[Any] = []
    with_it = Region(Settings(home=tmp_path / "home"), factory=FakeSandboxFactory(events.append))
    try:
        with_it.call(with_it.local_sources.put(trigger))
        (photos / "a").write_text("once")
        assert here.record() == ("ObjectCreated:Put", "a")
        assert repr(with_it.local_sources) == "<LocalSources [0 attended to]>"
        assert events == []
    finally:
        with_it.close()


#: Another kernel on the same home, until it is killed.
KERNEL = """
import sys
from pathlib import Path
from lambda_magic.core.settings import Settings
from lambda_magic.event_sources.local_trigger import FolderSource, LocalTrigger
from lambda_magic.region import Region

region = Region(Settings(home=Path(sys.argv[1])))
source = FolderSource(directory=sys.argv[2])
trigger = LocalTrigger(id="1-2", function_name="hello", qualifier=None, source=source)
region.call(region.local_sources.put(trigger))
print("ready", flush=True)
sys.stdin.read()
"""


def test_the_next_kernel_takes_over_from_one_that_is_killed(
    here: Here, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_magic.event_sources.local_sources.LocalSources.LOOK_INTERVAL", 0.05)
    with subprocess.Popen(
        [sys.executable, "-c", KERNEL, str(tmp_path / "home"), str(photos)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as kernel:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == b"ready\n"
        here.reopen()
        assert [one.id for one in here.triggers()] == ["1-2"]
        assert repr(here.region.local_sources) == "<LocalSources [0 attended to]>"
        kernel.kill()
    assert wait_for(lambda: here.is_watching("1-2"))
    (photos / "a").write_text("for the next one")
    assert here.record() == ("ObjectCreated:Put", "a")


def test_a_function_that_is_gone_is_a_problem_that_is_told(here: Here, photos: Path) -> None:
    trigger = here.put(FolderSource(directory=str(photos)), function_name="nobody")
    live = here.put(FolderSource(directory=str(photos)))
    (photos / "a").write_text("for whom?")
    assert here.record() == ("ObjectCreated:Put", "a")
    here.delete(live)
    assert str(here.result(trigger)).startswith("PROBLEM: ")


def test_no_two_triggers_share_a_route(here: Here) -> None:
    first = here.put(RouteSource(path="/orders/{id}", method="GET"))
    here.put(RouteSource(path="/orders/{id}", method="POST"))
    here.put(first.source, id=first.id, qualifier="LIVE")
    with pytest.raises(
        ResourceConflictException, match=r"Route with key GET /orders/\{number\} al"
    ):
        here.put(RouteSource(path="/orders/{number}", method="GET"))
