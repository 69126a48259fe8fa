"""Functions that are images: whatever speaks the Runtime API, in whatever image."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_magic.core.settings import Settings
from lambda_magic.environments.base_image import (
    base_image_name,
)
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.interpreters import OWN_RUNTIME, own_python
from lambda_magic.environments.runtime_packages import runtime_packages
from lambda_magic.environments.system_files import package_files
from lambda_magic.function import Function
from lambda_magic.region import Region

from .conftest import Build, create_image_function

BASE = base_image_name(OWN_RUNTIME)
HANDLER = b"""
import os

def handler(event, context):
    print("working on", event)
    return [event, os.getuid(), os.environ.get("MINE")]
"""


def payload(function: Function, event: object = 1) -> Any:
    result = function.invoke(event)
    assert result.function_error is None, result.payload
    return result.payload


def test_an_image_of_the_base_image_runs_its_handler(region: Region, build: Build) -> None:
    uri = build(
        f'FROM {BASE}\nENV MINE=image\nCOPY app /var/task/app.py\nCMD ["app.handler"]',
        {"app": HANDLER},
    )
    function = create_image_function(region, uri)
    first, second = function.invoke(1), function.invoke(2)
    assert (first.payload, second.payload) == ([1, 993, "image"], [2, 993, "image"])
    assert first.report.init_duration_ms is not None
    assert second.report.init_duration_ms is None
    assert "working on 2" in second.logs


def test_an_image_with_awss_own_runtime_client(region: Region, build: Build) -> None:
    packages = runtime_packages(own_python(), "awslambdaric")
    names = [name for name in packages if name.startswith(("aws", "runtime", "simple", "snap"))]
    files = package_files({name: packages[name] for name in names}, "ric")
    content = {place: path.read_bytes() for place, path in files.items()}
    uri = build(
        f"FROM {BASE}\nCOPY ric /ric\nENV PYTHONPATH=/ric\nCOPY app /var/task/app.py\n"
        'ENTRYPOINT ["python", "-m", "awslambdaric"]\nCMD ["app.handler"]',
        {"app": HANDLER, **content},
    )
    function = create_image_function(region, uri, Environment={"Variables": {"MINE": "function"}})
    assert payload(function) == [1, 993, "function"]
    assert "working on 1" in function.invoke(1).logs


def test_an_image_with_nothing_but_a_bootstrap(region: Region, build: Build) -> None:
    bootstrap = b"""#!/bin/sh
python3 - <<'PROGRAM'
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        request_id, body = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    print("plain output", flush=True)
    urllib.request.urlopen(api + request_id + "/response", b'{"event": ' + body + b"}").close()
