"""Function URLs: one for a function and one for each of its aliases.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html

The endpoint serves them (`api.function_urls`); here is which there are.
"""

import base64
import copy
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import (
    ResourceConflictException,
    ResourceNotFoundException,
    ValidationException,
)
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.pages import page
from lambda_magic.store.settings import WHOLE, Setting

Request = Mapping[str, Any]
Response = dict[str, Any]

#: The members that a request sets.
_MEMBERS = ("AuthType", "Cors", "InvokeMode")
_ALIAS_PATTERN = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"


class FunctionUrls:
    """The operations on function URLs."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._clock = clock
        #: Where the region's URLs are served: "localhost:9001", or None where they are not.
        self.authority: str | None = None

    async def create_function_url_config(self, request: Request) -> Response:
        """Give a function, or one of its aliases, a URL."""
        reference = self._reference(request, "CreateFunctionUrlConfig")
        now = self._now()
        url = {
            "UrlId": base64.b32encode(secrets.token_bytes(20)).decode().lower(),
            "InvokeMode": "BUFFERED",
            "CreationTime": now,
            "LastModifiedTime": now,
        } | _given(request)
        with self._catalog.transaction() as changes:
            self._check_exists(reference)
            if self._catalog.function_url(reference.name, reference.qualifier) is not None:
                arn = self._lookup.arns.function(reference.name, reference.qualifier)
                raise ResourceConflictException(
                    f"Failed to create function url config for [functionArn = {arn}]. Error "
                    "message:  FunctionUrlConfig exists for this Lambda function"
                )
            changes.put_setting(
                Setting.URL, reference.name, url, qualifier=reference.qualifier or WHOLE
            )
        return self._answer(reference, url, leave_out=_silent(request, "LastModifiedTime"))

    async def get_function_url_config(self, request: Request) -> Response:
        """The URL of a function, or of one of its aliases."""
        reference = self._reference(request, "GetFunctionUrlConfig")
        return self._answer(reference, self._found(reference))

    async def update_function_url_config(self, request: Request) -> Response:
        """Change how a URL answers; it stays the same URL."""
        reference = self._reference(request, "UpdateFunctionUrlConfig")
        with self._catalog.transaction() as changes:
            self._check_exists(reference)
            url = {
                **self._found(reference),
                **_given(request),
                "LastModifiedTime": self._now(),
            }
            changes.put_setting(
                Setting.URL, reference.name, url, qualifier=reference.qualifier or WHOLE
            )
        return self._answer(reference, url, leave_out=_silent(request))

    async def delete_function_url_config(self, request: Request) -> Response:
        """Take a URL away; nobody ever gets the same one again."""
        reference = self._reference(request, "DeleteFunctionUrlConfig")
        with self._catalog.transaction() as changes:
            self._found(reference)
            changes.delete_setting(Setting.URL, reference.name, reference.qualifier or WHOLE)
        return {}

    async def list_function_url_configs(self, request: Request) -> Response:
        """The URLs of a function and of its aliases; a page at a time."""
        name = self._lookup.reference(request, "ListFunctionUrlConfigs").name
        self._check_exists(FunctionReference(name=name))
        urls = self._catalog.settings.of_function(Setting.URL, name)
        found, marker = page(sorted(urls.items()), request, key=lambda pair: pair[0])
        answers = [
            self._answer(FunctionReference(name=name, qualifier=qualifier or None), url)
            for qualifier, url in found
        ]
        return {"FunctionUrlConfigs": answers, **marker}

    def address(self, url_id: str) -> str:
        """The URL that an id stands for: AWS's own, or the one that is served here."""
        region = self._lookup.arns.region_name
        if self.authority is None:
            return f"https://{url_id}.lambda-url.{region}.on.aws/"
        return f"http://{url_id}.lambda-url.{region}.{self.authority}/"

    def _reference(self, request: Request, operation: str) -> FunctionReference:
        """The function or alias that a request is about; a version cannot have a URL."""
        reference = self._lookup.reference(request, operation)
        qualifier = reference.qualifier
        if qualifier is not None and (qualifier == LATEST or qualifier.isdecimal()):
            raise ValidationException(
                f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to "
                "satisfy constraint: Member must satisfy regular expression pattern: "
                f"{_ALIAS_PATTERN}"
            )
        return reference

    def _check_exists(self, reference: FunctionReference) -> None:
        name, alias = reference.name, reference.qualifier
        if self._catalog.find_function(name) is None or (
            alias is not None and self._catalog.find_alias(name, alias) is None
        ):
            raise ResourceNotFoundException("Function does not exist")

    def _found(self, reference: FunctionReference) -> Mapping[str, Any]:
        url = self._catalog.function_url(reference.name, reference.qualifier)
        if url is None:
            raise ResourceNotFoundException()
        return url

    def _answer(
        self,
        reference: FunctionReference,
        url: Mapping[str, Any],
        *,
        leave_out: frozenset[str] = frozenset(),
    ) -> Response:
        answer = {
            key: copy.deepcopy(value)
            for key, value in url.items()
            if key != "UrlId" and key not in leave_out and value != {}
        }
        return answer | {
            "FunctionUrl": self.address(url["UrlId"]),
            "FunctionArn": self._lookup.arns.function(reference.name, reference.qualifier),
        }

    def _now(self) -> str:
        now = datetime.fromtimestamp(self._clock.time(), UTC)
        return f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"


def _given(request: Request) -> dict[str, Any]:
    return {member: request[member] for member in _MEMBERS if member in request}


def _silent(request: Request, *members: str) -> frozenset[str]:
    """What the answers to changes leave out: AWS repeats InvokeMode only where it was given."""
    return frozenset(members) | ({"InvokeMode"} - request.keys())
