"""The layers of functions: which they may have, and how large all is together.

https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lambda_magic.core.errors import AccessDeniedException, InvalidParameterValueException
from lambda_magic.service.lookup import Lookup
from lambda_magic.store.code import MAX_UNZIPPED_SIZE, CodeStore
from lambda_magic.store.layers import LayerVersion

_MAX_LAYERS = 5

_ARN = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]*):(?P<account>\d{12}):layer:(?P<name>[^:]+):(?P<version>\d+)"
)


class AttachedLayers:
    """Finds the layers that functions name."""

    def __init__(self, lookup: Lookup, code_store: CodeStore) -> None:
        self._lookup = lookup
        self._layers = lookup.catalog.layers
        self._code_store = code_store

    def described(self, arns: Sequence[str]) -> list[dict[str, Any]]:
        """The `Layers` of a FunctionConfiguration; refuses what a function cannot have."""
        if len(arns) > _MAX_LAYERS:
            raise InvalidParameterValueException(
                f"Cannot reference more than {_MAX_LAYERS} layers."
            )
        described = []
        first: dict[str, str] = {}
        for arn in arns:
            layer = self._available(arn)
            if layer.layer_name in first:
                raise InvalidParameterValueException(
                    "Two different versions of the same layer are not allowed to be referenced in "
                    f"the same function. {first[layer.layer_name]} and {arn} are versions of the "
                    "same layer."
                )
            first[layer.layer_name] = arn
            described.append({"Arn": arn, "CodeSize": layer.configuration["Content"]["CodeSize"]})
        return described

    def check_size(self, layers: Sequence[Mapping[str, Any]], code_sha256: str) -> None:
        """Refuse (described) layers that are too large, alone or with a function's code.

        Reads the packages' directories: call it from a thread.
        """
        if not layers:
            return
        size = sum(self._code_store.unzipped_size(self._content(one["Arn"])) for one in layers)
        if size > MAX_UNZIPPED_SIZE:
            raise InvalidParameterValueException(
                f"Layers consume more than the available size of {MAX_UNZIPPED_SIZE} bytes"
            )
        size += self._code_store.unzipped_size(code_sha256)
        if size > MAX_UNZIPPED_SIZE:
            raise InvalidParameterValueException(
                "Function code combined with layers exceeds the maximum allowed size of "
                f"{MAX_UNZIPPED_SIZE} bytes. The actual size is {size} bytes."
            )

    def _content(self, arn: str) -> str:
        """The content of a version that may be deleted by now."""
        layer = self._find(arn)
        assert layer is not None, f"{arn} is attached, so it has been"
        return layer.code_sha256

    def _available(self, arn: str) -> LayerVersion:
        self._check_place(arn)
        layer = self._find(arn)
        if layer is None or layer.deleted:
            raise InvalidParameterValueException(f"Layer version {arn} does not exist.")
        return layer

    def _find(self, arn: str) -> LayerVersion | None:
        match = _ARN.fullmatch(arn)
        return None if match is None else self._layers.find(match["name"], int(match["version"]))

    def _check_place(self, arn: str) -> None:
        arns = self._lookup.arns
        match = _ARN.fullmatch(arn)
        if match is None:
            return  # AWS's own, of which there are none here
        if match["account"] != arns.account_id:
            raise AccessDeniedException(
                f"User: arn:{arns.partition}:iam::{arns.account_id}:root is not authorized to "
                f"perform: lambda:GetLayerVersion on resource: {arn} because no resource-based "
                "policy allows the lambda:GetLayerVersion action"
            )
        if match["region"] != arns.region_name:
            raise InvalidParameterValueException(
                "Layers are not in the same region as the function. Layers are expected to be in "
                f"region {arns.region_name}."
            )
