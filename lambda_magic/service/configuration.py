"""FunctionConfiguration: what a request makes of it, with AWS's defaults and checks."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, Arns
from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.runtimes import check_runtime
from lambda_magic.store.code import StoredCode

Configuration = dict[str, Any]

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

#: Members of a request that would change what a function does, and cannot be honoured here.
_UNAVAILABLE = (
    "AcceleratorConfig",
    "CapacityProviderConfig",
    "CodeSigningConfigArn",
    "DurableConfig",
    "FileSystemConfigs",
    "ImageConfig",
    "Layers",
    "PublishTo",
    "RuntimeConfig",
    "TenancyConfig",
)

#: Members of a configuration that a request sets as they are.
_PLAIN = ("Role", "Handler", "Description", "Timeout", "MemorySize", "KMSKeyArn")


def created(
    request: Mapping[str, Any], function_name: str, code: StoredCode, arns: Arns
) -> Configuration:
    """The configuration of the `$LATEST` that a CreateFunction makes; `check` comes before."""
    configuration = {
        "FunctionName": function_name,
        "FunctionArn": arns.function(function_name),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": LATEST,
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function_name}"},
    }
    return with_code(updated(configuration, request, arns), request, code)


def updated(
    configuration: Mapping[str, Any], request: Mapping[str, Any], arns: Arns
) -> Configuration:
    """The configuration after the members that CreateFunction and the update have in common."""
    result = dict(configuration)
    result.update({member: request[member] for member in _PLAIN if member in request})
    if not result.get("KMSKeyArn"):
        result.pop("KMSKeyArn", None)
    if "Runtime" in request:
        runtime_id = hashlib.sha256(request["Runtime"].encode()).hexdigest()
        result["Runtime"] = request["Runtime"]
        result["RuntimeVersionConfig"] = {"RuntimeVersionArn": arns.runtime_version(runtime_id)}
    if "Environment" in request:
        result["Environment"] = {"Variables": dict(request["Environment"].get("Variables") or {})}
    if mode := (request.get("TracingConfig") or {}).get("Mode"):
        result["TracingConfig"] = {"Mode": mode}
    if "EphemeralStorage" in request:
        result["EphemeralStorage"] = {"Size": request["EphemeralStorage"]["Size"]}
    if "DeadLetterConfig" in request:
        result.pop("DeadLetterConfig", None)
        if target := request["DeadLetterConfig"].get("TargetArn"):
            result["DeadLetterConfig"] = {"TargetArn": target}
    if "LoggingConfig" in request:
        result["LoggingConfig"] = _logging(result["LoggingConfig"], request["LoggingConfig"])
    return result


def with_code(
    configuration: Mapping[str, Any], request: Mapping[str, Any], code: StoredCode
) -> Configuration:
    """The configuration with another deployment package."""
    result = {**configuration, "CodeSha256": code.sha256, "CodeSize": code.size}
    if request.get("Architectures"):
        result["Architectures"] = list(request["Architectures"])
    return result


def check(request: Mapping[str, Any]) -> None:
    """Refuse a request that satisfies the model and still cannot be carried out."""
    for member in _unavailable(request):
        raise InvalidParameterValueException(
            f"{member} is not available in this version of lambda_magic."
        )
    if "Runtime" in request:
        check_runtime(request["Runtime"])
    if variables := (request.get("Environment") or {}).get("Variables"):
        _check_variables(variables)


def check_created(request: Mapping[str, Any], function_name: str) -> None:
    """What `check` does, and what only a new function must have."""
    if len(function_name) > _MAX_NAME_LENGTH:
        raise InvalidParameterValueException(
            f"1 validation error detected: Value '{request['FunctionName']}' at 'functionName' "
            "failed to satisfy constraint: Member must have length less than or equal to "
            f"{_MAX_NAME_LENGTH}"
        )
    if request.get("PackageType") == "Image" or request["Code"].get("ImageUri"):
        raise InvalidParameterValueException(
            "PackageType Image is not available in this version of lambda_magic."
        )
    if not (request.get("Runtime") and request.get("Handler")):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )
    check(request)


def zip_file(code: Mapping[str, Any]) -> bytes:
    """The deployment package in a FunctionCode; elsewhere than in the request it cannot be."""
    for member in ("S3Bucket", "S3Key", "ImageUri"):
        if code.get(member):
            raise InvalidParameterValueException(
                f"{member} is not available in this version of lambda_magic: give the deployment "
                "package itself, as ZipFile."
            )
    package = code.get("ZipFile")
    if package is None:
        raise InvalidParameterValueException("Please provide a source for function code.")
    return package.encode() if isinstance(package, str) else bytes(package)


def _unavailable(request: Mapping[str, Any]) -> Iterator[str]:
    """The members that ask for something there is not."""
    yield from (member for member in _UNAVAILABLE if request.get(member))
    if (request.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions":
        yield "SnapStart"
    vpc = request.get("VpcConfig") or {}
    if vpc.get("SubnetIds") or vpc.get("SecurityGroupIds"):
        yield "VpcConfig"


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


def _logging(current: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """LoggingConfig after a change: only the JSON format has levels, INFO unless they are set."""
    levels = ("ApplicationLogLevel", "SystemLogLevel")
    merged = {**current, **request}
    if merged["LogFormat"] == "JSON":
        return dict.fromkeys(levels, "INFO") | merged
    if any(request.get(level) for level in levels):
        raise InvalidParameterValueException(
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your '
            'request or change the LogFormat to "Json" and try again.'
        )
    return {key: value for key, value in merged.items() if key not in levels}
