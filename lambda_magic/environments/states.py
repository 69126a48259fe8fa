"""The lifecycle of an execution environment, as a table.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

Rules, in AWS's words:

- Init has three parts: extension init, runtime init, function init. It ends when the runtime
  and all extensions have asked for their next event (`NEXT`); nothing else leads to `READY`.
- An Init that fails or takes too long is run once more inside the first invocation, under the
  function's timeout (`SUPPRESSED_INIT`).
- A crash or a timeout resets the environment: its processes are killed, /tmp stays, and the
  next invocation does a suppressed Init.
- An environment without an invocation is frozen; the next invocation thaws it.

A pair that is not in the table is an error, so what can happen is what is written here.
"""

from enum import StrEnum


class EnvironmentState(StrEnum):
    """What an environment is doing; the value is what people see."""

    #: The sandbox is being made; AWS does not count this time as Init.
    CREATING = "Creating"
    #: Extensions start and register.
    EXTENSION_INIT = "Extension init"
    #: The runtime process starts.
    RUNTIME_INIT = "Runtime init"
    #: The function's module is imported, until everyone has asked for the next event.
    FUNCTION_INIT = "Function init"
    #: Waiting for an invocation, its processes running.
    READY = "Ready"
    #: Waiting for an invocation, its processes stopped.
    FROZEN = "Frozen"
    #: An invocation is in flight.
    RUNNING = "Running"
    #: Its processes are being killed.
    RESETTING = "Resetting"
    #: No processes; /tmp is as it was.
    RESET = "Reset"
    #: Init again, within an invocation and at its expense.
    SUPPRESSED_INIT = "Suppressed init"
    #: Processes may clean up, then everything is given back.
    SHUTDOWN = "Shutdown"
    #: Gone.
    TERMINATED = "Terminated"


class Trigger(StrEnum):
    """What moves an environment from state to state."""

    SANDBOX_CREATED = "sandbox created"
    EXTENSIONS_REGISTERED = "extensions registered"
    RUNTIME_STARTED = "runtime started"
    NEXT = "runtime and extensions asked for the next event"
    INVOKE = "invoke"
    FREEZE = "freeze"
    FAILED = "failed, crashed or timed out"
    PROCESSES_GONE = "processes gone"
    RETIRE = "retire"
    SANDBOX_GONE = "sandbox gone"


_S, _T = EnvironmentState, Trigger

TRANSITIONS: dict[EnvironmentState, dict[Trigger, EnvironmentState]] = {
    _S.CREATING: {
        _T.SANDBOX_CREATED: _S.EXTENSION_INIT,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.EXTENSION_INIT: {
        _T.EXTENSIONS_REGISTERED: _S.RUNTIME_INIT,
        _T.FAILED: _S.RESETTING,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.RUNTIME_INIT: {
        _T.RUNTIME_STARTED: _S.FUNCTION_INIT,
        _T.FAILED: _S.RESETTING,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.FUNCTION_INIT: {
        _T.NEXT: _S.READY,
        _T.FAILED: _S.RESETTING,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.READY: {
        _T.INVOKE: _S.RUNNING,
        _T.FREEZE: _S.FROZEN,
        _T.FAILED: _S.RESETTING,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.FROZEN: {
        _T.INVOKE: _S.RUNNING,
        _T.FAILED: _S.RESETTING,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.RUNNING: {
        _T.NEXT: _S.READY,
        _T.FAILED: _S.RESETTING,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.RESETTING: {
        _T.PROCESSES_GONE: _S.RESET,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.RESET: {
        _T.INVOKE: _S.SUPPRESSED_INIT,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.SUPPRESSED_INIT: {
        _T.NEXT: _S.RUNNING,
        _T.FAILED: _S.RESETTING,
        _T.RETIRE: _S.SHUTDOWN,
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.SHUTDOWN: {
        _T.SANDBOX_GONE: _S.TERMINATED,
    },
    _S.TERMINATED: {},
}


class InvalidTransitionError(Exception):
    """An environment was told to do what its state does not allow: a mistake of ours."""


def advance(state: EnvironmentState, trigger: Trigger) -> EnvironmentState:
    """The state that follows.

    >>> advance(EnvironmentState.READY, Trigger.INVOKE)
    <EnvironmentState.RUNNING: 'Running'>

    Raises `InvalidTransitionError` for a pair that is not in the table.
    """
    try:
        return TRANSITIONS[state][trigger]
    except KeyError:
        raise InvalidTransitionError(
            f"An environment that is {state.value!r} cannot take {trigger.value!r}"
        ) from None
