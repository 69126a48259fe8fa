"""Controls: inputs whose every change by the user is an API call."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import ipywidgets  # type: ignore[import-untyped]  # it ships no types
from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.widgets.api_calls import ApiCalls

#: So that all labels of a panel end in one line.
LABELLED = {"description_width": "150px"}


class Controls(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Some inputs of one function that belong together.

    What the program shows in them is told from what the user does to them. If AWS refuses a
    change, they show again what there is; the error stands beside the call.
    """

    def __init__(self, calls: ApiCalls, name: str) -> None:
        super().__init__()
        self.calls = calls
        self.function_name = name
        self._is_showing = False

    def reload(self) -> None:
        """Show what the API says."""
        raise NotImplementedError

    def watch(self, change: Callable[[], None], *inputs: Any) -> None:
        """Have `change` make its call whenever the user changes one of the inputs."""

        def changed(_: object) -> None:
            if not self._is_showing:
                self.attempt(change)

        for one in inputs:
            one.observe(changed, "value")

    def attempt(self, change: Callable[[], None]) -> None:
        """Make a change, or show what there is."""
        try:
            change()
        except (ClientError, BotoCoreError):
            # There may be nothing any longer, and that has been shown then.
            with suppress(ClientError, BotoCoreError):
                self.reload()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Whatever is set within is not the user's doing."""
        before, self._is_showing = self._is_showing, True
        try:
            yield
        finally:
            self._is_showing = before


def slider(label: str, low: int, high: int) -> Any:
    """A slider whose number can be typed too; it changes once, when it is let go."""
    return ipywidgets.IntSlider(
        value=low,
        min=low,
        max=high,
        description=label,
        continuous_update=False,
        style=LABELLED,
        layout=ipywidgets.Layout(width="460px"),
    )


def dropdown(label: str) -> Any:
    """A list to choose from."""
    return ipywidgets.Dropdown(
        description=label, style=LABELLED, layout=ipywidgets.Layout(width="330px")
    )


def offer(chooser: Any, options: Sequence[str]) -> None:
    """What there is to choose from now; the choice stays if it is still there, or is the first."""
    chosen = chooser.value
    chooser.options = options
    if options:
        chooser.value = chosen if chosen in options else options[0]


def note(text: str) -> Any:
    """Some words in between; `text` is HTML."""
    return ipywidgets.HTML(f'<div style="opacity:.8;line-height:1.5">{text}</div>')


def close_tree(widget: Any) -> None:
    """Close a widget and everything in it; `close` alone leaves its children in the kernel."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    for part in ("layout", "style"):
        if getattr(widget, part, None) is not None:
            getattr(widget, part).close()
    ipywidgets.Widget.close(widget)
