"""What functions depend on: their role, layers, code signing and capacity provider, which exist."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.attached_layers import AttachedLayers
from lambda_magic.service.aws_resources import AwsResources
from lambda_magic.service.capacity_providers import CapacityProviders
from lambda_magic.service.code_signing import CodeSigning
from lambda_magic.store.changes import Changes

Request = Mapping[str, Any]
Layers = Sequence[Mapping[str, Any]]


class Dependencies:
    """Looks up what CreateFunction and the updates name."""

    def __init__(
        self,
        layers: AttachedLayers,
        code_signing: CodeSigning,
        capacity_providers: CapacityProviders,
        aws: AwsResources,
    ) -> None:
        self._layers = layers
        self._code_signing = code_signing
        self._capacity_providers = capacity_providers
        self._aws = aws

    async def check(self, request: Request) -> None:
        """Refuse a function that depends on what there is not."""
        if "Role" in request:
            await self._aws.check_role(request["Role"])
        if "CodeSigningConfigArn" in request:
            self._code_signing.check(request["CodeSigningConfigArn"])
        if config := request.get("CapacityProviderConfig"):
            arn = config["LambdaManagedInstancesCapacityProviderConfig"]["CapacityProviderArn"]
            if not self._capacity_providers.exists(arn):
                raise InvalidParameterValueException(f"Capacity provider {arn} does not exist.")

    def layers(self, request: Request) -> Layers | None:
        """The `Layers` that a request makes, or None where it makes no other ones."""
        return self._layers.described(request["Layers"]) if "Layers" in request else None

    async def prepare(self, layers: Layers, code_sha256: str) -> None:
        """Have ready what a function finds in /opt; refuses what is too large with its code."""
        await self._layers.prepare(layers, code_sha256)

    def attach(self, changes: Changes, function_name: str, request: Request) -> None:
        """Keep what a new function depends on, and is not in its configuration."""
        if "CodeSigningConfigArn" in request:
            self._code_signing.attach(changes, function_name, request["CodeSigningConfigArn"])
