"""The rules that a function's configuration keeps, beyond those of the API's model.

A rule sees the request and what the function is now: AWS refuses the same member in a creation
and in an update, in the same words.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException, NotSupportedException
from lambda_magic.service.runtimes import check_runtime, has_snapstart

Request = Mapping[str, Any]

#: What is left of the 140 characters of the model when the name is not an ARN.
_MAX_NAME_LENGTH = 64

#: The quota on environment variables, as JSON.
_MAX_VARIABLES_SIZE = 4096

#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)

#: Where the events of failed invocations may go.
_DEAD_LETTER_SERVICES = frozenset({"sns", "sqs"})

#: Members that say by what else than the machine's runtimes a function is run.
_FOREIGN = {
    "PublishTo": "versions for managed instances (PublishTo)",
    "RuntimeConfig": "customer-managed runtimes (RuntimeConfig)",
}


def check_created(request: Request, function_name: str) -> None:
    """Refuse a creation that satisfies the model and still cannot be carried out."""
    if len(function_name) > _MAX_NAME_LENGTH:
        raise InvalidParameterValueException(
            f"1 validation error detected: Value '{request['FunctionName']}' at 'functionName' "
            "failed to satisfy constraint: Member must have length less than or equal to "
            f"{_MAX_NAME_LENGTH}"
        )
    if request.get("PackageType") == "Image":
        _check_image(request)
    elif not (request.get("Runtime") and request.get("Handler")):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )
    check(request, {"PackageType": request.get("PackageType") or "Zip"})


def check_code(request: Request, current: Mapping[str, Any]) -> None:
    """Refuse another package than a function can have."""
    check_supported(request)
    if request.get("ImageUri") and current.get("PackageType") != "Image":
        raise InvalidParameterValueException(
            "Please don't provide ImageUri when updating a function with packageType Zip."
        )


def check(request: Request, current: Mapping[str, Any]) -> None:
    """Refuse a configuration, or a change of the `current` one, that AWS refuses."""
    check_supported(request)
    if "Runtime" in request:
        check_runtime(request["Runtime"])
    if variables := (request.get("Environment") or {}).get("Variables"):
        _check_variables(variables)
    _check_package_type(request, current)
    if target := (request.get("DeadLetterConfig") or {}).get("TargetArn"):
        _check_dead_letter_target(target)
    _check_network(request, current)
    if (request.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions":
        runtime = request.get("Runtime", current.get("Runtime"))
        if not has_snapstart(runtime):
            raise InvalidParameterValueException(
                f"{runtime} is not supported for SnapStart enabled functions."
            )


def check_supported(request: Request) -> None:
    """Refuse what only machines of AWS's have."""
    for member, what in _FOREIGN.items():
        if request.get(member):
            raise NotSupportedException(f"lambda_magic does not support {what}.")


def _check_package_type(request: Request, current: Mapping[str, Any]) -> None:
    """An image brings what a deployment package is configured to run with."""
    if current.get("PackageType") == "Image":
        if any(request.get(member) for member in ("Handler", "Runtime", "Layers")):
            raise InvalidParameterValueException(
                "Please don't provide Handler or Runtime or Layer when the intended function "
                "PackageType is Image."
            )
    elif request.get("ImageConfig"):
        raise InvalidParameterValueException(
            "Please don't provide ImageConfig when the intended function PackageType is Zip."
        )


def _check_image(request: Request) -> None:
    if any(request.get(member) for member in ("Handler", "Runtime", "Layers")):
        raise InvalidParameterValueException(
            "Please don't provide Handler or Runtime or Layer when the intended function "
            "PackageType is Image."
        )
    if not request["Code"].get("ImageUri"):
        raise InvalidParameterValueException(
            "Please provide ImageUri when creating a function with packageType Image."
        )


def _check_variables(variables: Mapping[str, str]) -> None:
    if reserved := [name for name in variables if name in _RESERVED_VARIABLES]:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            f"for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _MAX_VARIABLES_SIZE:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment "
            f"variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )


def _check_dead_letter_target(arn: str) -> None:
    match = re.fullmatch(r"arn:[^:]+:([^:]+):[^:]+:\d{12}:.+", arn)
    if match is None or match[1] not in _DEAD_LETTER_SERVICES:
        raise InvalidParameterValueException(
            f"Invalid dead letter ARN: {arn} is neither an SQS queue nor an SNS topic."
        )


def _check_network(request: Request, current: Mapping[str, Any]) -> None:
    """A VPC has subnets and security groups, and file systems are in one."""
    vpc = {**(current.get("VpcConfig") or {}), **(request.get("VpcConfig") or {})}
    subnets, groups = vpc.get("SubnetIds"), vpc.get("SecurityGroupIds")
    if bool(subnets) != bool(groups):
        raise InvalidParameterValueException(
            "SubnetIds and SecurityIds must coexist or be both empty list."
        )
    file_systems = request.get("FileSystemConfigs", current.get("FileSystemConfigs")) or []
    for one in file_systems:
        if not subnets and ":elasticfilesystem:" in one["Arn"]:
            raise InvalidParameterValueException(
                "Function must be configured to execute in a VPC to reference access point "
                f"{one['Arn']}"
            )
