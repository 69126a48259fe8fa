"""The defaults of the magics: `%config LambdaMagic` lists them, and sets them."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets import Bool, CaselessStrEnum, Float, Int, TraitError, Unicode, default, validate
from traitlets.config import Configurable

from lambda_magic.core.settings import Settings, default_home
from lambda_magic.deployment.requirements import machine_architecture
from lambda_magic.environments.isolation import Isolation
from lambda_magic.environments.sandbox import CONTAINER, SUBPROCESS

_FALLBACK = Settings()

_ARN_PARTS = {
    "account_id": re.compile(r"\d{12}"),
    "region_name": re.compile(r"[a-z]{2}(-[a-z]+)+-\d"),
}

#: Traits that a region is made from: a change closes it, and the next use opens another one.
REGION_TRAITS = (
    "home",
    "account_id",
    "region_name",
    "concurrent_executions",
    "idle_timeout",
    "isolation",
    "environment",
    "container_pool",
    "container_address",
    "cpu_quota",
    "runtime_client",
    "aws_endpoint_url",
)


class LambdaMagic(Configurable):
    """Defaults of %%lambda, and the settings of the region that functions run in."""

    memory_size = Int(128, min=128, max=10_240, help="--memory where a cell gives none (MB)").tag(
        config=True
    )
    timeout = Int(3, min=1, max=900, help="--timeout where a cell gives none (s)").tag(config=True)
    runtime = Unicode(help="--runtime where a cell gives none; the kernel's Python").tag(
        config=True
    )
    architecture = CaselessStrEnum(
        ["x86_64", "arm64"], help="the functions' architecture; this machine's"
    ).tag(config=True)
    role = Unicode(help="--role where a cell gives none").tag(config=True)

    home = Unicode(help="where functions, logs and metrics are kept").tag(config=True)
    account_id = Unicode(_FALLBACK.account_id, help="the account in every ARN").tag(config=True)
    region_name = Unicode(_FALLBACK.region_name, help="the region in every ARN").tag(config=True)
    concurrent_executions = Int(
        _FALLBACK.concurrent_executions, min=1, help="how many invocations may be in flight"
    ).tag(config=True)
    idle_timeout = Float(
        _FALLBACK.idle_timeout, min=0, help="how long an idle environment stays warm (s)"
    ).tag(config=True)
    isolation = CaselessStrEnum(
        ["auto", *map(str, Isolation)],
        _FALLBACK.isolation,
        help='"auto" takes the strongest that this machine allows',
    ).tag(config=True)
    environment = CaselessStrEnum(
        [SUBPROCESS, CONTAINER],
        _FALLBACK.environment,
        help="where functions run whose cell does not say it",
    ).tag(config=True)
    container_pool = Int(
        _FALLBACK.container_pool,
        min=0,
        help="how many containers of a runtime are kept ready for cold starts",
    ).tag(config=True)
    container_address = Unicode(
        _FALLBACK.container_address,
        allow_none=True,
        help="at what address containers on another machine (DOCKER_HOST) reach this one",
    ).tag(config=True)
    cpu_quota = Bool(
        _FALLBACK.cpu_quota, help="whether CPU time is given in proportion to memory"
    ).tag(config=True)
    runtime_client = CaselessStrEnum(
        ["lambda_magic", "awslambdaric"],
        _FALLBACK.runtime_client,
        help="--runtime-client where a cell gives none: ours, or AWS's own where it is installed",
    ).tag(config=True)
    aws_endpoint_url = Unicode(
        _FALLBACK.aws_endpoint_url,
        allow_none=True,
        help="where S3, SQS, SNS, IAM and other services are found; nowhere",
    ).tag(config=True)

    def __init__(self, shell: InteractiveShell, region_changed: Callable[[], None]) -> None:
        super().__init__(parent=shell)
        self.observe(lambda change: region_changed(), names=list(REGION_TRAITS))

    @default("runtime")
    def _kernels_python(self) -> str:
        return f"python{sys.version_info.major}.{sys.version_info.minor}"

    @default("architecture")
    def _this_machine(self) -> str:
        return machine_architecture()

    @default("role")
    def _some_role(self) -> str:
        return f"arn:aws:iam::{self.account_id}:role/lambda-magic"

    @default("home")
    def _default_home(self) -> str:
        return str(default_home())

    @validate("account_id", "region_name")
    def _is_part_of_an_arn(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, str(proposal["value"])
        if not _ARN_PARTS[name].fullmatch(value):
            raise TraitError(f"{value!r} is no {name}: write it as in {getattr(_FALLBACK, name)!r}")
        return value

    def settings(self) -> Settings:
        """The settings of the region, as they are now."""
        chosen = {name: getattr(self, name) for name in REGION_TRAITS if name != "home"}
        return Settings(home=Path(self.home).expanduser().absolute(), **chosen)
