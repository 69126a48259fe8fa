#!/usr/bin/env python3
"""An extension that prints what it is sent. The function's variable SPY says how, as JSON:

"request": what to subscribe with, at "path"; "answer": the status for batches, or "never" or
"nobody"; "delay": seconds before it answers; "waits": whether it waits for platform.runtimeDone
before it asks for its next event; "marks": whether it makes a file MARK when it has subscribed;
"late": whether it subscribes once more with an event in hand.
"""

import http.server
import json
import os
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request

NAME = os.path.basename(__file__)
API = os.environ["AWS_LAMBDA_RUNTIME_API"]
SPY = json.loads(os.environ["SPY"])
PORT = 4243
MARK = os.path.join(tempfile.gettempdir(), "subscribed")

#: Of invocations that the runtime is done with, the request ids; and the types of all records.
done = set()
types = set()
changed = threading.Condition()


def show(word, value):
    print(word, json.dumps(value), flush=True)


def take(records):
    show("TOOK", [{**record, "record": shortened(record["record"])} for record in records])
    with changed:
        for record in records:
            types.add(record["type"])
            if record["type"] == "platform.runtimeDone":
                done.add(record["record"]["requestId"])
        changed.notify_all()


def shortened(value):
    return value[:1000] if isinstance(value, str) else value


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if SPY.get("answer") == "never":
            threading.Event().wait()
        time.sleep(SPY.get("delay", 0))
        status = SPY.get("answer", 200)
        if status == 200:
            take(json.loads(body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def serve_lines():
    server = socket.create_server(("0.0.0.0", PORT))
    while True:
        connection, _ = server.accept()
        for line in connection.makefile():
            take([json.loads(line)])


def listen():
    if SPY.get("answer") == "nobody":
        return
    if SPY["request"]["destination"]["protocol"] == "TCP":
        target = serve_lines
    else:
        address = ("0.0.0.0", PORT)
        target = http.server.ThreadingHTTPServer(address, Listener).serve_forever
    threading.Thread(target=target, daemon=True).start()


def call(method, path, body=None, **headers):
    request = urllib.request.Request(
        f"http://{API}/{path}",
        method=method,
        headers=headers,
        data=body and json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, dict(response.headers), json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, {}, json.loads(error.read())


def register(*events):
    headers = {"Lambda-Extension-Name": NAME}
    _, answered, _ = call("POST", "2020-01-01/extension/register", {"events": events}, **headers)
    return {"Lambda-Extension-Identifier": answered["Lambda-Extension-Identifier"]}


def subscribe(identity):
    status, _, answer = call("PUT", SPY["path"], SPY["request"], **identity)
    show("SUBSCRIBED", [status, answer])


def wait_until_done(request_id):
    with changed:
        changed.wait_for(lambda: request_id in done)


def wait_for(kind):
    with changed:
        changed.wait_for(lambda: kind in types)


def main(*events):
    identity = register(*events)
    listen()
    subscribe(identity)
    if SPY.get("marks"):
        open(MARK, "w").close()
    while True:
        _, _, event = call("GET", "2020-01-01/extension/event/next", **identity)
        show("EVENT", event["eventType"])
        if event["eventType"] == "SHUTDOWN":
            return
        if SPY.get("late"):
            subscribe(identity)
        if SPY.get("waits"):
            wait_until_done(event["requestId"])


if __name__ == "__main__":
    main("INVOKE", "SHUTDOWN")
