"""`%layer`: the layers there are, and how new versions come into being."""

import argparse
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment import layer_files, layers, package
from lambda_magic.deployment.layer_contents import LayerContents
from lambda_magic.deployment.layers import LayerDefinition, LayerReference
from lambda_magic.deployment.publication import Client
from lambda_magic.magics.installing import installing
from lambda_magic.magics.layer_version import ShownLayerVersion
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.table import Table

_COLUMNS = ("Version", "Runtimes", "Architectures", "Description", "Created", "Used by")


def parser() -> MagicParser:
    """The options of %layer: what PublishLayerVersion takes, in the words of the AWS CLI."""
    made = MagicParser(
        "%layer",
        description=(
            "Publish a version of a layer from packages, a directory or a zip; or list the\n"
            "layers, the versions of one, or what is in a version.\n"
            "%%lambda NAME --layer LAYER gives it to a function, which finds it in /opt."
        ),
        example='%layer text --requirements "jinja2 markupsafe"\n%%lambda page --layer text',
    )
    add = made.add_argument
    add("name", metavar="NAME[:VERSION]", nargs="?", help="the layer, or a version of it")
    add("--requirements", metavar="WHAT", help='"pkg==1 other", or a requirements.txt')
    add("--path", type=Path, metavar="DIR", help="a directory: what is in it will be in /opt")
    add("--zip", type=Path, metavar="FILE", help="a zip of the same")
    for what, example in (("runtime", "python3.12"), ("architecture", "arm64")):
        add(
            f"--compatible-{what}",
            dest=f"{what}s",
            action="append",
            default=[],
            metavar="NAME",
            help=f"such as {example}; may be repeated",
        )
    add("--description", default="", help="kept with the version")
    add("-d", "--delete", action="store_true", help="delete a version; who has it, keeps it")
    return made


_PARSER = parser()


@magics_class
class LayerMagic(SessionMagics):
    """Registers `%layer`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def layer(self, line: str) -> Table | ShownLayerVersion | None:
        """Publish, list, show or delete."""
        arguments = _PARSER.parse(line)
        _check(arguments)
        client = self._session.client
        if arguments.name is None:
            return self._all(client)
        reference = LayerReference.parse(arguments.name)
        if arguments.delete:
            layers.delete(client, reference)
            return None
        if _sources(arguments):
            published = layers.publish(client, self._definition(reference, arguments))
            outcome = "published" if published.is_new_version else "unchanged"
            return _shown(published.configuration, outcome)
        if reference.number is None:
            return self._versions(client, reference)
        return _shown(layers.version(client, reference))

    def _definition(
        self, reference: LayerReference, arguments: argparse.Namespace
    ) -> LayerDefinition:
        defaults = self._session.configuration
        runtimes, architectures = arguments.runtimes, arguments.architectures
        if arguments.requirements:
            # What is installed is installed for something.
            runtimes = runtimes or [defaults.runtime]
            architectures = architectures or [defaults.architecture]
        return LayerDefinition(
            layer_name=reference.layer,
            zip_file=self._zip(arguments, runtimes, architectures),
            description=arguments.description,
            compatible_runtimes=tuple(runtimes),
            compatible_architectures=tuple(architectures),
        )

    def _zip(
        self, arguments: argparse.Namespace, runtimes: list[str], architectures: list[str]
    ) -> bytes:
        if arguments.zip:
            return _read(arguments.zip)
        files: dict[str, package.Content] = {}
        if arguments.requirements:
            layer_files.check_installable(arguments.requirements, runtimes)
            with installing() as progress:
                files |= layer_files.installed_files(
                    arguments.requirements,
                    runtimes,
                    architecture=architectures[0],
                    cache=self._session.configuration.settings().home / "cache" / "requirements",
                    progress=progress,
                )
        if arguments.path:
            files |= layer_files.directory_files(arguments.path.expanduser())
        return package.build_zip(files)

    def _all(self, client: Client) -> Table:
        used = _users(client)
        pages = client.get_paginator("list_layers").paginate()
        rows = [
            {"Layer": layer["LayerName"]} | _row(layer["LatestMatchingVersion"], used)
            for page in pages
            for layer in page["Layers"]
        ]
        return Table(
            f"Layers in {client.meta.region_name}",
            ("Layer", *_COLUMNS),
            rows,
            empty='No layer yet: %layer NAME --requirements "..." makes one.',
        )

    def _versions(self, client: Client, reference: LayerReference) -> Table:
        layers.version(client, reference)  # Complains if there is none.
        used = _users(client)
        pages = client.get_paginator("list_layer_versions").paginate(LayerName=reference.layer)
        rows = [_row(version, used) for page in pages for version in page["LayerVersions"]]
        return Table(f"Versions of {reference.layer}", _COLUMNS, rows, empty="There is none.")


def _sources(arguments: argparse.Namespace) -> list[str]:
    """The options that are given and say what is to be in a layer."""
    return [name for name in ("requirements", "path", "zip") if getattr(arguments, name)]


def _check(arguments: argparse.Namespace) -> None:
    sources = _sources(arguments)
    about = [name for name in ("runtimes", "architectures", "description") if vars(arguments)[name]]
    if (sources or arguments.delete) and arguments.name is None:
        raise UsageError("name the layer: %layer NAME ... (%layer -h shows how to use it)")
    if arguments.delete and (sources or about):
        raise UsageError("-d NAME:VERSION takes no other option")
    if about and not sources:
        raise UsageError("say what is to be in the layer: --requirements, --path or --zip")
    if "zip" in sources and len(sources) > 1:
        raise UsageError(f"--zip is the whole layer: leave --{sources[0]} out")
    if len(arguments.architectures) > 1 and arguments.requirements:
        raise UsageError("packages are installed for one architecture: give one, or none")
    if sources and LayerReference.parse(arguments.name).number is not None:
        raise UsageError(f"{arguments.name}: AWS numbers the versions; give the name alone")


def _shown(configuration: Mapping[str, Any], outcome: str = "") -> ShownLayerVersion:
    return ShownLayerVersion(configuration, LayerContents.of(configuration), outcome)


def _row(version: Mapping[str, Any], used: Mapping[str, set[str]]) -> dict[str, Any]:
    values = (
        version["Version"],
        ", ".join(version.get("CompatibleRuntimes", [])),
        ", ".join(version.get("CompatibleArchitectures", [])),
        version.get("Description"),
        version["CreatedDate"],
        ", ".join(sorted(used[version["LayerVersionArn"]])),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _users(client: Client) -> Mapping[str, set[str]]:
    """The functions that have each layer version, in any version of theirs, by its ARN."""
    used: dict[str, set[str]] = defaultdict(set)
    for page in client.get_paginator("list_functions").paginate(FunctionVersion="ALL"):
        for function in page["Functions"]:
            for layer in function.get("Layers", []):
                used[layer["Arn"]].add(function["FunctionName"])
    return used


def _read(path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise InvalidParameterValueException(f"--zip {path}: {error.strerror}.") from error
