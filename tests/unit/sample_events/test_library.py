"""All sample events, read by the models that Powertools for AWS Lambda has of them."""

import json
import re
from typing import Any

import pytest
from aws_lambda_powertools.utilities import data_classes
from aws_lambda_powertools.utilities.data_classes import (
    active_mq_event,
    api_gateway_authorizer_event,
    appsync_authorizer_event,
    cognito_user_pool_event,
    kafka_event,
    rabbit_mq_event,
    s3_object_event,
)
from aws_lambda_powertools.utilities.parser import models

from lambda_magic.core.errors import ResourceNotFoundException
from lambda_magic.sample_events.library import find, names

#: The model that each event must satisfy; a name ending with a slash is for all below it.
MODELS: dict[str, Any] = {
    "alb/request": models.AlbModel,
    "apigateway/rest": models.APIGatewayProxyEventModel,
    "apigateway/http": models.APIGatewayProxyEventV2Model,
    "apigateway/authorizer-token": models.ApiGatewayAuthorizerToken,
    "apigateway/authorizer-request": models.ApiGatewayAuthorizerRequest,
    "apigateway/http-authorizer": models.ApiGatewayAuthorizerRequestV2,
    "apigateway/websocket-connect": models.APIGatewayWebSocketConnectEventModel,
    "apigateway/websocket-message": models.APIGatewayWebSocketMessageEventModel,
    "apigateway/websocket-disconnect": models.APIGatewayWebSocketDisconnectEventModel,
    "appsync/resolver": models.AppSyncResolverEventModel,
    "appsync/events-publish": models.AppSyncEventsModel,
    "bedrock/agent": models.BedrockAgentEventModel,
    "bedrock/agent-function": models.BedrockAgentFunctionEventModel,
    "cloudformation/create": models.CloudFormationCustomResourceCreateModel,
    "cloudformation/update": models.CloudFormationCustomResourceUpdateModel,
    "cloudformation/delete": models.CloudFormationCustomResourceDeleteModel,
    "cloudwatch/logs": models.CloudWatchLogsModel,
    "cognito/pre-signup": models.CognitoPreSignupTriggerModel,
    "cognito/post-confirmation": models.CognitoPostConfirmationTriggerModel,
    "cognito/pre-authentication": models.CognitoPreAuthenticationTriggerModel,
    "cognito/post-authentication": models.CognitoPostAuthenticationTriggerModel,
    "cognito/pre-token-generation": models.CognitoPreTokenGenerationTriggerModelV1,
    "cognito/custom-message": models.CognitoCustomMessageTriggerModel,
    "cognito/define-auth-challenge": models.CognitoDefineAuthChallengeTriggerModel,
    "cognito/create-auth-challenge": models.CognitoCreateAuthChallengeTriggerModel,
    "cognito/verify-auth-challenge": models.CognitoVerifyAuthChallengeTriggerModel,
    "cognito/user-migration": models.CognitoMigrateUserTriggerModel,
    "dynamodb/": models.DynamoDBStreamModel,
    "events/": models.EventBridgeModel,
    "events/s3-object-created": models.S3EventNotificationEventBridgeModel,
    "events/s3-object-deleted": models.S3EventNotificationEventBridgeModel,
    "firehose/": models.KinesisFirehoseModel,
    "kafka/msk": models.KafkaMskEventModel,
    "kafka/self-managed": models.KafkaSelfManagedEventModel,
    "kinesis/": models.KinesisDataStreamModel,
    "lambda/url": models.LambdaFunctionUrlModel,
    "s3/put": models.S3Model,
    "s3/multipart-upload": models.S3Model,
    "s3/copy": models.S3Model,
    "s3/delete": models.S3Model,
    "s3/delete-marker": models.S3Model,
    "s3/restore": models.S3Model,
    "s3/batch": models.S3BatchOperationModel,
    "s3/object-lambda": models.S3ObjectLambdaEvent,
    "ses/receiving": models.SesModel,
    "sns/": models.SnsModel,
    "sqs/": models.SqsModel,
    "sqs/s3-put": models.S3SqsEventNotificationModel,
    "transfer/authorizer": models.TransferFamilyAuthorizer,
    "vpclattice/v1": models.VpcLatticeModel,
}

