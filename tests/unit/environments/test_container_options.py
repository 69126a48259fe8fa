from pathlib import Path

from lambda_magic.environments.container_options import ContainerOptions


def test_a_container_gets_no_rights_and_what_it_may_use() -> None:
    options = ContainerOptions(
        image="sha256:00",
        name="hello",
        command=("/init",),
        memory_limit_mb=700,
        ephemeral_storage_mb=512,
        network="none",
        shown={"/var/task": Path("/code")},
        labels={"a": "b"},
        volumes={"/client": "volume"},
    ).arguments()
    host = options.pop("host")
    assert options["entrypoint"] == ["/init"]
    assert options["user"] == "993:990"
    assert options["labels"] == {"a": "b"}
    assert host["binds"] == {
        "/code": {"bind": "/var/task", "mode": "ro"},
        "volume": {"bind": "/client", "mode": "ro"},
    }
    assert host["mem_limit"] == host["memswap_limit"] == 700 * 2**20
    assert host["cap_drop"] == ["ALL"]
    assert host["security_opt"] == ["no-new-privileges"]
    assert host["read_only"] is True
    assert host["pids_limit"] > 1024
    assert "size=512m" in host["tmpfs"]["/tmp"]
    assert host["network_mode"] == "none"
    assert host["auto_remove"] is True
