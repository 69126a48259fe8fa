"""A catalog with one function, `hello`, for everything that routes and invokes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.arns import LATEST, Arns
from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.invocation.router import Router
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore


class World:
    """A catalog with one function, `hello`, and a router whose chance a test decides."""

    def __init__(self, home: Path) -> None:
        settings = Settings(home=home)
        self.catalog = Catalog(home, Arns(account_id="123456789012", region_name="us-east-1"))
        self._code_store = code_store = CodeStore(home)
        self.code = code_store.put(build_zip({"lambda_function.py": b""})).sha256
        self.chance = 0.0
        self.router = Router(settings, self.catalog, code_store, chance=lambda: self.chance)
        with self.catalog.transaction() as changes:
            changes.add_function("hello", {})
        for version in (LATEST, "1", "2"):
            self.put(version)

    def put(self, version: str, **changed: Any) -> None:
        configuration = {
            "FunctionName": "hello",
            "Version": version,
            "CodeSha256": self.code,
            "Runtime": "python3.12",
            "Handler": "lambda_function.handler",
            "Timeout": 3,
            "MemorySize": 128,
            "EphemeralStorage": {"Size": 512},
            "Architectures": ["x86_64"],
            "State": "Active",
        } | changed
        with self.catalog.transaction() as changes:
            changes.put_version("hello", configuration)

    def layer(self, name: str, files: dict[str, str]) -> str:
        """The ARN of version 1 of a new layer."""
        content = build_zip({path: text.encode() for path, text in files.items()})
        with self.catalog.transaction() as changes:
            changes.add_layer_version(name, 1, {}, self._code_store.put(content).sha256)
        return f"arn:aws:lambda:us-east-1:123456789012:layer:{name}:1"

    def alias(self, name: str, version: str, weights: dict[str, float] | None = None) -> None:
        configuration: dict[str, Any] = {"Name": name, "FunctionVersion": version}
        if weights:
            configuration["RoutingConfig"] = {"AdditionalVersionWeights": weights}
        with self.catalog.transaction() as changes:
            changes.put_alias("hello", configuration)

    def version(self, qualifier: str | None) -> str:
        return self.router.route("hello", qualifier).spec.version


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.catalog.close()
