"""The embedded AWS as the kernel sees it: a process that is started, and ends with the kernel."""

import fcntl
import importlib.util
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from lambda_magic.core.errors import LambdaError

_log = logging.getLogger(__name__)

#: Seconds for the server to start, for another one to finish, and to end.
_START_TIMEOUT = 60.0
_END_TIMEOUT = 20.0

#: Runs the server without the rest of this package, which it does not need.
_START = (
    "import runpy, sys, types\n"
    "package = types.ModuleType('lambda_magic')\n"
    "package.__path__ = [sys.argv.pop(1)]\n"
    "sys.modules['lambda_magic'] = package\n"
    "runpy.run_module('lambda_magic.embedded_aws.server', run_name='__main__', alter_sys=True)\n"
)

#: A notification from the server: `kind` ("s3", "sns", "events") and what it is about.
Notification = Mapping[str, Any]


class EmbeddedAwsError(LambdaError):
    """The embedded AWS could not be started."""


class EmbeddedAws:
    """moto's server for one home; what is in it is kept in `<home>/aws` between kernels.

    >>> aws = EmbeddedAws(Path("state"), account_id="123456789012", region_name="us-east-1")
    >>> boto3.client("s3", endpoint_url=aws.url).create_bucket(Bucket="photos")
    >>> aws.stop()

    `receive` is called with every notification, in a thread; returning, it has taken it for good;
    raising, it will be told again after the next start.
    Raises `EmbeddedAwsError`: the extra `aws` is not installed, another kernel on this home runs
    one already, or the port is taken.
    """

    def __init__(
        self,
        home: Path,
        *,
        account_id: str,
        region_name: str,
        port: int = 0,
        receive: Callable[[Notification], None] = lambda notification: None,
    ) -> None:
        _check_installed()
        self._directory = home / "aws"
        self._directory.mkdir(parents=True, exist_ok=True)
        self._receive = receive
        self._lock = self._take_lock()
        try:
            self._process = self._spawn(account_id, region_name, port)
        except BaseException:
            self._lock.close()
            raise
        try:
            hello = self._hello()
        except BaseException:
            self._discard()
            raise
        self.url = f"http://127.0.0.1:{hello['port']}"
        self._owner.write_text(f"{os.getpid()} {self.url}")
        #: The services whose state could not be taken up again.
        self.lost = tuple(hello["lost"])
        self._reader = threading.Thread(
            target=self._read, name="lambda_magic embedded AWS", daemon=True
        )
        self._reader.start()

    def __repr__(self) -> str:
        return f"<EmbeddedAws {self.url} [{'running' if self.is_running else 'stopped'}]>"

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def stop(self) -> None:
        """Save the state and end; calling it again does nothing."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(_END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._reader is not threading.current_thread():
            self._reader.join(_END_TIMEOUT)
        self._lock.close()

    def _spawn(self, account_id: str, region_name: str, port: int) -> "subprocess.Popen[bytes]":
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        environment |= {
            "MOTO_ACCOUNT_ID": account_id,
            "AWS_DEFAULT_REGION": region_name,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        package = str(Path(__file__).parents[1])
        with (self._directory / "log.txt").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-c", _START, package, "127.0.0.1", str(port), self._directory],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                # Ctrl-C in a terminal is for the notebook.
                start_new_session=True,
                # The lock belongs to whoever runs a server, to the last moment.
                pass_fds=[self._lock.fileno()],
            )

    def _hello(self) -> dict[str, Any]:
        """The first line that the server says."""
        timer = threading.Timer(_START_TIMEOUT, self._process.kill)
        timer.start()
        assert self._process.stdout is not None
        try:
            line = self._process.stdout.readline()
        finally:  # or an interpreter that ends would wait for it
            timer.cancel()
        hello: dict[str, Any] = json.loads(line) if line else {}
        if "port" not in hello:
            self._process.kill()
            self._process.wait()
            said = (self._directory / "log.txt").read_text(errors="replace").strip()
            reason = hello.get("error") or said.rpartition("\n")[2] or "it said nothing"
            raise EmbeddedAwsError(f"The embedded AWS did not start: {reason}")
        return hello

    def _discard(self) -> None:
        """Give everything back of one that did not start, or was not waited for."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._lock.close()

    def _read(self) -> None:
        stdout, stdin = self._process.stdout, self._process.stdin
        assert stdout is not None
        assert stdin is not None
        with stdout:
            for line in stdout:
                notification = json.loads(line)
                try:
                    self._receive(notification)
                except Exception as error:  # it is told again when it is started next
                    _log.warning("A notification was not taken: %s", error)
                    continue
                with suppress(BrokenPipeError, ValueError):  # closed: it is sent again some day
                    stdin.write(json.dumps({"taken": notification["id"]}).encode() + b"\n")
                    stdin.flush()

    def _take_lock(self) -> IO[str]:
        """One server a home. One that is saving its state is waited for."""
        lock = (self._directory / "lock").open("a+")
        waiting = threading.Event()
        for _ in range(int(_END_TIMEOUT * 20)):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._owner_lives():
                    break
                waiting.wait(0.05)
            else:
                self._owner.write_text(str(os.getpid()))
                return lock
        lock.close()
        _, _, url = self._owner.read_text().partition(" ")
        raise EmbeddedAwsError(
            f"Another kernel runs the embedded AWS of {self._directory.parent}. Point this one "
            f"there, too (%aws use {url or 'URL'}), or give it a home of its own."
        )

    @property
    def _owner(self) -> Path:
        """The file that says who has the lock, and where it is served."""
        return self._directory / "owner"

    def _owner_lives(self) -> bool:
        try:
            os.kill(int(self._owner.read_text().split()[0]), 0)
        except (IndexError, OSError, ValueError):
            return False
        return True


def _check_installed() -> None:
    for module in ("moto", "flask", "flask_cors"):
        if importlib.util.find_spec(module) is None:
            raise EmbeddedAwsError(
                "The embedded AWS needs moto's server: pip install 'lambda-magic[aws]'."
            )
