"""What CloudWatch counts of the requests to a function URL.

https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
"""

import time

from starlette.types import Message, Send

from lambda_magic.monitoring.events import Measurement
from lambda_magic.region import Region


class UrlMetrics:
    """One request: watches what is sent in answer, and publishes the metrics when that is over.

    >>> metrics = UrlMetrics(region, "hello", None, send)
    >>> await metrics.send({"type": "http.response.start", "status": 200, "headers": []})
    >>> metrics.publish()
    """

    def __init__(self, region: Region, function_name: str, alias: str | None, send: Send) -> None:
        self._region = region
        self._function_name = function_name
        self._alias = alias
        self._send = send
        self._started = time.monotonic()
        # None until a response begins: a client that leaves before that gets no status.
        self._status: int | None = None

    async def send(self, message: Message) -> None:
        """Send on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        await self._send(message)

    def publish(self) -> None:
        """UrlRequestCount, UrlRequestLatency (ms), and Url4xxCount or Url5xxCount."""
        self._publish("UrlRequestCount", 1.0)
        self._publish("UrlRequestLatency", (time.monotonic() - self._started) * 1000)
        if self._status is not None and self._status >= 400:
            self._publish("Url4xxCount" if self._status < 500 else "Url5xxCount", 1.0)

    def _publish(self, metric: str, value: float) -> None:
        self._region.bus.publish(
            Measurement(
                time=time.time(),
                function_name=self._function_name,
                qualifier=self._alias,
                metric=metric,
                value=value,
            )
        )
