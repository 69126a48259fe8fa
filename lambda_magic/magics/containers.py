"""What `%%lambda` and `%runtime` have to do with containers."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from IPython.core.error import UsageError
from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types

from lambda_magic.core.errors import InvalidParameterValueException, ServiceException
from lambda_magic.environments.base_image import provide_base_image
from lambda_magic.environments.engine import Engine, Progress
from lambda_magic.environments.interpreters import OWN_RUNTIME
from lambda_magic.environments.languages import OS_ONLY
from lambda_magic.environments.sandbox import CONTAINER, SUBPROCESS
from lambda_magic.environments.spec import ENVIRONMENT_TAG, NETWORK_TAG
from lambda_magic.magics.parser import MagicParser


def add_options(parser: MagicParser) -> None:
    """The options of `%%lambda` that say where a function runs."""
    parser.add_argument(
        "--environment",
        choices=[SUBPROCESS, CONTAINER],
        help="where it runs; a container wants a container engine, such as Docker",
    )
    parser.add_argument(
        "--network", metavar="NAME", help='of its container: "none" lets nothing out'
    )


def check(arguments: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    is_container = arguments.environment == CONTAINER or arguments.image or arguments.dockerfile
    if arguments.network and not is_container:
        raise UsageError("--network goes with --environment container")


def tags(arguments: argparse.Namespace) -> dict[str, str]:
    """The tags by which a function keeps where it runs."""
    chosen = {ENVIRONMENT_TAG: arguments.environment, NETWORK_TAG: arguments.network}
    return {tag: value for tag, value in chosen.items() if value}


def prepare(runtime: str) -> None:
    """Have the image ready that functions of a runtime run on; shows what takes long."""
    with engine_errors(), closing(Engine()) as engine, progress("Base image") as show:
        try:
            # What brings its own runtime needs any system, unless there is AWS's for it.
            provide_base_image(engine, OWN_RUNTIME if runtime in OS_ONLY else runtime, show)
        except FileNotFoundError as error:
            raise InvalidParameterValueException(str(error)) from None


@contextmanager
def engine_errors() -> Iterator[None]:
    """What the engine refuses, or that there is none, as an error of one line."""
    try:
        yield
    except OSError as error:
        raise ServiceException(str(error)) from None


@contextmanager
def progress(subject: str) -> Iterator[Progress]:
    """One line that says what goes on; nothing is shown of what is done at once."""
    layout = "{desc} [{elapsed}]{postfix}"
    with tqdm(desc=subject, bar_format=layout, file=sys.stdout, delay=0.3) as bar:
        yield lambda line: bar.set_postfix_str(line[:100])
