"""Other services of AWS, at the endpoint that the user configured; without one none is reached."""

import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from lambda_magic.core.settings import Settings

#: Stands for AWS itself, where otherwise an endpoint's URL does.
REAL = "aws"

#: Connections that a client keeps: as many as there may be calls at once.
_CONNECTIONS = 32

#: Where these are set, the user has chosen credentials.
_CHOSEN = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")


def aws_client(settings: Settings, service: str) -> Any:
    """A boto3 client for a service at the configured endpoint, or None where there is none.

    Its calls take time: make them in a thread.
    """
    if settings.aws_endpoint_url is None:
        return None
    config = Config(max_pool_connections=_CONNECTIONS)
    if settings.aws_endpoint_url == REAL:
        real: Any = boto3.Session(region_name=settings.region_name)
        return real.client(service, config=config)
    keys: dict[str, Any] = {}
    if not any(os.environ.get(name) for name in _CHOSEN):
        # A stand-in for AWS takes any credentials, but boto3 does not go without; asking the
        # machine it runs on for some, as it else would, takes seconds.
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    session: Any = boto3.Session(region_name=settings.region_name, **keys)
    return session.client(service, endpoint_url=settings.aws_endpoint_url, config=config)


def stand_in_url(settings: Settings) -> str | None:
    """The endpoint that clients must be told of; None where there is none, and for AWS itself."""
    return None if settings.aws_endpoint_url == REAL else settings.aws_endpoint_url


def function_credentials(settings: Settings) -> Mapping[str, str]:
    """The user's own credentials as environment variables, where functions are to find AWS itself.

    A role's on AWS. Nothing where there is a stand-in, which takes any, or where the user has none.
    They are those of now: such as expire are not renewed.
    """
    if settings.aws_endpoint_url != REAL:
        return {}
    found: Any = boto3.Session().get_credentials()
    if found is None:
        return {}
    frozen = found.get_frozen_credentials()
    variables = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token,
    }
    return {name: value for name, value in variables.items() if value}
