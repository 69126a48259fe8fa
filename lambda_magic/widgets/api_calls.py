"""API calls of a panel: made through a client, and shown as the boto3 line that does the same."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets  # type: ignore[import-untyped]  # it ships no types
from botocore.exceptions import BotoCoreError, ClientError

from lambda_magic.monitoring import display

#: So many lines are shown; older ones go.
_SHOWN = 12


def boto3_line(operation: str, parameters: dict[str, Any]) -> str:
    """A call as one would write it.

    >>> boto3_line("delete_function_concurrency", {"FunctionName": "hello"})
    "client.delete_function_concurrency(FunctionName='hello')"
    """
    written = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
    return f"client.{operation}({written})"


def one_line(error: BotoCoreError | ClientError) -> str:
    """What AWS says: "Code: message (Reason)"."""
    if isinstance(error, BotoCoreError):
        return " ".join(f"{type(error).__name__}: {error}".split())
    told = error.response.get("Error", {})
    reason = error.response.get("Reason")
    line = f"{told.get('Code')}: {told.get('Message')}" + (f" ({reason})" if reason else "")
    return " ".join(line.split())


class ApiCalls(ipywidgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """Makes calls, and shows the last of them, newest first, with AWS's error where there is one.

    `client` gives the boto3 client to call, each time anew: the region may have been closed and
    opened again. May be used from any thread.
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        super().__init__()
        self._client = client
        #: (boto3 line, AWS's error or ""), newest last.
        self.made: list[tuple[str, str]] = []

    def make(self, operation: str, **parameters: Any) -> Any:
        """Call an operation, show the call, and return its answer.

        Raises `ClientError` or `BotoCoreError`, after showing it.
        """
        answer = self.ask(operation, **parameters)
        self._show(boto3_line(operation, parameters), "")
        return answer

    def ask(self, operation: str, **parameters: Any) -> Any:
        """The same for what only reads: it is shown only where it fails."""
        with self._showing_errors(operation, parameters):
            return getattr(self._client(), operation)(**parameters)

    def pages(self, operation: str, member: str, **parameters: Any) -> list[dict[str, Any]]:
        """The same for all that a list operation has to give."""
        with self._showing_errors(operation, parameters):
            pages = self._client().get_paginator(operation).paginate(**parameters)
            return [one for page in pages for one in page[member]]

    @contextmanager
    def _showing_errors(self, operation: str, parameters: dict[str, Any]) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            self._show(boto3_line(operation, parameters), one_line(error))
            raise

    def _show(self, line: str, error: str) -> None:
        self.made.append((line, error))
        self.value = "".join(_row(*call) for call in reversed(self.made[-_SHOWN:]))


def _row(line: str, error: str) -> str:
    mono = "font-family:var(--jp-code-font-family,monospace);font-size:12px;line-height:1.5"
    shown = display.error(*error.split(": ", 1)) if error else ""
    return f'<div style="{mono}"><code>{html.escape(display.shortened(line))}</code></div>{shown}'
