from pathlib import Path

import pytest

from lambda_magic.core.errors import StoreError
from lambda_magic.store.checkpoints import (
    SHARD_END,
    TRIM_HORIZON,
    Checkpoint,
    Checkpoints,
    Position,
)


@pytest.mark.parametrize(
    "position",
    [
        TRIM_HORIZON,
        SHARD_END,
        Position("AT_TIMESTAMP", "1700000000.25"),
        Position(
            "AFTER_SEQUENCE_NUMBER", "49590338271490256608559692538361571095921575989136588898"
        ),
    ],
    ids=str,
)
def test_a_position_is_kept_as_text(position: Position) -> None:
    assert Position.parse(str(position)) == position
    assert position.is_end is (position == SHARD_END)


async def test_what_was_put_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "us-east-1.sources.sqlite"
    first = Checkpoints(path)
    assert not path.exists()
    assert await first.of_mapping("m") == {}
    await first.put("m", "shard-1", Checkpoint(TRIM_HORIZON))
    later = Checkpoint(Position("AFTER_SEQUENCE_NUMBER", "7"), {"0": {"state": {"sum": 1}}})
    await first.put("m", "shard-1", later)
    await first.put("m", "shard-2", Checkpoint(SHARD_END))
    await first.put("other", "shard-1", Checkpoint(TRIM_HORIZON))
    first.close()

    second = Checkpoints(path)
    assert await second.of_mapping("m") == {"shard-1": later, "shard-2": Checkpoint(SHARD_END)}
    second.forget("m")
    assert await second.of_mapping("m") == {}
    assert len(await second.of_mapping("other")) == 1
    second.close()


def test_nothing_is_made_to_forget_in(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "sources.sqlite")
    checkpoints.forget("m")
    checkpoints.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    path.write_bytes(b"something else" * 1000)
    with pytest.raises(StoreError):
        await Checkpoints(path).of_mapping("m")
