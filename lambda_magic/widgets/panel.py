"""The function panel: a function's settings, aliases and invocations, under the mouse."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import ipywidgets  # type: ignore[import-untyped]  # it ships no types
from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.core.arns import LATEST
from lambda_magic.monitoring.card import Card
from lambda_magic.widgets.alias_controls import AliasControls
from lambda_magic.widgets.api_calls import ApiCalls
from lambda_magic.widgets.controls import close_tree, note
from lambda_magic.widgets.invoke_controls import SAMPLE_EVENTS, Complete, InvokeControls
from lambda_magic.widgets.provisioned_controls import ProvisionedControls
from lambda_magic.widgets.settings_controls import SettingsControls


class FunctionPanel(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Every change is an API call, and is shown as the boto3 line that does the same.

    `client` gives the boto3 client to call, and `qualifier` is what is invoked at first. `describe`
    makes the card that stands in the panel's place where there are no widgets, `complete` gives a
    result what its display needs besides, `events` are sample events by name.

    Raises botocore's `ResourceNotFoundException` if there is no such function.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        name: str,
        qualifier: str | None = None,
        *,
        describe: Callable[[], Card],
        complete: Complete = lambda result: None,
        events: Mapping[str, Any] = SAMPLE_EVENTS,
    ) -> None:
        super().__init__()
        self._name = name
        self._describe = describe
        self.calls = ApiCalls(client)
        chosen = qualifier or LATEST
        self.calls.ask("get_function_configuration", FunctionName=name, Qualifier=chosen)
        self.settings = SettingsControls(self.calls, name)
        self.provisioned = ProvisionedControls(self.calls, name)
        self.aliases = AliasControls(self.calls, name)
        self.invocations = InvokeControls(self.calls, name, events, complete)
        self.refresh = ipywidgets.Button(
            description="Refresh", icon="refresh", tooltip="Show what the API says now"
        )
        self.refresh.on_click(self._refresh)
        self.reload()
        self.invocations.qualifier.value = chosen
        tabs = ipywidgets.Tab([self.invocations, self.settings, self.provisioned, self.aliases])
        tabs.titles = ("Invoke", "Settings", "Provisioned", "Aliases")
        title = note(f"<strong>{self._describe().title}</strong>")
        self.children = (ipywidgets.HBox([title, self.refresh]), tabs, self.calls)
        self.add_class("lambda-magic-panel")

    def reload(self) -> None:
        """Show what the API says now, whoever changed it."""
        for controls in (self.settings, self.provisioned, self.aliases, self.invocations):
            controls.reload()

    def _refresh(self, _: object) -> None:
        # What is wrong has been shown, beside the call.
        with suppress(ClientError, BotoCoreError):
            self.reload()

    def close(self) -> None:
        """Take the panel, and all that is in it, out of the page and the kernel."""
        if self.comm is not None:
            close_tree(self)

    def __repr__(self) -> str:
        return f"<FunctionPanel {self._name} [{len(self.calls.made)} calls]>"

    def _repr_mimebundle_(self, **keywords: Any) -> dict[str, Any]:
        """The widget, and for a page without a kernel the function as it is now."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(**keywords)
        card = self._describe()
        return bundle | {"text/plain": str(card), "text/html": card.html()}
