from typing import Any

import pytest

from lambda_magic.core.arns import LATEST
from lambda_magic.core.errors import (
    ResourceConflictException,
    ResourceNotFoundException,
    ServiceException,
)

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"


@pytest.mark.parametrize(
    ("qualifier", "version", "arn"),
    [
        (None, "$LATEST", ARN),
        ("$LATEST", "$LATEST", f"{ARN}:$LATEST"),
        ("2", "2", f"{ARN}:2"),
        ("LIVE", "1", f"{ARN}:LIVE"),
    ],
)
def test_a_qualifier_is_a_version_or_an_alias(
    world: Any, qualifier: str | None, version: str, arn: str
) -> None:
    world.alias("LIVE", "1")

    route = world.router.route("hello", qualifier)

    assert route.spec.version == version
    assert route.invoked_function_arn == arn
    assert route.alias == ("LIVE" if qualifier == "LIVE" else None)


@pytest.mark.parametrize(
    ("name", "qualifier", "arn"),
    [
        ("nobody", None, "arn:aws:lambda:us-east-1:123456789012:function:nobody:$LATEST"),
        ("hello", "9", f"{ARN}:9"),
        ("hello", "PROD", f"{ARN}:PROD"),
    ],
)
def test_what_is_not_there_is_named_by_its_arn(
    world: Any, name: str, qualifier: str | None, arn: str
) -> None:
    with pytest.raises(ResourceNotFoundException) as caught:
        world.router.route(name, qualifier)

    assert caught.value.message == f"Function not found: {arn}"


@pytest.mark.parametrize(
    ("chance", "version"), [(0.0, "1"), (0.89, "1"), (0.91, "2"), (0.9999, "2")]
)
def test_an_alias_with_weights_is_split_by_chance(world: Any, chance: float, version: str) -> None:
    world.alias("LIVE", "1", {"2": 0.1})
    world.chance = chance

    assert world.version("LIVE") == version


def test_a_change_of_the_catalog_is_seen_at_once(world: Any) -> None:
    world.alias("LIVE", "1")
    assert world.version("LIVE") == "1"

    world.alias("LIVE", "2")

    assert world.version("LIVE") == "2"


def test_a_function_that_is_being_created_cannot_be_invoked_yet(world: Any) -> None:
    world.put(LATEST, State="Pending")

    with pytest.raises(ResourceConflictException, match="currently in the following state: Pend"):
        world.router.route("hello", None)


def test_a_spec_is_current_until_its_configuration_changes(world: Any) -> None:
    spec = world.router.route("hello", None).spec
    assert world.router.is_current(spec)

    world.put(LATEST, MemorySize=256)
    world.router.refresh()

    assert not world.router.is_current(spec)
    assert world.router.route("hello", None).spec.memory_size_mb == 256


def test_limits_come_from_reserved_and_provisioned_concurrency(world: Any) -> None:
    world.alias("LIVE", "1")
    with world.catalog.transaction() as changes:
        changes.set_reserved_concurrency("hello", 10)
        changes.put_provisioned("hello", "LIVE", requested=4, last_modified="")

    route = world.router.route("hello", "LIVE")

    assert route.limits.reserved == 10
    assert route.limits.on_demand == 6
    assert route.allotments == ("LIVE",)
    assert world.router.route("hello", "2").allotments == ()


def test_layers_are_one_directory_even_when_they_are_deleted(world: Any) -> None:
    arns = [world.layer(name, {"python/same.py": name, f"python/{name}.py": ""}) for name in "ab"]
    world.put("1", Layers=[{"Arn": arn} for arn in arns])
    with world.catalog.transaction() as changes:
        changes.delete_layer_version("a", 1)

    layers = world.router.route("hello", "1").spec.layers

    assert sorted(path.name for path in (layers / "python").iterdir()) == [
        "a.py",
        "b.py",
        "same.py",
    ]
    assert (layers / "python/same.py").read_text() == "b"
    assert world.router.route("hello", "2").spec.layers is None


def test_a_layer_that_is_nowhere_is_named(world: Any) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:layer:nothing:1"
    world.put("1", Layers=[{"Arn": arn}])

    with pytest.raises(ServiceException, match=f"The layer version {arn} is missing"):
        world.router.route("hello", "1")


def test_a_tag_says_whose_client_runs_the_handler(world: Any) -> None:
    before = world.router.route("hello", "1").spec
    assert before.runtime_client == "lambda_magic"
    with world.catalog.transaction() as changes:
        changes.set_tags("hello", {"lambda-magic:runtime-client": "awslambdaric"})
    after = world.router.route("hello", "1").spec
    assert after.runtime_client == "awslambdaric"
    # What runs by the other one is stale.
    assert before.key != after.key
    assert not world.router.is_current(before)
