"""A function's memory, timeout and reserved concurrency, as sliders."""

import ipywidgets  # type: ignore[import-untyped]  # it ships no types

from lambda_magic.widgets.api_calls import ApiCalls
from lambda_magic.widgets.controls import LABELLED, Controls, slider


class SettingsControls(Controls):
    """What is configured of $LATEST, and of the function as a whole."""

    def __init__(self, calls: ApiCalls, name: str) -> None:
        super().__init__(calls, name)
        # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        self.memory = slider("Memory (MB)", 128, 10_240)
        self.timeout = slider("Timeout (s)", 1, 900)
        self.is_reserved = ipywidgets.Checkbox(description="Reserve concurrency", style=LABELLED)
        self.reserved = slider("Reserved", 0, 1_000)
        self.children = (self.memory, self.timeout, self.is_reserved, self.reserved)
        self.watch(lambda: self._update(MemorySize=self.memory.value), self.memory)
        self.watch(lambda: self._update(Timeout=self.timeout.value), self.timeout)
        self.watch(self._reserve, self.is_reserved, self.reserved)

    def reload(self) -> None:
        """Show what the API says."""
        function = self.calls.ask("get_function", FunctionName=self.function_name)
        configuration = function["Configuration"]
        reserved = function.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        with self.showing():
            self.memory.value = configuration["MemorySize"]
            self.timeout.value = configuration["Timeout"]
            self.is_reserved.value = reserved is not None
            self.reserved.value = reserved or 0
            self.reserved.disabled = reserved is None

    def _update(self, **changes: int) -> None:
        self.calls.make("update_function_configuration", FunctionName=self.function_name, **changes)

    def _reserve(self) -> None:
        if self.is_reserved.value:
            self.calls.make(
                "put_function_concurrency",
                FunctionName=self.function_name,
                ReservedConcurrentExecutions=self.reserved.value,
            )
        else:
            self.calls.make("delete_function_concurrency", FunctionName=self.function_name)
        self.reserved.disabled = not self.is_reserved.value
