"""Deployment packages on their way in: from a request, or from S3, into the code store."""

import asyncio
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.errors import (
    InvalidParameterValueException,
    RequestEntityTooLargeException,
)
from lambda_magic.service.aws_resources import AwsResources
from lambda_magic.service.quota import Quota
from lambda_magic.store.code import CodeStore, StoredCode

#: What a request may measure: a package of 50 MB in base64, and some.
MAX_REQUEST_SIZE = 70_167_211


class Packages:
    """Stores the packages of functions and the contents of layers, off the loop thread."""

    def __init__(self, code_store: CodeStore, quota: Quota, aws: AwsResources) -> None:
        self._code_store = code_store
        self._quota = quota
        self._aws = aws

    async def put(self, code: Mapping[str, Any], operation: str) -> StoredCode:
        """Store what a FunctionCode or a LayerVersionContentInput names."""
        package = await self._bytes(code, operation)
        self._quota.check_code_storage(len(package))
        return await asyncio.to_thread(self._code_store.put, package)

    async def examine(self, code: Mapping[str, Any], operation: str) -> StoredCode:
        """What `put` would answer, with nothing stored."""
        package = await self._bytes(code, operation)
        return await asyncio.to_thread(self._code_store.examine, package)

    def location(self, code_sha256: str) -> str:
        """The URL of a stored package."""
        return self._code_store.zip(code_sha256).absolute().as_uri()

    async def _bytes(self, code: Mapping[str, Any], operation: str) -> bytes:
        package = code.get("ZipFile")
        in_s3 = code.get("S3Bucket") and code.get("S3Key")
        if package is not None:
            if in_s3:
                raise InvalidParameterValueException(
                    "Please do not provide other FunctionCode parameters when providing a ZipFile."
                )
            package = package.encode() if isinstance(package, str) else bytes(package)
            if len(package) * 4 // 3 > MAX_REQUEST_SIZE:
                raise RequestEntityTooLargeException(
                    f"Request must be smaller than {MAX_REQUEST_SIZE} bytes for the {operation} "
                    "operation"
                )
            return package
        if not in_s3:
            raise InvalidParameterValueException("Please provide a source for function code.")
        return await self._aws.s3_object(
            code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion")
        )
