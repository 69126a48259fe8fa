"""The container engine, as docker-py talks to it.

Every method waits for the engine: they are for threads, not for the loop. What goes wrong is an
`EngineError` in one line.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

from lambda_magic.environments import docker_py
from lambda_magic.environments.engine_client import EngineClient, EngineError

#: Takes a line that tells how far a pull or a build is.
Progress = Callable[[str], None]


#: Open files of a process; processes of one user, in all containers.
_PODMAN_LIMITS = (
    {"Name": "nofile", "Soft": 1024, "Hard": 1024},
    {"Name": "nproc", "Soft": 16_384, "Hard": 16_384},
)
#: What engines before 25 call an image that has no name.
_NO_NAME = "<none>:<none>"
#: Seconds: longer than any function runs, with all its pauses.
_FOR_EVER = 30 * 24 * 3600


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


class ImageSummary(NamedTuple):
    """What the engine's list says of an image."""

    image_id: str
    #: Empty, if all have been taken from it.
    names: list[str]
    labels: dict[str, str]
    #: In bytes.
    size: int


class Engine(EngineClient):
    """What is done with an engine."""

    # Containers...

    def create(self, image: str, *, name: str, host: Mapping[str, Any], **options: Any) -> str:
        """Make a container; returns its id. `host` is what `create_host_config` takes."""
        with self._errors(image) as api:
            if self._is_podman:
                # It would raise those limits that are not set, which not every machine allows.
                given = host.get("ulimits", ())
                names = {limit["Name"] for limit in given}
                usual = [limit for limit in _PODMAN_LIMITS if limit["Name"] not in names]
                host = {**host, "ulimits": [*given, *usual]}
            config = api.create_host_config(**host)
            created = api.create_container(image, name=name, host_config=config, **options)
            return str(created["Id"])

    def start(self, container: str) -> None:
        """Start a container."""
        with self._errors() as api:
            api.start(container)

    def attach(self, container: str) -> Iterator[bytes]:
        """What a container will write, from before its start until its end."""
        with self._errors() as api:
            return _output(api.attach(container, stream=True, logs=False))

    def wait(self, container: str) -> tuple[int, bool]:
        """Return when a container has ended: its exit code, and whether it had too much memory."""
        with self._errors() as api:
            code = int(api.wait(container, timeout=_FOR_EVER)["StatusCode"])
            state = api.inspect_container(container)["State"]
            return code, bool(state.get("OOMKilled"))

    def kill(self, container: str, signal: int) -> None:
        """Send a signal to a container's first process."""
        with self._errors() as api:
            api.kill(container, int(signal))

    def pause(self, container: str) -> None:
        """Stop all processes of a container."""
        with self._errors() as api:
            api.pause(container)

    def unpause(self, container: str) -> None:
        """Let them go on."""
        with self._errors() as api:
            api.unpause(container)

    def memory_used(self, container: str) -> int:
        """The bytes in use now, without cached files."""
        with self._errors() as api:
            counted = api.stats(container, stream=False, one_shot=True)["memory_stats"]
        kinds = counted.get("stats", {})
        cached = kinds.get("inactive_file", kinds.get("total_inactive_file", 0))
        return int(counted.get("usage", 0)) - int(cached)

    def limit(self, container: str, **limits: Any) -> None:
        """Set other limits than it was made with: `mem_limit`, `memswap_limit`, `cpu_quota`..."""
        with self._errors() as api:
            api.update_container(container, **limits)

    def limit_cpu(self, container: str, period: int, quota: int) -> None:
        """Give a container so many microseconds of each period."""
        self.limit(container, cpu_period=period, cpu_quota=quota)

    def rename(self, container: str, name: str) -> None:
        """Give a container another name."""
        with self._errors() as api:
            api.rename(container, name)

    def remove(self, container: str) -> None:
        """Kill and remove a container, and return when it is gone; also one that has gone."""
        with self._errors() as api:
            try:
                api.remove_container(container, force=True)
            except docker_py.errors.NotFound:
                return
            except docker_py.errors.APIError as error:
                if error.status_code != 409:
                    raise
            # It has ended by itself and is being removed by the engine.
            try:
                api.wait(container, condition="removed")
            except docker_py.errors.NotFound:
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
            except docker_py.errors.NotFound:
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

    def images(self, label: str) -> list[ImageSummary]:
        """All images with a label, the newest first."""
        with self._errors() as api:
            found = api.images(filters={"label": label})
        return [
            ImageSummary(
                image_id=one["Id"],
                names=[name for name in one.get("RepoTags") or () if name != _NO_NAME],
                labels=one["Labels"] or {},
                size=one["Size"],
            )
            for one in found
        ]

    def pull(self, name: str, progress: Progress) -> None:
        """Fetch an image from its registry."""
        repository, tag = docker_py.utils.parse_repository_tag(name)
        with self._errors(name) as api:
            _follow(api.pull(repository, tag or "latest", stream=True, decode=True), progress)

    def import_image(self, archive: IO[bytes], name: str, changes: Iterable[str]) -> None:
        """Make an image of one layer from a tar; `changes` are Dockerfile instructions."""
        repository, tag = docker_py.utils.parse_repository_tag(name)
        with self._errors(name) as api:
            answer = api.import_image_from_data(
                archive, repository=repository, tag=tag, changes=list(changes)
            )
        if '"errorDetail"' in answer:
            raise EngineError(f"The image {name} could not be made: {answer.strip()}")
        if found := re.search(r"sha256:[0-9a-f]{64}", answer):
            # Podman forgets the tag while it imports.
            with self._errors(name) as api:
                api.tag(found[0], repository, tag)

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
        host = {"binds": {volume: {"bind": path, "mode": "rw"}}, "network_mode": "none"}
        with self._errors() as api:
            api.create_volume(volume, labels={label: image})
        # An engine fills an empty volume when a container is made with it, or first started.
        name = f"{volume}-{secrets.token_hex(4)}"
        try:
            container = self.create(image, name=name, host=host, entrypoint=["true"])
            try:
                self.start(container)
            finally:
                self.remove(container)
        except EngineError:
            # What is there counts as whole.
            self.remove_volume(volume)
            raise

    def remove_image(self, name: str, *, force: bool = True) -> None:
        """Take a name from an image, and with the last one the image; no harm if it has gone.

        Without `force` not if anything is made of it.
        """
        with self._errors(name) as api:
            try:
                api.remove_image(name, force=force)
            except docker_py.errors.NotFound:
                return


def repository_of(name: str) -> str:
    """An image's name without tag or digest.

    >>> repository_of("localhost:5000/hello:1")
    'localhost:5000/hello'
    """
    return str(docker_py.utils.parse_repository_tag(name)[0])


def _follow(steps: Iterable[dict[str, Any]], progress: Progress) -> None:
    """Tell what a pull or a build tells; raises where it failed."""
    for step in steps:
        if "error" in step:
            raise EngineError(str(step["error"]).strip())
        text = str(step.get("stream") or step.get("status") or "").strip()
        if text:
            done = str(step.get("progress") or "")
            progress(" ".join(filter(None, [step.get("id", ""), text, done])))


def _output(stream: Any) -> Iterator[bytes]:
    """The pieces of a stream; then closes it, and what it reads from."""
    try:
        yield from stream
    except OSError:
        return  # The engine has gone; what becomes of the container is asked next.
    finally:
        with suppress(OSError):
            stream.close()
        stream._response.raw.close()
        stream._response.close()
