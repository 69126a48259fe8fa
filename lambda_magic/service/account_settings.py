"""The account's limits, and how much of them is used."""

from collections.abc import Mapping
from typing import Any

from lambda_magic.service.quota import MAX_TOTAL_CODE_SIZE, Quota
from lambda_magic.store.catalog import Catalog
from lambda_magic.store.code import MAX_UNZIPPED_SIZE

_MAX_ZIPPED_SIZE = 52_428_800


class AccountSettings:
    """The one operation on the account."""

    def __init__(self, catalog: Catalog, quota: Quota) -> None:
        self._catalog = catalog
        self._quota = quota

    async def get_account_settings(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The limits and the usage of the account in this region."""
        return {
            "AccountLimit": {
                "TotalCodeSize": MAX_TOTAL_CODE_SIZE,
                "CodeSizeUnzipped": MAX_UNZIPPED_SIZE,
                "CodeSizeZipped": _MAX_ZIPPED_SIZE,
                "ConcurrentExecutions": self._quota.limit,
                "UnreservedConcurrentExecutions": self._quota.unreserved(),
            },
            "AccountUsage": {
                "TotalCodeSize": self._catalog.total_code_size(),
                "FunctionCount": len(self._catalog.functions()),
            },
        }
