"""What a function finds installed besides the standard library, as in AWS's runtimes."""

import importlib.util
from pathlib import Path

from lambda_magic.environments.interpreters import Interpreter
from lambda_magic.environments.languages import NODE
from lambda_magic.runtimes import messages

#: Where the cargo lies on this machine; read by path, as the isolated processes do.
RUNTIMES = Path(messages.__file__).parent

#: AWS's Python runtimes come with boto3 and what that needs.
_BOTO3 = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
#: The hooks around snapshots, and the first Python that has them.
_HOOKS = RUNTIMES / "packages" / "snapshot_restore_py.py"
_WITH_HOOKS = (3, 12)
_AWSLAMBDARIC = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
#: AWS's own runtime client for Node.js, where npm puts what is installed globally.
AWS_LAMBDA_RIC = "node_modules/aws-lambda-ric"


def runtime_packages(interpreter: Interpreter, runtime_client: str) -> dict[str, Path]:
    """The files and directories to show in /var/runtime, by their names there.

    They are this process's own. Raises `FileNotFoundError` if `runtime_client` is "awslambdaric"
    and that is not installed for the interpreter.
    """
    packages = dict(filter(None, map(_locate, _BOTO3)))
    if runtime_client == "awslambdaric":
        if not interpreter.is_own or _locate("awslambdaric") is None:
            raise FileNotFoundError(
                f"awslambdaric is not installed for python{interpreter.version} here"
            )
        packages.update(filter(None, map(_locate, _AWSLAMBDARIC)))
    elif tuple(map(int, interpreter.version.split("."))) >= _WITH_HOOKS:
        packages[_HOOKS.name] = _HOOKS
    return packages


def node_packages(interpreter: Interpreter) -> dict[str, Path]:
    """AWS's own runtime client where npm has installed that globally; else nothing."""
    if interpreter.language is not NODE:
        return {}
    package = interpreter.prefix / "lib" / AWS_LAMBDA_RIC
    return {AWS_LAMBDA_RIC: package} if package.is_dir() else {}


def _locate(name: str) -> tuple[str, Path] | None:
    """Where a top-level module lies, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin)
    if spec.submodule_search_locations:
        path = path.parent
    return path.name, path
