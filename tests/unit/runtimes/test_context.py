"""The handler's second argument."""

import json
import time

import pytest

from lambda_magic.runtimes.python.context import LambdaContext, constant_members
from lambda_magic.runtimes.python.faults import Fault

HEADERS = {
    "lambda-runtime-aws-request-id": "id",
    "lambda-runtime-invoked-function-arn": "arn",
    "lambda-runtime-deadline-ms": "0",
}


def test_it_has_what_aws_documents(monkeypatch):
    for name in ("FUNCTION_NAME", "FUNCTION_VERSION", "FUNCTION_MEMORY_SIZE", "LOG_GROUP_NAME"):
        monkeypatch.setenv(f"AWS_LAMBDA_{name}", name.lower())
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "log_stream_name")
    context = LambdaContext(HEADERS, constant_members())
    assert context.aws_request_id == "id"
    assert context.invoked_function_arn == "arn"
    assert context.function_name == "function_name"
    assert context.function_version == "function_version"
    assert context.memory_limit_in_mb == "function_memory_size"
    assert context.log_group_name == "log_group_name"
    assert context.log_stream_name == "log_stream_name"
    assert context.client_context is None
    assert context.identity.cognito_identity_id is None
    assert context.tenant_id is None
    assert repr(context).startswith("LambdaContext([aws_request_id=id,log_group_name=")


def test_the_remaining_time_never_is_negative():
    assert LambdaContext(HEADERS, {}).get_remaining_time_in_millis() == 0
    later = {**HEADERS, "lambda-runtime-deadline-ms": str(int(time.time() * 1000) + 5000)}
    assert 4000 < LambdaContext(later, {}).get_remaining_time_in_millis() <= 5000


def test_client_context_and_identity_are_objects():
    sent = {
        "client": {"app_title": "app"},
        "custom": {"k": "v"},
        "w3c": {"traceparent": "00-1", "other": "x", "baggage": 3},
    }
    identity = {"cognitoIdentityId": "me", "cognitoIdentityPoolId": "pool"}
    context = LambdaContext(
        {
            **HEADERS,
            "lambda-runtime-client-context": json.dumps(sent),
            "lambda-runtime-cognito-identity": json.dumps(identity),
        },
        {},
    )
    assert context.client_context.client.app_title == "app"
    assert context.client_context.client.app_version_code is None
    assert context.client_context.custom == {"k": "v"}
    assert context.client_context.env is None
    assert context.identity.cognito_identity_id == "me"
    assert context.identity.cognito_identity_pool_id == "pool"
    assert context.w3c() == {"traceparent": "00-1"}


def test_a_client_context_that_is_no_json_is_a_fault():
    with pytest.raises(Fault, match="Unable to parse Client Context JSON: ") as raised:
        LambdaContext({**HEADERS, "lambda-runtime-client-context": "{"}, {})
    assert raised.value.error_type == "Runtime.LambdaContextUnmarshalError"
