"""Both versions of control groups, on directories that look like them."""

import os
from pathlib import Path

import pytest

from lambda_magic.environments.cgroup import CgroupV1, CgroupV2, control_groups

MIB = 1024 * 1024
V1_FILES = {
    "memory": ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.usage_in_bytes"),
    "cpu": ("cpu.cfs_quota_us", "cpu.cfs_period_us"),
}
V2_FILES = ("memory.max", "memory.swap.max", "memory.oom.group", "memory.current", "memory.peak")


class Hierarchy:
    """Gives each new directory the files that Linux would."""

    def __init__(self, monkeypatch, files):
        make = Path.mkdir

        def mkdir(path, *args, **kwargs):
            make(path, *args, **kwargs)
            for name, content in files(path).items():
                (path / name).write_text(content)

        remove = Path.rmdir

        def rmdir(path):
            for file in path.iterdir():
                if file.is_file():
                    file.unlink()
            remove(path)

        monkeypatch.setattr(Path, "mkdir", mkdir)
        monkeypatch.setattr(Path, "rmdir", rmdir)


@pytest.fixture
def v1(tmp_path, monkeypatch):
    def files(path):
        names = V1_FILES["memory" if "memory" in path.parts else "cpu"]
        return dict.fromkeys((*names, "cgroup.procs"), "0") | {
            "memory.stat": "cache 4096\nrss 8192\n",
            "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        }

    for controller in V1_FILES:
        (tmp_path / controller).mkdir()
        for name in V1_FILES[controller]:
            (tmp_path / controller / name).write_text("0")
    Hierarchy(monkeypatch, files)
    return tmp_path


@pytest.fixture
def v2(tmp_path, monkeypatch):
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    names = (*V2_FILES, "cgroup.procs", "cgroup.subtree_control", "cpu.max")

    def files(path):
        return dict.fromkeys(names, "0") | {
            "memory.stat": "anon 8192\nfile 4096\n",
            "memory.events": "low 0\nhigh 0\nmax 0\noom 1\noom_kill 3\n",
        }

    Hierarchy(monkeypatch, files)
    return tmp_path


def test_v1_limits_memory_and_cpu(v1):
    groups = control_groups("mine", v1)
    group = groups.create("environment", 640)
    assert isinstance(group, CgroupV1)
    memory, cpu = v1 / "memory/mine/environment", v1 / "cpu/mine/environment"
    assert (memory / "memory.limit_in_bytes").read_text() == str(640 * MIB)
    group.limit_memory(1024)
    assert (memory / "memory.limit_in_bytes").read_text() == str(1024 * MIB)
    group.limit_cpu(0.5)
    assert (cpu / "cpu.cfs_quota_us").read_text() == "10000"
    assert (cpu / "cpu.cfs_period_us").read_text() == "20000"
    (memory / "memory.usage_in_bytes").write_text("12345\n")
    (memory / "memory.max_usage_in_bytes").write_text("23456\n")
    assert (group.used_bytes(), group.peak_bytes()) == (12345, 23456)
    assert (group.cached_bytes(), group.kills()) == (4096, 2)
    descriptors = group.open_join_files()
    assert len(descriptors) == 2
    for fd in descriptors:
        os.close(fd)
    group.close()
    assert not memory.exists()
    assert not cpu.exists()
    groups.close()
    assert not (v1 / "memory/mine").exists()


def test_v2_limits_memory_and_cpu(v2):
    groups = control_groups("mine", v2)
    group = groups.create("environment", 640)
    assert isinstance(group, CgroupV2)
    directory = v2 / "mine/environment"
    assert (v2 / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert (v2 / "mine/cgroup.subtree_control").read_text()[:12] == "+memory +cpu"
    assert (directory / "memory.max").read_text() == str(640 * MIB)
    group.limit_memory(1024)
    assert (directory / "memory.max").read_text() == str(1024 * MIB)
    group.limit_cpu(2.0)
    assert (directory / "cpu.max").read_text() == "40000 20000"
    (directory / "memory.current").write_text("12345\n")
    (directory / "memory.peak").write_text("23456\n")
    assert (group.used_bytes(), group.peak_bytes()) == (12345, 23456)
    assert (group.cached_bytes(), group.kills()) == (4096, 3)
    group.forget_peak()
    for fd in group.open_join_files():
        os.close(fd)
    group.close()
    groups.close()
    assert not (v2 / "mine").exists()


def test_the_smallest_share_is_what_linux_allows(v2):
    group = control_groups("mine", v2).create("environment", 128)
    group.limit_cpu(0.001)
    assert (v2 / "mine/environment/cpu.max").read_text() == "1000 20000"
    group.close()


def test_directories_of_dead_owners_are_removed(v1):
    orphan = v1 / "memory" / f"lambda_magic-{os.getpid()}-1-abcd1234" / "environment"
    orphan.mkdir(parents=True)
    control_groups("mine", v1).close()
    assert not orphan.parent.exists()


def test_without_rights_or_controllers_there_are_none(tmp_path):
    assert control_groups("mine", tmp_path) is None
