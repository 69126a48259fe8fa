import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
FIFO = f"{QUEUE}.fifo"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/records"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2023-11-14T22:13:20.000"
CLUSTER = "arn:aws:kafka:us-east-1:123456789012:cluster/c/1"
BROKER = "arn:aws:mq:us-east-1:123456789012:broker:b:b-1"
DOCUMENTS = "arn:aws:rds:us-east-1:123456789012:cluster:docs"
THEN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
SECRET = [{"Type": "BASIC_AUTH", "URI": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s"}]
BOOTSTRAP = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka.example.com:9092"]}}
NOT_FOUND = "ResourceNotFoundException: The resource you requested does not exist."
SHARDS = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "LastProcessingResult": "No records processed",
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "StartingPosition": "TRIM_HORIZON",
    "StateTransitionReason": "User action",
    "TumblingWindowInSeconds": 0,
}
KAFKA = {
    "BatchSize": 100,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "LastProcessingResult": "No records processed",
    "StateTransitionReason": "USER_INITIATED",
    "Topics": ["topic"],
}


async def create(api: Any, arn: str | None = QUEUE, **request: Any) -> Any:
    source = {} if arn is None else {"EventSourceArn": arn}
    return await api("CreateEventSourceMapping", **{"FunctionName": "hello"} | source | request)


@pytest.mark.parametrize(
    ("arn", "request_", "expected"),
    [
        (
            QUEUE,
            {},
            {
                "BatchSize": 10,
                "FunctionResponseTypes": [],
                "MaximumBatchingWindowInSeconds": 0,
                "StateTransitionReason": "USER_INITIATED",
            },
        ),
        (
            QUEUE,
            {
                "BatchSize": 10_000,
                "MaximumBatchingWindowInSeconds": 1,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 2},
                "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]},
                "MetricsConfig": {"Metrics": ["EventCount"]},
            },
            {
                "BatchSize": 10_000,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "MaximumBatchingWindowInSeconds": 1,
                "StateTransitionReason": "USER_INITIATED",
                "ScalingConfig": {"MaximumConcurrency": 2},
                "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]},
                "MetricsConfig": {"Metrics": ["EventCount"]},
            },
        ),
        (STREAM, {"StartingPosition": "TRIM_HORIZON"}, SHARDS),
        (
            STREAM,
            {
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": THEN - timedelta(hours=1),
            },
            SHARDS
            | {
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": THEN - timedelta(hours=1),
            },
        ),
        (
            TABLE,
            {
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 1,
                "MaximumBatchingWindowInSeconds": 1,
                "MaximumRetryAttempts": 1,
                "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
            },
            SHARDS
            | {
                "BatchSize": 1,
                "MaximumBatchingWindowInSeconds": 1,
                "MaximumRetryAttempts": 1,
                "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
            },
        ),
        (
            CLUSTER,
            {
                "StartingPosition": "LATEST",
                "Topics": ["topic"],
                "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "mine"},
            },
            KAFKA
            | {
                "StartingPosition": "LATEST",
                "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "mine"},
            },
        ),
        (
            BROKER,
            {"Queues": ["queue"], "SourceAccessConfigurations": SECRET},
            {
                "BatchSize": 100,
                "LastProcessingResult": "No records processed",
                "Queues": ["queue"],
                "SourceAccessConfigurations": SECRET,
                "StateTransitionReason": "USER_INITIATED",
            },
        ),
        (
            DOCUMENTS,
            {
                "StartingPosition": "LATEST",
                "SourceAccessConfigurations": SECRET,
                "DocumentDBEventSourceConfig": {"DatabaseName": "db"},
            },
            {
                "BatchSize": 100,
                "DocumentDBEventSourceConfig": {"DatabaseName": "db"},
                "LastProcessingResult": "No records processed",
                "SourceAccessConfigurations": SECRET,
                "StartingPosition": "LATEST",
                "StateTransitionReason": "USER_INITIATED",
            },
        ),
    ],
)
async def test_each_source_has_its_defaults(
    hello: Any, arn: str, request_: dict[str, Any], expected: dict[str, Any]
) -> None:
    created = await create(hello, arn, **request_)

    name = created["UUID"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name)
    mapping = expected | {
        "EventSourceArn": arn,
        "EventSourceMappingArn": (
            f"arn:aws:lambda:us-east-1:123456789012:event-source-mapping:{name}"
        ),
        "FunctionArn": ARN,
        "LastModified": THEN,
        "State": "Creating",
        "UUID": name,
    }
    assert created == mapping
    assert await hello("GetEventSourceMapping", UUID=name) == mapping | {"State": "Enabled"}


