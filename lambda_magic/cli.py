"""The `lambda-magic` command."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from lambda_magic import __version__, image, lab, serve
from lambda_magic.api.endpoint import PORT, Address
from lambda_magic.bench import run as bench
from lambda_magic.core.errors import StoreError
from lambda_magic.magics.parser import port


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="lambda-magic", description="A Jupyter notebook as a complete, local AWS Lambda."
    )
    made.add_argument("--version", action="version", version=f"lambda-magic {__version__}")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("demo", help="run the quickstart notebook and tell what each step did")
    commands.add_parser(
        "lab", help="open the quickstart notebook in JupyterLab; takes JupyterLab's options"
    )
    served = commands.add_parser("serve", help="serve the Lambda API over HTTP, without a notebook")
    served.add_argument(
        "--host",
        default="127.0.0.1",
        help="any other than this machine's own demands signed requests (127.0.0.1)",
    )
    served.add_argument("--port", type=port, default=PORT, help=f"0 takes a free one ({PORT})")
    served.add_argument(
        "--home", type=Path, help="where functions are kept ($LAMBDA_MAGIC_HOME, .lambda_magic)"
    )
    images = commands.add_parser("image", help="base images that functions in containers run on")
    images.add_argument("action", choices=["build", "list"])
    images.add_argument("runtimes", nargs="*", metavar="RUNTIME", help="such as python3.12; own")
    measure = commands.add_parser("bench", help="measure the speed, beside peers in the same run")
    measure.add_argument(
        "names",
        nargs="*",
        type=_measurement,
        metavar="NAME",
        help=f"only these of {', '.join(bench.MEASUREMENTS)}",
    )
    measure.add_argument("--quick", action="store_true", help="fewer rounds: seconds, but noisier")
    measure.add_argument("--json", action="store_true", help="for programs")
    measure.add_argument("--isolation", default="auto", help="auto takes the strongest there is")
    return made


def _measurement(name: str) -> str:
    # Not `choices`: with nargs="*", Python before 3.12 holds no argument at all against them.
    if name not in bench.MEASUREMENTS:
        raise argparse.ArgumentTypeError(f"there is no measurement {name!r}")
    return name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    command, options = parser().parse_known_args(arguments)
    if options and command.command != "lab":
        parser().error(f"unrecognized arguments: {' '.join(options)}")
    try:
        return _run(command, options)
    except KeyboardInterrupt:
        return 130
    except StoreError as error:
        print(f"lambda-magic: {error.message}", file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"lambda-magic: {error}", file=sys.stderr)
        return 1


def _run(command: argparse.Namespace, options: Sequence[str]) -> int:
    match command.command:
        case "demo":
            # What runs notebooks takes a second to import, which no other command waits for.
            return int(import_module("lambda_magic.demo").run())
        case "lab":
            return lab.run(options)
        case "serve":
            return serve.run(Address(host=command.host, port=command.port), command.home)
        case "image":
            return image.run(command.action, command.runtimes)
        case _:
            return bench.main(
                command.names, quick=command.quick, json=command.json, isolation=command.isolation
            )
