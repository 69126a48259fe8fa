"""FunctionConfiguration: what a request makes of it, with AWS's defaults; `rules` come before."""

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambda_magic.core.arns import LATEST, Arns
from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.store.code import StoredCode

Configuration = dict[str, Any]
#: The value of a member that is a structure.
Member = Mapping[str, Any]

#: Members of a configuration that a request sets as they are.
_PLAIN = ("Role", "Handler", "Description", "Timeout", "MemorySize")


def created(
    request: Mapping[str, Any],
    function_name: str,
    code: StoredCode,
    arns: Arns,
    layers: Sequence[Mapping[str, Any]],
) -> Configuration:
    """The configuration of the `$LATEST` that a CreateFunction makes."""
    configuration = {
        "FunctionName": function_name,
        "FunctionArn": arns.function(function_name),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": LATEST,
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": request.get("PackageType") or "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function_name}"},
    }
    return with_code(updated(configuration, request, arns, layers), request, code)


def updated(
    configuration: Mapping[str, Any],
    request: Mapping[str, Any],
    arns: Arns,
    layers: Sequence[Mapping[str, Any]] | None,
) -> Configuration:
    """The configuration after the members that CreateFunction and the update have in common.

    `layers` are the `Layers` that the request makes, or None where it makes no other ones.
    """
    result = dict(configuration)
    result.update({member: request[member] for member in _PLAIN if member in request})
    if "Runtime" in request:
        result.update(_runtime(request["Runtime"], arns))
    for member, merge in _MERGED.items():
        if member in request:
            _set(result, member, merge(result.get(member) or {}, request[member]))
    if "ImageConfig" in request:
        chosen = {member: value for member, value in request["ImageConfig"].items() if value}
        _set(result, "ImageConfigResponse", {"ImageConfig": chosen} if chosen else {})
    if layers is not None:
        _set(result, "Layers", [dict(layer) for layer in layers])
    return result


def with_code(
    configuration: Mapping[str, Any], request: Mapping[str, Any], code: StoredCode
) -> Configuration:
    """The configuration with another deployment package."""
    result = {**configuration, "CodeSha256": code.sha256, "CodeSize": code.size}
    if request.get("Architectures"):
        result["Architectures"] = list(request["Architectures"])
    return result


def published(configuration: Mapping[str, Any]) -> Configuration:
    """The configuration as a published version has it: SnapStart is on, if it is to be."""
    result = dict(configuration)
    if configuration["SnapStart"]["ApplyOn"] == "PublishedVersions":
        result["SnapStart"] = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    return result


def _set(configuration: Configuration, member: str, value: Any) -> None:
    """Give a member a value, or take it away where that is empty."""
    if value:
        configuration[member] = value
    else:
        configuration.pop(member, None)


def _runtime(runtime: str, arns: Arns) -> Configuration:
    runtime_id = hashlib.sha256(runtime.encode()).hexdigest()
    return {
        "Runtime": runtime,
        "RuntimeVersionConfig": {"RuntimeVersionArn": arns.runtime_version(runtime_id)},
    }


def _environment(current: Member, given: Member) -> Member:
    return {"Variables": dict(given.get("Variables") or {})}


def _tracing(current: Member, given: Member) -> Member:
    return {"Mode": given.get("Mode") or current["Mode"]}


def _snapstart(current: Member, given: Member) -> Member:
    return {"ApplyOn": given.get("ApplyOn") or current["ApplyOn"], "OptimizationStatus": "Off"}


def _dead_letters(current: Member, given: Member) -> Member:
    return given if given.get("TargetArn") else {}


def _vpc(current: Member, given: Member) -> Member:
    """Which VPC the subnets are in only AWS knows: here it has a name that follows from theirs."""
    merged = {**current, **given}
    subnets = list(merged.get("SubnetIds") or [])
    digest = hashlib.sha256(",".join(sorted(subnets)).encode()).hexdigest()
    return {
        "SubnetIds": subnets,
        "SecurityGroupIds": list(merged.get("SecurityGroupIds") or []),
        "VpcId": f"vpc-{digest[:17]}" if subnets else "",
        "Ipv6AllowedForDualStack": merged.get("Ipv6AllowedForDualStack", False),
    }


def _as_given(current: Member, given: Any) -> Any:
    return copy.deepcopy(given)


def _logging(current: Member, given: Member) -> Member:
    """LoggingConfig after a change: only the JSON format has levels, INFO unless they are set."""
    levels = ("ApplicationLogLevel", "SystemLogLevel")
    merged = {**current, **given}
    if merged["LogFormat"] == "JSON":
        return dict.fromkeys(levels, "INFO") | merged
    if any(given.get(level) for level in levels):
        raise InvalidParameterValueException(
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your '
            'request or change the LogFormat to "Json" and try again.'
        )
    return {key: value for key, value in merged.items() if key not in levels}


#: Members that a request changes: what they become, of what they are and what is given. An empty
#: value takes a member away.
_MERGED: Mapping[str, Callable[[Member, Any], Any]] = {
    "AcceleratorConfig": _as_given,
    "CapacityProviderConfig": _as_given,
    "DeadLetterConfig": _dead_letters,
    "DurableConfig": _as_given,
    "Environment": _environment,
    "EphemeralStorage": _as_given,
    "FileSystemConfigs": _as_given,
    "KMSKeyArn": _as_given,
    "LoggingConfig": _logging,
    "SnapStart": _snapstart,
    "TenancyConfig": _as_given,
    "TracingConfig": _tracing,
    "VpcConfig": _vpc,
}
