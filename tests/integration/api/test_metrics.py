"""CloudWatch's read side, as boto3 uses it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_magic.api.endpoint import Address, Endpoint
from lambda_magic.core.settings import Settings
from lambda_magic.function import Function
from lambda_magic.region import Region

from .conftest import deploy

FAILS_ON_ODD = "def handler(event, context):\n    assert event % 2 == 0\n"

HELLO = [{"Name": "FunctionName", "Value": "hello"}]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with a function that has been invoked five times, twice in vain."""
    region = Region(Settings(home=tmp_path_factory.mktemp("home")))
    with Endpoint(region, Address(port=0)) as endpoint:
        deploy(region.client(), "hello", FAILS_ON_ODD)
        for number in range(5):
            Function(region, "hello").invoke(number)
        yield endpoint
    region.close()


@pytest.fixture
def cloudwatch(endpoint: Endpoint, connect: Callable[..., Any]) -> Any:
    return connect(endpoint, "cloudwatch", parameter_validation=False)


def an_hour() -> dict[str, datetime]:
    now = datetime.now(UTC)
    return {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(minutes=1)}


def test_metrics_are_listed_with_their_dimensions(cloudwatch: Any) -> None:
    found = cloudwatch.list_metrics(Namespace="AWS/Lambda", MetricName="Errors")["Metrics"]
    assert [metric["Dimensions"] for metric in found] == [
        [],
        HELLO,
        [*HELLO, {"Name": "Resource", "Value": "hello"}],
    ]
    names = {
        metric["MetricName"] for metric in cloudwatch.list_metrics(Dimensions=HELLO)["Metrics"]
    }
    assert names == {"Invocations", "Errors", "Duration", "ConcurrentExecutions"}
    assert cloudwatch.list_metrics(Namespace="AWS/EC2")["Metrics"] == []
    nobody = [{"Name": "FunctionName", "Value": "nobody"}]
    assert cloudwatch.list_metrics(Dimensions=nobody)["Metrics"] == []


def test_statistics(cloudwatch: Any) -> None:
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=HELLO,
        Period=86_400,
        Statistics=["Sum", "SampleCount", "Average", "Maximum"],
        **an_hour(),
    )
    assert answer["Label"] == "Errors"
    points = answer["Datapoints"]
    assert sum(point["Sum"] for point in points) == 2
    assert sum(point["SampleCount"] for point in points) == 5
    assert all(point["Unit"] == "Count" for point in points)
    assert all(point["Timestamp"].timestamp() % 86_400 == 0 for point in points)


def test_percentiles(cloudwatch: Any) -> None:
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=HELLO,
        Period=86_400,
        ExtendedStatistics=["p50", "p99.9"],
        **an_hour(),
    )
    point = answer["Datapoints"][0]
    assert point["Unit"] == "Milliseconds"
    assert 0 < point["ExtendedStatistics"]["p50"] <= point["ExtendedStatistics"]["p99.9"]


def query(name: str, metric: str, stat: str, **members: Any) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": HELLO},
            "Period": 60,
            "Stat": stat,
        },
    } | members


def test_several_metrics_at_once(cloudwatch: Any) -> None:
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            query("calls", "Invocations", "Sum"),
            query("slow", "Duration", "p90", Label="ninety"),
            query("hidden", "Errors", "Sum", ReturnData=False),
            query("none", "Throttles", "Sum"),
        ],
        ScanBy="TimestampAscending",
        **an_hour(),
    )
    calls, slow, none = answer["MetricDataResults"]
    assert (calls["Id"], calls["Label"], calls["StatusCode"]) == (
        "calls",
        "Invocations",
        "Complete",
    )
    assert sum(calls["Values"]) == 5
    assert len(calls["Timestamps"]) == len(calls["Values"])
    assert calls["Timestamps"] == sorted(calls["Timestamps"])
    assert slow["Label"] == "ninety"
    assert none["Values"] == []


@pytest.mark.parametrize(
    ("call", "request_", "expected"),
    [
        (
            "get_metric_statistics",
            {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Period": 60},
            "MissingParameter: At least one of the parameters Statistics and ExtendedStatistics "
            "must be specified.",
        ),
        (
            "get_metric_statistics",
            {
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Period": 45,
                "Statistics": ["Sum"],
            },
            "InvalidParameterValue: The parameter Period must be 1, 5, 10, 20, 30 or a multiple of "
            "60.",
        ),
        (
            "get_metric_statistics",
            {
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Period": 60,
                "ExtendedStatistics": ["p101"],
            },
            "InvalidParameterValue: The value p101 for parameter Stat is not supported.",
        ),
        (
            "get_metric_data",
            {"MetricDataQueries": [{"Id": "e1", "Expression": "m1/m2"}]},
            "InvalidParameterValue: The query e1 has no MetricStat: lambda_magic evaluates no "
            "expressions.",
        ),
        (
            "get_metric_data",
            {"MetricDataQueries": [query("a", "Errors", "Sum"), query("a", "Errors", "Sum")]},
            "InvalidParameterValue: The values of the parameter Id must be unique.",
        ),
    ],
)
def test_refusals(cloudwatch: Any, call: str, request_: dict[str, Any], expected: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(cloudwatch, call)(**request_, **an_hour())
    error = caught.value.response["Error"]
    assert f"{error['Code']}: {error['Message']}" == expected


def test_time_must_pass(cloudwatch: Any) -> None:
    now = datetime.now(UTC)
    with pytest.raises(ClientError, match="StartTime must be less than the parameter EndTime"):
        cloudwatch.get_metric_data(
            MetricDataQueries=[query("a", "Errors", "Sum")], StartTime=now, EndTime=now
        )


def test_what_is_not_served_says_so(cloudwatch: Any) -> None:
    with pytest.raises(
        ClientError, match="CloudWatch PutMetricData is not supported by lambda_magic"
    ):
        cloudwatch.put_metric_data(Namespace="mine", MetricData=[])
