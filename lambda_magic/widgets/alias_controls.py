"""A function's aliases: which version each points to, and a slider for how traffic is shared."""

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets  # type: ignore[import-untyped]  # it ships no types

from lambda_magic.monitoring.display import escape
from lambda_magic.widgets.api_calls import ApiCalls
from lambda_magic.widgets.controls import LABELLED, Controls, close_tree, dropdown, note

_NONE = "none"


class AliasControl(Controls):
    """One alias."""

    def __init__(self, calls: ApiCalls, name: str, alias: str, versions: Sequence[str]) -> None:
        super().__init__(calls, name)
        self.alias = alias
        self.version = dropdown("Version")
        self.version.options = versions
        self.additional = dropdown("Additional version")
        self.additional.options = [_NONE, *versions]
        self.weight = ipywidgets.FloatSlider(
            min=0,
            max=1,
            step=0.01,
            readout_format=".0%",
            description="Its weight",
            continuous_update=False,
            style=LABELLED,
            layout=ipywidgets.Layout(width="460px"),
        )
        self.weight.add_class(f"lambda-magic-weight-{alias}")
        self.children = (
            note(f"Alias <strong>{escape(alias)}</strong>"),
            self.version,
            self.additional,
            self.weight,
        )
        self.watch(self._update, self.version, self.additional, self.weight)

    def reload(self) -> None:
        """Show what the API says."""
        self.show(self.calls.ask("get_alias", FunctionName=self.function_name, Name=self.alias))

    def show(self, alias: Mapping[str, Any]) -> None:
        """Show an alias as GetAlias answers it."""
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        version, weight = next(iter(weights.items()), (_NONE, 0.0))
        with self.showing():
            self.version.value = alias["FunctionVersion"]
            self.additional.value = version
            self.weight.value = weight
            self.weight.disabled = version == _NONE

    def _update(self) -> None:
        additional = self.additional.value
        weights = {} if additional == _NONE else {additional: round(self.weight.value, 4)}
        answer = self.calls.make(
            "update_alias",
            FunctionName=self.function_name,
            Name=self.alias,
            FunctionVersion=self.version.value,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )
        self.show(answer)


class AliasControls(Controls):
    """All aliases of a function."""

    def __init__(self, calls: ApiCalls, name: str) -> None:
        super().__init__(calls, name)
        #: By the alias's name.
        self.aliases: dict[str, AliasControl] = {}

    def reload(self) -> None:
        """Show the aliases that there are now."""
        name = self.function_name
        versions = self.calls.pages("list_versions_by_function", "Versions", FunctionName=name)
        numbers = [one["Version"] for one in versions]
        before = self.children  # type: ignore[has-type]  # ipywidgets has no types
        self.aliases = {}
        for alias in self.calls.pages("list_aliases", "Aliases", FunctionName=name):
            control = AliasControl(self.calls, name, alias["Name"], numbers)
            control.show(alias)
            self.aliases[alias["Name"]] = control
        self.children = tuple(self.aliases.values()) or (
            note(f"No alias yet: <code>%alias {escape(name)}:LIVE VERSION</code> makes one."),
        )
        for widget in before:
            close_tree(widget)
