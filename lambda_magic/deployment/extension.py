"""A cell's text becomes an external extension: an executable in a layer's extensions directory.

https://docs.aws.amazon.com/lambda/latest/dg/extensions-configuration.html
"""

from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.deployment import cell, package
from lambda_magic.deployment.layers import LayerReference
from lambda_magic.deployment.publication import Client

_SHEBANG = "#!"
#: The environment's own Python, which is first in its PATH.
_PYTHON = "#!/usr/bin/env python3\n"


def extension_files(name: str, source: str) -> dict[str, package.Content]:
    """What is in the layer of an extension: its program, by its path in there.

    A cell that begins with `#!` is a program as it stands, in whatever language; any other is
    Python, and checked to be that before anything changes.

    >>> extension_files("watch", "#!/bin/sh\\necho hello\\n")
    {'extensions/watch': Executable(content=b'#!/bin/sh\\necho hello\\n')}

    Raises `InvalidParameterValueException` for a cell that is no program.
    """
    if not source.startswith(_SHEBANG):
        cell.parse_module(source)
        source = _PYTHON + source
    elif not source.partition("\n")[0].removeprefix(_SHEBANG).strip().startswith("/"):
        raise InvalidParameterValueException(
            "The cell's first line begins with #! and names no program: write its whole path, "
            "such as #!/bin/bash."
        )
    if "/" in name:
        raise InvalidParameterValueException(f"{name!r} is no name of a file.")
    return {f"extensions/{name}": package.Executable(source.encode())}


def attach(client: Client, function_name: str, layer_version_arn: str) -> bool:
    """Let $LATEST of a function have this version of a layer, in the place of any other.

    Waits until that is so; returns whether it was news.
    """
    current = client.get_function_configuration(FunctionName=function_name)
    before = [layer["Arn"] for layer in current.get("Layers", [])]
    layer = LayerReference.parse(layer_version_arn).layer
    replaced = [
        layer_version_arn if LayerReference.parse(arn).layer == layer else arn for arn in before
    ]
    if layer_version_arn not in replaced:
        replaced.append(layer_version_arn)
    if replaced == before:
        return False
    changes: dict[str, Any] = {"FunctionName": function_name, "Layers": replaced}
    client.update_function_configuration(**changes)
    client.get_waiter("function_updated_v2").wait(FunctionName=function_name)
    return True
