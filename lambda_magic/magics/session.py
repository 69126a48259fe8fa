"""What the magics of one shell share: the notebook, the defaults and the region."""

from contextlib import ExitStack
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics

from lambda_magic import default_region
from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.arns import Arns, FunctionReference, is_version
from lambda_magic.deployment.publication import Client
from lambda_magic.magics.configuration import LambdaMagic
from lambda_magic.region import Region


class Session:
    """Opens the region on first use, so that loading the extension costs nothing."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.configuration = LambdaMagic(shell, default_region.close)
        default_region.use(self.configuration.settings)
        #: The region's API over HTTP, once something has asked for it.
        self.endpoint: Endpoint | None = None
        #: What is to be undone before the region is closed.
        self.undo = ExitStack()

    @property
    def region(self) -> Region:
        """The region that functions run in."""
        return default_region.get()

    @property
    def client(self) -> Client:
        """A boto3 client for Lambda, or one of its shape."""
        return self.region.client()

    @property
    def namespace(self) -> dict[str, Any]:
        """The notebook's variables."""
        namespace: dict[str, Any] = self.shell.user_ns
        return namespace

    def serve(self) -> Endpoint:
        """The region's API over HTTP: as it is served, or from now on."""
        if self.endpoint is None or not self.endpoint.is_serving:
            try:
                self.endpoint = Endpoint(self.region)
            except OSError:  # somebody else is at the usual port
                self.endpoint = Endpoint(self.region, Address(port=0))
        return self.endpoint

    def reference(self, text: str) -> FunctionReference:
        """The function, and the version or alias, that NAME[:QUALIFIER] stands for."""
        settings = self.configuration.settings()
        arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
        return arns.parse(text)

    def function_name(self, text: str) -> str:
        """The name in an argument that must not have a qualifier."""
        reference = self.reference(text)
        if reference.qualifier is not None:
            raise UsageError(f"{text}: give the function's name alone, {reference.name}")
        return reference.name

    def versions(self, function_name: str, qualifier: str) -> list[str]:
        """The versions that a qualifier leads to: an alias may lead to two."""
        if is_version(qualifier):
            named = f"{function_name}:{qualifier}"
            return [self.client.get_function_configuration(FunctionName=named)["Version"]]
        alias = self.client.get_alias(FunctionName=function_name, Name=qualifier)
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return [alias["FunctionVersion"], *weights]

    def close(self) -> None:
        """Close the region; who uses it from now on gets the usual settings."""
        self.undo.close()
        default_region.use(None)
        default_region.close()


class SessionMagics(Magics):
    """The base of all magics: they share a session."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.shell)
        self._session = session
