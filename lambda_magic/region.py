"""The composition root: builds a region out of its parts, owns the loop thread, decides nothing."""

import atexit
import threading
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from lambda_magic.client import local_client
from lambda_magic.core.arns import Arns
from lambda_magic.core.clock import Clock, SystemClock, VirtualClock
from lambda_magic.core.errors import ServiceException
from lambda_magic.core.loop_thread import LoopThread
from lambda_magic.core.settings import Settings
from lambda_magic.core.shared_loop import LoopEnded
from lambda_magic.environments.choice import SandboxChoice
from lambda_magic.environments.container import ContainerSandboxFactory
from lambda_magic.environments.container_images import ContainerImages
from lambda_magic.environments.engine import Engine
from lambda_magic.environments.pool import EnvironmentPool, EnvironmentSummary
from lambda_magic.environments.process import ProcessSandboxFactory
from lambda_magic.environments.sandbox import SandboxFactory
from lambda_magic.environments.spec import LambdaEndpoint
from lambda_magic.event_sources.event_sources import EventSources
from lambda_magic.event_sources.local_sources import LocalSources
from lambda_magic.invocation.asynchronous import AsynchronousInvoker
from lambda_magic.invocation.concurrency import Concurrency
from lambda_magic.invocation.destinations import Destinations
from lambda_magic.invocation.invoker import Invoker
from lambda_magic.invocation.outcomes import Outcomes
from lambda_magic.invocation.provisioned import ProvisionedConcurrency
from lambda_magic.invocation.router import Router
from lambda_magic.monitoring.bus import Bus, Subscriber
from lambda_magic.monitoring.events import Event
from lambda_magic.monitoring.logs import Logs
from lambda_magic.monitoring.metrics import Metrics, Moment
from lambda_magic.monitoring.recent import Recent
from lambda_magic.monitoring.timeline import Limits, timeline
from lambda_magic.monitoring.timeline_picture import TimelinePicture
from lambda_magic.service.service import LambdaService
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import CodeStore
from lambda_magic.store.event_queue import EventQueue
from lambda_magic.store.home import make_home
from lambda_magic.store.journal import Journal
from lambda_magic.store.journal_writer import Retention

if TYPE_CHECKING:  # the stubs are for development only
    from types_boto3_lambda import LambdaClient

T = TypeVar("T")