@pytest.mark.parametrize("moment", [1_700_000_000, "2023-11-14T22:13:20Z", THEN])
async def test_a_moment_is_given_as_boto3_takes_it(hello: Any, moment: Any) -> None:
    start = {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": moment}

    created = await create(hello, STREAM, **start)

    assert created["StartingPositionTimestamp"] == THEN
    for wrong in ("yesterday", 1e300):
        assert await hello.refused(
            "CreateEventSourceMapping",
            FunctionName="hello",
            EventSourceArn=STREAM,
            **start | {"StartingPositionTimestamp": wrong},
        ) == ("SerializationException: STRING_VALUE can not be converted to a Timestamp")


async def test_a_self_managed_cluster_has_no_arn(hello: Any) -> None:
    created = await create(
        hello,
        None,
        SelfManagedEventSource=BOOTSTRAP,
        Topics=["topic"],
        StartingPosition="LATEST",
    )

    assert "EventSourceArn" not in created
    assert created["SelfManagedEventSource"] == BOOTSTRAP
    # A consumer group without a name is named like the mapping.
    assert created["SelfManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": created["UUID"]}


async def test_a_mapping_is_changed(hello: Any) -> None:
    name = (await create(hello, ScalingConfig={"MaximumConcurrency": 5}))["UUID"]
    hello.clock.advance(5)

    async def update(**request: Any) -> Any:
        return await hello("UpdateEventSourceMapping", UUID=name, **request)

    updated = await update(BatchSize=5, ScalingConfig={})
    assert (updated["State"], updated["BatchSize"]) == ("Updating", 5)
    assert updated["LastModified"] == THEN + timedelta(seconds=5)
    assert "ScalingConfig" not in updated
    assert (await update(Enabled=False))["State"] == "Disabling"
    assert (await hello("GetEventSourceMapping", UUID=name))["State"] == "Disabled"
    assert (await update(Enabled=False))["State"] == "Updating"
    assert (await update(Enabled=True))["State"] == "Enabling"
    moved = await update(FunctionName="hello:1")
    assert moved["FunctionArn"] == f"{ARN}:1"
    assert (await hello("GetEventSourceMapping", UUID=name))["State"] == "Enabled"


async def test_a_mapping_that_is_made_disabled(hello: Any) -> None:
    created = await create(hello, Enabled=False)

    found = await hello("GetEventSourceMapping", UUID=created["UUID"])

    assert (created["State"], found["State"]) == ("Creating", "Disabled")


async def test_mappings_are_listed_by_source_and_function(hello: Any) -> None:
    await hello.create("other")
    names = {
        key: (await create(hello, arn, FunctionName=function, **start))["UUID"]
        for key, arn, function, start in [
            ("queue", QUEUE, "hello", {}),
            ("version", QUEUE, "hello:1", {}),
            ("other", QUEUE, "other", {}),
            ("stream", STREAM, "hello", {"StartingPosition": "LATEST"}),
        ]
    }

    async def listed(**request: Any) -> set[str]:
        found = await hello("ListEventSourceMappings", **request)
        uuids = {one["UUID"] for one in found["EventSourceMappings"]}
        return {key for key, uuid in names.items() if uuid in uuids}

    assert await listed() == {"queue", "version", "other", "stream"}
    assert await listed(EventSourceArn=QUEUE) == {"queue", "version", "other"}
    assert await listed(FunctionName="hello") == {"queue", "version", "stream"}
    assert await listed(FunctionName=f"{ARN}:1") == {"version"}
    assert await listed(FunctionName="hello", EventSourceArn=STREAM) == {"stream"}
    first = await hello("ListEventSourceMappings", MaxItems=3)
    assert len(await listed(Marker=first["NextMarker"])) == 1


async def test_a_mapping_is_deleted_and_outlives_its_function(hello: Any) -> None:
    created = await create(hello, Tags={"team": "blue"})
    name, arn = created["UUID"], created["EventSourceMappingArn"]
    assert await hello("ListTags", Resource=arn) == {"Tags": {"team": "blue"}}

    await hello("DeleteFunction", FunctionName="hello")
    deleted = await hello("DeleteEventSourceMapping", UUID=name)

    assert deleted == created | {"State": "Deleting"}
    assert await hello.refused("GetEventSourceMapping", UUID=name) == NOT_FOUND
    assert await hello.refused("ListTags", Resource=arn) == NOT_FOUND


START = {"StartingPosition": "LATEST"}


@pytest.mark.parametrize(
    ("arn", "request_", "message"),
    [
        (None, {}, "InvalidParameterValueException: Unrecognized event source."),
        (
            "arn:aws:s3:::bucket",
            {},
            "InvalidParameterValueException: Unrecognized event source.",
        ),
        (
            STREAM,
            {},
            "InvalidParameterValueException: 1 validation error detected: Value null at "
            "'startingPosition' failed to satisfy constraint: Member must not be null.",
        ),
        (
            CLUSTER,
            START,
            "InvalidParameterValueException: 1 validation error detected: Value null at 'topics' "
            "failed to satisfy constraint: Member must not be null.",
        ),
        (
            STREAM,
            {"StartingPosition": "0"},
            "ValidationException: 1 validation error detected: Value '0' at 'startingPosition' "
            "failed to satisfy constraint: Member must satisfy enum value set: [TRIM_HORIZON, "
            "LATEST, AT_TIMESTAMP]",
        ),
        *(
            (
                arn,
                START | {"StartingPositionTimestamp": THEN},
                "InvalidParameterValueException: Timestamp only valid with StartingPosition "
                "AT_TIMESTAMP",
            )
            for arn in (STREAM, TABLE)
        ),
        (
            STREAM,
            {"StartingPosition": "AT_TIMESTAMP"},
            "InvalidParameterValueException: Need to specify a timestamp",
        ),
        (
            STREAM,
            {
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": THEN + timedelta(days=1),
            },
            "InvalidParameterValueException: StartingPositionTimestamp cannot be in the future.",
        ),
        (
            TABLE,
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": THEN},
            f"InvalidParameterValueException: Unsupported starting position for arn type: {TABLE}",
        ),
        (
            QUEUE,
            START,
            "InvalidParameterValueException: StartingPosition is not valid for SQS event sources.",
        ),
        (
            QUEUE,
            {"FunctionName": "nobody"},
            "InvalidParameterValueException: Function does not exist",
        ),
        (
            QUEUE,
            {"FunctionName": "hello:NONE"},
            "InvalidParameterValueException: Function does not exist",
        ),
        (
            QUEUE,
            {"BatchSize": 11},
            "InvalidParameterValueException: Maximum batch window in seconds must be greater than "
            "0 if maximum batch size is greater than 10",
        ),
        (
            FIFO,
            {"BatchSize": 11},
            "InvalidParameterValueException: Maximum batch size must be between 1 and 10 inclusive",
        ),
        (
            FIFO,
            {"MaximumBatchingWindowInSeconds": 1},
            "InvalidParameterValueException: Unsupported 'maximumBatchingWindowInSeconds' "
            "parameter for given event source mapping type.",
        ),
        (
            QUEUE,
            {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}},
            "InvalidParameterValueException: Unsupported 'destinationConfig' parameter for given "
            "event source mapping type.",
        ),
        (
            STREAM,
            START | {"ScalingConfig": {"MaximumConcurrency": 2}},
            "InvalidParameterValueException: Unsupported 'scalingConfig' parameter for given event "
            "source mapping type.",
        ),
        (
            STREAM,
            START | {"MaximumRecordAgeInSeconds": 59},
            "ValidationException: 1 validation error detected: Value '59' at "
            "'maximumRecordAgeInSeconds' failed to satisfy constraint: Member must have value "
            "greater than or equal to 60",
        ),
        (
            STREAM,
            START | {"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}},
            "InvalidParameterValueException: The provided destination config DestinationConfig("
            f"onSuccess=OnSuccess(destination={QUEUE}), onFailure=null) is invalid.",
        ),
        *(
            (
                QUEUE,
                {"FilterCriteria": {"Filters": [{"Pattern": pattern}]}},
                "InvalidParameterValueException: Invalid filter pattern definition.",
            )
            for pattern in ("", "{", "[]", '"text"')
        ),
        (
            QUEUE,
            {"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}},
            "InvalidParameterValueException: The number of filters must not be greater than 5.",
        ),
        (
            QUEUE,
            {"ProvisionedPollerConfig": {"MinimumPollers": 5, "MaximumPollers": 4}},
            "InvalidParameterValueException: MinimumPollers must not be greater than "
            "MaximumPollers.",
        ),
        (
            QUEUE,
            {"ProvisionedPollerConfig": {"MinimumPollers": 1}},
            "InvalidParameterValueException: MinimumPollers and MaximumPollers must be at least 2 "
            "for SQS event sources.",
        ),
        (
            QUEUE,
            {
                "ProvisionedPollerConfig": {"MinimumPollers": 2},
                "ScalingConfig": {"MaximumConcurrency": 2},
            },
            "InvalidParameterValueException: ProvisionedPollerConfig and MaximumConcurrency cannot "
            "both be set.",
        ),
    ],
)
async def test_what_is_refused(
    hello: Any, arn: str | None, request_: dict[str, Any], message: str
) -> None:
    request = {"FunctionName": "hello"} | ({} if arn is None else {"EventSourceArn": arn})

    assert await hello.refused("CreateEventSourceMapping", **request | request_) == message
    assert (await hello("ListEventSourceMappings"))["EventSourceMappings"] == []


async def test_a_source_is_mapped_to_a_function_once(hello: Any) -> None:
    queue = await create(hello)
    stream = await create(hello, STREAM, StartingPosition="LATEST")
    await create(hello, FunctionName="hello:1")

    async def refused(arn: str, **start: str) -> Any:
        return await hello.refused(
            "CreateEventSourceMapping", FunctionName="hello", EventSourceArn=arn, **start
        )

    assert await refused(QUEUE) == (
        f'ResourceConflictException: An event source mapping with SQS arn (" {QUEUE} ") and '
        'function (" hello ") already exists. Please update or delete the existing mapping with '
        f"UUID {queue['UUID']}"
    )
    assert await refused(STREAM, StartingPosition="LATEST") == (
        f'ResourceConflictException: The event source arn (" {STREAM} ") and function (" hello ") '
        "provided mapping already exists. Please update or delete the existing mapping with UUID "
        f"{stream['UUID']}"
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"BatchSize": 11},
            "InvalidParameterValueException: Maximum batch window in seconds must be greater than "
            "0 if maximum batch size is greater than 10",
        ),
        (
            {"ParallelizationFactor": 2},
            "InvalidParameterValueException: Unsupported 'parallelizationFactor' parameter for "
            "given event source mapping type.",
        ),
        (
            {"FunctionName": "nobody"},
            "InvalidParameterValueException: Function does not exist",
        ),
    ],
)
async def test_an_update_keeps_the_rules(
    hello: Any, request_: dict[str, Any], message: str
) -> None:
    created = await create(hello)

    assert await hello.refused("UpdateEventSourceMapping", UUID=created["UUID"], **request_) == (
        message
    )


