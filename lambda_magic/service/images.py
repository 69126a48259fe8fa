"""Container images on their way in: from a name to what it stands for now.

https://docs.aws.amazon.com/lambda/latest/dg/images-create.html

A function keeps the digest, so that a version is what it was when it was published, wherever the
name moves. The name is kept beside it, since GetFunction tells it.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from lambda_magic.core.arns import LATEST
from lambda_magic.core.errors import InvalidParameterValueException, NotSupportedException
from lambda_magic.core.images import ResolvedImage
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.changes import Changes
from lambda_magic.store.code import StoredCode
from lambda_magic.store.settings import Setting

Request = Mapping[str, Any]
Configuration = Mapping[str, Any]


class ImageResolver(Protocol):
    """Who knows what images there are."""

    async def resolve(self, uri: str) -> ResolvedImage:
        """What a name stands for; an image that is not here is fetched.

        Raises `InvalidParameterValueException` if there is none.
        """


class NoImages:
    """A region that runs no container."""

    async def resolve(self, uri: str) -> ResolvedImage:
        """There is none."""
        raise NotSupportedException(f"{uri}: this region runs no container images.")


class Images:
    """The images of functions."""

    def __init__(self, catalog: Catalog, resolver: ImageResolver) -> None:
        self._catalog = catalog
        self._resolver = resolver

    async def resolve(self, code: Request) -> ResolvedImage:
        """The image that a FunctionCode, or an UpdateFunctionCode, names."""
        others = ("ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion")
        if not code.get("ImageUri") or any(code.get(member) for member in others):
            raise InvalidParameterValueException(
                "Please provide only ImageUri for a function with packageType Image."
            )
        return await self._resolver.resolve(code["ImageUri"])

    def location(self, function_name: str, version: str) -> dict[str, str]:
        """The `Code` of GetFunction's answer."""
        names = self._catalog.settings.find(Setting.IMAGE, function_name, version) or {}
        return {"RepositoryType": "ECR", **names}

    @staticmethod
    def keep(changes: Changes, function_name: str, image: ResolvedImage) -> None:
        """Keep what the image of `$LATEST` is called."""
        names = {"ImageUri": image.uri, "ResolvedImageUri": image.resolved_uri}
        changes.put_setting(Setting.IMAGE, function_name, names, qualifier=LATEST)

    def publish(self, changes: Changes, function_name: str, version: str) -> None:
        """Keep what the image of a new version is called."""
        names = self._catalog.settings.find(Setting.IMAGE, function_name, LATEST)
        if names is not None:
            changes.put_setting(Setting.IMAGE, function_name, names, qualifier=version)


def is_image(configuration: Configuration) -> bool:
    """Whether a function, or the request for one, is an image."""
    return configuration.get("PackageType") == "Image"


def as_code(image: ResolvedImage) -> StoredCode:
    """An image as a function's code: AWS tells its digest, and no size."""
    return StoredCode(sha256=image.digest, size=0)
