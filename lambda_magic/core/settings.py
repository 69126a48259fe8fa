"""What may be chosen about a region: where it keeps its state, its quotas, its habits."""

import os
from dataclasses import dataclass, field
from pathlib import Path


def default_home() -> Path:
    """`$LAMBDA_MAGIC_HOME`, or `.lambda_magic` in the current directory (beside the notebook)."""
    return Path(os.environ.get("LAMBDA_MAGIC_HOME") or ".lambda_magic").absolute()


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The choices for one region. Numbers default to AWS's quotas in us-east-1."""

    #: The directory that holds everything kept between kernels.
    home: Path = field(default_factory=default_home)
    #: The twelve digits in every ARN.
    account_id: str = "123456789012"
    #: The region's name, in every ARN and in `AWS_REGION`.
    region_name: str = "us-east-1"
    #: ConcurrentExecutions: how many invocations the account may have in flight.
    concurrent_executions: int = 1000
    #: Reserving concurrency must leave this much unreserved.
    minimum_unreserved: int = 100
    #: Execution environments a function may add at once, refilled continuously over ten seconds.
    scaling_burst: int = 1000
    #: Asynchronous events of one function that are tried at once, where concurrency allows.
    async_concurrency: int = 50
    #: Seconds the Init phase may take before it is run again under the function's timeout.
    init_timeout: float = 10.0
    #: Seconds an environment may stay warm without an invocation.
    idle_timeout: float = 300.0
    #: Seconds an environment stays idle before it is frozen.
    freeze_delay: float = 0.005
    #: "auto" takes the strongest isolation that this machine allows; see `environments.process`.
    isolation: str = "auto"
    #: Where functions run that do not say it themselves: "subprocess" or "container".
    environment: str = "subprocess"
    #: Containers of a runtime that are kept ready, started ahead of any cold start.
    container_pool: int = 0
    #: At what address containers on another machine's engine (DOCKER_HOST) reach this one.
    container_address: str | None = None
    #: Whether CPU time is given in proportion to memory (1,769 MB is one vCPU), as on AWS.
    cpu_quota: bool = True
    #: Which runtime client runs functions: "lambda_magic" or AWS's own, "awslambdaric". Node.js has
    #: one too, aws-lambda-ric, which is taken where npm has installed it globally.
    runtime_client: str = "lambda_magic"
    #: Where other services of AWS are found: code in S3, roles, queues, streams and destinations
    #: are looked up there, such as at a local stand-in; "aws" is AWS itself, with the user's
    #: credentials. None: nowhere, and none of it is checked.
    aws_endpoint_url: str | None = None
    #: How much of the past is kept: rows of each kind (log events, invocations), and days.
    journal_rows: int = 500_000
    journal_days: float = 30.0
