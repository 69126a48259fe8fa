import pytest

from lambda_magic.api.endpoint import Address


@pytest.mark.parametrize(
    ("host", "url", "is_loopback"),
    [
        ("127.0.0.1", "http://127.0.0.1:9001", True),
        ("localhost", "http://localhost:9001", True),
        ("::1", "http://[::1]:9001", True),
        ("0.0.0.0", "http://127.0.0.1:9001", False),
        ("::", "http://[::1]:9001", False),
        ("192.168.1.2", "http://192.168.1.2:9001", False),
        ("machine.example.com", "http://machine.example.com:9001", False),
    ],
)
def test_addresses(host: str, url: str, is_loopback: bool) -> None:
    address = Address(host=host, port=9001)
    assert (address.url, address.is_loopback) == (url, is_loopback)
