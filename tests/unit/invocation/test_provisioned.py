"""Provisioned concurrency over fake sandboxes: how many environments of which version."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from lambda_magic.core.clock import ManualClock
from lambda_magic.core.settings import Settings
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.environments.pool import EnvironmentPool
from lambda_magic.environments.sandbox import ExitStatus
from lambda_magic.invocation.provisioned import ProvisionedConcurrency
from lambda_magic.monitoring.bus import Bus


class Provisioned:
    """The `hello` function of `world`, with its provisioned environments."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.clock = ManualClock()
        self.factory = FakeSandboxFactory()
        self.pool = EnvironmentPool(
            self.factory,
            bus=Bus(self.clock),
            clock=self.clock,
            settings=Settings(),
            is_current=world.router.is_current,
        )
        self.concurrency = ProvisionedConcurrency(world.router, self.pool)

    def versions(self) -> Counter[str]:
        return Counter(one.version for one in self.pool if one.state in ("Ready", "Frozen"))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0)

    def put(self, qualifier: str, requested: int) -> None:
        """What PutProvisionedConcurrencyConfig does."""
        with self.world.catalog.transaction() as changes:
            changes.put_provisioned("hello", qualifier, requested=requested, last_modified="")
        self.concurrency.set("hello", qualifier, requested)

    def status(self, qualifier: str) -> object:
        return self.concurrency.status("hello", qualifier)["Status"]


@pytest.fixture
def provisioned(world: Any) -> Provisioned:
    return Provisioned(world)


async def test_environments_are_initialised_ahead(provisioned: Provisioned) -> None:
    provisioned.put("1", 3)
    assert provisioned.concurrency.status("hello", "1") == {
        "AvailableProvisionedConcurrentExecutions": 0,
        "AllocatedProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
    }

    await provisioned.until(lambda: provisioned.status("1") == "READY")

    assert provisioned.versions() == {"1": 3}
    assert repr(provisioned.concurrency) == "<ProvisionedConcurrency [3 of 3 available]>"
    await provisioned.pool.close()


async def test_fewer_lets_the_others_go(provisioned: Provisioned) -> None:
    provisioned.put("1", 3)
    await provisioned.until(lambda: provisioned.status("1") == "READY")

    provisioned.put("1", 1)

    assert provisioned.versions() == {"1": 1}
    assert provisioned.status("1") == "READY"
    await provisioned.pool.close()


async def test_an_alias_that_moves_takes_its_environments_along(provisioned: Provisioned) -> None:
    provisioned.world.alias("LIVE", "1")
    provisioned.put("LIVE", 2)
    await provisioned.until(lambda: provisioned.status("LIVE") == "READY")

    provisioned.world.alias("LIVE", "2")
    provisioned.concurrency.refresh()
    await provisioned.until(lambda: provisioned.status("LIVE") == "READY")

    assert provisioned.versions() == {"2": 2}
    await provisioned.pool.close()


async def test_weights_divide_the_environments(provisioned: Provisioned) -> None:
    provisioned.world.alias("LIVE", "1", {"2": 0.25})

    provisioned.put("LIVE", 5)
    await provisioned.until(lambda: provisioned.status("LIVE") == "READY")

    assert provisioned.versions() == {"1": 4, "2": 1}
    await provisioned.pool.close()


async def test_an_environment_that_is_lost_is_replaced(provisioned: Provisioned) -> None:
    provisioned.put("1", 1)
    await provisioned.until(lambda: provisioned.status("1") == "READY")
    lost = provisioned.factory.sandboxes[0]

    lost._listener.sandbox_failed("gone")
    await provisioned.until(lambda: len(provisioned.factory.sandboxes) == 2)
    await provisioned.until(lambda: provisioned.status("1") == "READY")

    assert provisioned.versions() == {"1": 1}
    await provisioned.pool.close()


