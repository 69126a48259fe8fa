import pytest

from lambda_magic.environments.shutdown import ShutdownLimits, shutdown_limits
from lambda_magic.runtime_api.extension import ExtensionKind

INTERNAL, EXTERNAL = ExtensionKind.INTERNAL, ExtensionKind.EXTERNAL


@pytest.mark.parametrize(
    ("extensions", "runtime_ms", "total_ms"),
    [
        ([], 0, 0),
        ([INTERNAL], 500, 500),
        ([EXTERNAL], 300, 2000),
        ([INTERNAL, EXTERNAL], 300, 2000),
    ],
)
def test_limits_depend_on_the_extensions(
    extensions: list[ExtensionKind], runtime_ms: int, total_ms: int
) -> None:
    expected = ShutdownLimits(runtime_ms=runtime_ms, total_ms=total_ms)

    assert shutdown_limits(extensions) == expected
