"""Captured objects: notebook values that travel in a function's deployment package.

The cell's module finds them as globals from its first line on, and its text stays as it is. That
works by the order in which Python looks for a module: the package `lambda_function/` is found
before `lambda_function.py`. So a package with captured objects holds both. `captured_loader.py`,
as `lambda_function/__init__.py`, puts the objects into its own namespace and runs the cell's file
there. The handler is still `lambda_function.handler`, and AWS's own runtime client runs it.
"""

import io
import sys
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path

import cloudpickle  # type: ignore[import-untyped]  # it ships no types

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment.cell import MODULE_NAME

#: What AWS's Python runtimes bring along besides the standard library.
#: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html#python-sdk-included
_RUNTIME_PACKAGES = frozenset(
    ["awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"]
)

#: What a captured object may refer to without a package of the function providing it.
_ALWAYS_THERE = sys.stdlib_module_names | _RUNTIME_PACKAGES | {"cloudpickle", "__main__"}

_LOADER = Path(__file__).with_name("captured_loader.py")


def captured_files(
    names: Iterable[str],
    namespace: Mapping[str, object],
    *,
    packages: Collection[str] = (),
    runtime: str,
) -> dict[str, bytes | Path]:
    """The files that bring the objects called `names` into a deployment package.

    `packages` are the modules that the package has already; an object that needs another one
    would not load in the execution environment, and is refused. So is code for another version
    of Python than `runtime`'s: its bytecode would not run there.
    """
    captured: dict[str, object] = {}
    for name in names:
        if name not in namespace:
            raise InvalidParameterValueException(
                f"--with {name}: the notebook has no variable of this name; "
                "run the cell that defines it first."
            )
        captured[name] = namespace[name]
    with _pickled_by_value(_notebook_modules()):
        for name, value in captured.items():
            _check(name, value, packages, runtime)
        # All in one pickle: what two objects share, they still share in the function.
        pickled = _pickle(captured).getvalue()
    files: dict[str, bytes | Path] = {
        f"{MODULE_NAME}/__init__.py": _LOADER.read_bytes(),
        f"{MODULE_NAME}/captured.pickle": pickled,
    }
    if b"cloudpickle" in pickled:
        files |= _cloudpickle_files()
    return files


def _check(name: str, value: object, packages: Collection[str], runtime: str) -> None:
    """Refuse an object that cannot be pickled here, or not be loaded in the function."""
    try:
        pickle = _pickle(value)
    except Exception as error:  # a __reduce__ of anyone's may raise anything
        raise InvalidParameterValueException(
            f"--with {name}: a {type(value).__name__} cannot be pickled: {error}"
        ) from error
    if missing := sorted(pickle.modules - _ALWAYS_THERE - set(packages)):
        raise InvalidParameterValueException(
            f"--with {name}: it needs {', '.join(missing)}, which the function does not have; "
            f"add --requirements {_quoted(_distribution(module) for module in missing)}."
        )
    kernel = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if pickle.has_code and runtime != kernel:
        raise InvalidParameterValueException(
            f"--with {name}: it contains code compiled by {kernel}, which {runtime} cannot run; "
            f"use --runtime {kernel}."
        )


def _pickle(value: object) -> "_CapturingPickler":
    pickler = _CapturingPickler()
    pickler.dump(value)
    return pickler


class _CapturingPickler(cloudpickle.Pickler):  # type: ignore[misc]  # it ships no types
    """Notes on the way what the pickle will need where it is loaded."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        super().__init__(self._buffer)
        #: The top-level modules that the pickle imports.
        self.modules: set[str] = set()
        #: Whether bytecode is in the pickle.
        self.has_code = False

    def getvalue(self) -> bytes:
        """What has been pickled."""
        return self._buffer.getvalue()

    def reducer_override(self, value: object) -> object:
        """Look at each object; pickling it is left to cloudpickle."""
        reduced = super().reducer_override(value)
        if isinstance(value, types.CodeType):
            self.has_code = True
        elif isinstance(value, types.ModuleType):
            if _is_imported_by_name(value):
                self.modules.add(_root(value.__name__))
        elif isinstance(value, _NAMED) and reduced is NotImplemented:
            # A class or function that cloudpickle does not take apart: its module's name is kept.
            self.modules.add(_root(value.__module__ or "builtins"))
        return reduced


_NAMED = type | types.FunctionType | types.BuiltinFunctionType


def _root(module_name: str) -> str:
    return module_name.partition(".")[0]


def _is_imported_by_name(module: types.ModuleType) -> bool:
    by_value = {_root(name) for name in cloudpickle.list_registry_pickle_by_value()}
    return module.__name__ in sys.modules and _root(module.__name__) not in by_value


def _notebook_modules() -> list[types.ModuleType]:
    """The modules that lie beside the notebook: like its cells, they are on no other machine."""
    return [
        module
        for name, module in sorted(sys.modules.items())
        if name not in ("__main__", "__mp_main__") and _lies_beside_notebook(module)
    ]


def _lies_beside_notebook(module: types.ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or sys.modules.get(module.__name__) is not module:
        return False
    path = Path(file)
    installed = "site-packages" in path.parts or any(
        path.is_relative_to(prefix) for prefix in (sys.prefix, sys.base_prefix)
    )
    return path.is_relative_to(Path.cwd()) and not installed


@contextmanager
def _pickled_by_value(modules: Iterable[types.ModuleType]) -> Iterator[None]:
    registered = cloudpickle.list_registry_pickle_by_value()
    with ExitStack() as stack:
        for module in modules:
            if module.__name__ not in registered:
                cloudpickle.register_pickle_by_value(module)
                stack.callback(cloudpickle.unregister_pickle_by_value, module)
        yield


def _cloudpickle_files() -> dict[str, bytes | Path]:
    directory = Path(cloudpickle.__file__).parent
    return {f"cloudpickle/{file.name}": file for file in directory.glob("*.py")}


def _distribution(module: str) -> str:
    """The name under which a module's package is installed: "PIL" comes with "pillow"."""
    return next(iter(metadata.packages_distributions().get(module, ())), module)


def _quoted(names: Iterable[str]) -> str:
    words = sorted(set(names))
    return words[0] if len(words) == 1 else f'"{" ".join(words)}"'
