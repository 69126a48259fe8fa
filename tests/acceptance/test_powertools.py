"""AWS's Powertools for Lambda, as they are, in functions; by our runtime client and by AWS's."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.deployment.package import Content, build_zip

from .conftest import Notebook

PACKAGES = (
    "aws_lambda_powertools",
    "aws_xray_sdk",
    "fastjsonschema",
    "jmespath",
    "typing_extensions",
    "wrapt",
)

CELL = """
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.validation import SchemaValidationError, validator

SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
logger, metrics, tracer = Logger(), Metrics(), Tracer()

@tracer.capture_method
def greeting(name):
    metrics.add_metric(name="Greetings", unit=MetricUnit.Count, value=1)
    return f"hi {name}"

@metrics.log_metrics(capture_cold_start_metric=True)
@logger.inject_lambda_context(log_event=True)
@tracer.capture_lambda_handler
@validator(inbound_schema=SCHEMA)
def handler(event, context):
    logger.info("greeting", customer=event["name"])
    return greeting(event["name"])
"""
OPTIONS = (
    "--zip powertools.zip --memory 256 --timeout 20 --env POWERTOOLS_SERVICE_NAME=orders "
    "--env POWERTOOLS_METRICS_NAMESPACE=Shop --env POWERTOOLS_TRACE_DISABLED=1"
)

EVENT_HANDLER = """
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

app = LambdaFunctionUrlResolver()

@app.get("/orders/<number>")
def order(number):
    if number == "0":
        raise NotFoundError("no order 0")
    return {"number": int(number), "trace": app.current_event.query_string_parameters}

def handler(event, context):
    return app.resolve(event, context)
"""


@pytest.fixture
def powertools(notebook: Notebook, tmp_path: Path) -> Notebook:
    """A notebook beside a package with Powertools and what they need."""
    files: dict[str, Content] = {}
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        root = Path(found.origin)
        if not found.submodule_search_locations:
            files[root.name] = root
            continue
        for path in root.parent.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                files[path.relative_to(root.parents[1]).as_posix()] = path
    (tmp_path / "powertools.zip").write_bytes(build_zip(files))
    return notebook


def records(logs: str) -> list[dict[str, Any]]:
    """The lines of a log that are JSON."""
    return [json.loads(line) for line in logs.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("client", ["lambda_magic", "awslambdaric"])
def test_logger_metrics_tracer_and_validation(powertools: Notebook, client: str) -> None:
    powertools.run(f"%%lambda orders {OPTIONS} --runtime-client {client}{CELL}")
    tags = powertools.client().list_tags(
        Resource="arn:aws:lambda:us-east-1:123456789012:function:orders"
    )
    assert tags["Tags"]["lambda-magic:runtime-client"] == client
    result = powertools.run('%invoke orders {"name": "Ada"}')
    assert result.payload == "hi Ada"
    event, told, *measured = records(result.logs)
    assert event["message"] == {"name": "Ada"}
    assert (told["level"], told["message"], told["customer"]) == ("INFO", "greeting", "Ada")
    assert (told["service"], told["cold_start"]) == ("orders", True)
    assert told["function_request_id"] == result.request_id
    assert told["function_memory_size"] == "256"
    metrics = {name for one in measured for name in one if name in ("Greetings", "ColdStart")}
    assert metrics == {"Greetings", "ColdStart"}
    assert measured[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Shop"
    again = powertools.run('%invoke orders {"name": "Bob"}')
    assert records(again.logs)[1]["cold_start"] is False


def test_what_validation_refuses_is_the_functions_error(powertools: Notebook) -> None:
    powertools.run(f"%%lambda orders {OPTIONS}{CELL}")
    result = powertools.run('%invoke orders {"title": "Ms"}')
    assert (result.function_error, result.error_type) == ("Unhandled", "SchemaValidationError")
    assert "must contain ['name'] properties" in result.error_message


def test_event_handler_routes_what_a_function_url_sends(powertools: Notebook) -> None:
    powertools.run(f"%%lambda orders {OPTIONS}{EVENT_HANDLER}")

    def answer(path: str) -> tuple[int, Any]:
        event = {
            "version": "2.0",
            "rawPath": path,
            "queryStringParameters": {"a": "1"},
            "requestContext": {"http": {"method": "GET", "path": path}, "stage": "$default"},
            "headers": {},
        }
        payload = powertools.run(f"%invoke orders {json.dumps(event)}").payload
        return payload["statusCode"], json.loads(payload["body"])

    assert answer("/orders/7") == (200, {"number": 7, "trace": {"a": "1"}})
    assert answer("/orders/0") == (404, {"statusCode": 404, "message": "no order 0"})
    assert answer("/nothing")[0] == 404
