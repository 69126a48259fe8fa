"""What all execution environments of one function version have in common."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lambda_magic.environments.languages import OS_ONLY
from lambda_magic.environments.sandbox import (
    DEFAULT_NETWORK,
    SUBPROCESS,
    ContainerImage,
    SandboxSpec,
)
from lambda_magic.monitoring.events import Origin
from lambda_magic.runtime_api.extensions import FunctionMetadata

#: Tags of a function that say where it runs; AWS keeps them, and does nothing by them.
ENVIRONMENT_TAG = "lambda-magic:environment"
NETWORK_TAG = "lambda-magic:network"
#: The same, for what runs its handler: "lambda_magic" or "awslambdaric".
RUNTIME_CLIENT_TAG = "lambda-magic:runtime-client"

#: The language and the version: "python3.12", "nodejs20.x", "provided.al2023".
_RUNTIME = re.compile(r"([a-z]+)\.?(.*?)(?:\.x)?")

#: The memory that buys one whole vCPU.
MEMORY_PER_VCPU_MB = 1769


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaEndpoint:
    """Where functions find the Lambda API, and what they sign their requests with."""

    url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSpec:
    """A function version, as its environments need it."""

    function_name: str
    #: A published version or "$LATEST".
    version: str
    #: Changes with the version's code or configuration: environments of another are stale.
    generation: str
    runtime: str
    handler: str
    #: The unpacked deployment package.
    code: Path
    #: What its layers come to: a directory that is /opt, or None.
    layers: Path | None = None
    #: Seconds.
    timeout: float = 3.0
    memory_size_mb: int = 128
    ephemeral_storage_mb: int = 512
    architecture: str = "x86_64"
    log_group: str
    log_format: str = "Text"
    #: They count with JSON only.
    application_log_level: str = "INFO"
    system_log_level: str = "INFO"
    region_name: str = "us-east-1"
    account_id: str = "123456789012"
    #: The function's own variables.
    environment_variables: dict[str, str] = field(default_factory=dict, repr=False)
    cpu_quota: bool = True
    runtime_client: str = "lambda_magic"
    #: The region's own API over HTTP, while it is served.
    endpoint: LambdaEndpoint | None = None
    #: The kind of sandbox, what network a container has, and the image of a function that is one.
    environment: str = SUBPROCESS
    network: str = DEFAULT_NETWORK
    image: ContainerImage | None = None
    #: Where functions find the rest of AWS, or None where they are not told.
    aws_endpoint_url: str | None = None
    #: Environment variables with the user's credentials, where that is AWS itself.
    aws_credentials: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """Environments with equal keys are interchangeable."""
        return (self.function_name, self.version, self.generation)

    @property
    def metadata(self) -> FunctionMetadata:
        """What extensions are told when they register."""
        return FunctionMetadata(
            function_name=self.function_name,
            function_version=self.version,
            handler=self.handler,
            account_id=self.account_id,
        )

    def runtime_version(self, release: str | None = None) -> str:
        """The runtime as the INIT_START line names it.

        `python3.12` is "python:3.12.v1", `nodejs20.x` is "nodejs:20.v1". Where another version runs
        in its place, that is its `release`.
        """
        if self.image is not None:
            return "image"
        match = _RUNTIME.fullmatch(self.runtime)
        language, version = match.groups() if match else (self.runtime, "")
        return f"{language}:{release or version}.v1"

    def origin(self, initialization_type: str, time: float) -> Origin:
        """The identity of a new environment, started at `time` (seconds since the epoch)."""
        environment_id = uuid.uuid4().hex
        day = datetime.fromtimestamp(time, UTC).strftime("%Y/%m/%d")
        return Origin(
            environment_id=environment_id,
            function_name=self.function_name,
            function_version=self.version,
            log_group=self.log_group,
            log_stream=f"{day}/{self._stream_prefix}[{self.version}]{environment_id}",
            memory_size_mb=self.memory_size_mb,
            architecture=self.architecture,
            initialization_type=initialization_type,
            runtime=self.runtime,
            ephemeral_storage_mb=self.ephemeral_storage_mb,
            log_format=self.log_format,
            application_log_level=self.application_log_level,
            system_log_level=self.system_log_level,
            region_name=self.region_name,
        )

    @property
    def _stream_prefix(self) -> str:
        """The function's name, in a log group that other functions may write to as well.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
        """
        is_own = self.log_group == f"/aws/lambda/{self.function_name}"
        return "" if is_own else self.function_name

    def sandbox_spec(self, origin: Origin) -> SandboxSpec:
        """What the sandbox of the environment `origin` is made from."""
        return SandboxSpec(
            environment_id=origin.environment_id,
            runtime=self.runtime,
            handler=self.handler,
            code=self.code,
            layers=self.layers,
            environment_variables=self._variables(origin),
            memory_size_mb=self.memory_size_mb,
            ephemeral_storage_mb=self.ephemeral_storage_mb,
            vcpus=self.memory_size_mb / MEMORY_PER_VCPU_MB if self.cpu_quota else None,
            runtime_client=self.runtime_client,
            environment=self.environment,
            network=self.network,
            image=self.image,
        )

    def _variables(self, origin: Origin) -> dict[str, str]:
        """The function's own variables and the reserved ones.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        endpoint = self.endpoint
        execution = f"AWS_Lambda_{self.runtime or 'Image'}"
        return {
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            **({"AWS_ENDPOINT_URL_LAMBDA": endpoint.url} if endpoint else {}),
            **({"AWS_ENDPOINT_URL": self.aws_endpoint_url} if self.aws_endpoint_url else {}),
            **self.environment_variables,
            "_HANDLER": self.handler,
            "AWS_DEFAULT_REGION": self.region_name,
            "AWS_REGION": self.region_name,
            # What brings its own runtime does not have it.
            **({} if self.runtime in OS_ONLY else {"AWS_EXECUTION_ENV": execution}),
            "AWS_LAMBDA_FUNCTION_NAME": self.function_name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_size_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": origin.initialization_type,
            **self._logging_variables(),
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": origin.log_stream,
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            **self._credentials(),
        }

    def _credentials(self) -> dict[str, str]:
        """A role's on AWS; here the user's own, or words that no AWS service accepts."""
        if self.aws_credentials:
            return self.aws_credentials
        endpoint = self.endpoint
        return {
            "AWS_ACCESS_KEY_ID": endpoint.access_key_id if endpoint else "test",
            "AWS_SECRET_ACCESS_KEY": endpoint.secret_access_key if endpoint else "test",
            "AWS_SESSION_TOKEN": "test",
        }

    def _logging_variables(self) -> dict[str, str]:
        """What the runtime writes its log by; only a log in JSON has a level."""
        log_format = {"AWS_LAMBDA_LOG_FORMAT": self.log_format}
        if self.log_format != "JSON":
            return log_format
        return {**log_format, "AWS_LAMBDA_LOG_LEVEL": self.application_log_level}
