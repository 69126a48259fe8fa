"""The telemetry of one execution environment, once an extension has subscribed to it.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html

`Telemetry` then takes the bus's place in the environment: it hands every event on, and keeps it for
the subscribers. So an environment without subscribers knows nothing of all this. What happens also
tells when to send: `platform.runtimeDone` goes at once, because extensions wait for it before they
ask for their next event; after `platform.report` nothing goes until the next invocation, because
the sandbox is frozen; and all of it goes before the end, if the extensions take it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from lambda_magic.core.clock import Clock
from lambda_magic.environments.states import EnvironmentState as State
from lambda_magic.environments.telemetry_delivery import Dial, delivery
from lambda_magic.environments.telemetry_subscriber import Subscriber
from lambda_magic.monitoring.bus import Publisher
from lambda_magic.monitoring.events import (
    EnvironmentChanged,
    Event,
    InitReport,
    InitStart,
    LogsSubscription,
    Origin,
    PlatformEvent,
    Report,
    RuntimeDone,
    Start,
    TelemetrySubscription,
)
from lambda_magic.runtime_api.subscriptions import Api, Subscription, SubscriptionError

_log = logging.getLogger(__name__)

_SUBSCRIBED = "Subscribed"
_ALREADY = "Already subscribed"

#: With these the processes go on, or come to their end: all that waits is sent.
_ENDS = (State.RESETTING, State.SHUTDOWN)
#: In these nobody takes anything.
_PAUSES = (State.FROZEN, State.RESET, State.TERMINATED)


class Telemetry:
    """What the subscribers of an environment are sent; a publisher like the bus itself.

    `dial` connects to the ports of its sandbox.
    """

    def __init__(self, bus: Publisher, origin: Origin, clock: Clock, dial: Dial) -> None:
        self._bus = bus
        self._origin = origin
        self._clock = clock
        self._dial = dial
        self._subscribers: dict[str, Subscriber] = {}
        self._replaced: list[Subscriber] = []
        self._is_ending = False
        self._init_ended = 0.0

    def __repr__(self) -> str:
        names = ", ".join(self._subscribers)
        return f"<Telemetry [{names or 'no subscribers'}]>"

    def subscribe(
        self, name: str, subscription: Subscription, history: Iterable[PlatformEvent] = ()
    ) -> TelemetrySubscription:
        """Let the extension `name` have what it asks for, from `history` on.

        Another subscription takes the place of an extension's former one; the same changes nothing,
        as when an extension begins anew after a reset. Returns the event that tells of it, which is
        published by then.

        Raises `SubscriptionError` if the extension has subscribed to the other API.
        """
        former = self._subscribers.get(name)
        if former is not None and former.subscription.api is not subscription.api:
            raise _denied(name, former.subscription.api, subscription.api)
        if former is not None and former.subscription == subscription:
            former.retry()
            return self._announce(name, subscription, _ALREADY)
        if former is not None:
            # What it has not sent yet is in the history.
            former.close()
            self._replaced.append(former)
        self._subscribers[name] = subscriber = Subscriber(
            subscription,
            delivery(subscription.destination, self._dial),
            origin=self._origin,
            clock=self._clock,
            tell=self._bus.publish,
        )
        for event in history:
            subscriber.publish(event)
        return self._announce(name, subscription, _SUBSCRIBED)

    # What happens in the environment...

    def publish(self, event: Event) -> None:
        """Hand an event on to the bus, and to the subscribers."""
        self._bus.publish(event)
        if isinstance(event, EnvironmentChanged):
            self._change(event.state)
        elif isinstance(event, PlatformEvent):
            self._tell(event)

    def publish_later(self, make: Callable[[], Event]) -> None:
        """The same; subscribers do not wait until somebody reads the bus."""
        self.publish(make())

    def _tell(self, event: PlatformEvent) -> None:
        if isinstance(event, InitStart):
            # Not platform.start: of an Init that failed within an invocation that comes after it.
            self._is_ending = False
        if isinstance(event, Start):
            # An invocation that begins with an Init of its own is told of after that.
            event = replace(event, time=max(event.time, self._init_ended))
        elif isinstance(event, InitReport):
            self._init_ended = event.time
        if isinstance(event, InitStart | Start):
            self._resume()
        for subscriber in self._subscribers.values():
            try:
                self._hand(event, subscriber)
            except Exception:
                # As on the bus: it must cost neither the others their events nor the function.
                _log.exception("Telemetry was not taken: %r", subscriber)

    def _hand(self, event: PlatformEvent, subscriber: Subscriber) -> None:
        subscriber.publish(event)
        if isinstance(event, RuntimeDone):
            subscriber.flush()
        elif isinstance(event, Report) and not self._is_ending:
            subscriber.pause()

    def _change(self, state: str) -> None:
        if state in _ENDS:
            self._is_ending = True
            self._resume()
        elif state in _PAUSES:
            for subscriber in self._subscribers.values():
                subscriber.pause()

    def _resume(self) -> None:
        for subscriber in self._subscribers.values():
            subscriber.resume()

    # ...and at its end.

    async def drain(self, seconds: float) -> None:
        """Send all that waits, for so long at most."""
        drains = [
            asyncio.get_running_loop().create_task(subscriber.drain())
            for subscriber in self._subscribers.values()
        ]
        timer = self._clock.call_later(seconds, lambda: [drain.cancel() for drain in drains])
        try:
            await asyncio.wait(drains)
        finally:
            timer.cancel()

    async def close(self) -> None:
        """Send nothing more; returns when nothing is under way."""
        for subscriber in self._subscribers.values():
            subscriber.close()
        for subscriber in (*self._subscribers.values(), *self._replaced):
            await subscriber.idle()

    # Within...

    def _announce(self, name: str, subscription: Subscription, state: str) -> TelemetrySubscription:
        kind = LogsSubscription if subscription.api is Api.LOGS else TelemetrySubscription
        event = kind(
            time=self._clock.time(),
            origin=self._origin,
            name=name,
            state=state,
            types=subscription.types,
        )
        self.publish(event)
        return event


def _denied(name: str, former: Api, wanted: Api) -> SubscriptionError:
    return SubscriptionError(
        f"The extension {name} is already subscribed to the {former}API. "
        "You must either subscribe to the LogsAPI or the TelemetryAPI",
        f"{wanted}.AccessDenied",
    )
