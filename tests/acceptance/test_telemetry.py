"""A cell that listens to what happens around a function."""

import json
from typing import Any

from .conftest import Notebook

TELL = """%%extension tell --function hello
import json, os, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
runtime_done = threading.Semaphore(0)

class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        for event in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            print("TOLD", json.dumps(event), flush=True)
            if event["type"] == "platform.runtimeDone":
                runtime_done.release()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass

def call(path, headers, body=None, method=None):
    return urlopen(Request(API + path, body and json.dumps(body).encode(), headers, method=method))

register = {"events": ["INVOKE", "SHUTDOWN"]}
answer = call("/2020-01-01/extension/register", {"Lambda-Extension-Name": "tell"}, register)
me = {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}
server = HTTPServer(("0.0.0.0", 4243), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
subscription = {
    "schemaVersion": "2022-12-13",
    "types": ["platform", "function"],
    "buffering": {"timeoutMs": 25},
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243"},
}
call("/2022-07-01/telemetry", me, subscription, "PUT")
while json.load(call("/2020-01-01/extension/event/next", me))["eventType"] == "INVOKE":
    runtime_done.acquire()
"""


def told(log: str) -> list[dict[str, Any]]:
    """The records that the extension was sent, as far as it has printed them."""
    lines = [line for line in log.splitlines() if line.startswith("TOLD ")]
    return [json.loads(line.removeprefix("TOLD ")) for line in lines]


def test_a_cell_is_told_what_happens(hello: Notebook) -> None:
    hello.run(TELL)
    results = [hello.run(f'%invoke hello {{"name": "{name}"}}') for name in ("Ada", "Bob", "Eve")]
    assert [one.payload["greeting"] for one in results] == ["hi Ada", "hi Bob", "hi Eve"]
    log = results[0].logs
    assert "TELEMETRY\tName: tell\tState: Subscribed\tTypes: [Platform, Function]\n" in log
    # Of the last invocation not all may be there yet: the report comes with the next one.
    records = told(str(hello.run("%logs hello")))
    kinds = [record["type"] for record in records]
    invoked = ["platform.start", "function", "platform.runtimeDone", "platform.report"]
    begin = kinds.index("platform.start")
    assert kinds[begin : begin + 8] == invoked * 2
    reports = [one["record"] for one in records if one["type"] == "platform.report"]
    for report, result in zip(reports, results, strict=False):
        assert report["requestId"] == result.request_id
        assert report["metrics"]["billedDurationMs"] == result.report.billed_duration_ms
    assert len(reports) == 2
