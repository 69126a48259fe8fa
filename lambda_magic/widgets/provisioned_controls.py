"""The provisioned concurrency of a function's versions and aliases."""

import html

import ipywidgets  # type: ignore[import-untyped]  # it ships no types

from lambda_magic.widgets.api_calls import ApiCalls
from lambda_magic.widgets.controls import Controls, dropdown, offer, slider

_NOTHING_PUBLISHED = "Provisioned concurrency is for a published version or an alias."


class ProvisionedControls(Controls):
    """One qualifier at a time, and how many environments are kept ready for it."""

    def __init__(self, calls: ApiCalls, name: str) -> None:
        super().__init__(calls, name)
        self.qualifier = dropdown("Provisioned for")
        self.provisioned = slider("Provisioned", 0, 1_000)
        self.status = ipywidgets.HTML()
        self.children = (self.qualifier, self.provisioned, self.status)
        self.watch(self.reload, self.qualifier)
        self.watch(self._provision, self.provisioned)

    def reload(self) -> None:
        """Show what the API says of the chosen qualifier."""
        qualifiers = _qualifiers(self.calls, self.function_name)
        with self.showing():
            offer(self.qualifier, qualifiers)
            self.provisioned.disabled = not qualifiers
            self._show()

    def _show(self) -> None:
        configs = {
            config["FunctionArn"].rpartition(":")[2]: config
            for config in self.calls.pages(
                "list_provisioned_concurrency_configs",
                "ProvisionedConcurrencyConfigs",
                FunctionName=self.function_name,
            )
        }
        config = configs.get(self.qualifier.value)
        text = "" if self.qualifier.options else _NOTHING_PUBLISHED
        if config is not None:
            allocated = config["AllocatedProvisionedConcurrentExecutions"]
            text = f"{config['Status']}, {allocated} allocated"
        requested = config["RequestedProvisionedConcurrentExecutions"] if config else 0
        self.provisioned.value = requested
        self.status.value = f'<div style="opacity:.8">{html.escape(text)}</div>'

    def _provision(self) -> None:
        target = {"FunctionName": self.function_name, "Qualifier": self.qualifier.value}
        if number := self.provisioned.value:
            self.calls.make(
                "put_provisioned_concurrency_config",
                **target,
                ProvisionedConcurrentExecutions=number,
            )
        else:
            self.calls.make("delete_provisioned_concurrency_config", **target)
        with self.showing():
            self._show()


def _qualifiers(calls: ApiCalls, name: str) -> list[str]:
    """Aliases, then published versions, newest first."""
    aliases = calls.pages("list_aliases", "Aliases", FunctionName=name)
    versions = calls.pages("list_versions_by_function", "Versions", FunctionName=name)
    numbers = [one["Version"] for one in versions if one["Version"] != "$LATEST"]
    return [*(alias["Name"] for alias in aliases), *sorted(numbers, key=int, reverse=True)]
