"""What an extension may do when, as a table.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

from enum import StrEnum


class ExtensionStatus(StrEnum):
    """What an extension is doing; the value is AWS's word."""

    #: Its process runs, and has not registered yet.
    STARTED = "Started"
    REGISTERED = "Registered"
    #: It waits for its next event.
    READY = "Ready"
    #: It has an event.
    RUNNING = "Running"
    #: It has reported an error, and is to exit.
    INIT_ERROR = "InitError"
    EXIT_ERROR = "ExitError"
    #: It could not be executed.
    LAUNCH_ERROR = "LaunchError"


class Call(StrEnum):
    """What an extension asks for; the value is what it would become, as AWS's refusals say."""

    REGISTER = "Registered"
    NEXT = "Ready"
    INIT_ERROR = "InitError"
    EXIT_ERROR = "Exited"


_S, _C = ExtensionStatus, Call

TRANSITIONS: dict[ExtensionStatus, dict[Call, ExtensionStatus]] = {
    _S.STARTED: {_C.REGISTER: _S.REGISTERED},
    _S.REGISTERED: {
        _C.NEXT: _S.READY,
        _C.INIT_ERROR: _S.INIT_ERROR,
        _C.EXIT_ERROR: _S.EXIT_ERROR,
    },
    _S.READY: {_C.EXIT_ERROR: _S.EXIT_ERROR},
    _S.RUNNING: {_C.NEXT: _S.READY, _C.EXIT_ERROR: _S.EXIT_ERROR},
    # An error may be reported twice: the first counts.
    _S.INIT_ERROR: {_C.INIT_ERROR: _S.INIT_ERROR},
    _S.EXIT_ERROR: {_C.EXIT_ERROR: _S.EXIT_ERROR},
    _S.LAUNCH_ERROR: {},
}
