"""Control groups of an engine, on directories that look like Linux's."""

import os
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.environments.container_cgroup import ContainerCgroup, GroupDirectory

MIB = 1024 * 1024
FILES = {
    "memory.usage_in_bytes": "5000\n",
    "memory.max_usage_in_bytes": "9000\n",
    "memory.stat": "cache 1000\nrss 4000\ntotal_cac",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
}
FILES_2 = {
    "memory.current": "6000\n",
    "memory.stat": "anon 1\nfile 2000\n",
    "memory.events": "low 0\noom 1\noom_kill 1\n",
}


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    """Opens files with a text."""

    def opened(files: dict[str, str]) -> dict[str, int]:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return {name: os.open(tmp_path / name, os.O_RDONLY) for name in files}

    return opened


def limits(group: ContainerCgroup, asked: list[dict[str, int]]) -> list[dict[str, int]]:
    group.limit_memory(300)
    group.limit_cpu(0.5)
    return asked


@pytest.mark.parametrize(
    ("files", "used", "cached", "kills"), [(FILES, 5000, 1000, 2), (FILES_2, 6000, 2000, 1)]
)
def test_what_is_used_is_read_from_files(
    opened: Any, files: dict[str, str], used: int, cached: int, kills: int
) -> None:
    asked: list[dict[str, int]] = []
    group = ContainerCgroup(opened(files), None, lambda **limit: asked.append(limit))
    assert (group.used_bytes(), group.cached_bytes(), group.kills()) == (used, cached, kills)
    assert group.peak_bytes() == used, "a peak that cannot be forgotten may be another runtime's"
    assert group.open_join_files() == []
    assert limits(group, asked) == [
        {"mem_limit": 300 * MIB, "memswap_limit": 300 * MIB},
        {"cpu_period": 20_000, "cpu_quota": 10_000},
    ]
    group.close()


def test_a_group_that_has_gone_uses_nothing(opened: Any) -> None:
    files = opened(FILES)
    group = ContainerCgroup(files, None, lambda **limit: None)
    for fd in files.values():
        os.ftruncate(os.open(f"/proc/self/fd/{fd}", os.O_WRONLY), 0)
    assert (group.used_bytes(), group.cached_bytes(), group.kills()) == (0, 0, 0)
    group.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="limits are written by root")
def test_root_writes_limits_of_version_1(tmp_path: Path, opened: Any) -> None:
    memory, cpu = tmp_path / "memory", tmp_path / "cpu"
    for directory, names in (
        (memory, ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", *FILES]),
        (cpu, ["cpu.cfs_quota_us", "cpu.cfs_period_us"]),
    ):
        directory.mkdir()
        for name in names:
            (directory / name).write_text("")
    directory = GroupDirectory(memory, cpu, 1)
    group = ContainerCgroup(opened(FILES), directory, lambda **limit: pytest.fail("by files"))
    assert group.has_directory
    group.limit_memory(300)
    group.limit_cpu(0.5)
    assert (memory / "memory.limit_in_bytes").read_text().startswith(str(300 * MIB))
    assert (memory / "memory.memsw.limit_in_bytes").read_text() == str(300 * MIB)
    assert (cpu / "cpu.cfs_quota_us").read_text() == "10000"
    assert group.peak_bytes() == 9000
    group.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="limits are written by root")
def test_root_writes_limits_of_version_2(tmp_path: Path) -> None:
    for name in ("memory.max", "cpu.max"):
        (tmp_path / name).write_text("")
    directory = GroupDirectory(tmp_path, tmp_path, 2)
    directory.limit_memory(300 * MIB)
    directory.limit_cpu(2.0)
    assert (tmp_path / "memory.max").read_text() == str(300 * MIB)
    assert (tmp_path / "cpu.max").read_text() == "40000 20000"


def test_the_group_of_a_process_out_of_sight_is_not_found(tmp_path: Path) -> None:
    assert GroupDirectory.of_process(0, tmp_path) is None
    assert GroupDirectory.of_process(os.getpid(), tmp_path) is None
