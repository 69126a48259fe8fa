"""`%invoke` and `%%invoke`: an event goes to a function, and the result comes back."""

import argparse
import base64
import codecs
import sys
from dataclasses import replace
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import (
    line_cell_magic,
    magics_class,
    no_var_expand,
    output_can_be_silenced,
)
from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types

from lambda_magic.core.invocation import InvocationType
from lambda_magic.function import Function
from lambda_magic.invocation.async_invocation import AsyncInvocation
from lambda_magic.magics import payload
from lambda_magic.magics.event import sample
from lambda_magic.magics.parser import MagicParser, magic, positive_integer
from lambda_magic.magics.session import SessionMagics
from lambda_magic.magics.span import rate, span
from lambda_magic.monitoring.load_report import LoadReport
from lambda_magic.monitoring.result import InvocationResult


def parser() -> MagicParser:
    """The options of %invoke, without the payload: see `payload.split_line`."""
    made = MagicParser(
        "%invoke",
        usage="%(prog)s NAME[:QUALIFIER] [options] [PAYLOAD]",
        description=(
            "Invoke a function. PAYLOAD is the rest of the line: JSON, a variable or any other\n"
            "Python expression, or @file.json; with %%invoke it is the cell below. With --event\n"
            "it is the parameters of a sample event (see %event)."
        ),
        example='%invoke hello {"name": "Ada"}\n'
        "%invoke hello:LIVE --count 500 --concurrency 50 event\n"
        "accepted = %invoke hello --async\naccepted.wait()",
    )
    add = made.add_argument
    add("function", metavar="NAME[:QUALIFIER]", help="qualified by a version or an alias")
    kind = made.add_mutually_exclusive_group()
    kind.add_argument(
        "--async",
        dest="invocation_type",
        action="store_const",
        const=InvocationType.EVENT,
        help="do not wait (InvocationType Event); what is returned can be waited for",
    )
    kind.add_argument(
        "--dry-run",
        dest="invocation_type",
        action="store_const",
        const=InvocationType.DRY_RUN,
        help="only check that it could be invoked",
    )
    kind.add_argument("--stream", action="store_true", help="show the response as it arrives")
    add("--count", type=positive_integer, metavar="N", help="invoke N times, and report")
    add("--duration", type=span, metavar="SPAN", help="invoke for 10s, 2m, and report")
    add("--concurrency", type=positive_integer, metavar="N", help="of a load: N at a time")
    add("--rate", type=rate, metavar="R/s", help="of a load: begin so many per second, or 30/m")
    add("--event", metavar="SERVICE/TYPE", help="send a sample event; PAYLOAD: KEY=VALUE ...")
    add("--qualifier", help="a version or an alias")
    add("--log", choices=["none", "tail"], help="leave the log out, or print its last 4 KB")
    return made


_PARSER = parser()


@magics_class
class InvokeMagic(SessionMagics):
    """Registers `%invoke` and `%%invoke`."""

    @output_can_be_silenced
    @no_var_expand
    @line_cell_magic
    @magic(_PARSER)
    def invoke(
        self, line: str, cell: str | None = None
    ) -> InvocationResult | AsyncInvocation | LoadReport:
        """Invoke a function."""
        words, text = payload.split_line(line, _PARSER)
        arguments = _PARSER.parse_args(words)
        _check(arguments)
        if cell is not None and text:
            raise UsageError(f"%%invoke takes its payload from the cell: {text}")
        event = self._event(arguments.event, text, cell)
        reference = self._session.reference(arguments.function)
        qualifier = _qualifier(reference.qualifier, arguments.qualifier)
        function = Function(self._session.region, reference.name, qualifier)
        if arguments.invocation_type is InvocationType.EVENT:
            return function.invoke_async(event)
        if arguments.invocation_type:
            return self._request(function, event, arguments.invocation_type)
        if arguments.count or arguments.duration:
            # What cannot be invoked at all is refused once, not so many times.
            self._request(function, event, InvocationType.DRY_RUN)
            return _load(function, event, arguments)
        result = _streamed(function, event) if arguments.stream else function.invoke(event)
        return self._shown(result, arguments.log)

    def _event(self, sample_name: str | None, text: str, cell: str | None) -> Any:
        if sample_name is None:
            return payload.event(text if cell is None else cell, self._session.namespace)
        if cell is not None:
            raise UsageError("--event does not go with a cell, which is the payload")
        return sample(sample_name, text, self._session.configuration.settings())

    def _request(
        self, function: Function, event: Any, invocation_type: InvocationType
    ) -> InvocationResult:
        """Invoke without running the function."""
        request = {"FunctionName": function.name, "InvocationType": invocation_type.value}
        if function.qualifier is not None:
            request["Qualifier"] = function.qualifier
        response = self._session.client.invoke(**request, Payload=payload.written(event))
        return InvocationResult.from_response(response, function_name=function.name)

    def _shown(self, result: InvocationResult, log: str | None) -> InvocationResult:
        """The result with what its display needs besides."""
        if log == "tail":
            print(base64.b64decode(result.log_result).decode("utf-8", "replace"))
        if log == "none":
            result = replace(result, log_tail="")
        return result


def _check(arguments: argparse.Namespace) -> None:
    """A load is one kind of invocation, and needs an end."""
    if arguments.duration == 0:
        raise UsageError("argument --duration: a load must last longer than that")
    is_load = arguments.count or arguments.duration
    if is_load and (arguments.stream or arguments.invocation_type):
        raise UsageError("--count and --duration do not go with --async, --dry-run or --stream")
    if (arguments.concurrency or arguments.rate) and not is_load:
        raise UsageError("--concurrency and --rate are of a load: add --count or --duration")


def _qualifier(named: str | None, given: str | None) -> str | None:
    if named and given and named != given:
        raise UsageError(f"the name says {named} and --qualifier says {given}: give one of them")
    return given or named


def _streamed(function: Function, event: Any) -> InvocationResult:
    """Write what the function says as it says it."""
    response = function.stream(event)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        for piece in response:
            print(decoder.decode(piece), end="", flush=True)
        print(decoder.decode(b"", final=True))
    except BaseException:
        response.close()
        raise
    return response.result


def _load(function: Function, event: Any, arguments: argparse.Namespace) -> LoadReport:
    """Invoke many times, with a bar to watch."""
    layout = "{n_fmt} invocations [{elapsed}, {rate_fmt}]" if arguments.count is None else None
    with tqdm(
        total=arguments.count, bar_format=layout, unit="", leave=False, delay=0.5, file=sys.stdout
    ) as bar:
        return function.load(
            event,
            count=arguments.count,
            concurrency=arguments.concurrency,
            rate=arguments.rate,
            duration=arguments.duration,
            progress=bar.update,
        )
