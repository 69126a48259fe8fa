"""Layers and extensions in containers; of an image, those that it has."""

import textwrap
from collections.abc import Callable
from pathlib import Path

from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.base_image import base_image_name
from lambda_magic.environments.interpreters import OWN_RUNTIME
from lambda_magic.function import Function
from lambda_magic.region import Region

from .conftest import Build, create_image_function

Make = Callable[..., Function]

EXTENSION = b"""#!/usr/bin/env python3
import http.client, json, os

def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, "/2020-01-01/extension/" + path, body, names)
    response = connection.getresponse()
    return response, json.loads(response.read())

body = json.dumps({"events": ["INVOKE", "SHUTDOWN"]})
answer, _ = call("POST", "register", body, Lambda_Extension_Name="witness")
identifier = answer.headers["Lambda-Extension-Identifier"]
while True:
    _, event = call("GET", "event/next", Lambda_Extension_Identifier=identifier)
    print("WITNESS", event["eventType"], flush=True)
    if event["eventType"] == "SHUTDOWN":
        break
"""
HANDLER = textwrap.dedent(
    """
    def handler(event, context):
        try:
            import from_a_layer
        except ImportError:
            return None
        return from_a_layer.VALUE
    """
).encode()


def _layer(region: Region, name: str, directory: Path) -> str:
    extension = directory / "witness"
    extension.write_bytes(EXTENSION)
    extension.chmod(0o755)
    content = {"python/from_a_layer.py": b"VALUE = 42\n", "extensions/witness": extension}
    published = region.client().publish_layer_version(
        LayerName=name, Content={"ZipFile": build_zip(content)}
    )
    return published["LayerVersionArn"]


def test_a_layer_is_opt_and_its_extension_runs_beside_the_function(
    region: Region, make: Make, tmp_path: Path
) -> None:
    function = make(HANDLER.decode(), Layers=[_layer(region, "in-a-container", tmp_path)])
    first, second = function.invoke(), function.invoke()
    assert (first.payload, second.payload) == (42, 42)
    assert "WITNESS INVOKE" in second.logs


def test_the_extensions_of_an_image_run_beside_the_function(region: Region, build: Build) -> None:
    uri = build(
        f"FROM {base_image_name(OWN_RUNTIME)}\n"
        "COPY witness /opt/extensions/\nRUN chmod 755 /opt/extensions/witness\n"
        'COPY app /var/task/app.py\nCMD ["app.handler"]',
        {"witness": EXTENSION, "app": HANDLER},
    )
    function = create_image_function(region, uri)
    assert function.invoke().payload is None
    assert "WITNESS INVOKE" in function.invoke().logs
