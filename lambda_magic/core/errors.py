"""Errors: one class per error code of the Lambda API, and the few that are only ours.

A class knows its HTTP status and whose fault it is; its docstring is the message where the
place that raises has nothing more exact to say. A handler that fails is not an error here but an
`InvocationResult` with a `function_error`.
"""

import inspect
from typing import ClassVar


class LambdaError(Exception):
    """Something went wrong."""

    #: AWS's error code.
    code: ClassVar[str] = "LambdaError"
    #: The HTTP status that the API answers with.
    status: ClassVar[int] = 500
    #: The `Type` member: "User" or "Service", or None where AWS sends none.
    fault: ClassVar[str | None] = None
    #: How AWS spells the member that holds the message: it differs from error to error.
    message_member: ClassVar[str] = "Message"

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        if "code" not in cls.__dict__:
            cls.code = cls.__name__

    def __init__(self, message: str | None = None, **members: object) -> None:
        self.message = (
            message if message is not None else inspect.cleandoc(type(self).__doc__ or "")
        )
        #: The other members of the error's shape, such as `Reason`.
        self.members = members
        super().__init__(self.message)

    def body(self) -> dict[str, object]:
        """The error as the JSON body that AWS answers with."""
        body: dict[str, object] = {} if self.fault is None else {"Type": self.fault}
        return body | {self.message_member: self.message} | self.members

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: one line."""
        reason = f" ({self.members['Reason']})" if "Reason" in self.members else ""
        return [" ".join(f"{self.code}: {self.message}{reason}".splitlines())]


class UserError(LambdaError):
    """The request cannot be carried out as it stands."""

    status = 400
    fault = "User"


# The request itself is wrong: 400.


class ValidationException(LambdaError):
    """The request does not satisfy the constraints of the API's model."""

    status = 400
    message_member = "message"


class SerializationException(LambdaError):
    """A member of the request has the wrong type."""

    status = 400


class InvalidParameterValueException(UserError):
    """One of the parameters in the request is not valid."""

    message_member = "message"


class InvalidParameterException(LambdaError):
    """A parameter is specified incorrectly. (CloudWatch Logs' word for it.)"""

    status = 400
    message_member = "message"


class InvalidParameterCombinationException(LambdaError):
    """Parameters were used together that cannot be used together. (CloudWatch's word for it.)"""

    status = 400
    message_member = "message"


class MissingRequiredParameterException(LambdaError):
    """A required parameter is missing. (CloudWatch's word for it.)"""

    status = 400
    message_member = "message"


class InvalidRequestContentException(UserError):
    """The request body could not be parsed as JSON."""

    message_member = "message"


class CodeStorageExceededException(UserError):
    """Code storage limit exceeded."""

    message_member = "message"


class PolicyLengthExceededException(UserError):
    """The permissions policy for the resource is too large."""

    message_member = "message"


class RecursiveInvocationException(UserError):
    """Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation."""  # noqa: E501 - AWS's message, in one line

    status = 400


# Who asks, and what is asked for: 403, 404.


class AccessDeniedException(LambdaError):
    """The caller is not authorized to perform this operation."""

    status = 403


class MissingAuthenticationTokenException(LambdaError):
    """Missing Authentication Token"""

    status = 403
    message_member = "message"


class IncompleteSignatureException(LambdaError):
    """The request signature does not conform to AWS standards."""

    status = 403
    message_member = "message"


class UnrecognizedClientException(LambdaError):
    """The security token included in the request is invalid."""

    status = 403
    message_member = "message"


class InvalidSignatureException(LambdaError):
    """The request signature does not match."""

    status = 403
    message_member = "message"


class UnknownOperationException(LambdaError):
    """The Lambda API has no such operation."""

    status = 404
    message_member = "message"


class ResourceNotFoundException(UserError):
    """The resource you requested does not exist."""

    status = 404


class CodeSigningConfigNotFoundException(UserError):
    """The specified code signing configuration does not exist."""

    status = 404


class ProvisionedConcurrencyConfigNotFoundException(UserError):
    """No Provisioned Concurrency Config found for this function"""

    status = 404
    message_member = "message"


# The resource is not in a state that allows it: 400, 409, 412.


class ResourceInUseException(UserError):
    """The operation conflicts with the resource's availability."""


class ResourceConflictException(UserError):
    """The resource already exists, or another operation is in progress."""

    status = 409
    message_member = "message"


class PreconditionFailedException(UserError):
    """The RevisionId provided does not match the latest RevisionId."""

    status = 412
    message_member = "message"


# Too much of something: 413, 429.


class RequestTooLargeException(UserError):
    """The request payload exceeded the maximum allowed size."""

    status = 413
    message_member = "message"


class RequestEntityTooLargeException(LambdaError):
    """Request must be smaller than 70167211 bytes for the operation"""

    status = 413
    message_member = "message"


class TooManyRequestsException(UserError):
    """Rate Exceeded."""

    status = 429
    message_member = "message"


# The service could not do its part: 5xx.


class ServiceException(LambdaError):
    """The Lambda service encountered an internal error."""

    status = 500
    fault = "Service"


class InvalidRuntimeException(LambdaError):
    """The runtime or runtime version specified is not supported."""

    status = 502
    fault = "Service"


# Ours alone: what AWS has no word for.


class NotSupportedException(LambdaError):
    """This is not supported by lambda_magic."""

    status = 501
    message_member = "message"


class StoreError(LambdaError):
    """The store cannot be used."""


class DamagedStoreError(StoreError):
    """The store is damaged; it is left as it is."""


class RemovedStoreError(StoreError):
    """The store was removed or moved while it was in use; nothing more is written to it."""


class NewerStoreError(StoreError):
    """The store was written by a newer version of lambda_magic; it is left as it is."""


class EventDroppedError(LambdaError):
    """The event was dropped before the function could run."""
