"""A Jupyter notebook as a complete, local AWS Lambda.

>>> %load_ext lambda_magic

From Python: `client()` has the methods of `boto3.client("lambda")`, `function("hello")` is a
function to invoke, `region()` is everything else.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from lambda_magic import default_region, magics
from lambda_magic.core.arns import Arns
from lambda_magic.function import Function
from lambda_magic.magics.parser import errors_in_one_line
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.region import Region
from lambda_magic.sample_events import library
from lambda_magic.sample_events.by_name import EventsByName
from lambda_magic.source import source_of
from lambda_magic.widgets.invoke_controls import SAMPLE_EVENTS
from lambda_magic.widgets.panel import FunctionPanel

if TYPE_CHECKING:  # the stubs are for development only
    from types_boto3_lambda import LambdaClient

__version__ = "0.1.0"

__all__ = [
    "client",
    "close",
    "function",
    "function_panel",
    "load_ipython_extension",
    "region",
    "sample_event",
    "unload_ipython_extension",
]


def region() -> Region:
    """The region that the magics use; opened on first use, under `.lambda_magic` here.

    Raises a `LambdaError` if what is kept there is damaged, or was written by a newer release.
    """
    return default_region.get()


def client() -> "LambdaClient":
    """`boto3.client("lambda")` for this region: the same methods, shapes and exceptions.

    >>> lambda_magic.client().list_functions()["Functions"]
    [{'FunctionName': 'hello', ...}]
    """
    return region().client()


def function(name: str, qualifier: str | None = None) -> Function:
    """A function to invoke; `name` may be "hello", "hello:LIVE" or an ARN.

    >>> lambda_magic.function("hello").invoke({"name": "Ada"}).payload
    {'greeting': 'hi Ada'}

    Raises `ValidationException` for what is no function name. Whether there is such a function
    shows when it is invoked.
    """
    settings = region().settings
    arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
    reference = arns.parse(name, qualifier)
    return Function(region(), reference.name, reference.qualifier)


def function_panel(name: str, events: Mapping[str, Any] | None = None) -> FunctionPanel:
    """Controls for a function: settings, concurrency, alias weights, and an event to invoke with.

    `name` may be "hello", or "hello:LIVE" for what is invoked at first.
    Each change is an API call, shown as the boto3 line that does the same. `events` are events to
    begin with, by name; without any, those of `%event`.

    >>> lambda_magic.function_panel("hello")

    Raises botocore's `ResourceNotFoundException` if there is no such function.
    """
    shown = function(name)

    def complete(result: InvocationResult) -> None:
        result.source = source_of(result, region())

    samples = events or {**SAMPLE_EVENTS, **EventsByName(region().settings)}
    with errors_in_one_line():
        return FunctionPanel(
            client,
            shown.name,
            shown.qualifier,
            describe=shown.card,
            complete=complete,
            events=samples,
        )


def sample_event(name: str, **values: Any) -> Any:
    """An event as a service of AWS sends it; `values` are for its parameters (`%event --list`).

    >>> lambda_magic.sample_event("sqs/message", body="hi")["Records"][0]["body"]
    'hi'

    Raises `ResourceNotFoundException` for a name that there is not, and
    `InvalidParameterValueException` for a parameter.
    """
    return library.find(name).event(region().settings, **values)


def close() -> None:
    """End all execution environments; what is kept stays, and the next use opens it again."""
    default_region.close()


def load_ipython_extension(shell: InteractiveShell) -> None:
    """IPython calls this for `%load_ext lambda_magic`."""
    magics.load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """IPython calls this for `%unload_ext lambda_magic`."""
    magics.unload(shell)
