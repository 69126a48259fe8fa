"""The rest of AWS for one notebook: embedded or elsewhere, and known to cells and functions."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from IPython.core.error import UsageError

from lambda_magic.api.endpoint import Endpoint
from lambda_magic.core.aws import REAL, aws_client, function_credentials
from lambda_magic.embedded_aws.process import EmbeddedAws, Notification
from lambda_magic.magics.session import Session
from lambda_magic.monitoring import display

#: Seconds for an endpoint to take a connection.
_CONNECT_TIMEOUT = 3.0

#: Who may assume the default role: Lambda.
_TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "lambda.amazonaws.com"}}]}'
)


class AwsStatus:
    """Where the rest of AWS is found, and what is served there."""

    def __init__(self, url: str, lambda_url: str, embedded: EmbeddedAws | None) -> None:
        #: The endpoint of all services but Lambda, or "aws" for AWS itself.
        self.url = url
        #: The endpoint of Lambda: this region's.
        self.lambda_url = lambda_url
        self._embedded = embedded

    @property
    def is_embedded(self) -> bool:
        """Whether it is the embedded AWS."""
        return self._embedded is not None

    def __repr__(self) -> str:
        return f"<AwsStatus {self.url} [{'embedded' if self.is_embedded else 'elsewhere'}]>"

    def __str__(self) -> str:
        return "\n".join([f"{self._title}  {self.url}", *self._lines()])

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        lines = [f"<div>{display.escape(line)}</div>" for line in self._lines()]
        return display.card([display.heading(self._title, self.url), *lines], accent=display.BLUE)

    @property
    def _title(self) -> str:
        if self.is_embedded:
            return "Embedded AWS"
        return "AWS itself" if self.url == REAL else "AWS stand-in"

    def _lines(self) -> list[str]:
        lines = ['boto3.client("sqs") finds it, in cells and in functions.']
        lines.append(f'boto3.client("lambda") is this region: {self.lambda_url}')
        if self.url == REAL:
            lines.append("Functions have your own credentials, as of now.")
        if self._embedded is not None:
            lines.append("It ends with the kernel; what is in it is kept.")
            if self._embedded.lost:
                lost = ", ".join(self._embedded.lost)
                lines.append(f"Not kept since the last time: {lost}.")
        return lines


class AwsSession:
    """Starts, points at and lets go of the rest of AWS."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._embedded: EmbeddedAws | None = None
        #: What variables were before: None where there was none.
        self._variables: dict[str, str | None] = {}
        session.undo.callback(self.stop)

    @property
    def status(self) -> AwsStatus | None:
        """Where AWS is, or None where it is nowhere."""
        url = self._session.configuration.aws_endpoint_url
        if url is None:
            return None
        embedded = self._embedded
        if embedded is not None and not embedded.is_running:
            raise UsageError("The embedded AWS has ended: %aws start starts it again")
        return AwsStatus(url, self._session.serve().url, embedded)

    def start(self, port: int) -> AwsStatus:
        """Start the embedded AWS, if it does not run; raises `EmbeddedAwsError`."""
        if self._embedded is None or not self._embedded.is_running:
            self.stop()
            settings = self._session.configuration.settings()
            settings.home.mkdir(parents=True, exist_ok=True)
            self._embedded = EmbeddedAws(
                settings.home,
                account_id=settings.account_id,
                region_name=settings.region_name,
                port=port,
                receive=self._receive,
            )
            try:
                self._point_at(self._embedded.url)
                self._make_role()
            except BaseException:
                self.stop()
                raise
        status = self.status
        assert status is not None
        return status

    def use(self, url: str) -> AwsStatus:
        """Point at an endpoint, or at AWS itself."""
        if url != REAL:
            _check_answers(url)
        self.stop()
        self._point_at(url)
        if url == REAL and not function_credentials(self._session.configuration.settings()):
            self.stop()
            raise UsageError("boto3 finds no credentials for AWS: aws configure, or AWS_PROFILE")
        status = self.status
        assert status is not None
        return status

    def stop(self) -> None:
        """Point nowhere; the embedded AWS saves what is in it, and ends."""
        for name, before in self._variables.items():
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before
        self._variables.clear()
        # First those who poll it, which the region does.
        if self._embedded is not None or self._session.configuration.aws_endpoint_url is not None:
            self._configure(None)
        embedded, self._embedded = self._embedded, None
        if embedded is not None:
            embedded.stop()

    def _receive(self, notification: Notification) -> None:
        """In a thread: a service has something for a function."""
        region = self._session.region
        region.call(region.event_sources.push.receive(notification))

    def _point_at(self, url: str) -> None:
        """Tell the region, its functions and the notebook's own boto3."""
        self._configure(url)
        settings = self._session.configuration.settings()
        variables = {
            "AWS_ENDPOINT_URL_LAMBDA": self._session.serve().url,
            "AWS_DEFAULT_REGION": settings.region_name,
            "AWS_REGION": settings.region_name,
        }
        if url != REAL:
            variables["AWS_ENDPOINT_URL"] = url
            if not any(os.environ.get(n) for n in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")):
                variables |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        self._set(variables)

    def _configure(self, url: str | None) -> None:
        """Have the region opened anew with another endpoint; what it served is served again."""
        served = self._session.endpoint
        self._session.configuration.aws_endpoint_url = url
        if served is not None and not served.is_serving and url is not None:
            self._session.endpoint = Endpoint(self._session.region, served.address)

    def _set(self, variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            self._variables.setdefault(name, os.environ.get(name))
            os.environ[name] = value

    def _make_role(self) -> None:
        """The role that cells give their functions is to exist, as it must on AWS."""
        configuration = self._session.configuration
        client: Any = aws_client(configuration.settings(), "iam")
        with suppress(client.exceptions.EntityAlreadyExistsException, ClientError):
            client.create_role(
                RoleName=configuration.role.rpartition("/")[2], AssumeRolePolicyDocument=_TRUST
            )
        client.close()


def _check_answers(url: str) -> None:
    """Refuse what is no URL, or where nobody listens."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        assert parts.hostname
    except (AssertionError, KeyError, ValueError):
        raise UsageError(f"{url}: write it as in http://localhost:4566, or aws") from None
    try:
        socket.create_connection((parts.hostname, port), _CONNECT_TIMEOUT).close()
    except OSError as error:
        raise UsageError(f"{url} does not answer: {error.strerror or error}") from None
