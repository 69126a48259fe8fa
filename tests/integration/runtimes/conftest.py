"""A runtime client of another language, run against a real Runtime API over TCP."""

import asyncio
import json
import os
import textwrap
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_magic.core.invocation import Invocation
from lambda_magic.environments.log_pipes import FrameSplitter, LineSplitter, LogPipe
from lambda_magic.runtime_api.api import RuntimeApi

REQUEST_ID = "8f507cfc-0000-4697-b07a-ac58fc914c95"
PATIENCE = 30


class RuntimeProcess:
    """A runtime process, the API that it talks to, and everything that they tell."""

    def __init__(self) -> None:
        self.api = RuntimeApi(self, dialable=True)
        self.logs: list[str] = []
        self._ready = asyncio.Event()
        self._answers: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._pieces: list[bytes] = []
        self._pipes: list[LogPipe] = []
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, command: list[str], directory: Path, **variables: str) -> None:
        frames, frames_end = os.pipe()
        lines, lines_end = os.pipe()
        self._pipes = [
            LogPipe(FrameSplitter(self._log), frames),
            LogPipe(LineSplitter(self._log), lines),
        ]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=lines_end,
            stderr=lines_end,
            pass_fds=[frames_end],
            env={
                "PATH": os.environ["PATH"],
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "AWS_LAMBDA_RUNTIME_API": await self.api.listen(),
                "LAMBDA_TASK_ROOT": str(directory),
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                "AWS_LAMBDA_FUNCTION_VERSION": "7",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
                "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[7]0123",
                "_LAMBDA_TELEMETRY_LOG_FD": str(frames_end),
                **variables,
            },
        )
        os.close(frames_end)
        os.close(lines_end)

    async def answer(self, event: Any = None, client_context: str | None = None) -> tuple[str, Any]:
        """What an event leads to: "response" or "stream" or an error type, and the payload."""
        await asyncio.wait_for(self._ready.wait(), PATIENCE)
        self._ready.clear()
        invocation = Invocation(
            request_id=REQUEST_ID,
            invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
            function_name="f",
            version="7",
            alias=None,
            payload=json.dumps(event).encode(),
            trace_id="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
            client_context=client_context,
        )
        self.api.send(invocation, int(time.time() * 1000) + 3000)
        return await self.outcome()

    async def invoke(self, event: Any = None, client_context: str | None = None) -> Any:
        """The result of an invocation that must succeed."""
        kind, payload = await self.answer(event, client_context)
        assert kind == "response", payload
        return json.loads(payload)

    async def error(self, event: Any = None) -> dict[str, Any]:
        """The error document of an invocation that must fail."""
        kind, payload = await self.answer(event)
        document: dict[str, Any] = json.loads(payload)
        assert kind == document["errorType"]
        return document

    async def outcome(self) -> tuple[str, Any]:
        """What the runtime tells next."""
        return await asyncio.wait_for(self._answers.get(), PATIENCE)

    async def init_error(self) -> dict[str, Any]:
        """The error document of a function that could not be loaded."""
        _, payload = await self.outcome()
        document: dict[str, Any] = json.loads(payload)
        return document

    async def exit_code(self) -> int:
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), PATIENCE)

    async def close(self) -> None:
        self.api.close()
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
        for pipe in self._pipes:
            pipe.close()

    def drain(self) -> None:
        for pipe in self._pipes:
            pipe.drain()

    def _log(self, message: str, time: float) -> None:
        self.logs.append(message)

    def _tell(self, kind: str, payload: bytes | None) -> None:
        self.drain()
        self._answers.put_nowait((kind, payload))

    # What the Runtime API tells...

    def runtime_ready(self) -> None:
        self._ready.set()

    def runtime_responded(self, payload: bytes) -> None:
        self._tell("response", payload)

    def runtime_response_too_large(self) -> None:
        self._tell("too large", None)

    def runtime_failed(self, payload: bytes, error_type: str) -> None:
        self._tell(error_type, payload)

    def init_failed(self, payload: bytes, error_type: str) -> None:
        self._tell(error_type, payload)

    def runtime_response_begun(self, content_type: str, connection: Any) -> None:
        self._pieces = [content_type.encode()]

    def runtime_response_continued(self, piece: bytes) -> bool:
        self._pieces.append(piece)
        return True

    def runtime_response_ended(self, error: Any) -> None:
        self.drain()
        content_type, *pieces = self._pieces
        self._answers.put_nowait(("stream", (content_type.decode(), b"".join(pieces), error)))

    def runtime_response_rejected(self, error_type: str) -> None:
        self._tell(error_type, None)


Start = Callable[..., Any]


@pytest.fixture
async def start_process(tmp_path: Path) -> AsyncGenerator[Start]:
    """Starts a runtime process over `files`, and ends it afterwards."""
    started: list[RuntimeProcess] = []

    async def start(command: list[str], files: dict[str, str], **variables: str) -> RuntimeProcess:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        process = RuntimeProcess()
        started.append(process)
        await process.start(command, tmp_path, **variables)
        return process

    yield start
    for process in started:
        await process.close()
