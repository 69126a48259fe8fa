from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_magic.core.arns import Arns
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.settings import Setting

CONFIG = {"MaximumRetryAttempts": 1}
URL = {"UrlId": "abc", "AuthType": "NONE"}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path, Arns(account_id="123456789012", region_name="us-east-1"))
    with catalog.transaction() as changes:
        changes.add_function("hello", {})
    yield catalog
    catalog.close()


def test_what_is_not_configured_is_not_found(catalog: Catalog) -> None:
    assert catalog.event_invoke_config("hello", None) is None
    assert catalog.function_url("hello", None) is None
    assert catalog.find_url("abc") is None
    assert catalog.policy("hello", None) is None
    assert catalog.recursion("hello") == "Terminate"
    assert catalog.recursion("nobody") == "Terminate"


def test_a_setting_is_of_one_qualifier(catalog: Catalog) -> None:
    with catalog.transaction() as changes:
        changes.put_setting(Setting.EVENT_INVOKE, "hello", CONFIG, qualifier="$LATEST")
        changes.put_setting(Setting.URL, "hello", URL)
        changes.put_setting(Setting.URL, "hello", URL | {"UrlId": "live"}, qualifier="LIVE")
        changes.put_setting(Setting.POLICY, "hello", {"Statement": []}, qualifier="1")
        changes.put_setting(Setting.RECURSION, "hello", {"RecursiveLoop": "Allow"})

    assert catalog.event_invoke_config("hello", None) == CONFIG
    assert catalog.event_invoke_config("hello", "$LATEST") == CONFIG
    assert catalog.event_invoke_config("hello", "LIVE") is None
    assert catalog.function_url("hello", None) == URL
    assert (catalog.find_url("abc"), catalog.find_url("live")) == (
        ("hello", None),
        ("hello", "LIVE"),
    )
    assert (catalog.policy("hello", "1"), catalog.policy("hello", None)) == (
        {"Statement": []},
        None,
    )
    assert catalog.recursion("hello") == "Allow"


def test_settings_go_with_their_qualifier_and_their_function(catalog: Catalog) -> None:
    with catalog.transaction() as changes:
        for qualifier in ("$LATEST", "1", "LIVE"):
            changes.put_setting(Setting.EVENT_INVOKE, "hello", CONFIG, qualifier=qualifier)
    with catalog.transaction() as changes:
        changes.delete_version("hello", "1")
        changes.delete_alias("hello", "LIVE")

    assert catalog.settings.of_function(Setting.EVENT_INVOKE, "hello") == {"$LATEST": CONFIG}

    with catalog.transaction() as changes:
        changes.delete_function("hello")

    assert catalog.settings.of_kind(Setting.EVENT_INVOKE) == {}