#: What the data classes of Powertools find in events for which there is no model: a property of
#: an object made of the event, and its value with all parameters as they usually are.
READ: dict[str, tuple[Any, str, Any]] = {
    "alb/multi-value": (
        data_classes.ALBEvent,
        "resolved_query_string_parameters",
        {"query": ["1234ABCD"]},
    ),
    "appsync/authorizer": (
        appsync_authorizer_event.AppSyncAuthorizerEvent,
        "authorization_token",
        "BE9DC5E3-D410-4733-AF76-70178092E681",
    ),
    "apigateway/authorizer-token": (
        api_gateway_authorizer_event.APIGatewayAuthorizerTokenEvent,
        "authorization_token",
        "allow",
    ),
    "cloudwatch/alarm": (data_classes.CloudWatchAlarmEvent, "source", "aws.cloudwatch"),
    "cloudwatch/custom-widget": (
        data_classes.CloudWatchDashboardCustomWidgetEvent,
        "describe",
        False,
    ),
    "codedeploy/lifecycle-hook": (
        data_classes.CodeDeployLifecycleHookEvent,
        "deployment_id",
        "d-ABCDEF123",
    ),
    "codepipeline/job": (
        data_classes.CodePipelineJobEvent,
        "user_parameters",
        "some-input-such-as-a-URL",
    ),
    "cognito/pre-signup": (
        cognito_user_pool_event.PreSignUpTriggerEvent,
        "user_name",
        "example-user",
    ),
    "config/configuration-change": (
        data_classes.AWSConfigRuleEvent,
        "rule_parameters",
        {"myParameterKey": "myParameterValue"},
    ),
    "config/scheduled": (data_classes.AWSConfigRuleEvent, "config_rule_name", "example-rule"),
    "connect/contact-flow": (data_classes.ConnectContactFlowEvent, "parameters", {"key": "value"}),
    "kafka/msk": (kafka_event.KafkaEvent, "event_source", "aws:kafka"),
    "mq/active-mq": (active_mq_event.ActiveMQEvent, "event_source", "aws:mq"),
    "mq/rabbit-mq": (rabbit_mq_event.RabbitMQEvent, "event_source", "aws:rmq"),
    "s3/object-lambda": (s3_object_event.S3ObjectLambdaEvent, "object_context", None),
    "vpclattice/v2": (data_classes.VPCLatticeEventV2, "path", "/testpath"),
    "secretsmanager/rotation": (data_classes.SecretsManagerEvent, "step", "createSecret"),
}


def model(name: str) -> Any:
    return MODELS.get(name, MODELS.get(f"{name.partition('/')[0]}/"))


def test_there_are_enough_of_them() -> None:
    assert len(names()) >= 60
    assert len(names()) == len(set(names()))


@pytest.mark.parametrize("name", names())
def test_each_is_filled_json_and_documented(name: str) -> None:
    sample = find(name)
    text = json.dumps(sample.event())
    assert "${" not in text
    assert '"$json"' not in text
    assert sample.about
    assert sample.page.startswith(("https://docs.aws.amazon.com/", "https://developer.amazon.com/"))


@pytest.mark.parametrize("name", [name for name in names() if model(name)])
def test_the_model_of_the_event_accepts_it(name: str) -> None:
    parsed = model(name).model_validate(find(name).event())
    assert parsed.model_dump()


def test_no_model_is_for_nothing() -> None:
    known = {*names(), *(f"{name.partition('/')[0]}/" for name in names())}
    assert {*MODELS, *READ} <= known


@pytest.mark.parametrize("name", READ)
def test_the_class_for_the_event_reads_it(name: str) -> None:
    kind, member, value = READ[name]
    found = getattr(kind(find(name).event()), member)
    assert found == value if value is not None else found


@pytest.mark.parametrize("name", names())
def test_it_has_exactly_the_parameters_that_it_uses(name: str) -> None:
    sample = find(name)
    templates = json.dumps([sample.template, *sample.computed.values()])
    used = set(re.findall(r"\$\{(\w+)", templates))
    assert used - {"region", "account", "now", "uuid"} - {*sample.computed} == {*sample.parameters}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("s3/putt", "There is: s3/batch, "),
        ("sqss/message", "There is: sqs/message"),
        ("nothing-like-it", "See %event --list"),
    ],
)
def test_what_there_is_not(name: str, message: str) -> None:
    with pytest.raises(ResourceNotFoundException, match=message):
        find(name)


def test_a_service_with_one_type_needs_no_type() -> None:
    assert find("ses").name == "ses/receiving"
