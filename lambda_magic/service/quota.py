"""The account's quotas: what of them is spoken for, and what is left.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from lambda_magic.core.errors import CodeStorageExceededException
from lambda_magic.core.settings import Settings
from lambda_magic.store.catalog import Catalog

#: The quota on all deployment packages together: 300 GB.
MAX_TOTAL_CODE_SIZE = 322_122_547_200


class Quota:
    """The account's quotas, against what is in the catalog."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.limit = settings.concurrent_executions
        #: AWS keeps this much for functions that have nothing of their own.
        self.minimum_unreserved = settings.minimum_unreserved
        self._catalog = catalog

    def check_code_storage(self, size: int) -> None:
        """Refuse a deployment package that there is no room for."""
        if self._catalog.total_code_size() + size > MAX_TOTAL_CODE_SIZE:
            raise CodeStorageExceededException()

    def unreserved(self) -> int:
        """What is left for all functions together."""
        return self.limit - sum(self.set_aside(name) for name in self._catalog.functions())

    def set_aside(self, function_name: str) -> int:
        """What a function keeps for itself.

        Its provisioned concurrency is part of its reserved concurrency, if it has any.
        """
        reserved = self._catalog.reserved_concurrency(function_name)
        return self.provisioned(function_name) if reserved is None else reserved

    def provisioned(self, function_name: str) -> int:
        """What is provisioned for all qualifiers of a function together."""
        return sum(self._catalog.provisioned_configs(function_name).values())
