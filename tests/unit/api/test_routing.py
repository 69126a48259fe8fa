from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_magic.api.routing import match
from lambda_magic.core import model
from lambda_magic.core.errors import UnknownOperationException

OPERATIONS = sorted({one.name for one in model.operations().values()})


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_found_where_the_model_puts_it(name: str) -> None:
    operation = model.operation(name)
    path, _, query = operation.path.partition("?")
    parameters = {query.partition("=")[0]: [query.partition("=")[2]]} if query else {}
    raw = path.replace("{", "some-").replace("}", "").encode()
    found = match(operation.http_method, raw, parameters)
    assert found.operation.name == name
    assert all(value == f"some-{label}" for label, value in found.labels.items())


@pytest.mark.parametrize(
    ("method", "path", "query", "name", "labels"),
    [
        (
            "GET",
            "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Ahello",
            {},
            "ListTags",
            {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:hello"},
        ),
        ("GET", "/2015-03-31/functions/", {}, "ListFunctions", {}),
        ("GET", "/2015-03-31/functions", {"MaxItems": ["1"]}, "ListFunctions", {}),
        ("GET", "/2018-10-31/layers", {}, "ListLayers", {}),
        ("GET", "/2018-10-31/layers", {"find": ["LayerVersion"]}, "GetLayerVersionByArn", {}),
        ("GET", "/2015-03-31/functions/a%2Fb", {}, "GetFunction", {"FunctionName": "a/b"}),
        (
            "GET",
            "/2019-09-30/functions/hello/provisioned-concurrency",
            {"List": ["ALL"]},
            "ListProvisionedConcurrencyConfigs",
            {"FunctionName": "hello"},
        ),
    ],
)
def test_paths(
    method: str, path: str, query: dict[str, list[str]], name: str, labels: dict[str, str]
) -> None:
    found = match(method, path.encode(), query)
    assert (found.operation.name, found.labels) == (name, labels)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/2015-03-31/functions//configuration"),
        ("PATCH", "/2015-03-31/functions/hello"),
        ("GET", "/2015-03-31/functions/hello/nothing"),
        ("GET", "/1999-01-01/functions"),
    ],
)
def test_what_is_nowhere(method: str, path: str) -> None:
    with pytest.raises(UnknownOperationException, match="Unable to determine the operation"):
        match(method, path.encode(), {})


@given(st.text(min_size=1))
def test_any_name_comes_through(name: str) -> None:
    found = match("GET", f"/2015-03-31/functions/{quote(name, safe='')}".encode(), {})
    assert found.labels == {"FunctionName": name}


@given(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), st.binary(max_size=60))
def test_any_path_is_an_operation_or_none(method: str, path: bytes) -> None:
    try:
        name = match(method, path, {}).operation.name
    except UnknownOperationException:
        return
    assert name in OPERATIONS
