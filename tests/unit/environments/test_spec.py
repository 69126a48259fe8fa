"""A function version, as its environments need it."""

from dataclasses import replace
from pathlib import Path

import pytest

from lambda_magic.environments.spec import EnvironmentSpec


def spec(runtime: str) -> EnvironmentSpec:
    return EnvironmentSpec(
        function_name="f",
        version="1",
        generation="g",
        runtime=runtime,
        handler="app.handler",
        code=Path("/code"),
        log_group="/aws/lambda/f",
    )


VERSIONS = {
    "python3.12": "python:3.12.v1",
    "nodejs20.x": "nodejs:20.v1",
    "ruby3.3": "ruby:3.3.v1",
    "java17": "java:17.v1",
    "java8.al2": "java:8.al2.v1",
    "provided.al2023": "provided:al2023.v1",
}


@pytest.mark.parametrize("runtime", VERSIONS)
def test_a_runtime_is_named_as_in_aws_s_log(runtime: str) -> None:
    assert spec(runtime).runtime_version() == VERSIONS[runtime]


def test_what_runs_in_its_place_is_named_instead() -> None:
    assert spec("ruby3.3").runtime_version("3.1") == "ruby:3.1.v1"


def test_only_runtimes_of_a_language_tell_where_they_run() -> None:
    def told(runtime: str) -> str | None:
        one = spec(runtime)
        variables = one.sandbox_spec(one.origin("on-demand", 0)).environment_variables
        return variables.get("AWS_EXECUTION_ENV")

    assert told("nodejs20.x") == "AWS_Lambda_nodejs20.x"
    assert told("provided.al2023") is None


def variables(one: EnvironmentSpec) -> dict[str, str]:
    return one.sandbox_spec(one.origin("on-demand", 0)).environment_variables


def test_functions_are_told_where_the_rest_of_aws_is() -> None:
    assert "AWS_ENDPOINT_URL" not in variables(spec("python3.12"))
    told = replace(spec("python3.12"), aws_endpoint_url="http://127.0.0.1:5000")
    assert variables(told)["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert variables(told)["AWS_ACCESS_KEY_ID"] == "test"
    # A function may know better.
    own = {"AWS_ENDPOINT_URL": "http://elsewhere"}
    assert variables(replace(told, environment_variables=own))["AWS_ENDPOINT_URL"] == (
        "http://elsewhere"
    )


def test_for_aws_itself_they_have_the_users_credentials() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret"}
    found = variables(replace(spec("python3.12"), aws_credentials=keys))
    assert {name: found[name] for name in keys} == keys
    assert "AWS_SESSION_TOKEN" not in found
    assert "secret" not in repr(replace(spec("python3.12"), aws_credentials=keys))
