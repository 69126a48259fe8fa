"""Permissions of layer versions: who may use them. Kept and reported.

https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html
"""

import uuid
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.errors import ResourceNotFoundException
from lambda_magic.service import policies
from lambda_magic.service.layers import check_number
from lambda_magic.service.lookup import Lookup, check_revision
from lambda_magic.store.layers import LayerVersion

Request = Mapping[str, Any]
Response = dict[str, Any]


class LayerPermissions:
    """The operations on the policies of layer versions."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog

    async def add_layer_version_permission(self, request: Request) -> Response:
        """Allow somebody to use a version of a layer."""
        partition = self._lookup.arns.partition
        with self._catalog.transaction() as changes:
            layer = self._layer(request)
            statement = policies.statement(request, self._arn(layer), partition)
            policy = policies.added(_document(layer), statement)
            _check_revision(request, layer)
            revision = str(uuid.uuid4())
            changes.set_layer_policy(
                layer.layer_name, layer.version, policy | {"RevisionId": revision}
            )
        return {"Statement": policies.rendered(statement), "RevisionId": revision}

    async def remove_layer_version_permission(self, request: Request) -> Response:
        """Take one statement back."""
        with self._catalog.transaction() as changes:
            layer = self._layer(request)
            if layer.policy is None:
                raise policies.no_policy()
            _check_revision(request, layer)
            left = policies.removed(layer.policy, request["StatementId"])
            if left is not None:
                left["RevisionId"] = str(uuid.uuid4())
            changes.set_layer_policy(layer.layer_name, layer.version, left)
        return {}

    async def get_layer_version_policy(self, request: Request) -> Response:
        """The policy of a version of a layer."""
        layer = self._layer(request)
        document = _document(layer)
        if layer.policy is None or document is None:
            raise policies.no_policy()
        return {"Policy": policies.rendered(document), "RevisionId": layer.policy["RevisionId"]}

    def _layer(self, request: Request) -> LayerVersion:
        number = check_number(request["VersionNumber"])
        name_or_arn = request["LayerName"]
        name = name_or_arn.rpartition(":")[2]
        arns = self._lookup.arns
        layer = None
        if name_or_arn in (name, arns.resource("layer", name)):
            layer = self._catalog.layers.find(name, number)
        if layer is None or layer.deleted:
            arn = name_or_arn if name != name_or_arn else arns.resource("layer", name)
            raise ResourceNotFoundException(f"Layer version {arn}:{number} does not exist.")
        return layer

    def _arn(self, layer: LayerVersion) -> str:
        return f"{self._lookup.arns.resource('layer', layer.layer_name)}:{layer.version}"


def _document(layer: LayerVersion) -> Mapping[str, Any] | None:
    """A layer's policy as it is shown; with its revision it is kept."""
    if layer.policy is None:
        return None
    return {key: value for key, value in layer.policy.items() if key != "RevisionId"}


def _check_revision(request: Request, layer: LayerVersion) -> None:
    revision = "" if layer.policy is None else layer.policy["RevisionId"]
    check_revision(request, revision, api="GetLayerPolicy")
