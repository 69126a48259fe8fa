"""The layers of functions: which they may have, and how large all is together.

https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from lambda_magic.core.arns import parse_layer_version
from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.layers import not_shared
from lambda_magic.service.lookup import Lookup
from lambda_magic.store.code import MAX_UNZIPPED_SIZE, CodeStore
from lambda_magic.store.layers import LayerVersion

_MAX_LAYERS = 5


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

    async def prepare(self, layers: Sequence[Mapping[str, Any]], code_sha256: str) -> None:
        """Make what a function finds in /opt of (described) layers, unless it is made already.

        Refuses what is too large, alone or with the function's code.
        """
        if layers:
            contents = self._layers.contents(one["Arn"] for one in layers)
            await asyncio.to_thread(self._prepare, contents, code_sha256)

    def _prepare(self, contents: Sequence[str], code_sha256: str) -> None:
        self._check_size(contents, code_sha256)
        self._code_store.merged(contents)

    def _check_size(self, contents: Sequence[str], code_sha256: str) -> None:
        size = sum(self._code_store.unzipped_size(content) for content in contents)
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

    def _available(self, arn: str) -> LayerVersion:
        self._check_place(arn)
        layer = self._find(arn)
        if layer is None or layer.deleted:
            raise InvalidParameterValueException(f"Layer version {arn} does not exist.")
        return layer

    def _find(self, arn: str) -> LayerVersion | None:
        named = parse_layer_version(arn)
        return None if named is None else self._layers.find(named.name, named.version)

    def _check_place(self, arn: str) -> None:
        arns = self._lookup.arns
        named = parse_layer_version(arn)
        if named is None:
            return  # AWS's own, of which there are none here
        if named.account_id != arns.account_id:
            raise not_shared(arns, arn, "GetLayerVersion")
        if named.region_name != arns.region_name:
            raise InvalidParameterValueException(
                "Layers are not in the same region as the function. Layers are expected to be in "
                f"region {arns.region_name}."
            )
