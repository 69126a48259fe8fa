import inspect
import pickle
from typing import Any

import pytest
from botocore.session import Session

from lambda_magic.core import errors
from lambda_magic.core.errors import (
    LambdaError,
    ResourceNotFoundException,
    ServiceException,
    TooManyRequestsException,
)

MODELLED: dict[str, Any] = {
    shape.name: shape for shape in Session().get_service_model("lambda").error_shapes
}
OURS = {
    name: error
    for name, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, LambdaError)
}


@pytest.mark.parametrize("name", sorted(MODELLED.keys() & OURS.keys()))
def test_an_error_of_the_api_has_the_status_fault_and_spelling_of_the_model(name: str) -> None:
    shape, error = MODELLED[name], OURS[name]

    assert error.code == name
    assert error.status == shape.metadata["error"]["httpStatusCode"]
    assert error.fault == ("User" if shape.metadata["error"].get("senderFault") else "Service")
    assert error.message_member in shape.members


def test_the_docstring_is_the_message_where_none_is_given() -> None:
    assert str(ServiceException()) == "The Lambda service encountered an internal error."
    assert str(ServiceException("Disk full")) == "Disk full"


def test_the_body_is_the_one_that_aws_sends() -> None:
    error = TooManyRequestsException(Reason="ConcurrentInvocationLimitExceeded")

    assert error.body() == {
        "Type": "User",
        "message": "Rate Exceeded.",
        "Reason": "ConcurrentInvocationLimitExceeded",
    }


def test_a_notebook_shows_one_line() -> None:
    error = ResourceNotFoundException("Function not found:\nhello")

    assert error._render_traceback_() == ["ResourceNotFoundException: Function not found: hello"]


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(TooManyRequestsException("Slow down", Reason="Caller")))

    assert (error.message, error.members) == ("Slow down", {"Reason": "Caller"})
