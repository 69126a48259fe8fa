"""How AWS's environment APIs say no: a status, an error type and a message."""

import json

from lambda_magic.runtime_api.http import BODY_LIMIT, response


def refusal(status: str, error_type: str, message: str) -> bytes:
    """A whole response, such as `refusal("403 Forbidden", "Forbidden", "No")`."""
    body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
    return response(status, body)


NOT_FOUND = refusal("404 Not Found", "NotFound", "No such API path")
TOO_LARGE = refusal(
    "413 Request Entity Too Large",
    "RequestEntityTooLarge",
    f"Exceeded maximum allowed payload size ({BODY_LIMIT} bytes).",
)
ACCEPTED = response("202 Accepted", b'{"status":"OK"}\n')
