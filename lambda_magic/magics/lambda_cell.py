"""`%%lambda`: a cell becomes a version of a function."""

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import cell_magic, magics_class, no_var_expand

from lambda_magic.deployment import capture, package, publication, requirements
from lambda_magic.deployment.handler_module import HandlerModule
from lambda_magic.deployment.publication import FunctionDefinition
from lambda_magic.environments.sandbox import CONTAINER
from lambda_magic.magics import cell_code, containers
from lambda_magic.magics.deployed import DeployedFunction
from lambda_magic.magics.image_cell import add_image_options, image_code
from lambda_magic.magics.installing import installing
from lambda_magic.magics.layer_option import (
    add_layer_options,
    attached_layers,
    mismatches,
    python_modules,
)
from lambda_magic.magics.logging_options import add_logging_options, logging_config
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics

_ALIAS_NAME = re.compile(r"(?!\d+$)[a-zA-Z0-9-_]{1,128}")


def parser() -> MagicParser:
    """The options of %%lambda: what CreateFunction takes, in the words of the AWS CLI."""
    made = MagicParser(
        "%%lambda",
        description="Make this cell a Lambda function, and publish it as a version of its own.",
        example=(
            "%%lambda hello --memory 256 --timeout 5 --env GREETING=hi\n"
            "import os\n\n"
            "def handler(event, context):\n"
            "    return {'greeting': f\"{os.environ['GREETING']} {event['name']}\"}"
        ),
    )
    add = made.add_argument
    add("name", metavar="NAME", help="the function's name")
    add("--handler", help="the function to call, if not handler(event, context)")
    add("--runtime", help="such as nodejs22.x; the kernel's Python, unless configured")
    add("--memory", type=int, metavar="MB", help="128 to 10240; decides the share of CPU too")
    add("--timeout", type=int, metavar="SECONDS", help="1 to 900")
    add("--env", action="append", default=[], metavar="K=V", help="an environment variable")
    add("--requirements", metavar="WHAT", help='"pkg==1 other", or a requirements.txt')
    add(
        "--with",
        dest="captured",
        action="append",
        default=[],
        metavar="NAMES",
        help="notebook objects that the function gets as globals: a,b",
    )
    cell_code.add_options(made)
    add_layer_options(made)
    add("--ephemeral-storage", type=int, default=512, metavar="MB", help="size of /tmp")
    containers.add_options(made)
    add_image_options(made)
    add("--alias", type=_alias_name, help="point this alias to the new version")
    add("--no-publish", action="store_true", help="only change $LATEST")
    add("--description", default="", help="kept with the version")
    add("--role", help="an ARN; only AWS looks at it")
    add_logging_options(made)
    return made


def _alias_name(text: str) -> str:
    if not _ALIAS_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of an alias: letters, digits, - and _, and not a number"
        )
    return text


_PARSER = parser()


@magics_class
class LambdaCellMagic(SessionMagics):
    """Registers `%%lambda`; cell only, because a line magic would hide Python's keyword."""

    @no_var_expand
    @cell_magic("lambda")  # type: ignore[arg-type]  # IPython types it for its own use only
    @magic(_PARSER)
    def lambda_cell(self, line: str, cell: str) -> DeployedFunction:
        """Make this cell a Lambda function."""
        arguments = _PARSER.parse(line)
        client = self._session.client
        name = self._session.function_name(arguments.name)
        attached = attached_layers(client, arguments, name)
        definition = self._definition(arguments, cell, attached)
        published = publication.publish(client, definition, version=not arguments.no_publish)
        if arguments.alias:
            version = published.configuration["Version"]
            publication.move_alias(client, definition.function_name, arguments.alias, version)
        remarks = mismatches(attached, definition)
        if definition.image is None and not self._is_in_container(arguments):
            remarks += cell_code.remarks(definition.runtime)
        module = cell_code.foreign_module(arguments, cell, definition.runtime)
        return DeployedFunction(published, alias=arguments.alias, remarks=remarks, module=module)

    def _is_in_container(self, arguments: argparse.Namespace) -> bool:
        environment: str = arguments.environment or self._session.configuration.environment
        return environment == CONTAINER

    def _definition(
        self,
        arguments: argparse.Namespace,
        cell: str,
        attached: Sequence[Mapping[str, Any]],
    ) -> FunctionDefinition:
        """Everything about the function; whatever is wrong with it is found before it is made."""
        _check(arguments)
        defaults = self._session.configuration
        function_name = self._session.function_name(arguments.name)
        variables = _variables(arguments.env)
        image = image_code(arguments, function_name, cell)
        return FunctionDefinition(
            function_name=function_name,
            # Last of all, because it may install packages first.
            **({"image": image} if image else self._package_code(arguments, cell, attached)),
            role=arguments.role or defaults.role,
            memory_size=_given(arguments.memory, defaults.memory_size),
            timeout=_given(arguments.timeout, defaults.timeout),
            architecture=defaults.architecture,
            ephemeral_storage=arguments.ephemeral_storage,
            description=arguments.description,
            environment_variables=variables,
            logging_config=logging_config(arguments, function_name),
            layers=tuple(layer["LayerVersionArn"] for layer in attached),
            tags={**containers.tags(arguments), **cell_code.tags(arguments)},
        )

    def _package_code(
        self, arguments: argparse.Namespace, cell: str, attached: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """The deployment package, and what runs it."""
        defaults = self._session.configuration
        runtime = cell_code.runtime_of(arguments, cell, defaults.runtime)
        cell_code.check(arguments, runtime)
        module = cell_code.module_of(arguments, cell, runtime)
        if self._is_in_container(arguments):
            containers.prepare(runtime)
        else:
            cell_code.check_interpreter(runtime)
            cache = defaults.settings().home / "cache" / "runtimes"
            module = cell_code.with_compiled(module, runtime, cache)
        zip_file = self._package(arguments, module, runtime, attached)
        handler = cell_code.handler_of(arguments, module)
        return {"runtime": runtime, "handler": handler, "zip_file": zip_file}

    def _package(
        self,
        arguments: argparse.Namespace,
        module: HandlerModule | None,
        runtime: str,
        attached: Sequence[Mapping[str, Any]],
    ) -> bytes:
        """The deployment package: what is there, requirements, captured objects, the cell."""
        files = cell_code.packaged_files(arguments)
        packages: set[str] = set()
        configuration = self._session.configuration
        if arguments.requirements:
            wanted = requirements.Requirements.parse(
                arguments.requirements, runtime=runtime, architecture=configuration.architecture
            )
            cache = configuration.settings().home / "cache" / "requirements"
            with installing() as progress:
                installed = requirements.install(wanted, cache, progress)
            files.update(package.directory_files(installed))
            packages = requirements.top_level_modules(installed)
        if names := [name for names in arguments.captured for name in names.split(",") if name]:
            packages |= python_modules(attached)
            files |= capture.captured_files(
                names, self._session.namespace, packages=packages, runtime=runtime
            )
        return package.build_zip({**files, **(module.files if module else {})})


def _check(arguments: argparse.Namespace) -> None:
    containers.check(arguments)
    if arguments.alias and arguments.no_publish:
        raise UsageError("--alias points to a published version: leave --no-publish out")


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


def _variables(assignments: list[str]) -> dict[str, str]:
    variables = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not (name and equals):
            raise UsageError(f"--env {assignment}: write NAME=VALUE")
        variables[name] = value
    return variables
