"""The connection to a container engine, and the border behind which its errors stay."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lambda_magic.environments import docker_py

if TYPE_CHECKING:
    from docker import APIClient
    from docker.errors import APIError

#: Seconds for what engines do in milliseconds, also when the machine is very busy.
_PATIENCE = 120
#: Connections to the engine, each used by one thread at a time.
CONNECTIONS = 16

_HOW_TO_GET_ONE = (
    "Install Docker (on Debian and Ubuntu: apt-get install docker.io; elsewhere: Docker Desktop) "
    "or Podman with its docker-compatible socket, start it, or point DOCKER_HOST to one. "
    "Functions in subprocesses need none."
)


class EngineError(OSError):
    """The engine refuses, or does not answer."""


class NoEngineError(EngineError):
    """There is no engine: says how to get one."""


class EngineClient:
    """One engine: `DOCKER_HOST`'s, else docker's present context, else a socket that is there.

    Connects at first use. Methods raise `EngineError`, and `NoEngineError` where there is none.
    """

    def __init__(self) -> None:
        self._api: APIClient | None = None
        self._host = ""
        self._is_podman = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._api.base_url if self._api else 'not connected'}>"

    @property
    def is_local(self) -> bool:
        """Whether containers can be shown files and sockets of this machine."""
        host = os.environ.get("DOCKER_HOST") or ""
        return sys.platform == "linux" and (not host or host.startswith("unix:"))

    @property
    def is_named(self) -> bool:
        """Whether the user says which one it is, and not what is found on this machine."""
        return bool(os.environ.get("DOCKER_HOST"))

    def connect(self) -> None:
        """Find the engine, unless it has been found."""
        self._client()

    def close(self) -> None:
        """Close the connections."""
        api, self._api = self._api, None
        if api is not None:
            api.close()

    # Within...

    @contextmanager
    def _errors(self, subject: str = "") -> "Iterator[APIClient]":
        """The client, and its errors in one line."""
        api = self._client()
        try:
            _knock(self._host)
            yield api
        except docker_py.errors.NotFound as error:
            raise EngineError(_explained(error) or f"{subject} does not exist") from error
        except docker_py.errors.APIError as error:
            raise EngineError(f"The container engine refuses: {_explained(error)}") from error
        except EngineError:
            raise
        except (docker_py.errors.DockerException, OSError) as error:
            raise EngineError(f"The container engine does not answer: {_first(error)}") from error

    def _client(self) -> "APIClient":
        if self._api is None:
            self._host, self._api = _connect()
            parts = self._api.version().get("Components") or ()
            self._is_podman = any(part.get("Name") == "Podman Engine" for part in parts)
        return self._api


def _connect() -> "tuple[str, APIClient]":
    """Where an engine is, and a client of it."""
    reasons = []
    for arguments in _candidates():
        try:
            _knock(arguments["base_url"])
            client = docker_py.APIClient(
                version="auto", timeout=_PATIENCE, num_pools=CONNECTIONS, **arguments
            )
        except (docker_py.errors.DockerException, OSError) as error:
            reasons.append(f"{arguments['base_url']}: {_first(error)}")
        else:
            return arguments["base_url"], client
    tried = "; ".join(reasons) or "there is no socket of one"
    raise NoEngineError(f"No container engine answers ({tried}). {_HOW_TO_GET_ONE}")


def _knock(host: str) -> None:
    """Raise what is wrong with a socket; the client would, too, but lose the open descriptor."""
    if host.startswith("unix:"):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.settimeout(_PATIENCE)
            knocking.connect("/" + host.removeprefix("unix:").lstrip("/"))


def _candidates() -> Iterator[dict[str, Any]]:
    """Where an engine may be, as arguments of a client. A named one is the only one."""
    if os.environ.get("DOCKER_HOST"):
        arguments: dict[str, Any] = {**docker_py.utils.kwargs_from_env()}
        if arguments["base_url"].startswith("ssh:"):
            # The user's own ssh, with its configuration and its agent.
            arguments["use_ssh_client"] = True
        yield arguments
        return
    runtime_directory = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    places = [
        Path("/var/run/docker.sock"),
        Path(runtime_directory, "docker.sock"),
        Path("/run/podman/podman.sock"),
        Path(runtime_directory, "podman/podman.sock"),
    ]
    context = docker_py.context.ContextAPI.get_current_context()
    hosts = [context.Host] if context is not None else []
    hosts += [f"unix://{place}" for place in places if place.exists()]
    for host in dict.fromkeys(hosts):
        yield {"base_url": host}


def _explained(error: "APIError") -> str:
    return " ".join(str(error.explanation or "").split())


def _first(error: Exception) -> str:
    """The reason under what the HTTP library wrapped it in."""
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return " ".join(str(cause).split())
