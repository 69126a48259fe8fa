"""What happens to a batch of a stream after each attempt: decisions, as functions of values.

https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html

Records of a shard are in order, so a batch that fails is in the way of everything behind it: it is
tried again, whole, from its first failed record on, or half by half, until it succeeds or may be
given up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lambda_magic.event_sources.mapping import SourceMapping
from lambda_magic.event_sources.stream_records import StreamRecord


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are tried together."""

    records: tuple[StreamRecord, ...]
    #: How often they have failed together. Splitting them does not count.
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next."""

    #: To be tried, in this order.
    retry: tuple[Batch, ...] = ()
    #: Given up.
    discard: tuple[StreamRecord, ...] = ()
    #: Whether to wait a while before.
    waits: bool = False


def after(batch: Batch, failed: Collection[str], mapping: SourceMapping) -> Step:
    """What an attempt leads to; `failed` are sequence numbers."""
    if not failed:
        return Step()
    first = next(n for n, one in enumerate(batch.records) if one.sequence_number in failed)
    left = batch.records[first:]
    if first:
        # The records before it are done with: that is progress, and a batch of its own.
        return Step(retry=(Batch(left, 1),), waits=True)
    if mapping.bisects and len(left) > 1:
        middle = len(left) // 2
        halves = left[:middle], left[middle:]
        return Step(retry=tuple(Batch(half, batch.failures) for half in halves))
    failures = batch.failures + 1
    if 0 <= mapping.maximum_retries < failures:
        return Step(discard=left)
    return Step(retry=(Batch(left, failures),), waits=True)


def expired(
    records: Sequence[StreamRecord], mapping: SourceMapping, now: float
) -> tuple[tuple[StreamRecord, ...], tuple[StreamRecord, ...]]:
    """The records that have become too old, and the others."""
    if mapping.maximum_age < 0:
        return (), tuple(records)
    limit = now - mapping.maximum_age
    return (
        tuple(one for one in records if one.arrival < limit),
        tuple(one for one in records if one.arrival >= limit),
    )
