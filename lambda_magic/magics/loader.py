"""Loading the magics into a shell, and taking them out again so that nothing of them is left."""

from collections.abc import Callable, MutableMapping
from contextlib import ExitStack
from typing import Any
from weakref import WeakKeyDictionary

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics

from lambda_magic.magics import (
    alias,
    aws,
    clock,
    concurrency,
    endpoint,
    event,
    extension,
    functions,
    invoke,
    lambda_cell,
    layer,
    logs,
    metrics,
    monitor,
    queue,
    runtime,
    send,
    trigger,
    url,
    versions,
)
from lambda_magic.magics.completion import Completion
from lambda_magic.magics.parser import MagicParser
from lambda_magic.magics.session import Session

_PARSERS: dict[str, Callable[[], MagicParser]] = {
    "%%lambda": lambda_cell.parser,
    "%invoke": invoke.parser,
    "%%invoke": invoke.parser,
    "%alias": alias.parser,
    "%functions": functions.parser,
    "%versions": versions.parser,
    "%layer": layer.parser,
    "%%extension": extension.parser,
    "%concurrency": concurrency.parser,
    "%logs": logs.parser,
    "%metrics": metrics.parser,
    "%event": event.parser,
    "%monitor": monitor.parser,
    "%endpoint": endpoint.parser,
    "%url": url.parser,
    "%runtime": runtime.parser,
    "%clock": clock.parser,
    "%aws": aws.parser,
    "%trigger": trigger.parser,
    "%queue": queue.parser,
    "%send": send.parser,
}

#: How to undo what was done to each shell. IPython has no inverse of `register_magics`.
_loaded: WeakKeyDictionary[InteractiveShell, ExitStack] = WeakKeyDictionary()


def load(shell: InteractiveShell) -> None:
    """Add the magics, their completion and their configuration to a shell; once only."""
    if shell in _loaded:
        return
    with ExitStack() as undo:
        session = Session(shell)
        undo.callback(session.close)
        configurables: list[Any] = shell.configurables
        configurables.append(session.configuration)
        undo.callback(_remove, configurables, session.configuration)
        for magics in _magics(session):
            _register(shell, magics, undo)
        completion = Completion(session, {name: make() for name, make in _PARSERS.items()})
        shell.Completer.custom_matchers.append(completion.complete)
        undo.callback(_remove, shell.Completer.custom_matchers, completion.complete)
        _loaded[shell] = undo.pop_all()


def unload(shell: InteractiveShell) -> None:
    """Undo everything that `load` did to a shell, and close the region."""
    if undo := _loaded.pop(shell, None):
        try:
            undo.close()
        except KeyboardInterrupt:
            # Undone it is, and IPython would refuse to load what it has not seen unloaded.
            assert shell.extension_manager is not None
            shell.extension_manager.loaded.discard("lambda_magic")
            raise


def _magics(session: Session) -> list[Magics]:
    # Found, not just read from the table: what is there may only stand in for a magic that
    # IPython imports when it is first used, and would then find ours in its place.
    find: Callable[[str], Callable[[str], Any] | None] = session.shell.find_line_magic
    shell_alias = find("alias")
    return [
        lambda_cell.LambdaCellMagic(session),
        invoke.InvokeMagic(session),
        alias.AliasMagic(session, shell_alias),
        functions.FunctionsMagic(session),
        versions.VersionsMagic(session),
        layer.LayerMagic(session),
        extension.ExtensionMagic(session),
        concurrency.ConcurrencyMagic(session),
        logs.LogsMagic(session),
        metrics.MetricsMagic(session),
        monitor.MonitorMagic(session),
        clock.ClockMagic(session),
        event.EventMagic(session),
        endpoint.EndpointMagic(session),
        url.UrlMagic(session),
        aws.AwsMagic(session),
        trigger.TriggerMagic(session),
        queue.QueueMagic(session),
        send.SendMagic(session),
        runtime.RuntimeMagic(session),
    ]


def _register(shell: InteractiveShell, magics: Magics, undo: ExitStack) -> None:
    manager = shell.magics_manager
    for kind, names in magics.magics.items():
        for name in names:
            undo.callback(_restore, manager.magics[kind], name, manager.magics[kind].get(name))
    undo.callback(manager.registry.pop, type(magics).__name__, None)
    # Made with a shell, a Magics object has put itself there.
    undo.callback(_remove, shell.configurables, magics)
    shell.register_magics(magics)


def _restore(table: MutableMapping[str, Any], name: str, before: Any) -> None:
    if before is None:
        table.pop(name, None)
    else:
        table[name] = before


def _remove(items: list[Any], item: Any) -> None:
    if item in items:
        items.remove(item)
