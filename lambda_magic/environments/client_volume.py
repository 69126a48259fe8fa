"""The interpreter that runs our first process in images which may have none.

It comes from the base image of this process's own Python, whose /var/lang needs nothing else of the
image it lies in. The engine copies that into a volume once, and shows it read-only to containers.
"""

from contextlib import suppress

from lambda_magic.environments.base_image import (
    CLIENT,
    LOADER_LABEL,
    base_image_name,
    build_base_image,
    python_for,
)
from lambda_magic.environments.engine import Engine, Progress
from lambda_magic.environments.engine_client import EngineError
from lambda_magic.environments.interpreters import OWN_RUNTIME

#: Where it is in a container.
_PYTHON = f"{CLIENT}/python"
_SOURCE = "/var/lang"
_LABEL = "lambda_magic.client"


class ClientVolume:
    """A volume with an interpreter, and how to start that."""

    place = _PYTHON

    def __init__(self, name: str, loader: str) -> None:
        self.name = name
        version = OWN_RUNTIME.removeprefix("python")
        libraries = f"{_PYTHON}/lib"
        #: Finds its libraries by itself, in whatever image it is.
        self.command = (
            f"{libraries}/{loader}",
            "--library-path",
            libraries,
            f"{_PYTHON}/bin/python{version}",
        )

    @classmethod
    def provide(cls, engine: Engine, progress: Progress) -> "ClientVolume":
        """The volume, made if need be, and so the base image that it is of."""
        name = base_image_name(OWN_RUNTIME)
        image = engine.find_image(name)
        if image is None or LOADER_LABEL not in image.labels:
            build_base_image(engine, python_for(OWN_RUNTIME), progress)
            image = engine.find_image(name)
        if image is None:
            raise EngineError(f"The image {name} has vanished")
        volume = f"lambda-magic-{image.image_id.removeprefix('sha256:')[:16]}"
        there = engine.volumes(_LABEL)
        if volume not in there:
            engine.copy_to_volume(image.image_id, _SOURCE, volume, _LABEL)
        for former in there:
            if former != volume:
                with suppress(EngineError):  # A container may have it.
                    engine.remove_volume(former)
        return cls(volume, image.labels[LOADER_LABEL])