@pytest.mark.parametrize(
    "operation", ["GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"]
)
async def test_a_mapping_that_is_not_there(hello: Any, operation: str) -> None:
    assert await hello.refused(operation, UUID="00000000-0000-0000-0000-000000000000") == NOT_FOUND


async def test_a_mapping_that_is_polled_is_there_until_that_is_done_with(hello: Any) -> None:
    uuid = (await create(hello))["UUID"]
    hello.pollers.polled.add(uuid)
    assert (await hello("DeleteEventSourceMapping", UUID=uuid))["State"] == "Deleting"
    assert (await hello("GetEventSourceMapping", UUID=uuid))["State"] == "Deleting"
    for operation, what in (("DeleteEventSourceMapping", "delete"),
                            ("UpdateEventSourceMapping", "update")):  # fmt: skip
        assert await hello.refused(operation, UUID=uuid) == (
            f"ResourceInUseException: Cannot {what} the event source mapping because it is in use."
        )
    assert hello.pollers.changes == [(uuid, "Creating"), (uuid, "Deleting")]


async def test_pollers_are_told_of_every_change(hello: Any) -> None:
    uuid = (await create(hello))["UUID"]
    await hello("UpdateEventSourceMapping", UUID=uuid, BatchSize=5)
    await hello("UpdateEventSourceMapping", UUID=uuid, Enabled=False)
    await hello("UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    assert [passing for _, passing in hello.pollers.changes] == [
        "Creating",
        "Updating",
        "Disabling",
        "Enabling",
    ]
    await hello("DeleteEventSourceMapping", UUID=uuid)
    assert await hello.refused("GetEventSourceMapping", UUID=uuid) == NOT_FOUND


async def test_a_filter_must_be_a_pattern(hello: Any) -> None:
    for pattern in ('{"body": "x"}', '{"body": [{"like": "x"}]}', '{"body": []}'):
        assert await refused_filter(hello, pattern) == (
            "InvalidParameterValueException: Invalid filter pattern definition."
        )


async def refused_filter(hello: Any, pattern: str) -> Any:
    return await hello.refused(
        "CreateEventSourceMapping",
        FunctionName="hello",
        EventSourceArn=QUEUE,
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )
