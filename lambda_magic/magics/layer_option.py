"""`%%lambda --layer`: the layers of a function."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lambda_magic.deployment import layers
from lambda_magic.deployment.layer_contents import LayerContents
from lambda_magic.deployment.publication import Client, FunctionDefinition
from lambda_magic.magics.parser import MagicParser


def add_layer_options(parser: MagicParser) -> None:
    """Add `--layer`, which may be repeated: later ones lie over earlier ones."""
    parser.add_argument(
        "--layer",
        dest="layers",
        action="append",
        default=[],
        metavar="NAME[:V]|ARN",
        help="a layer, its last version if none is given; may be repeated",
    )
    parser.add_argument(
        "--no-extensions",
        action="store_true",
        help="take away what %%%%extension has given to the function",
    )


def attached_layers(
    client: Client, arguments: argparse.Namespace, function_name: str
) -> list[Mapping[str, Any]]:
    """The layer versions that are asked for, as GetLayerVersion describes them, in their order.

    Then come the extensions that the function has: they were given to it by cells of their own,
    and running this cell again must not take them away. Raises `ResourceNotFoundException` for a
    layer that does not exist.
    """
    references = map(layers.LayerReference.parse, arguments.layers)
    attached = [layers.version(client, reference) for reference in references]
    if arguments.no_extensions:
        return attached
    named = {layer["LayerArn"] for layer in attached}
    given = [one for one in _extensions(client, function_name) if one["LayerArn"] not in named]
    return attached + given


def _extensions(client: Client, function_name: str) -> Iterator[Mapping[str, Any]]:
    """The layers of a function in which there are extensions, and nothing else."""
    try:
        function = client.get_function_configuration(FunctionName=function_name)
    except client.exceptions.ResourceNotFoundException:
        return
    for layer in function.get("Layers", []):
        try:
            described = client.get_layer_version_by_arn(Arn=layer["Arn"])
        except client.exceptions.ResourceNotFoundException:
            continue  # A version that is deleted cannot be attached again.
        contents = LayerContents.of(described)
        if contents is not None and contents.found.keys() == {"extensions"}:
            yield described


def python_modules(attached: Iterable[Mapping[str, Any]]) -> set[str]:
    """What can be imported from layers."""
    contents = (LayerContents.of(layer) for layer in attached)
    return {name for found in contents if found for name in found.python_modules}


def mismatches(
    attached: Iterable[Mapping[str, Any]], definition: FunctionDefinition
) -> tuple[str, ...]:
    """What speaks against these layers in this function."""
    runtime, architecture = definition.runtime, definition.architecture
    return tuple(
        remark for one in attached for remark in layers.mismatches(one, runtime, architecture)
    )
