"""The Lambda service: every operation under its name, behind one door."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lambda_magic.core import model
from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import NotSupportedException, ServiceException
from lambda_magic.core.settings import Settings
from lambda_magic.service.account_settings import AccountSettings
from lambda_magic.service.aliases import Aliases
from lambda_magic.service.attached_layers import AttachedLayers
from lambda_magic.service.aws_resources import AwsResources
from lambda_magic.service.capacity_providers import CapacityProviders
from lambda_magic.service.code_signing import CodeSigning
from lambda_magic.service.concurrency import Concurrency
from lambda_magic.service.dependencies import Dependencies
from lambda_magic.service.event_invoke_configs import EventInvokeConfigs
from lambda_magic.service.event_source_mappings import EventSourceMappings
from lambda_magic.service.function_urls import FunctionUrls
from lambda_magic.service.functions import Functions
from lambda_magic.service.images import ImageResolver, Images, NoImages
from lambda_magic.service.invocations import Invocations
from lambda_magic.service.layer_permissions import LayerPermissions
from lambda_magic.service.layers import Layers
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.packages import Packages
from lambda_magic.service.permissions import Permissions
from lambda_magic.service.protocols import EventInvoker, Invoker, MappingPollers, Provisioner
from lambda_magic.service.provisioned_concurrency import ProvisionedConcurrency
from lambda_magic.service.quota import Quota
from lambda_magic.service.recursion import Recursion
from lambda_magic.service.resource_policies import ResourcePolicies
from lambda_magic.service.runtime_management import RuntimeManagement
from lambda_magic.service.scaling import Scaling
from lambda_magic.service.states import States
from lambda_magic.service.tags import Tags
from lambda_magic.service.versions import Versions
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore

_Method = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


class LambdaService:
    """The Lambda API of one region, in process; used on the loop thread.

    >>> await service.call("PublishVersion", {"FunctionName": "hello"})
    {'FunctionName': 'hello', 'Version': '1', ...}
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        catalog: Catalog,
        code_store: CodeStore,
        provisioner: Provisioner,
        invoker: Invoker,
        event_invoker: EventInvoker,
        pollers: MappingPollers,
        image_resolver: ImageResolver | None = None,
    ) -> None:
        arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
        lookup = Lookup(catalog, arns)
        states = States(catalog, clock)
        quota = Quota(settings, catalog)
        aws = AwsResources(settings)
        packages = Packages(code_store, quota, aws)
        images = Images(catalog, image_resolver or NoImages())
        versions = Versions(lookup, images, provisioner, clock)
        permissions = Permissions(lookup)
        code_signing = CodeSigning(lookup, clock)
        capacity_providers = CapacityProviders(lookup, clock)
        dependencies = Dependencies(
            AttachedLayers(lookup, code_store), code_signing, capacity_providers, aws
        )
        self._urls = FunctionUrls(lookup, clock)
        self._methods: dict[str, _Method] = _methods(
            Functions(
                lookup,
                packages,
                images,
                dependencies,
                versions,
                states,
                provisioner=provisioner,
                clock=clock,
            ),
            versions,
            Aliases(lookup, provisioner),
            Concurrency(lookup, quota),
            ProvisionedConcurrency(lookup, quota, provisioner, clock),
            Tags(lookup),
            AccountSettings(catalog, quota),
            Invocations(lookup, invoker, event_invoker),
            EventInvokeConfigs(lookup, clock),
            self._urls,
            permissions,
            ResourcePolicies(lookup, permissions),
            RuntimeManagement(lookup),
            Recursion(lookup),
            Scaling(lookup),
            code_signing,
            capacity_providers,
            Layers(lookup, packages, clock),
            LayerPermissions(lookup),
            EventSourceMappings(lookup, clock, aws, pollers),
        )
        states.settle_all()

    def __repr__(self) -> str:
        return f"<LambdaService [{len(self._methods)} operations]>"

    @property
    def operations(self) -> frozenset[str]:
        """The names of the operations there are, as AWS spells them."""
        return frozenset(self._methods)

    def serve_urls_at(self, authority: str | None) -> None:
        """Answer with function URLs on this host and port from now on, or with None AWS's own."""
        self._urls.authority = authority

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an operation: its name as AWS's or boto3's, request and answer as the API's.

        Raises the API's errors, the classes in `core.errors`.
        """
        name = model.operation(operation).name
        method = self._methods.get(name)
        if method is None:
            raise NotSupportedException(f"{name} is not supported by lambda_magic.")
        model.validate(name, request)
        given = {member: value for member, value in request.items() if value is not None}
        try:
            return await method(given)
        except OSError as error:
            raise ServiceException(f"{type(error).__name__}: {error}") from error


def _methods(*resources: object) -> dict[str, _Method]:
    """Every operation of the API that one of the resources has a method for."""
    return {
        operation.name: getattr(resource, operation.method_name)
        for operation in set(model.operations().values())
        for resource in resources
        if hasattr(resource, operation.method_name)
    }
