"""A service on a fresh home, with a clock that stands still."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape

from lambda_magic.core import model
from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import ManualClock
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.settings import Settings
from lambda_magic.service.fakes import FakeEventInvoker, FakeInvoker, FakePollers, FakeProvisioner
from lambda_magic.service.images import ImageResolver
from lambda_magic.service.service import LambdaService
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore

ROLE = "arn:aws:iam::123456789012:role/lambda"


def zipped(text: str = "", name: str = "index.py") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr(zipfile.ZipInfo(name), text)
    return file.getvalue()


#: What a value of each type is in an answer; blobs are never text there.
TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "double": (int, float),
    "boolean": bool,
    "blob": bytes,
    "timestamp": datetime,
    "list": list,
    "map": dict,
    "structure": dict,
}


def assert_has_shape(shape: Shape, value: Any, where: str = "") -> None:
    """An answer has the members of the API's shape, of its types, and no others."""
    if shape.serialization.get("eventstream"):
        assert hasattr(value, "__aiter__"), f"{where} is {value!r}"
        return
    assert isinstance(value, TYPES[shape.type_name]), f"{where} is {value!r}"
    if isinstance(shape, StructureShape):
        assert value.keys() <= shape.members.keys(), where
        # (AWS answers with an empty one, whatever the model says, where there is nothing.)
        assert not value or set(shape.required_members) <= value.keys(), where
        for name, member in value.items():
            assert_has_shape(shape.members[name], member, f"{where}.{name}")
    elif isinstance(shape, ListShape):
        for element in value:
            assert_has_shape(shape.member, element, f"{where}[]")


class Api:
    """Calls a service, and makes what tests need."""

    ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"

    def __init__(
        self, home: Path, image_resolver: ImageResolver | None = None, **settings: Any
    ) -> None:
        self.settings = Settings(home=home, **settings)
        self.clock = ManualClock()
        self.catalog = Catalog(home, Arns(account_id="123456789012", region_name="us-east-1"))
        self.provisioner = FakeProvisioner()
        self.invoker = FakeInvoker()
        self.event_invoker = FakeEventInvoker()
        self.pollers = FakePollers()
        self.service = LambdaService(
            self.settings,
            self.clock,
            self.catalog,
            CodeStore(home),
            self.provisioner,
            self.invoker,
            self.event_invoker,
            self.pollers,
            image_resolver,
        )

    async def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        answer = await self.service.call(operation, request)
        answered_shape = (
            model.service_model().operation_model(model.operation(operation).name).output_shape
        )
        if answered_shape is not None:
            members = {key: answer[key] for key in answer if key != "ResponseMetadata"}
            assert_has_shape(answered_shape, members)
        return answer

    async def refused(self, operation: str, **request: Any) -> str:
        """The error that a call raises, as "code: message"."""
        with pytest.raises(LambdaError) as caught:
            await self(operation, **request)
        return f"{caught.value.code}: {caught.value.message}"

    def create_request(self, name: str = "hello", **members: Any) -> dict[str, Any]:
        return {
            "FunctionName": name,
            "Runtime": "python3.12",
            "Role": ROLE,
            "Handler": "index.handler",
            "Code": {"ZipFile": zipped()},
        } | members

    async def create(self, name: str = "hello", **members: Any) -> dict[str, Any]:
        """A function that is ready."""
        created = await self("CreateFunction", **self.create_request(name, **members))
        self.settle()
        return created

    async def publish(self, text: str, name: str = "hello") -> str:
        """The number of a new version of the function, whose code is `text`."""
        await self("UpdateFunctionCode", FunctionName=name, ZipFile=zipped(text))
        self.settle()
        version: str = (await self("PublishVersion", FunctionName=name))["Version"]
        return version

    def settle(self) -> None:
        """Let the loop take its next turn."""
        self.clock.advance(0)

    zipped = staticmethod(zipped)


@pytest.fixture
async def make_api(tmp_path: Path) -> AsyncIterator[Callable[..., Api]]:
    made = []

    def make(**settings: Any) -> Api:
        made.append(Api(tmp_path, **settings))
        return made[-1]

    yield make
    for api in made:
        api.catalog.close()


@pytest.fixture
async def api(make_api: Callable[..., Api]) -> Api:
    """A service without functions."""
    return make_api()


@pytest.fixture
async def hello(api: Api) -> Api:
    """A service with the function `hello`, which has two published versions."""
    await api.create()
    await api("PublishVersion", FunctionName="hello")
    await api.publish("second")
    return api
