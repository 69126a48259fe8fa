import copy
from typing import Any

import pytest

from lambda_magic.core import model
from lambda_magic.core.errors import (
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from lambda_magic.core.model import Operation

ROLE = "arn:aws:iam::123456789012:role/lambda"
CREATE = {"FunctionName": "hello", "Role": ROLE, "Code": {}}
ALIAS = {"FunctionName": "hello", "Name": "LIVE", "FunctionVersion": "1"}


def test_an_operation_has_both_names_and_its_place_over_http() -> None:
    expected = Operation(
        name="PublishVersion",
        method_name="publish_version",
        http_method="POST",
        path="/2015-03-31/functions/{FunctionName}/versions",
        status=201,
    )

    assert model.operation("PublishVersion") == expected
    assert model.operation("publish_version") == expected


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(UnknownOperationException, match="no operation MakeCoffee"):
        model.operation("MakeCoffee")


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetFunction", {"FunctionName": "hello"}),
        ("GetFunction", {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:a:b"}),
        ("GetFunction", {"FunctionName": "hello", "Qualifier": None}),
        ("CreateFunction", CREATE | {"Runtime": "not checked here", "Timeout": 900}),
        ("CreateAlias", ALIAS | {"RoutingConfig": {"AdditionalVersionWeights": {"2": 1}}}),
        ("GetAccountSettings", {}),
        ("Invoke", {"FunctionName": "hello", "Payload": b"{}"}),
    ],
)
def test_what_satisfies_the_model(operation: str, request_: dict[str, Any]) -> None:
    before = copy.deepcopy(request_)
    model.validate(operation, request_)
    assert request_ == before, "it is checked, not changed"


@pytest.mark.parametrize(
    ("operation", "request_", "messages"),
    [
        (
            "GetFunction",
            {},
            ["Value null at 'functionName' failed to satisfy constraint: Member must not be null"],
        ),
        (
            "CreateFunction",
            CREATE | {"MemorySize": 127, "Timeout": 901},
            [
                "Value '901' at 'timeout' failed to satisfy constraint: "
                "Member must have value less than or equal to 900",
                "Value '127' at 'memorySize' failed to satisfy constraint: "
                "Member must have value greater than or equal to 128",
            ],
        ),
        (
            "CreateFunction",
            CREATE | {"MemorySize": 10241},
            [
                "Value '10241' at 'memorySize' failed to satisfy constraint: "
                "Member must have value less than or equal to 10240"
            ],
        ),
        (
            "CreateFunction",
            CREATE | {"Role": "r1"},
            [
                "Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular "
                r"expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
            ],
        ),
        (
            "CreateFunction",
            CREATE | {"PackageType": "Tar"},
            [
                "Value 'Tar' at 'packageType' failed to satisfy constraint: "
                "Member must satisfy enum value set: [Zip, Image]"
            ],
        ),
        (
            "CreateFunction",
            CREATE | {"Architectures": ["sparc"]},
            [
                "Value '[sparc]' at 'architectures' failed to satisfy constraint: "
                "Member must satisfy constraint: "
                "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
            ],
        ),
        (
            "CreateFunction",
            CREATE | {"Architectures": ["x86_64", "arm64"]},
            [
                "Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: "
                "Member must have length less than or equal to 1"
            ],
        ),
        (
            "CreateFunction",
            CREATE | {"EphemeralStorage": {}},
            [
                "Value null at 'ephemeralStorage.size' failed to satisfy constraint: "
                "Member must not be null"
            ],
        ),
        (
            "CreateFunction",
            CREATE | {"Environment": {"Variables": {"1A": "secret"}}},
            [
                "Value at 'environment.variables' failed to satisfy constraint: "
                "Map keys must satisfy constraint: [Member must satisfy regular expression "
                "pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"
            ],
        ),
        (
            "CreateAlias",
            ALIAS | {"RoutingConfig": {"AdditionalVersionWeights": {"2": 2.0}}},
            [
                "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy "
                "constraint: Map value must satisfy constraint: [Member must have value less than "
                "or equal to 1.0, Member must have value greater than or equal to 0.0, Member must "
                "not be null]"
            ],
        ),
        (
            "CreateAlias",
            ALIAS | {"RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.5}}},
            [
                "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to "
                "satisfy constraint: Map keys must satisfy constraint: [Member must have length "
                "less than or equal to 1024, Member must have length greater than or equal to 1, "
                "Member must satisfy regular expression pattern: [0-9]+, Member must not be null]"
            ],
        ),
        (
            "CreateAlias",
            ALIAS | {"Name": "7"},
            [
                "Value '7' at 'name' failed to satisfy constraint: Member must satisfy regular "
                "expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
            ],
        ),
    ],
)
def test_what_does_not(operation: str, request_: dict[str, Any], messages: list[str]) -> None:
    with pytest.raises(ValidationException) as caught:
        model.validate(operation, request_)

    plural = "s" if len(messages) > 1 else ""
    assert caught.value.message == (
        f"{len(messages)} validation error{plural} detected: {'; '.join(messages)}"
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"FunctionName": 7}, "NUMBER_VALUE can not be converted to a String"),
        (CREATE | {"Timeout": "3"}, "STRING_VALUE can not be converted to an Integer"),
        (CREATE | {"Timeout": True}, "TRUE_VALUE can not be converted to an Integer"),
        (CREATE | {"Code": "zip"}, "STRING_VALUE can not be converted to a Structure"),
        (
            CREATE | {"Description": {}},
            "Start of structure or map can not be converted to a String",
        ),
        (
            CREATE | {"Environment": {"Variables": {"NAME": None}}},
            "VALUE_NULL can not be converted to a String",
        ),
        (CREATE | {"Description": "a\ud800"}, r"STRING_VALUE has half a character (\ud800)"),
        (
            CREATE | {"Environment": {"Variables": {"NAME": "\udfff"}}},
            r"STRING_VALUE has half a character (\udfff)",
        ),
        (
            CREATE | {"Timeout": 2**63},
            "Numeric value (9223372036854775808) out of range of long "
            "(-9223372036854775808 - 9223372036854775807)",
        ),
    ],
)
def test_what_has_the_wrong_type(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(SerializationException) as caught:
        model.validate("CreateFunction", request_)

    assert caught.value.message == message


def test_every_pattern_of_the_model_is_one_for_python_too() -> None:
    service = model.service_model()
    shapes = [service.shape_for(name) for name in service.shape_names]
    patterns = [shape for shape in shapes if "pattern" in shape.metadata]

    assert len([list(model._text_constraints(shape)) for shape in patterns]) > 50


@pytest.mark.parametrize(
    ("tag", "is_valid"), [("Grüße an:alle/1 =+-@_.", True), ("a#b", False), ("x" * 129, False)]
)
def test_a_tag_may_have_letters_of_any_script(tag: str, is_valid: bool) -> None:
    request = CREATE | {"Tags": {tag: ""}}

    if is_valid:
        model.validate("CreateFunction", request)
    else:
        with pytest.raises(ValidationException, match=r"at 'tags' failed .* Map keys must satisfy"):
            model.validate("CreateFunction", request)


def test_the_enums_are_at_hand() -> None:
    assert "python3.12" in model.enum_values("Runtime")
