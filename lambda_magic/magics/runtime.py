"""`%runtime`: what runs functions here, and making an image of it."""

from contextlib import closing
from pathlib import Path

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.environments.base_image import build_base_image, find_base_image, python_for
from lambda_magic.environments.engine import Engine, Image
from lambda_magic.environments.engine_client import EngineError, NoEngineError
from lambda_magic.magics.containers import engine_errors, progress
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.table import Table
from lambda_magic.service.runtimes import supported_runtimes

_COLUMNS = ("Runtime", "Interpreter", "Image", "Size (MB)")


def parser() -> MagicParser:
    """The options of %runtime."""
    made = MagicParser(
        "%runtime",
        description="List what Python functions run on, or make a base image for containers.",
        example="%runtime build python3.12",
    )
    made.add_argument("action", nargs="?", choices=["list", "build"], default="list")
    made.add_argument("runtime", nargs="?", help="such as python3.12; the kernel's Python")
    return made


_PARSER = parser()


@magics_class
class RuntimeMagic(SessionMagics):
    """Registers `%runtime`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def runtime(self, line: str) -> Table:
        """List what functions run on, or make a base image."""
        arguments = _PARSER.parse(line)
        with closing(Engine()) as engine:
            if arguments.action == "build":
                _build(engine, arguments.runtime or self._session.configuration.runtime)
            return _table(engine, arguments.runtime)


def _build(engine: Engine, runtime: str) -> None:
    try:
        interpreter = python_for(runtime)
    except FileNotFoundError as error:
        raise InvalidParameterValueException(str(error)) from None
    with engine_errors():
        engine.connect()
    with engine_errors(), progress(f"Building {runtime}") as show:
        build_base_image(engine, interpreter, show)


def _table(engine: Engine, wanted: str | None) -> Table:
    notes = []
    try:
        engine.connect()
    except NoEngineError as error:
        notes.append(str(error))
    runtimes = [wanted] if wanted else supported_runtimes()
    rows = [
        dict(zip(_COLUMNS, row, strict=True))
        for runtime in runtimes
        if runtime.startswith("python") and (row := _row(engine, runtime, no_engine=bool(notes)))
    ]
    return Table("Runtimes", _COLUMNS, rows, empty="No Python is found.", notes=notes)


def _row(engine: Engine, runtime: str, *, no_engine: bool) -> tuple[object, ...] | None:
    try:
        interpreter = _below_home(python_for(runtime).executable)
    except FileNotFoundError:
        interpreter = ""
    image: Image | None = None
    if not no_engine:
        try:
            image = find_base_image(engine, runtime)
        except EngineError:
            image = None
    if not interpreter and image is None:
        return None
    size = None if image is None else round(image.size / 1e6)
    return (runtime, interpreter, "" if image is None else image.name, size)


def _below_home(path: Path) -> str:
    """A path as people write it, who keep their home to themselves."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
