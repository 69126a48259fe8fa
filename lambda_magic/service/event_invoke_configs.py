"""How functions are invoked asynchronously: retries, age and destinations of events.

https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html

What is kept is what was given, with the defaults left out; `invocation` knows those.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import (
    InvalidParameterValueException,
    LambdaError,
    ResourceNotFoundException,
)
from lambda_magic.service import destinations
from lambda_magic.service.lookup import Lookup
from lambda_magic.service.pages import page
from lambda_magic.store.settings import Setting

Request = Mapping[str, Any]
Response = dict[str, Any]

_MEMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


class EventInvokeConfigs:
    """The operations on the configuration of asynchronous invocation."""

    def __init__(self, lookup: Lookup, clock: Clock) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._clock = clock

    async def put_function_event_invoke_config(self, request: Request) -> Response:
        """Configure a function, version or alias; what was configured before is forgotten."""
        return self._put(request, "PutFunctionEventInvokeConfig", keep=False)

    async def update_function_event_invoke_config(self, request: Request) -> Response:
        """Change what is configured, where the request has another value."""
        return self._put(request, "UpdateFunctionEventInvokeConfig", keep=True)

    async def get_function_event_invoke_config(self, request: Request) -> Response:
        """What is configured for a function, version or alias."""
        reference = self._reference(request, "GetFunctionEventInvokeConfig")
        return self._answer(reference, self._found(reference))

    async def delete_function_event_invoke_config(self, request: Request) -> Response:
        """Configure nothing any more."""
        reference = self._reference(request, "DeleteFunctionEventInvokeConfig")
        with self._catalog.transaction() as changes:
            self._found(reference)
            changes.delete_setting(Setting.EVENT_INVOKE, reference.name, str(reference.qualifier))
        return {}

    async def list_function_event_invoke_configs(self, request: Request) -> Response:
        """All that is configured for a function; a page at a time."""
        name = self._lookup.reference(request, "ListFunctionEventInvokeConfigs").name
        if self._catalog.find_function(name) is None:
            raise _no_function()
        configs = self._catalog.settings.of_function(Setting.EVENT_INVOKE, name)
        found, marker = page(sorted(configs.items()), request, key=lambda pair: pair[0])
        answers = [
            self._answer(FunctionReference(name=name, qualifier=qualifier), config)
            for qualifier, config in found
        ]
        return {"FunctionEventInvokeConfigs": answers, **marker}

    def _put(self, request: Request, operation: str, *, keep: bool) -> Response:
        reference = self._reference(request, operation)
        if not any(member in request for member in _MEMBERS):
            raise InvalidParameterValueException(
                "You must specify at least one of error handling or destination setting."
            )
        config: dict[str, Any] = {
            member: request[member] for member in _MEMBERS if member in request
        }
        with self._catalog.transaction() as changes:
            self._check_exists(reference)
            current = self._found(reference) if keep else {}
            if "DestinationConfig" in config:
                config["DestinationConfig"] = destinations.normal(config["DestinationConfig"])
                destinations.check(config["DestinationConfig"], self._lookup, reference.name)
            config = {
                "DestinationConfig": destinations.normal({}),
                **current,
                **config,
                "LastModified": self._clock.time(),
            }
            changes.put_setting(
                Setting.EVENT_INVOKE, reference.name, config, qualifier=str(reference.qualifier)
            )
        return self._answer(reference, config)

    def _reference(self, request: Request, operation: str) -> FunctionReference:
        """What a request configures; without a qualifier it is `$LATEST`."""
        reference = self._lookup.reference(request, operation)
        return FunctionReference(name=reference.name, qualifier=reference.qualifier or LATEST)

    def _check_exists(self, reference: FunctionReference) -> None:
        try:
            self._lookup.version(reference)
        except LambdaError as error:
            raise _no_function() from error

    def _found(self, reference: FunctionReference) -> Mapping[str, Any]:
        config = self._catalog.event_invoke_config(reference.name, reference.qualifier)
        if config is None:
            arn = self._lookup.arns.function(reference.name, reference.qualifier)
            raise ResourceNotFoundException(f"The function {arn} doesn't have an EventInvokeConfig")
        return config

    def _answer(self, reference: FunctionReference, config: Mapping[str, Any]) -> Response:
        return {
            **config,
            "DestinationConfig": destinations.normal(config["DestinationConfig"]),
            "LastModified": datetime.fromtimestamp(config["LastModified"], UTC),
            "FunctionArn": self._lookup.arns.function(reference.name, reference.qualifier),
        }


def _no_function() -> ResourceNotFoundException:
    return ResourceNotFoundException("The function doesn't exist.")
