from typing import Any

from lambda_magic.environments.choice import SandboxChoice


class Factory:
    """Remembers what it is asked for."""

    def __init__(self, isolation: str) -> None:
        self.isolation = isolation
        self.asked: list[Any] = []
        self.is_closed = False

    def sandbox(self, spec: Any, api: Any, listener: Any) -> Any:
        self.asked.append(spec)
        return self

    async def close(self) -> None:
        self.is_closed = True


class Spec:
    def __init__(self, environment: str) -> None:
        self.environment = environment


async def test_each_function_gets_the_kind_that_it_says() -> None:
    subprocesses, containers = Factory("namespaces"), Factory("container")
    choice = SandboxChoice(subprocesses, containers)
    inside, outside = Spec("container"), Spec("subprocess")
    assert choice.sandbox(inside, None, None) is containers
    assert choice.sandbox(outside, None, None) is subprocesses
    assert choice.isolation == "namespaces"
    await choice.close()
    assert subprocesses.is_closed
    assert containers.is_closed
