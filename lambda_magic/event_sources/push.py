"""Services that push: what they have for functions is taken, as events to be invoked with.

Whoever may is decided by the function's resource policy; an event that may not is dropped, as
AWS's services drop it.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import LambdaError
from lambda_magic.event_sources.permission import may_invoke
from lambda_magic.event_sources.push_events import bus_event, s3_event, sns_event, target_input
from lambda_magic.invocation.asynchronous import AsynchronousInvoker
from lambda_magic.store.catalog import Catalog

_log = logging.getLogger(__name__)


class PushSources:
    """Takes notifications of the embedded AWS, and whatever else is due; on the loop thread."""

    def __init__(
        self, arns: Arns, catalog: Catalog, asynchronous: AsynchronousInvoker, machine: Clock
    ) -> None:
        self._arns = arns
        self._catalog = catalog
        self._asynchronous = asynchronous
        self._machine = machine

    async def receive(self, notification: Mapping[str, Any]) -> None:
        """Take a notification (`embedded_aws.hooks`); raises `StoreError` if it cannot be kept."""
        function_arn = notification["function_arn"]
        match notification["kind"]:
            case "s3":
                event = s3_event(notification)
                source_arn = event["Records"][0]["s3"]["bucket"]["arn"]
                payload = json.dumps(event).encode()
            case "sns":
                source_arn = notification["topic_arn"]
                event = sns_event(notification, self._machine.time())
                payload = json.dumps(event).encode()
            case _:
                source_arn = notification["rule_arn"]
                event = bus_event(notification["event"])
                payload = target_input(notification["target"], event, source_arn)
        service = f"{notification['kind']}.amazonaws.com"
        await self.push(function_arn, payload, service=service, source_arn=source_arn)

    async def push(
        self, function_arn: str, payload: bytes, *, service: str, source_arn: str
    ) -> bool:
        """Invoke a function asynchronously, if the service may; tells whether that is so."""
        try:
            reference = self._arns.parse(function_arn)
        except LambdaError as error:  # a function somewhere else
            _log.warning("%s could not be invoked for %s: %s", function_arn, source_arn, error)
            return False
        policy = self._catalog.policy(reference.name, reference.qualifier)
        account_id = self._arns.account_id
        if not may_invoke(policy, service=service, source_arn=source_arn, account_id=account_id):
            _log.warning(
                "%s may not invoke %s for %s: AddPermission allows it.",
                service,
                function_arn,
                source_arn,
            )
            return False
        return await self.invoke(function_arn, payload, source_arn=source_arn)

    async def invoke(self, function_arn: str, payload: bytes, *, source_arn: str) -> bool:
        """Invoke a function asynchronously; tells whether there is such a function."""
        try:
            reference = self._arns.parse(function_arn)
            await self._asynchronous.accept(reference.name, reference.qualifier, payload)
        except LambdaError as error:
            if error.status >= 500:
                raise
            _log.warning("%s could not be invoked for %s: %s", function_arn, source_arn, error)
            return False
        return True
