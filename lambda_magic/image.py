"""`lambda-magic image`: the images that functions in containers run on."""

import sys
from contextlib import closing

from lambda_magic.environments.base_image import (
    LABEL,
    base_image_name,
    build_base_image,
    python_for,
)
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.engine_client import EngineError
from lambda_magic.environments.interpreters import OWN_RUNTIME


def run(action: str, runtimes: list[str]) -> int:
    """Build the images of these runtimes, or list those there are; returns the exit status."""
    with closing(Engine()) as engine:
        try:
            if action == "build":
                for runtime in runtimes or [OWN_RUNTIME]:
                    build_base_image(engine, python_for(runtime), _tell)
            else:
                _list(engine)
        except EngineError as error:
            print(f"lambda-magic: {error}", file=sys.stderr)
            return 1
    return 0


def _list(engine: Engine) -> None:
    for image in engine.images(LABEL):
        # Whatever is made of one has its labels, but not its name.
        runtime = image.labels[LABEL]
        for name in image.names:
            if name == base_image_name(runtime):
                print(f"{runtime}  {name}  {image.size / 1e6:,.0f} MB")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
