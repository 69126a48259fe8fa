"""A kernel that is killed between an answer and what follows it."""

import signal
import subprocess
import sys
from pathlib import Path

from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import ManualClock
from lambda_magic.core.settings import Settings
from lambda_magic.service.fakes import FakeEventInvoker, FakeInvoker, FakePollers, FakeProvisioner
from lambda_magic.service.service import LambdaService
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore

#: Creates a function, says what was answered, and is killed before the loop's next turn.
KILLED = """
import asyncio, io, os, signal, sys, zipfile
from pathlib import Path
from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import SystemClock
from lambda_magic.core.settings import Settings
from lambda_magic.service.fakes import FakeEventInvoker, FakeInvoker, FakePollers, FakeProvisioner
from lambda_magic.service.service import LambdaService
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore

async def main(home):
    catalog = Catalog(home, Arns(account_id="123456789012", region_name="us-east-1"))
    service = LambdaService(
        Settings(home=home), SystemClock(), catalog, CodeStore(home), FakeProvisioner(),
        FakeInvoker(),
        FakeEventInvoker(),
        FakePollers(),
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("index.py", "print('hello')")
    created = await service.call("CreateFunction", {
        "FunctionName": "hello", "Runtime": "python3.12", "Handler": "index.handler",
        "Role": "arn:aws:iam::123456789012:role/lambda", "Code": {"ZipFile": file.getvalue()},
        "Publish": True,
    })
    print(created["State"], created["CodeSha256"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_what_was_answered_is_there_and_ready_after_kill_9(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    state, sha256 = killed.stdout.split()
    assert state == "Pending"

    catalog = Catalog(tmp_path, Arns(account_id="123456789012", region_name="us-east-1"))
    code_store = CodeStore(tmp_path)
    service = LambdaService(
        Settings(home=tmp_path),
        ManualClock(),
        catalog,
        code_store,
        FakeProvisioner(),
        FakeInvoker(),
        FakeEventInvoker(),
        FakePollers(),
    )

    for name in ("hello", "hello:1"):
        found = await service.call("GetFunctionConfiguration", {"FunctionName": name})
        assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")
        assert found["CodeSha256"] == sha256
    assert (code_store.directory(sha256) / "index.py").read_text() == "print('hello')"
    catalog.close()
