"""The states of a function: being created, being updated, ready.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html

Creating and updating are done when the answer is, so a function becomes ready in the loop's next
turn; clients see the same states, in the same order, as on AWS.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_magic.core.clock import Clock
from lambda_magic.core.errors import ResourceConflictException
from lambda_magic.store.catalog import Catalog

Configuration = dict[str, Any]

_STATES = ("State", "StateReason", "StateReasonCode")
_UPDATES = ("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode")


def pending(configuration: Mapping[str, Any]) -> Configuration:
    """A version that is being created."""
    return _revised(configuration) | {
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }


def in_progress(configuration: Mapping[str, Any]) -> Configuration:
    """A version that is being updated."""
    return _revised(configuration) | {
        "State": "Active",
        "LastUpdateStatus": "InProgress",
        # AWS gives the reason of a creation here, too.
        "LastUpdateStatusReason": "The function is being created.",
        "LastUpdateStatusReasonCode": "Creating",
    }


def settled(configuration: Mapping[str, Any]) -> Configuration:
    """A version that is ready."""
    return _revised(configuration) | {"State": "Active", "LastUpdateStatus": "Successful"}


def check_settled(configuration: Mapping[str, Any]) -> None:
    """Refuse to change a function that is still being created or updated."""
    if configuration["State"] != "Active":
        raise ResourceConflictException(
            "The operation cannot be performed at this time. The function is currently in the "
            f"following state: {configuration['State']}"
        )
    if configuration["LastUpdateStatus"] == "InProgress":
        raise ResourceConflictException(
            "The operation cannot be performed at this time. An update is in progress for "
            f"resource: {configuration['FunctionArn']}"
        )


def timestamp(clock: Clock) -> str:
    """The time as in LastModified: 2026-01-31T12:00:00.000+0000."""
    now = datetime.fromtimestamp(clock.time(), UTC)
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+0000"


class States:
    """Brings versions that were created or updated to rest."""

    def __init__(self, catalog: Catalog, clock: Clock) -> None:
        self._catalog = catalog
        self._clock = clock

    def settle_soon(self, *versions: tuple[str, str]) -> None:
        """Make these (function name, version) ready in the loop's next turn."""
        self._clock.call_later(0, lambda: self.settle(*versions))

    def settle(self, *versions: tuple[str, str]) -> None:
        """Make these (function name, version) ready, those of them that still are not."""
        with self._catalog.transaction() as changes:
            for function_name, version in versions:
                found = self._catalog.find_version(function_name, version)
                if found is not None and not _is_settled(found.configuration):
                    changes.put_version(
                        function_name, settled(found.configuration), source=found.source
                    )

    def settle_all(self) -> None:
        """Make ready what a kernel left behind that was killed before it could."""
        if unsettled := self._catalog.unsettled_versions():
            self.settle(*unsettled)


def _is_settled(configuration: Mapping[str, Any]) -> bool:
    return (configuration["State"], configuration.get("LastUpdateStatus")) == (
        "Active",
        "Successful",
    )


def _revised(configuration: Mapping[str, Any]) -> Configuration:
    """Another revision, without the members that tell a state."""
    revised = {key: configuration[key] for key in configuration if key not in _STATES + _UPDATES}
    return revised | {"RevisionId": str(uuid.uuid4())}
