"""`%%lambda --image` and `--dockerfile`: functions that are container images."""

import argparse
from contextlib import closing

from IPython.core.error import UsageError

from lambda_magic.deployment import image
from lambda_magic.deployment.publication import ImageCode
from lambda_magic.environments.base_image import context_archive
from lambda_magic.environments.container_owner import FUNCTION_LABEL
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.sandbox import SUBPROCESS
from lambda_magic.magics.containers import engine_errors, progress
from lambda_magic.magics.parser import MagicParser

#: Options of `%%lambda` that are about deployment packages.
_FOREIGN = {
    "zip": "zip",
    "runtime_client": "runtime-client",
    "handler": "handler",
    "runtime": "runtime",
    "requirements": "requirements",
    "captured": "with",
    "layers": "layer",
}


def add_image_options(parser: MagicParser) -> None:
    """The options by which a cell makes a function of an image."""
    parser.add_argument(
        "--image",
        metavar="URI",
        help="the function is this image; the cell may have ENTRYPOINT, CMD and WORKDIR for it",
    )
    parser.add_argument(
        "--dockerfile",
        action="store_true",
        help="the cell is a Dockerfile, and files for it below lines of # %%%% NAME",
    )


def image_code(arguments: argparse.Namespace, function_name: str, cell: str) -> ImageCode | None:
    """The image that a cell names, or builds; None if it is a deployment package."""
    if not arguments.image and not arguments.dockerfile:
        return None
    _check(arguments)
    if arguments.image:
        return ImageCode(uri=arguments.image, config=image.image_config(cell))
    files = image.build_context(cell)
    name = image.image_name(function_name, files)
    with engine_errors(), closing(Engine()) as engine, progress("Building the image") as show:
        engine.build(context_archive(files), name, {FUNCTION_LABEL: function_name}, show)
    return ImageCode(uri=name)


def _check(arguments: argparse.Namespace) -> None:
    if arguments.image and arguments.dockerfile:
        raise UsageError("--image and --dockerfile are two ways to name an image: use one of them")
    if arguments.environment == SUBPROCESS:
        raise UsageError("an image runs in a container: leave --environment out")
    for option, flag in _FOREIGN.items():
        if getattr(arguments, option, None):
            raise UsageError(f"--{flag} is for deployment packages: an image brings its own")
