import pytest

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.core.model import enum_values
from lambda_magic.service.runtimes import check_runtime, supported_runtimes


@pytest.mark.parametrize("runtime", supported_runtimes())
def test_a_supported_runtime_is_accepted(runtime: str) -> None:
    assert check_runtime(runtime) is None  # type: ignore[func-returns-value]  # it does not raise


@pytest.mark.parametrize(
    "runtime", sorted({*enum_values("Runtime")} - {*supported_runtimes()} - {"custom"})
)
def test_a_retired_runtime_has_a_successor_that_is_supported(runtime: str) -> None:
    with pytest.raises(InvalidParameterValueException) as caught:
        check_runtime(runtime)

    successor = caught.value.message.partition("the new runtime (")[2].partition(")")[0]
    assert caught.value.message.startswith(f"The runtime parameter of {runtime} is no longer")
    assert successor in supported_runtimes()


@pytest.mark.parametrize("runtime", ["python4.0", "", "custom", "Python3.12"])
def test_an_unknown_runtime_is_refused_with_those_there_are(runtime: str) -> None:
    with pytest.raises(InvalidParameterValueException, match=r"python3\.12, python3\.13"):
        check_runtime(runtime)
