import itertools
import socket
import sys

import pytest

from lambda_magic.runtime_api import addresses
from lambda_magic.runtime_api.addresses import PORT, own_addresses
from lambda_magic.runtime_api.api import RuntimeApi

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="one address is all there is")


@needs_linux
async def test_every_environment_has_an_address_of_its_own() -> None:
    apis = [RuntimeApi(None) for _ in range(3)]  # type: ignore[arg-type]
    listening = [await api.listen() for api in apis]

    assert len(set(listening)) == 3
    assert all(one.startswith("127.") and one.endswith(f":{PORT}") for one in listening)
    for api in apis:
        api.close()


@needs_linux
async def test_an_address_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_numbers", itertools.count(0x1234_56))
    taken = next(own_addresses())
    monkeypatch.setattr(addresses, "_numbers", itertools.count(0x1234_56))
    with socket.create_server(taken):
        api = RuntimeApi(None)  # type: ignore[arg-type]
        address = await api.listen()
        api.close()

    assert not address.startswith(f"{taken[0]}:")
    assert address.endswith(f":{PORT}")


@needs_linux
def test_addresses_never_leave_the_loopback_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_numbers", itertools.count((254 << 16) - 32))
    hosts = [host.split(".") for host, port in own_addresses() if port]

    assert {host[0] for host in hosts} == {"127"}
    # Not those that the machine itself uses, no network's own and no broadcast address.
    assert {host[1] for host in hosts} <= {"1", "254"}
    assert not {host[3] for host in hosts} & {"0", "255"}


def test_in_the_end_any_port_will_do() -> None:
    assert list(own_addresses())[-1] == ("127.0.0.1", 0)


async def test_a_host_may_be_given() -> None:
    api = RuntimeApi(None)  # type: ignore[arg-type]
    assert (await api.listen("127.0.0.1")).startswith("127.0.0.1:")
    api.close()
