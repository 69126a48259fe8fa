"""CloudWatch's read side, for the metrics of functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lambda_magic.core.errors import (
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    MissingRequiredParameterException,
)
from lambda_magic.monitoring import series
from lambda_magic.monitoring.series import Records
from lambda_magic.region import Region

_STATISTIC = re.compile(r"SampleCount|Sum|Average|Minimum|Maximum|p(\d{1,2}(\.\d{1,10})?|100)")

#: "ListMetrics returns metrics that have reported data in the past two weeks."
_LISTED_DAYS = 14

_MOST_LISTED = 500
_MOST_DATAPOINTS = 1440

_Request = Mapping[str, Any]


def list_metrics(region: Region, request: _Request) -> dict[str, Any]:
    """The metrics that have values, with their dimensions."""
    if request.get("Namespace", series.NAMESPACE) != series.NAMESPACE:
        return {"Metrics": []}
    seconds = 3 * 3600 if request.get("RecentlyActive") else _LISTED_DAYS * 86_400
    since = datetime.now(UTC).timestamp() - seconds
    wanted = request.get("Dimensions", [])
    found = [
        {
            "Namespace": series.NAMESPACE,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        }
        for name, dimensions in series.metric_names(Records.read(region.metrics, None, since, None))
        if request.get("MetricName", name) == name and all(_has(dimensions, one) for one in wanted)
    ]
    first = _offset(request)
    answer: dict[str, Any] = {"Metrics": found[first : first + _MOST_LISTED]}
    if first + _MOST_LISTED < len(found):
        answer["NextToken"] = str(first + _MOST_LISTED)
    return answer


def get_metric_statistics(region: Region, request: _Request) -> dict[str, Any]:
    """Statistics of one metric, a datapoint for each period that has values."""
    statistics = request.get("Statistics", [])
    extended = request.get("ExtendedStatistics", [])
    if not statistics and not extended:
        raise MissingRequiredParameterException(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified."
        )
    for name in [*statistics, *extended]:
        _check_statistic(name)
    periods = _values(region, request, request["Period"], request["StartTime"], request["EndTime"])
    if len(periods) > _MOST_DATAPOINTS:
        raise InvalidParameterCombinationException(
            f"You have requested up to {len(periods)} datapoints, which exceeds the limit of "
            f"{_MOST_DATAPOINTS}."
        )
    unit = series.UNITS.get(request["MetricName"], "Count")
    points = []
    for start, values in periods.items():
        point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(start, UTC), "Unit": unit}
        point |= {name: series.statistic(name, values) for name in statistics}
        if extended:
            point["ExtendedStatistics"] = {
                name: series.statistic(name, values) for name in extended
            }
        points.append(point)
    if request.get("Unit", unit) != unit:
        points = []
    return {"Label": request["MetricName"], "Datapoints": points}


def get_metric_data(region: Region, request: _Request) -> dict[str, Any]:
    """Several metrics at once, each as two lists: of times and of values."""
    queries = request["MetricDataQueries"]
    if len({query["Id"] for query in queries}) != len(queries):
        raise InvalidParameterValueException("The values of the parameter Id must be unique.")
    return {
        "MetricDataResults": [
            _metric_data(region, query, request)
            for query in queries
            if query.get("ReturnData", True)
        ],
        "Messages": [],
    }


def _metric_data(region: Region, query: _Request, request: _Request) -> dict[str, Any]:
    if "MetricStat" not in query:
        raise InvalidParameterValueException(
            f"The query {query['Id']} has no MetricStat: lambda_magic evaluates no expressions."
        )
    stat = query["MetricStat"]
    _check_statistic(stat["Stat"])
    periods = _values(
        region, stat["Metric"], stat["Period"], request["StartTime"], request["EndTime"]
    )
    times = sorted(periods, reverse=request.get("ScanBy") != "TimestampAscending")
    return {
        "Id": query["Id"],
        "Label": query.get("Label", stat["Metric"].get("MetricName", "")),
        "Timestamps": [datetime.fromtimestamp(time, UTC) for time in times],
        "Values": [series.statistic(stat["Stat"], periods[time]) for time in times],
        "StatusCode": "Complete",
    }


def _values(
    region: Region, metric: _Request, period: int, start: datetime, end: datetime
) -> dict[float, list[float]]:
    if start >= end:
        raise InvalidParameterValueException(
            "The parameter StartTime must be less than the parameter EndTime."
        )
    if period not in (1, 5, 10, 20, 30) and (period < 1 or period % 60):
        raise InvalidParameterValueException(
            "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."
        )
    if metric.get("Namespace") != series.NAMESPACE:
        return {}
    dimensions = _dimensions(metric.get("Dimensions", []))
    records = Records.read(region.metrics, dimensions.get("FunctionName"), start, end)
    return series.values_by_period(metric.get("MetricName", ""), dimensions, period, records)


def _has(dimensions: Mapping[str, str], wanted: _Request) -> bool:
    """Whether there is a dimension of that name, with that value if one is given."""
    value = dimensions.get(wanted["Name"])
    return value is not None and wanted.get("Value", value) == value


def _dimensions(given: Sequence[_Request]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in given}


def _check_statistic(name: str) -> None:
    if not _STATISTIC.fullmatch(name):
        raise InvalidParameterValueException(
            f"The value {name} for parameter Stat is not supported."
        )


def _offset(request: _Request) -> int:
    token = request.get("NextToken") or "0"
    if not token.isdecimal():
        raise InvalidParameterValueException("The parameter NextToken is invalid.")
    return int(token)


OPERATIONS = {
    "ListMetrics": list_metrics,
    "GetMetricStatistics": get_metric_statistics,
    "GetMetricData": get_metric_data,
}
