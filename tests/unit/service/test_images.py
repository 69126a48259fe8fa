"""Functions that are images, with a resolver that knows two."""

from collections.abc import Callable
from typing import Any

import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.core.images import ResolvedImage

ROLE = "arn:aws:iam::123456789012:role/lambda"
FIRST, SECOND = "1" * 64, "2" * 64


class Registry:
    """What the tag "app:latest" stands for."""

    digest = FIRST

    async def resolve(self, uri: str) -> ResolvedImage:
        if uri != "app:latest":
            raise InvalidParameterValueException(f"Source image {uri} does not exist.")
        return ResolvedImage(uri=uri, resolved_uri=f"app@sha256:{self.digest}")


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
async def images(make_api: Callable[..., Any], registry: Registry) -> Any:
    return make_api(image_resolver=registry)


async def create(api: Any, **members: Any) -> dict[str, Any]:
    created = await api(
        "CreateFunction",
        FunctionName="hello",
        Role=ROLE,
        PackageType="Image",
        Code={"ImageUri": "app:latest"},
        **members,
    )
    api.settle()
    return created


async def test_the_code_of_an_image_is_its_digest(images: Any) -> None:
    created = await create(images)
    assert (created["CodeSha256"], created["CodeSize"]) == (FIRST, 0)
    assert created["PackageType"] == "Image"
    assert not {"Runtime", "Handler"} & created.keys()
    found = await images("GetFunction", FunctionName="hello")
    assert found["Code"] == {
        "RepositoryType": "ECR",
        "ImageUri": "app:latest",
        "ResolvedImageUri": f"app@sha256:{FIRST}",
    }


async def test_a_published_version_is_pinned(images: Any, registry: Registry) -> None:
    await create(images, Publish=True)
    registry.digest = SECOND
    unchanged = await images("GetFunctionConfiguration", FunctionName="hello")
    assert unchanged["CodeSha256"] == FIRST
    await images("UpdateFunctionCode", FunctionName="hello", ImageUri="app:latest")
    images.settle()
    second = await images("PublishVersion", FunctionName="hello")
    assert (second["Version"], second["CodeSha256"]) == ("2", SECOND)
    for version, digest in (("1", FIRST), ("2", SECOND)):
        found = await images("GetFunction", FunctionName="hello", Qualifier=version)
        assert found["Configuration"]["CodeSha256"] == digest
        assert found["Code"]["ResolvedImageUri"] == f"app@sha256:{digest}"


async def test_a_dry_run_tells_what_the_name_stands_for(images: Any, registry: Registry) -> None:
    await create(images)
    registry.digest = SECOND
    told = await images(
        "UpdateFunctionCode", FunctionName="hello", ImageUri="app:latest", DryRun=True
    )
    assert told["CodeSha256"] == SECOND
    kept = await images("GetFunction", FunctionName="hello")
    assert kept["Configuration"]["CodeSha256"] == FIRST


async def test_the_image_config_is_answered_as_it_was_given(images: Any) -> None:
    config = {"EntryPoint": ["/a"], "Command": ["b"], "WorkingDirectory": "/c"}
    created = await create(images, ImageConfig=config)
    assert created["ImageConfigResponse"] == {"ImageConfig": config}
    updated = await images("UpdateFunctionConfiguration", FunctionName="hello", ImageConfig={})
    assert "ImageConfigResponse" not in updated


async def test_a_function_keeps_its_package_type(images: Any) -> None:
    await create(images)
    assert "only ImageUri" in await images.refused(
        "UpdateFunctionCode", FunctionName="hello", ZipFile=images.zipped()
    )
    assert "Handler or Runtime or Layer" in await images.refused(
        "UpdateFunctionConfiguration", FunctionName="hello", Runtime="python3.12"
    )


async def test_an_image_that_does_not_exist_makes_no_function(images: Any) -> None:
    refusal = await images.refused(
        "CreateFunction",
        FunctionName="hello",
        Role=ROLE,
        PackageType="Image",
        Code={"ImageUri": "none"},
    )
    assert refusal == "InvalidParameterValueException: Source image none does not exist."
    assert (await images("ListFunctions"))["Functions"] == []
