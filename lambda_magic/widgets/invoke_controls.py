"""Invoking a function from a panel: an event to edit, sample events, the result."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets  # type: ignore[import-untyped]  # it ships no types
from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.monitoring import display
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.widgets.api_calls import ApiCalls, one_line
from lambda_magic.widgets.controls import LABELLED, Controls, dropdown, offer

#: What Lambda's console offers for a new test event, and the least there is.
SAMPLE_EVENTS: Mapping[str, Any] = {
    "hello-world": {"key1": "value1", "key2": "value2", "key3": "value3"},
    "empty": {},
}

#: Completes a result with what its display needs besides.
Complete = Callable[[InvocationResult], None]


class InvokeControls(Controls):
    """Invokes on a thread of its own, so that neither the panel nor a cell waits for a function."""

    def __init__(
        self, calls: ApiCalls, name: str, samples: Mapping[str, Any], complete: Complete
    ) -> None:
        super().__init__(calls, name)
        self._samples = samples
        self._complete = complete
        self.qualifier = dropdown("Qualifier")
        self.sample = dropdown("Sample event")
        self.event = ipywidgets.Textarea(
            layout=ipywidgets.Layout(width="560px", height="110px"),
            description="Event",
            style=LABELLED,
        )
        self.invoke = ipywidgets.Button(
            description="Invoke", button_style="primary", icon="play", tooltip="Invoke the function"
        )
        # Only this thread's and no click's: a comm on which a background thread publishes is slow
        # to hear of clicks while a cell runs.
        self.outcome = ipywidgets.HTML()
        self.children = (self.qualifier, self.sample, self.event, self.invoke, self.outcome)
        offer(self.sample, list(samples))
        self._use_sample()
        self.watch(self._use_sample, self.sample)
        self.invoke.on_click(self._clicked)
        self._last: threading.Thread | None = None

    def reload(self) -> None:
        """Show the qualifiers that there are now."""
        name = self.function_name
        aliases = self.calls.pages("list_aliases", "Aliases", FunctionName=name)
        versions = self.calls.pages("list_versions_by_function", "Versions", FunctionName=name)
        names = [one["Version"] for one in versions] + [one["Name"] for one in aliases]
        with self.showing():
            offer(self.qualifier, names)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the last invocation has been shown; at most `timeout` seconds."""
        if self._last is not None:
            self._last.join(timeout)

    def _use_sample(self) -> None:
        self.event.value = json.dumps(self._samples[self.sample.value], indent=2)

    def _clicked(self, _: object) -> None:
        payload, qualifier = self.event.value.encode(), self.qualifier.value
        self.outcome.value = display.heading("Running...")
        self._last = threading.Thread(
            target=self._invoke, args=(payload, qualifier), name="function panel", daemon=True
        )
        self._last.start()

    def _invoke(self, payload: bytes, qualifier: str) -> None:
        try:
            response = self.calls.make(
                "invoke",
                FunctionName=self.function_name,
                Qualifier=qualifier,
                LogType="Tail",
                Payload=payload,
            )
        except (ClientError, BotoCoreError) as error:
            self.outcome.value = display.error(*one_line(error).split(": ", 1))
            return
        result = InvocationResult.from_response(response, function_name=self.function_name)
        self._complete(result)
        self.outcome.value = result._repr_html_()
