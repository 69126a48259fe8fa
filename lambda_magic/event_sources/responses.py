"""What a function's response says about the records of its batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Collection

from lambda_magic.monitoring.result import InvocationResult


def failed_items(
    result: InvocationResult, identifiers: Collection[str], *, partial: bool
) -> frozenset[str]:
    """The identifiers of the records that have failed: none, some or all.

    `partial` says whether the function reports them (ReportBatchItemFailures). A response that
    cannot be understood, or names what is not in the batch, fails it as a whole.
    """
    everything = frozenset(identifiers)
    if result.function_error is not None:
        return everything
    if not partial:
        return frozenset()
    try:
        response = result.payload
    except ValueError:
        return everything
    if response is None or response == "":
        return frozenset()
    if not isinstance(response, dict):
        return everything
    failures = response.get("batchItemFailures")
    if failures is None:
        return frozenset()
    if not isinstance(failures, list):
        return everything
    failed = set()
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(identifier, str) or identifier not in everything:
            return everything
        failed.add(identifier)
    return frozenset(failed)
