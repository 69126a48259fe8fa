import json

import pytest

from lambda_magic.environments import faults
from lambda_magic.environments.faults import Fault
from lambda_magic.environments.sandbox import ExitStatus


@pytest.mark.parametrize(
    ("fault", "status", "error_type", "message"),
    [
        (
            faults.timed_out(1),
            "timeout",
            "Sandbox.Timedout",
            "RequestId: r-1 Error: Task timed out after 1.00 seconds",
        ),
        (
            faults.exited(ExitStatus(code=0)),
            "error",
            "Runtime.ExitError",
            "RequestId: r-1 Error: Runtime exited without providing a reason",
        ),
        (
            faults.exited(ExitStatus(code=3)),
            "error",
            "Runtime.ExitError",
            "RequestId: r-1 Error: Runtime exited with error: exit status 3",
        ),
        (
            faults.exited(ExitStatus(signal=9)),
            "error",
            "Runtime.ExitError",
            "RequestId: r-1 Error: Runtime exited with error: signal: killed",
        ),
        (
            faults.exited(ExitStatus(signal=11)),
            "error",
            "Runtime.ExitError",
            "RequestId: r-1 Error: Runtime exited with error: signal: segmentation fault",
        ),
        (
            faults.response_too_large(),
            "error",
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
    ],
)
def test_a_fault_becomes_aws_error_document(
    fault: Fault, status: str, error_type: str, message: str
) -> None:
    document = json.loads(fault.payload("r-1"))

    assert fault.status == status
    assert document == {"errorType": error_type, "errorMessage": message}


def test_what_the_runtime_said_of_its_init_is_passed_on() -> None:
    document = b'{"errorType": "Runtime.ImportModuleError", "requestId": ""}'

    fault = faults.init_failed(document, "Runtime.ImportModuleError")

    assert fault.payload("r-1") == document
    assert fault.error_type == "Runtime.ImportModuleError"


def test_a_runtime_that_exited_is_told_in_the_log() -> None:
    assert faults.exited(ExitStatus(code=1)).log_line("r-1") == (
        "RequestId: r-1 Error: Runtime exited with error: exit status 1\nRuntime.ExitError"
    )
    assert faults.timed_out(3).log_line("r-1") is None
