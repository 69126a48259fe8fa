"""The regions of one home: the one that is open anyway, and others as somebody asks for them."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from lambda_magic.core.errors import UnrecognizedClientException
from lambda_magic.environments.spec import LambdaEndpoint
from lambda_magic.region import Region

#: Forms a region's name may have. Names become names of files.
_NAME = re.compile(r"[a-z]{2,4}(-[a-z]{2,10}){1,3}-\d{1,2}")

#: AWS has some forty; whoever makes up more of them does not get them.
_MOST = 64


class Regions:
    """Opens a region on first use; used on the loop thread, which all of them share."""

    def __init__(self, default: Region) -> None:
        #: The region of requests that name none.
        self.default = default
        #: Set once the endpoint stops: responses that go on for ever end then.
        self.stopping = asyncio.Event()
        self._others: dict[str, asyncio.Task[Region]] = {}
        self._endpoint: LambdaEndpoint | None = None

    def __repr__(self) -> str:
        return f"<Regions [{', '.join(self._names())}]>"

    def _names(self) -> Iterator[str]:
        yield self.default.settings.region_name
        yield from self._others

    def named(self, name: str | None) -> Region | None:
        """The region of this name, or the default one, if it is open."""
        if name is None or name == self.default.settings.region_name:
            return self.default
        opening = self._others.get(name)
        is_open = opening is not None and opening.done() and not opening.cancelled()
        return opening.result() if opening and is_open and not opening.exception() else None

    async def get(self, name: str | None) -> Region:
        """The region of this name, or the default one.

        Raises `UnrecognizedClientException` for what cannot be a region.
        """
        if name is None or name == self.default.settings.region_name:
            return self.default
        opening = self._others.get(name)
        if opening is None:
            if not _NAME.fullmatch(name) or len(self._others) >= _MOST:
                raise UnrecognizedClientException(f"There is no region '{name[:64]}'.")
            opening = self._others[name] = asyncio.ensure_future(self._open(name))
        # Whoever waits may go away; the region opens nonetheless.
        return await asyncio.shield(opening)

    async def _open(self, name: str) -> Region:
        settings = replace(self.default.settings, region_name=name)
        loop_thread = self.default.loop_thread
        try:
            opened = await asyncio.to_thread(Region, settings, loop_thread=loop_thread)
        except BaseException:
            self._others.pop(name, None)  # the next one tries again
            raise
        self._tell(opened)
        return opened

    def use_endpoint(self, endpoint: LambdaEndpoint | None) -> None:
        """Have the functions of all regions, and of those to come, call the API there."""
        self._endpoint = endpoint
        for region in self.opened():
            self._tell(region)

    def opened(self) -> list[Region]:
        """The regions that are open, the default one first."""
        others = [task for task in self._others.values() if task.done() and not task.cancelled()]
        return [self.default, *(task.result() for task in others if task.exception() is None)]

    def _tell(self, region: Region) -> None:
        region.use_endpoint(self._endpoint)
        port = None if self._endpoint is None else urlsplit(self._endpoint.url).port
        # Names under "localhost" mean this machine (RFC 6761); an address cannot have names.
        region.service.serve_urls_at(None if port is None else f"localhost:{port}")

    async def close(self) -> None:
        """Close all regions but the default one, which belongs to somebody else."""
        others, self._others = self._others, {}
        for opened in await asyncio.gather(*others.values(), return_exceptions=True):
            if isinstance(opened, Region):
                await asyncio.to_thread(opened.close)
