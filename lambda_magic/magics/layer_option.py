"""`%%lambda --layer`: the layers of a function."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from lambda_magic.deployment import layers
from lambda_magic.deployment.layer_contents import LayerContents
from lambda_magic.deployment.publication import Client, FunctionDefinition
from lambda_magic.magics.parser import MagicParser


def add_layer_option(parser: MagicParser) -> None:
    """Add `--layer`; may be repeated, later ones lie over earlier ones."""
    parser.add_argument(
        "--layer",
        dest="layers",
        action="append",
        default=[],
        metavar="NAME[:V]|ARN",
        help="a layer, its last version if none is given; may be repeated",
    )


def attached_layers(client: Client, arguments: argparse.Namespace) -> list[Mapping[str, Any]]:
    """The layer versions that are asked for, as GetLayerVersion describes them, in their order.

    Raises `ResourceNotFoundException` for one that does not exist.
    """
    references = map(layers.LayerReference.parse, arguments.layers)
    return [layers.version(client, reference) for reference in references]


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
