"""The error documents that Lambda itself writes, when the runtime could not.

https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

import json
import os
import re
from dataclasses import dataclass

from lambda_magic.environments.sandbox import ExitStatus
from lambda_magic.runtime_api.http import BODY_LIMIT

#: What reports call an error of a runtime's, or of a function's own; any other is unknown.
_KNOWN_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")
#: What can be wrong with a response, in the words in which the runtime is told.
_REJECTIONS = {
    "Runtime.InvalidResponseModeHeader": "Invalid function response mode",
    "Runtime.TruncatedResponse": "HTTP request detected as truncated",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Why an invocation, or an Init, has no answer of the handler's own."""

    error_type: str
    message: str
    #: "timeout" or "error", as in REPORT and INIT_REPORT lines.
    status: str = "error"
    #: The document that the runtime sent to .../init/error, which then is the payload.
    document: bytes | None = None

    def payload(self, request_id: str) -> bytes:
        """The invocation's payload: AWS's error document."""
        if self.document is not None:
            return self.document
        message = self.message
        if self.error_type != "Function.ResponseSizeTooLarge":
            message = f"RequestId: {request_id} Error: {message}"
        return json.dumps(
            {"errorType": self.error_type, "errorMessage": message}, separators=(",", ":")
        ).encode()

    def log_line(self, request_id: str) -> str | None:
        """What Lambda itself writes to the function's log: of a process that exited, only."""
        if self.error_type != "Runtime.ExitError" and not self.error_type.startswith("Extension."):
            return None
        return f"RequestId: {request_id} Error: {self.message}\n{self.error_type}"


def timed_out(timeout: float) -> Fault:
    """The function, or an extension, did not finish in time."""
    return Fault(
        error_type="Sandbox.Timedout",
        message=f"Task timed out after {timeout:.2f} seconds",
        status="timeout",
    )


def exited(exit_status: ExitStatus) -> Fault:
    """The runtime process ended."""
    reason = (
        "Runtime exited without providing a reason"
        if exit_status.code == 0
        else f"Runtime exited with error: {exit_status}"
    )
    return Fault(error_type="Runtime.ExitError", message=reason)


def invalid_entrypoint(reason: str) -> Fault:
    """The function's own runtime cannot be executed."""
    return Fault(error_type="Runtime.InvalidEntrypoint", message=reason)


def extension_exited(error_type: str, exit_status: ExitStatus) -> Fault:
    """An extension ended: by itself, or after it had said why."""
    reason = "exit code 0" if exit_status.code == 0 else str(exit_status)
    return Fault(error_type=error_type, message=reason)


def not_launched(name: str, error: OSError) -> Fault:
    """An extension's file could not be executed; in the words of Go, which AWS's is written in."""
    reason = os.strerror(error.errno or 0).lower()
    return Fault(
        error_type="Extension.LaunchError", message=f"fork/exec /opt/extensions/{name}: {reason}"
    )


def too_many_extensions() -> Fault:
    """There are more than a function may have."""
    return Fault(error_type="Extension.LaunchError", message="ErrTooManyExtensions")


def response_too_large(limit: int = BODY_LIMIT) -> Fault:
    """The handler returned, or streamed, more than AWS's limit."""
    return Fault(
        error_type="Function.ResponseSizeTooLarge",
        message=f"Response payload size exceeded maximum allowed payload size ({limit} bytes).",
    )


def response_rejected(error_type: str) -> Fault:
    """The runtime's response is none."""
    return Fault(error_type=error_type, message=_REJECTIONS[error_type])


def init_failed(document: bytes, error_type: str) -> Fault:
    """The runtime reported that it cannot be initialised: a missing module, say.

    What is told of it elsewhere than in the document has a type that AWS knows.
    """
    if not _KNOWN_TYPE.fullmatch(error_type):
        is_functions = error_type.startswith("Function.")
        error_type = "Function.Unknown" if is_functions else "Runtime.Unknown"
    return Fault(error_type=error_type, message="", document=document)


def init_timed_out(limit: float) -> Fault:
    """Init took longer than it may."""
    return Fault(
        error_type="Sandbox.Timedout",
        message=f"Init timed out after {limit:.2f} seconds",
        status="timeout",
    )


def sandbox_failed(reason: str) -> Fault:
    """The sandbox went away, or could not be made."""
    return Fault(error_type="Sandbox.Failure", message=reason)
