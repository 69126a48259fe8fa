"""Extensions in containers: the same, behind another wall."""

from lambda_magic.deployment.extension import extension_files
from lambda_magic.deployment.package import build_zip
from lambda_magic.region import Region

from .conftest import Make

LISTENING = """
import http.server, json, os, threading
from urllib.request import Request, urlopen

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"at your service")

    def log_message(self, *arguments):
        pass

server = http.server.HTTPServer(("sandbox.localdomain", 4243), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension/"
body = json.dumps({"events": ["INVOKE", "SHUTDOWN"]}).encode()
registered = urlopen(Request(API + "register", body, {"Lambda-Extension-Name": "service"}))
me = {"Lambda-Extension-Identifier": registered.headers["Lambda-Extension-Identifier"]}
while True:
    event = json.load(urlopen(Request(API + "event/next", headers=me)))
    print(event["eventType"], flush=True)
    if event["eventType"] == "SHUTDOWN":
        break
"""


def test_an_extension_in_a_container_serves_its_function(region: Region, make: Make) -> None:
    layer = region.client().publish_layer_version(
        LayerName="service",
        Content={"ZipFile": build_zip(extension_files("service", LISTENING))},
    )
    function = make(
        """
        from urllib.request import urlopen

        def handler(event, context):
            return urlopen("http://sandbox:4243/").read().decode()
        """,
        Layers=[layer["LayerVersionArn"]],
    )

    first, second = function.invoke(None), function.invoke(None)

    assert (first.payload, second.payload) == ("at your service", "at your service")
    assert "EXTENSION\tName: service\tState: Ready\tEvents: [INVOKE, SHUTDOWN]" in first.logs
    assert "INVOKE" in second.logs.splitlines()