class Region:
    """A local AWS region with nothing but Lambda in it.

    >>> region = Region(Settings(home=Path("state")))
    >>> region.client().list_functions()["Functions"]
    []
    >>> region.close()

    Its methods are for any thread but the loop's own. Raises what is wrong with its home: a
    damaged store, or one that a newer release has written.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        factory: SandboxFactory | None = None,
        loop_thread: LoopThread | None = None,
    ) -> None:
        self.settings = settings or Settings()
        make_home(self.settings.home)
        self._client: LambdaClient | None = None
        self._is_closed = False
        self._before_close: list[Callable[[], object]] = []
        #: Where this region's API is served, while it is.
        self.endpoint: LambdaEndpoint | None = None
        self._owns_loop_thread = loop_thread is None
        #: Runs everything of this region, and of others that were given it.
        self.loop_thread = loop_thread or LoopThread(f"lambda_magic {self.settings.region_name}")
        try:
            self.call(self._build(clock or SystemClock(), factory))
        except BaseException:
            self._close_loop_thread()
            raise
        _open.add(self)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else self.isolation
        return f"<Region {self.settings.region_name} {self.settings.home} [{state}]>"

    async def _build(self, clock: Clock, factory: SandboxFactory | None) -> None:
        settings = self.settings
        arns = Arns(account_id=settings.account_id, region_name=settings.region_name)
        self.catalog = Catalog(settings.home, arns)
        self.code_store = CodeStore(settings.home)
        self._build_monitoring(clock)
        #: What the service waits on: retries, the age of events. Environments keep real time.
        self.clock = VirtualClock(clock)
        self._router = Router(settings, self.catalog, self.code_store)
        engine = Engine()
        self._build_environments(clock, factory, engine)
        self._concurrency = Concurrency(settings.scaling_burst)
        self.invoker = Invoker(
            self._router,
            self._concurrency,
            self._pool,
            bus=self.bus,
            clock=clock,
            virtual_clock=self.clock,
            recursion=self.catalog.recursion,
        )
        self.asynchronous = self._build_asynchronous(clock)
        self._provisioned = ProvisionedConcurrency(self._router, self._pool)
        self._build_sources(clock)
        self.service = LambdaService(
            settings,
            clock,
            self.catalog,
            self.code_store,
            self._provisioned,
            self.invoker,
            self.asynchronous,
            self.event_sources,
            ContainerImages(engine),
        )
        self._provisioned.refresh()
        self.asynchronous.start()
        self.event_sources.start()
        self.local_sources.start()

    def _build_monitoring(self, clock: Clock) -> None:
        settings = self.settings
        self.journal = Journal(
            settings.home / f"{settings.region_name}.journal.sqlite",
            retention=Retention(rows=settings.journal_rows, days=settings.journal_days),
        )
        self.bus = Bus(clock)
        self.logs = Logs(self.journal, flush=self.flush)
        self.metrics = Metrics(self.journal, flush=self.flush)
        self.recent = Recent()
        self.bus.subscribe(self.logs.receive)
        self.bus.subscribe(self.metrics.receive)
        self.bus.subscribe(self.recent.receive)

    def _build_environments(
        self, clock: Clock, factory: SandboxFactory | None, engine: Engine
    ) -> None:
        settings = self.settings
        self._containers = ContainerSandboxFactory(settings, engine)
        self._factory = factory or SandboxChoice(ProcessSandboxFactory(settings), self._containers)
        self._pool = EnvironmentPool(
            self._factory,
            bus=self.bus,
            clock=clock,
            settings=settings,
            is_current=self._router.is_current,
        )

    def _build_asynchronous(self, clock: Clock) -> AsynchronousInvoker:
        settings, catalog, invoker = self.settings, self.catalog, self.invoker
        queue = EventQueue(settings.home / f"{settings.region_name}.queue.sqlite")
        common: Any = {"bus": self.bus, "clock": self.clock, "machine": clock}
        destinations = Destinations(settings)
        outcomes = Outcomes(settings, catalog, invoker, queue, destinations, **common)
        return AsynchronousInvoker(settings, catalog, invoker, queue, outcomes, **common)

    def _build_sources(self, clock: Clock) -> None:
        settings = self.settings
        self.event_sources = EventSources(
            settings,
            self.catalog,
            self.invoker,
            self.asynchronous,
            bus=self.bus,
            clock=self.clock,
            machine=clock,
        )
        self.local_sources = LocalSources(
            settings, self.catalog, self.asynchronous, clock=self.clock, machine=clock
        )

    @property
    def isolation(self) -> str:
        """The isolation in force for functions in subprocesses, by name."""
        return self._factory.isolation

    def client(self) -> "LambdaClient":
        """`boto3.client("lambda")` for this region, in process."""
        if self._client is None:
            self._client = local_client(self)
        return self._client

    def ready_containers(self) -> int:
        """How many containers wait for a function: `Settings.container_pool` has them made."""
        return self._containers.ready

    def environments(self) -> list[EnvironmentSummary]:
        """All execution environments there are now."""
        return self.call(self._environments())

    async def _environments(self) -> list[EnvironmentSummary]:
        return list(self._pool)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the loop thread and return its result, or raise its exception.

        Raises `ServiceException` where the region is closed.
        """
        try:
            return self.loop_thread.call(coroutine)
        except LoopEnded:
            raise self.closed() from None

    def closed(self) -> ServiceException:
        """What to tell whoever wants something of a region whose loop has ended."""
        if self.loop_thread.is_forked:
            return ServiceException(
                "A process forked from the kernel has no region: invoke in the kernel itself, "
                "with map() or in threads"
            )
        return ServiceException("The region is closed")

    def call_soon(self, callback: Callable[..., object], *arguments: object) -> None:
        """Call `callback` on the loop thread, soon.

        Raises `ServiceException` where the region is closed.
        """
        try:
            self.loop_thread.call_soon(callback, *arguments)
        except LoopEnded:
            raise self.closed() from None

    def flush(self) -> None:
        """Deliver every event published so far to its subscribers."""
        self.call(self._flush())

    async def _flush(self) -> None:
        self.bus.flush()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Deliver all later events to `subscriber`, on the loop thread; returns how to stop it."""
        unsubscribe = self.call(self._subscribe(subscriber))

        def stop() -> None:
            if not self.loop_thread.is_closed:
                self.call(self._do(unsubscribe))

        return stop

    async def _subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        return self.bus.subscribe(subscriber)

    async def _do(self, step: Callable[[], None]) -> None:
        step()

    def limits(self, functions: Collection[str]) -> Limits:
        """What the concurrency of some functions, or of all, is held against; on the loop thread.

        Reserved concurrency is one function's own, so it is told of a single function only.
        """
        catalog = self.catalog
        return Limits(
            account=self.settings.concurrent_executions,
            reserved=catalog.reserved_concurrency(*functions) if len(functions) == 1 else None,
            provisioned=sum(
                number
                for name, _, number in catalog.all_provisioned()
                if not functions or name in functions
            ),
        )

    def timeline(
        self, *functions: str, start: Moment | None = None, end: Moment | None = None
    ) -> TimelinePicture:
        """What the execution environments of some functions did, or of all: a static picture.

        >>> lambda_magic.region().timeline("hello").save("hello.svg")

        `start` and `end` are datetimes, or seconds since the epoch; without `start` it begins
        after the last minute in which nothing happened. It knows what has happened in this
        process, of which the last 60,000 events are kept.
        """
        events, limits, now = self.call(self._timeline(functions))
        shown = timeline(events, functions)
        shown.note_limits(now, limits)
        return TimelinePicture(shown, now=now, start=start, end=end)

    async def _timeline(self, functions: Collection[str]) -> tuple[list[Event], Limits, float]:
        self.bus.flush()
        return self.recent.events(), self.limits(functions), time.time()

    def use_endpoint(self, endpoint: LambdaEndpoint | None) -> None:
        """Have functions find the Lambda API there, or with None at AWS; on the loop thread."""
        self.endpoint = endpoint
        self._router.use_endpoint(endpoint)
        self._provisioned.refresh()

    def before_close(self, callback: Callable[[], object]) -> None:
        """Have `callback` called when the region is about to close, and everything still runs."""
        self._before_close.append(callback)

    def close(self) -> None:
        """Shut all environments down and write everything out. May be called twice."""
        _open.discard(self)
        if self._is_closed or self.loop_thread.is_closed:
            return
        self._is_closed = True
        with ExitStack() as steps:
            # Backwards: what others asked for first, and the journal last, whatever fails.
            steps.callback(self.journal.close)
            steps.callback(self._close_loop_thread)
            steps.callback(lambda: self.call(self._close()))
            for callback in self._before_close:
                steps.callback(callback)

    def _close_loop_thread(self) -> None:
        if self._owns_loop_thread:
            self.loop_thread.close()

    async def _close(self) -> None:
        async with AsyncExitStack() as steps:
            # Backwards: first those who run, then those who made them, then what they said, then
            # the state.
            steps.callback(self.catalog.close)
            steps.callback(self.bus.flush)
            steps.push_async_callback(self._factory.close)
            steps.push_async_callback(self._pool.close)
            steps.push_async_callback(self.asynchronous.close)
            steps.push_async_callback(self.event_sources.close)
            steps.push_async_callback(self.local_sources.close)


_open: WeakSet[Region] = WeakSet()


def _close_all() -> None:
    """The interpreter ends: give everything back, of whoever forgot to."""
    for region in tuple(_open):
        region.close()


# Before threads are shut down, which closing needs; `atexit` comes after that.
getattr(threading, "_register_atexit", atexit.register)(_close_all)
