"""The source of a handler that failed: what its error is shown in."""

from pathlib import PurePosixPath

from botocore.exceptions import ClientError

from lambda_magic.core.errors import LambdaError
from lambda_magic.deployment.publication import Client
from lambda_magic.monitoring.result import InvocationResult
from lambda_magic.monitoring.stack import places
from lambda_magic.region import Region


def source_of(result: InvocationResult, region: Region) -> dict[str, str]:
    """The files that a result's stack trace goes through, as they were in the version that ran.

    Path in the package -> text. Empty if the version is an image, or gone, or cannot be looked up
    any more: a result is shown all the same.
    """
    client: Client = region.client()
    try:
        configuration = client.get_function_configuration(
            FunctionName=result.function_name, Qualifier=result.executed_version
        )
        if configuration["PackageType"] == "Image":
            return {}
        package = region.code_store.directory(configuration["CodeSha256"])
    except (ClientError, LambdaError):
        return {}
    paths = {path for path, _ in places(result.stack_trace)}
    return {
        path: (package / path).read_text(encoding="utf-8", errors="replace")
        for path in paths
        # A stack trace is what the function says it is: it must not lead out of the package.
        if ".." not in PurePosixPath(path).parts and (package / path).is_file()
    }
