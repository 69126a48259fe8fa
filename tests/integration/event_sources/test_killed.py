"""A kernel is killed, and the embedded AWS with it: what was in its queue is taken later."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from lambda_magic.embedded_aws.process import EmbeddedAws

from .conftest import Place, bodies
from .test_sqs import wait_for

#: A kernel with both, which fills the queue and says which messages its function has seen.
VICTIM = """
import sys
from pathlib import Path
import boto3
from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.embedded_aws.process import EmbeddedAws
from lambda_magic.environments.fake_sandbox import FakeSandboxFactory
from lambda_magic.region import Region

home = Path(sys.argv[1])
aws = EmbeddedAws(home, account_id="123456789012", region_name="us-east-1")
keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
role = boto3.client("iam", endpoint_url=aws.url, **keys).create_role(
    RoleName="lambda", AssumeRolePolicyDocument="{}"
)["Role"]["Arn"]
sqs = boto3.client("sqs", endpoint_url=aws.url, **keys)
url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
for first in range(0, 200, 10):
    entries = [{"Id": str(n), "MessageBody": str(first + n)} for n in range(10)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)

def handler(event):
    for record in event["Records"]:
        sys.stdout.write(record["body"] + "\\n")
        sys.stdout.flush()

region = Region(Settings(home=home, aws_endpoint_url=aws.url), factory=FakeSandboxFactory(handler))
region.client().create_function(
    FunctionName="hello", Runtime="python3.12", Role=role, Handler="index.handler", Timeout=5,
    Code={"ZipFile": build_zip({"index.py": b""})},
)
region.client().get_waiter("function_active_v2").wait(FunctionName="hello")
region.client().create_event_source_mapping(
    FunctionName="hello", EventSourceArn="arn:aws:sqs:us-east-1:123456789012:orders"
)
sys.stdin.read()
"""


def test_nothing_is_lost(tmp_path: Path) -> None:
    seen: Counter[int] = Counter()
    kernel = subprocess.Popen(
        [sys.executable, "-c", VICTIM, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with kernel:
        assert kernel.stdout is not None
        for count, line in enumerate(kernel.stdout, 1):
            seen[int(line)] += 1
            if count == 50:
                kernel.send_signal(signal.SIGKILL)
    assert kernel.returncode == -signal.SIGKILL
    assert len(seen) < 200

    # The next kernel waits until the state is saved, and finds the rest.
    aws = EmbeddedAws(tmp_path, account_id="123456789012", region_name="us-east-1")
    place = Place(tmp_path, aws.url, lambda event: seen.update(bodies(event)))
    try:
        assert wait_for(lambda: set(seen) == set(range(200)))
    finally:
        place.region.close()
        aws.stop()
