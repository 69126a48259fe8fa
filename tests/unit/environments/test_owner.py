"""Names that tell whether their owner still lives."""

import os
import subprocess
import sys

from lambda_magic.environments import owner


def test_names_are_new_each_time_and_carry_the_process():
    first, second = owner.owned_name(), owner.owned_name()
    assert first != second
    assert first.startswith(f"lambda_magic-{os.getpid()}-")


def test_only_what_the_dead_left_is_orphaned(tmp_path):
    program = "from lambda_magic.environments.owner import owned_name; print(owned_name())"
    dead = subprocess.check_output([sys.executable, "-c", program], text=True).strip()
    reused = f"lambda_magic-{os.getpid()}-1-abcd1234"  # Our id, but another start time.
    mine = owner.owned_name()
    for name in (dead, reused, mine, "lambda_magic-notes", "other"):
        (tmp_path / name).mkdir()
    expected = {dead, reused} if sys.platform == "linux" else {dead}
    assert {path.name for path in owner.orphans(tmp_path)} == expected
    assert list(owner.orphans(tmp_path / "nowhere")) == []
