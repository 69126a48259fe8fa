"""What follows when an asynchronous event is done with: whom to tell, and telling them."""

import logging
import uuid

from lambda_magic.core import trace
from lambda_magic.core.arns import LATEST, Arns, is_version
from lambda_magic.core.clock import Clock, VirtualClock
from lambda_magic.core.errors import LambdaError, StoreError
from lambda_magic.core.settings import Settings
from lambda_magic.invocation.destinations import Destinations
from lambda_magic.invocation.invoker import Invoker, new_request_id
from lambda_magic.invocation.records import Ended, dead_letter_attributes, invocation_record
from lambda_magic.invocation.retries import Condition
from lambda_magic.monitoring.bus import Bus
from lambda_magic.monitoring.events import Measurement
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.event_queue import Changes, Delivery, EventQueue, QueuedEvent

_log = logging.getLogger(__name__)

_DEAD_LETTER = "DeadLetter"


class Outcomes:
    """Finds destinations and dead-letter queues, and delivers; used on the loop thread."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        invoker: Invoker,
        queue: EventQueue,
        destinations: Destinations,
        *,
        bus: Bus,
        clock: VirtualClock,
        machine: Clock,
    ) -> None:
        self._arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
        self._catalog = catalog
        self._invoker = invoker
        self._queue = queue
        self._destinations = destinations
        self._bus = bus
        self._clock = clock
        self._machine = machine

    def of(self, ended: Ended) -> Changes:
        """Everything that follows, to be written together: what is lost is lost as a whole."""
        event = ended.event
        succeeded = ended.condition is Condition.SUCCESS
        config = self._catalog.event_invoke_config(event.function_name, event.qualifier) or {}
        kind = "OnSuccess" if succeeded else "OnFailure"
        destination = config.get("DestinationConfig", {}).get(kind, {}).get("Destination")
        events: list[QueuedEvent] = []
        deliveries: list[Delivery] = []
        if destination:
            record = invocation_record(ended)
            if destination.split(":")[2] == "lambda":
                events = self._events(ended, destination, record)
            else:
                deliveries.append(self._delivery(ended, kind, destination, record))
        dead_letters = None if succeeded else self._dead_letter_target(event)
        if dead_letters:
            deliveries.append(self._delivery(ended, _DEAD_LETTER, dead_letters, event.payload))
        return Changes(remove=[event.request_id], add=events, deliver=deliveries)

    async def deliver(self, delivery: Delivery) -> None:
        """Make a delivery. One that fails is counted, logged and given up, as on AWS."""
        with self._clock.running():
            try:
                await self._destinations.send(delivery, self._clock.time())
            except Exception as error:  # boto3 raises many kinds
                self._failed(delivery.function_name, delivery.qualifier, delivery.kind, error)
            try:
                await self._queue.write(Changes(delivered=[delivery.delivery_id]))
            except StoreError as error:
                _log.warning("A record may be delivered twice: %s", error)

    def close(self) -> None:
        """Begin no delivery any more."""
        self._destinations.close()

    def _events(self, ended: Ended, destination: str, record: bytes) -> list[QueuedEvent]:
        """The event for a function that is the destination."""
        event = ended.event
        try:
            reference = self._arns.parse(destination)
            self._invoker.dry_run(reference.name, reference.qualifier)
        except LambdaError as error:
            self._failed(event.function_name, event.qualifier, "destination", error)
            return []
        now = self._clock.time()
        return [
            QueuedEvent(
                request_id=new_request_id(),
                function_name=reference.name,
                qualifier=reference.qualifier,
                payload=record,
                client_context=None,
                trace_id=self._trace_id(event),
                received=now,
                due=now,
            )
        ]

    def _delivery(self, ended: Ended, kind: str, target: str, body: bytes) -> Delivery:
        event = ended.event
        return Delivery(
            delivery_id=uuid.uuid4().hex,
            kind=kind,
            target=target,
            function_name=event.function_name,
            qualifier=event.qualifier,
            function_arn=ended.function_arn,
            trace_id=self._trace_id(event),
            body=body or b"{}",
            attributes=dead_letter_attributes(ended) if kind == _DEAD_LETTER else {},
        )

    def _trace_id(self, event: QueuedEvent) -> str:
        """The header of the function's own requests: what follows belongs to its chain."""
        resource = trace.resource_hash(self._arns.function(event.function_name))
        return trace.passing(event.trace_id, resource)[0]

    def _dead_letter_target(self, event: QueuedEvent) -> str | None:
        """DeadLetterConfig's TargetArn of the version that the event was for."""
        version = event.qualifier or LATEST
        if not is_version(version):
            alias = self._catalog.find_alias(event.function_name, version) or {}
            version = event.executed_version or alias.get("FunctionVersion", LATEST)
        found = self._catalog.find_version(event.function_name, version)
        config = {} if found is None else found.configuration.get("DeadLetterConfig") or {}
        return config.get("TargetArn")

    def _failed(
        self, function_name: str, qualifier: str | None, kind: str, error: Exception
    ) -> None:
        dead_letter = kind == _DEAD_LETTER
        _log.warning(
            "A %s of %s could not be delivered: %s",
            "dead letter" if dead_letter else f"record ({kind})",
            function_name,
            error,
        )
        self._bus.publish(
            Measurement(
                time=self._machine.time(),
                function_name=function_name,
                qualifier=qualifier,
                metric="DeadLetterErrors" if dead_letter else "DestinationDeliveryFailures",
            )
        )
