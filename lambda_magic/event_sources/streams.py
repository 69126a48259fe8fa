"""Streams as their pollers read them: shards, iterators, records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from lambda_magic.event_sources.calls import Calls
from lambda_magic.event_sources.stream_records import (
    StreamRecord,
    dynamodb_record,
    kinesis_record,
)
from lambda_magic.store.checkpoints import Position

#: The most records of one request.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard of a stream."""

    shard_id: str
    #: The shards that its records come after.
    parents: tuple[str, ...]
    #: Whether nothing is written to it any more.
    is_closed: bool


class Stream(Protocol):
    """One stream; every method raises what boto3 raises."""

    async def shards(self) -> list[Shard]:
        """All shards there are."""

    async def iterator(self, shard_id: str, position: Position) -> str:
        """Where to begin to read."""

    async def read(
        self, shard_id: str, iterator: str, limit: int
    ) -> tuple[list[StreamRecord], str | None]:
        """The next records, and where to go on; None at the end of the shard."""


class KinesisStream:
    """A stream of Kinesis."""

    def __init__(self, calls: Calls, arn: str) -> None:
        self._calls = calls
        # Of a consumer with enhanced fan-out, the stream itself is read.
        self._arn = arn.partition("/consumer/")[0]
        self._name = self._arn.rpartition("/")[2]

    async def shards(self) -> list[Shard]:
        """All shards there are."""
        found: list[Shard] = []
        members: dict[str, Any] = {"StreamName": self._name}
        while True:
            answer = await self._calls("kinesis", "list_shards", **members)
            found += map(_shard, answer["Shards"])
            if not answer.get("NextToken"):
                return found
            members = {"NextToken": answer["NextToken"]}

    async def iterator(self, shard_id: str, position: Position) -> str:
        """Where to begin to read."""
        answer = await self._calls(
            "kinesis",
            "get_shard_iterator",
            StreamName=self._name,
            ShardId=shard_id,
            **_iterator_members(position, "StartingSequenceNumber"),
        )
        return str(answer["ShardIterator"])

    async def read(
        self, shard_id: str, iterator: str, limit: int
    ) -> tuple[list[StreamRecord], str | None]:
        """The next records, and where to go on; None at the end of the shard."""
        answer = await self._calls(
            "kinesis", "get_records", ShardIterator=iterator, Limit=min(limit, _MOST)
        )
        records = [kinesis_record(one, shard_id, self._arn) for one in answer["Records"]]
        return records, answer.get("NextShardIterator")


class DynamoDbStream:
    """The stream of a table of DynamoDB."""

    def __init__(self, calls: Calls, arn: str) -> None:
        self._calls = calls
        self._arn = arn
        #: There are no iterators by time: what is older than this is left out, by shard.
        self._since: dict[str, float] = {}

    async def shards(self) -> list[Shard]:
        """All shards there are."""
        found: list[Shard] = []
        start: dict[str, str] = {}
        while True:
            answer = await self._calls(
                "dynamodbstreams", "describe_stream", StreamArn=self._arn, **start
            )
            description = answer["StreamDescription"]
            found += map(_shard, description["Shards"])
            if not (last := description.get("LastEvaluatedShardId")):
                return found
            start = {"ExclusiveStartShardId": last}

    async def iterator(self, shard_id: str, position: Position) -> str:
        """Where to begin to read."""
        if position.kind == "AT_TIMESTAMP":
            # (Times of writing may be rounded down to the second.)
            self._since[shard_id] = float(int(float(position.value)))
            position = Position("TRIM_HORIZON")
        answer = await self._calls(
            "dynamodbstreams",
            "get_shard_iterator",
            StreamArn=self._arn,
            ShardId=shard_id,
            **_iterator_members(position, "SequenceNumber"),
        )
        return str(answer["ShardIterator"])

    async def read(
        self, shard_id: str, iterator: str, limit: int
    ) -> tuple[list[StreamRecord], str | None]:
        """The next records, and where to go on; None at the end of the shard."""
        answer = await self._calls(
            "dynamodbstreams", "get_records", ShardIterator=iterator, Limit=min(limit, _MOST)
        )
        records = [dynamodb_record(one, shard_id, self._arn) for one in answer["Records"]]
        since = self._since.get(shard_id, 0.0)
        return (
            [one for one in records if one.arrival >= since],
            answer.get("NextShardIterator"),
        )


#: How streams of a service are read.
STREAMS: Mapping[str, Callable[[Calls, str], Stream]] = {
    "kinesis": KinesisStream,
    "dynamodb": DynamoDbStream,
}


def _shard(described: Mapping[str, Any]) -> Shard:
    parents = (described.get("ParentShardId"), described.get("AdjacentParentShardId"))
    return Shard(
        described["ShardId"],
        tuple(one for one in parents if one),
        "EndingSequenceNumber" in described.get("SequenceNumberRange", {}),
    )


def _iterator_members(position: Position, sequence_member: str) -> dict[str, Any]:
    members: dict[str, Any] = {"ShardIteratorType": position.kind}
    if position.kind == "AT_TIMESTAMP":
        members["Timestamp"] = datetime.fromtimestamp(float(position.value), UTC)
    elif position.kind == "AFTER_SEQUENCE_NUMBER":
        members[sequence_member] = position.value
    return members