async def test_an_init_that_fails_is_reported_and_not_repeated(provisioned: Provisioned) -> None:
    provisioned.put("1", 1)
    provisioned.factory.sandboxes[0].fail_init(ImportError("no pandas"))

    await provisioned.until(lambda: provisioned.status("1") == "FAILED")
    await provisioned.until(lambda: list(provisioned.pool) == [])

    assert provisioned.concurrency.status("hello", "1")["StatusReason"] == (
        "FUNCTION_ERROR_INIT_FAILURE"
    )
    assert len(provisioned.factory.sandboxes) == 1
    await provisioned.pool.close()


async def test_a_crash_while_idle_keeps_the_environment(provisioned: Provisioned) -> None:
    provisioned.put("1", 1)
    await provisioned.until(lambda: provisioned.status("1") == "READY")

    provisioned.factory.sandboxes[0].crash(ExitStatus(signal=9))
    await provisioned.until(lambda: [one.state for one in provisioned.pool] == ["Reset"])

    assert len(provisioned.factory.sandboxes) == 1
    await provisioned.pool.close()


async def test_a_function_that_is_deleted_loses_its_environments(
    provisioned: Provisioned,
) -> None:
    provisioned.put("1", 2)
    await provisioned.until(lambda: provisioned.status("1") == "READY")
    with provisioned.world.catalog.transaction() as changes:
        changes.delete_function("hello")

    provisioned.concurrency.refresh()
    await provisioned.until(lambda: list(provisioned.pool) == [])

    assert provisioned.status("1") == "IN_PROGRESS"
    await provisioned.pool.close()


async def test_removing_lets_all_go(provisioned: Provisioned) -> None:
    provisioned.put("1", 2)
    await provisioned.until(lambda: provisioned.status("1") == "READY")

    provisioned.concurrency.remove("hello", "1")
    await provisioned.until(lambda: list(provisioned.pool) == [])

    assert repr(provisioned.concurrency) == "<ProvisionedConcurrency [0 of 0 available]>"
    await provisioned.pool.close()


async def test_what_another_kernel_provisions_is_followed(provisioned: Provisioned) -> None:
    with provisioned.world.catalog.transaction() as changes:
        changes.put_provisioned("hello", "1", requested=2, last_modified="")

    provisioned.concurrency.refresh()
    await provisioned.until(lambda: provisioned.status("1") == "READY")
    assert provisioned.versions() == {"1": 2}

    with provisioned.world.catalog.transaction() as changes:
        changes.delete_provisioned("hello", "1")
    provisioned.concurrency.refresh()
    await provisioned.until(lambda: list(provisioned.pool) == [])


async def test_an_environment_that_cannot_be_made_is_not_tried_for_ever(
    provisioned: Provisioned,
) -> None:
    made = provisioned.factory.sandbox

    def refusing(*arguments: Any) -> Any:
        sandbox = made(*arguments)

        async def refuse() -> None:
            raise FileNotFoundError("There is no nodejs20.x here")

        sandbox.create = refuse  # type: ignore[method-assign]
        return sandbox

    provisioned.factory.sandbox = refusing  # type: ignore[method-assign]
    provisioned.put("1", 2)

    await provisioned.until(lambda: provisioned.status("1") == "FAILED")
    await provisioned.until(lambda: list(provisioned.pool) == [])
    assert len(provisioned.factory.sandboxes) == 2


async def test_the_failure_of_an_old_version_is_not_that_of_the_new_one(
    provisioned: Provisioned,
) -> None:
    provisioned.world.alias("LIVE", "1")
    provisioned.put("LIVE", 1)
    provisioned.factory.sandboxes[0].fail_init(ImportError("no pandas"))
    provisioned.world.alias("LIVE", "2")

    provisioned.concurrency.refresh()
    await provisioned.until(lambda: provisioned.status("LIVE") == "READY")
    await provisioned.until(lambda: len(list(provisioned.pool)) == 1)

    assert provisioned.status("LIVE") == "READY"
    assert provisioned.versions() == {"2": 1}
    await provisioned.pool.close()