PROGRAM
"""
    uri = build(
        f"FROM {BASE}\nCOPY bootstrap /var/runtime/\nRUN chmod 755 /var/runtime/bootstrap\n"
        'ENTRYPOINT ["/var/runtime/bootstrap"]',
        {"bootstrap": bootstrap},
    )
    function = create_image_function(region, uri)
    assert payload(function, 5) == {"event": 5}
    assert "plain output" in function.invoke(6).logs


def test_the_images_configuration_can_be_another(region: Region, build: Build) -> None:
    uri = build(f'FROM {BASE}\nCOPY app /home/other.py\nCMD ["none.handler"]', {"app": HANDLER})
    function = create_image_function(
        region,
        uri,
        ImageConfig={
            "EntryPoint": [
                "/bin/sh",
                "-c",
                'PYTHONPATH=$PWD exec /lambda-entrypoint.sh "$1"',
                "sh",
            ],
            "Command": ["other.handler"],
            "WorkingDirectory": "/home",
        },
    )
    assert payload(function) == [1, 993, None]
    answered = region.client().get_function_configuration(FunctionName=function.name)
    assert answered["ImageConfigResponse"]["ImageConfig"]["Command"] == ["other.handler"]
    assert "Runtime" not in answered
    assert "Handler" not in answered


def test_a_version_stays_what_it_was_when_the_name_moves(region: Region, build: Build) -> None:
    dockerfile = f'FROM {BASE}\nENV MINE={{}}\nCOPY app /var/task/app.py\nCMD ["app.handler"]'
    uri = build(dockerfile.format("first"), {"app": HANDLER}, "lambda-magic-test:moving")
    client = region.client()
    function = create_image_function(region, uri, Publish=True)
    build(dockerfile.format("second"), {"app": HANDLER}, uri)
    assert payload(function)[2] == "first", "what the name stood for at the creation"

    client.update_function_code(FunctionName=function.name, ImageUri=uri)
    client.get_waiter("function_updated_v2").wait(FunctionName=function.name)
    client.publish_version(FunctionName=function.name)
    assert payload(function)[2] == "second"
    assert payload(Function(region, function.name, "1"))[2] == "first"
    assert payload(Function(region, function.name, "2"))[2] == "second"

    codes = [
        client.get_function(FunctionName=function.name, Qualifier=version)["Code"]
        for version in ("1", "2")
    ]
    digests = [
        client.get_function_configuration(FunctionName=function.name, Qualifier=version)[
            "CodeSha256"
        ]
        for version in ("1", "2")
    ]
    assert digests[0] != digests[1]
    for code, digest in zip(codes, digests, strict=True):
        assert code["RepositoryType"] == "ECR"
        assert code["ImageUri"] == uri
        assert code["ResolvedImageUri"] == f"lambda-magic-test@sha256:{digest}"


def test_an_image_whose_name_moved_is_listed_without_one(
    build: Build, container_engine: Engine, test_label: dict[str, str]
) -> None:
    name = build(f"FROM {BASE}\nENV NONCE=first")
    first = container_engine.find_image(name)
    build(f"FROM {BASE}\nENV NONCE=second", name=name)
    second = container_engine.find_image(name)
    assert first is not None
    assert second is not None
    [(label, value)] = test_label.items()
    names = {image.image_id: image.names for image in container_engine.images(f"{label}={value}")}
    assert (names[first.image_id], names[second.image_id]) == ([], [name])


def test_an_entry_point_that_is_none_says_so(region: Region, build: Build) -> None:
    uri = build(f'FROM {BASE}\nENTRYPOINT ["/nowhere"]')
    result = create_image_function(region, uri).invoke()
    assert result.payload["errorType"] == "Runtime.InvalidEntrypoint"
    assert "fork/exec /nowhere: no such file or directory" in result.payload["errorMessage"]


def test_an_image_that_vanished_fails_its_invocations_in_one_line(
    region: Region, build: Build, container_engine: Engine
) -> None:
    uri = build(f'FROM {BASE}\nENV NONCE=vanishing\nCMD ["app.handler"]')
    function = create_image_function(region, uri)
    container_engine.remove_image(uri)
    with pytest.raises(Exception, match="is gone"):
        function.invoke()


def test_an_image_that_does_not_exist_makes_no_function(region: Region) -> None:
    with pytest.raises(ClientError, match=r"Source image localhost:1/none:1 does not exist\. "):
        create_image_function(region, "localhost:1/none:1")


def test_a_function_keeps_its_package_type(region: Region, build: Build) -> None:
    uri = build(f'FROM {BASE}\nENV NONCE=type\nCMD ["app.handler"]')
    function = create_image_function(region, uri)
    client = region.client()
    with pytest.raises(ClientError, match="only ImageUri"):
        client.update_function_code(FunctionName=function.name, ZipFile=b"zip")
    with pytest.raises(ClientError, match="Handler or Runtime or Layer"):
        client.update_function_configuration(FunctionName=function.name, Handler="a.b")


def test_an_image_is_found_again_after_a_restart(
    build: Build, tmp_path: Any, container_engine: Engine
) -> None:
    uri = build(f'FROM {BASE}\nCOPY app /var/task/app.py\nCMD ["app.handler"]', {"app": HANDLER})
    region = Region(Settings(home=tmp_path))
    name = create_image_function(region, uri).name
    region.close()
    region = Region(Settings(home=tmp_path))
    assert payload(Function(region, name)) == [1, 993, None]
    region.close()
