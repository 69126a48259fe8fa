"""The container engine, as docker-py talks to it: the border behind which its errors stay.

Every method waits for the engine: they are for threads, not for the loop. What goes wrong is an
`EngineError` in one line.
"""

import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import docker
from docker.context import ContextAPI
from docker.errors import APIError, DockerException, NotFound
from docker.utils import kwargs_from_env, parse_repository_tag
from requests.exceptions import RequestException

#: Takes a line that tells how far a pull or a build is.
Progress = Callable[[str], None]

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image that the engine has."""

    #: As it was asked for.
    name: str
    #: "sha256:..."; what containers are made of, whatever names move.
    image_id: str
    #: "repository@sha256:..." of the registries that it was pulled from or pushed to.
    repository_digests: tuple[str, ...]
    architecture: str
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    working_directory: str
    environment_variables: dict[str, str] = field(repr=False)
    labels: dict[str, str] = field(repr=False)
    size: int


class Engine:
    """One engine: `DOCKER_HOST`'s, else docker's present context, else a socket that is there.

    Connects at first use. Methods raise `EngineError`, and `NoEngineError` where there is none.
    """

    def __init__(self) -> None:
        self._api: docker.APIClient | None = None
        self._host = ""

    def __repr__(self) -> str:
        return f"<Engine {self._api.base_url if self._api else 'not connected'}>"

    @property
    def is_local(self) -> bool:
        """Whether containers can be shown files and sockets of this machine."""
        host = os.environ.get("DOCKER_HOST") or ""
        return sys.platform == "linux" and (not host or host.startswith("unix:"))

    def connect(self) -> None:
        """Find the engine, unless it has been found."""
        self._client()

    def close(self) -> None:
        """Close the connections."""
        api, self._api = self._api, None
        if api is not None:
            api.close()

    # Containers...

    def create(self, image: str, *, name: str, host: Mapping[str, Any], **options: Any) -> str:
        """Make a container; returns its id. `host` is what `create_host_config` takes."""
        with self._errors(image) as api:
            config = api.create_host_config(**host)
            created = api.create_container(image, name=name, host_config=config, **options)
            return str(created["Id"])

    def start(self, container: str) -> None:
        """Start a container."""
        with self._errors() as api:
            api.start(container)

    def limit(self, container: str, **limits: Any) -> None:
        """Set other limits than it was made with: `mem_limit`, `memswap_limit`, `cpu_quota`..."""
        with self._errors() as api:
            api.update_container(container, **limits)

    def rename(self, container: str, name: str) -> None:
        """Give a container another name."""
        with self._errors() as api:
            api.rename(container, name)

    def remove(self, container: str) -> None:
        """Kill and remove a container, and return when it is gone; also one that has gone."""
        with self._errors() as api:
            try:
                api.remove_container(container, force=True)
            except NotFound:
                return
            except APIError as error:
                if error.status_code != 409:
                    raise
            # It has ended by itself and is being removed by the engine.
            try:
                api.wait(container, condition="removed")
            except NotFound:
                return

    def containers(self, labels: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
        """All containers with these labels, running or not: id and all labels.

        A label is "name" or "name=value".
        """
        with self._errors() as api:
            found = api.containers(all=True, filters={"label": list(labels)})
        return [(one["Id"], one["Labels"]) for one in found]

    # Images...

    def find_image(self, name: str) -> Image | None:
        """An image by name, digest or id, if the engine has it."""
        with self._errors() as api:
            try:
                found: dict[str, Any] = api.inspect_image(name)  # type: ignore[no-untyped-call]
            except NotFound:
                return None
        config = found.get("Config") or {}
        variables = (line.partition("=") for line in config.get("Env") or ())
        return Image(
            name=name,
            image_id=found["Id"],
            repository_digests=tuple(found.get("RepoDigests") or ()),
            architecture=found.get("Architecture", ""),
            entry_point=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            working_directory=config.get("WorkingDir") or "",
            environment_variables={variable: value for variable, _, value in variables},
            labels=dict(config.get("Labels") or {}),
            size=found.get("Size", 0),
        )

    def images(self, label: str) -> list[tuple[list[str], dict[str, str], int]]:
        """All images with a label: names, labels, size in bytes."""
        with self._errors() as api:
            found = api.images(filters={"label": label})
        return [(one.get("RepoTags") or [], one["Labels"] or {}, one["Size"]) for one in found]

    def pull(self, name: str, progress: Progress) -> None:
        """Fetch an image from its registry."""
        repository, tag = parse_repository_tag(name)
        with self._errors(name) as api:
            _follow(api.pull(repository, tag or "latest", stream=True, decode=True), progress)

    def import_image(self, archive: IO[bytes], name: str, changes: Iterable[str]) -> None:
        """Make an image of one layer from a tar; `changes` are Dockerfile instructions."""
        repository, tag = parse_repository_tag(name)
        with self._errors(name) as api:
            answer = api.import_image_from_data(
                archive, repository=repository, tag=tag, changes=list(changes)
            )
        if '"errorDetail"' in answer:
            raise EngineError(f"The image {name} could not be made: {answer.strip()}")

    def build(
        self, context: IO[bytes], name: str, labels: Mapping[str, str], progress: Progress
    ) -> None:
        """Build an image from a tar with a Dockerfile in it."""
        with self._errors(name) as api:
            steps = api.build(
                fileobj=context,
                custom_context=True,
                tag=name,
                labels=dict(labels),
                rm=True,
                forcerm=True,
                decode=True,
            )
            _follow(steps, progress)

    def volumes(self, label: str) -> list[str]:
        """The names of all volumes with a label."""
        with self._errors() as api:
            found = api.volumes(filters={"label": label})["Volumes"]
        return [volume["Name"] for volume in found or ()]

    def remove_volume(self, name: str) -> None:
        """Remove a volume that no container has."""
        with self._errors() as api:
            api.remove_volume(name)

    def copy_to_volume(self, image: str, path: str, volume: str, label: str) -> None:
        """Make a volume with what an image has at a path."""
        host = {"binds": {volume: {"bind": path, "mode": "rw"}}}
        with self._errors() as api:
            api.create_volume(volume, labels={label: image})
        # The engine fills an empty volume when a container is made with it.
        name = f"{volume}-{secrets.token_hex(4)}"
        self.remove(self.create(image, name=name, host=host, command=["true"]))

    def remove_image(self, name: str, *, force: bool = True) -> None:
        """Take a name from an image, and with the last one the image; no harm if it has gone.

        Without `force` not if anything is made of it.
        """
        with self._errors(name) as api:
            try:
                api.remove_image(name, force=force)
            except NotFound:
                return

    # Within...

    @contextmanager
    def _errors(self, subject: str = "") -> Iterator[docker.APIClient]:
        """The client, and its errors in one line."""
        api = self._client()
        try:
            _knock(self._host)
            yield api
        except NotFound as error:
            raise EngineError(_explained(error) or f"{subject} does not exist") from error
        except APIError as error:
            raise EngineError(f"The container engine refuses: {_explained(error)}") from error
        except EngineError:
            raise
        except (DockerException, RequestException, OSError) as error:
            raise EngineError(f"The container engine does not answer: {_first(error)}") from error

    def _client(self) -> docker.APIClient:
        if self._api is None:
            self._host, self._api = _connect()
        return self._api


def repository_of(name: str) -> str:
    """An image's name without tag or digest.

    >>> repository_of("localhost:5000/hello:1")
    'localhost:5000/hello'
    """
    return str(parse_repository_tag(name)[0])


def _connect() -> tuple[str, docker.APIClient]:
    """Where an engine is, and a client of it."""
    reasons = []
    for arguments in _candidates():
        try:
            _knock(arguments["base_url"])
            client = docker.APIClient(
                version="auto", timeout=_PATIENCE, num_pools=CONNECTIONS, **arguments
            )
        except (DockerException, RequestException, OSError) as error:
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
        arguments: dict[str, Any] = {**kwargs_from_env()}
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
    context = ContextAPI.get_current_context()
    hosts = [context.Host] if context is not None else []
    hosts += [f"unix://{place}" for place in places if place.exists()]
    for host in dict.fromkeys(hosts):
        yield {"base_url": host}


def _follow(steps: Iterable[dict[str, Any]], progress: Progress) -> None:
    """Tell what a pull or a build tells; raises where it failed."""
    for step in steps:
        if "error" in step:
            raise EngineError(str(step["error"]).strip())
        text = str(step.get("stream") or step.get("status") or "").strip()
        if text:
            done = str(step.get("progress") or "")
            progress(" ".join(filter(None, [step.get("id", ""), text, done])))


def _explained(error: APIError) -> str:
    return " ".join(str(error.explanation or "").split())


def _first(error: Exception) -> str:
    """The reason under what the HTTP library wrapped it in."""
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    return " ".join(str(cause).split())
