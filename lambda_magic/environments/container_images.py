"""The images of functions, as the engine has them."""

import asyncio

from lambda_magic.core.errors import InvalidParameterValueException, ServiceException
from lambda_magic.core.images import ResolvedImage
from lambda_magic.environments.engine import Engine, Image, Progress, repository_of
from lambda_magic.environments.engine_client import EngineError, NoEngineError


class ContainerImages:
    """Finds out what the names of images stand for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def resolve(self, uri: str) -> ResolvedImage:
        """What a name stands for; an image that is not here is fetched.

        Raises `InvalidParameterValueException` if there is none, `ServiceException` without engine.
        """
        return await asyncio.to_thread(self._resolve, uri)

    def _resolve(self, uri: str) -> ResolvedImage:
        try:
            image = self._engine.find_image(uri)
            if image is None:
                self._engine.pull(uri, _silent)
                image = self._engine.find_image(uri)
        except NoEngineError as error:
            raise ServiceException(str(error)) from None
        except EngineError:
            image = None
        if image is None:
            raise InvalidParameterValueException(
                f"Source image {uri} does not exist. Provide a valid source image."
            )
        return ResolvedImage(uri=uri, resolved_uri=_resolved_uri(uri, image))


def find_pinned(engine: Engine, uri: str, digest: str, progress: Progress) -> Image:
    """The image that a function was made of, whatever its name stands for by now.

    Raises `EngineError` if it is gone, here and from its registry.
    """
    named = f"{repository_of(uri)}@{digest}"
    found = engine.find_image(digest) or engine.find_image(named)
    if found is None:
        try:
            engine.pull(named, progress)
        except NoEngineError:
            raise
        except EngineError as error:
            raise EngineError(f"The image {named} is gone: {error}") from None
        found = engine.find_image(named)
    if found is None:
        raise EngineError(f"The image {named} is gone")
    return found


def _resolved_uri(uri: str, image: Image) -> str:
    """By the registry's digest; an image that was only built here has its id instead."""
    repository = repository_of(uri)
    for name in image.repository_digests:
        if repository_of(name) == repository:
            return name
    return f"{repository}@{image.image_id}"


def _silent(line: str) -> None:
    """Nobody looks."""
