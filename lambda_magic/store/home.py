"""The home: the directory that holds everything that is kept."""

from pathlib import Path

from lambda_magic.core.errors import StoreError


def make_home(home: Path) -> None:
    """See that it is there. Raises `StoreError` where there can be none."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"There can be no home at {home} ({error.strerror}): choose another place with "
            "%config LambdaMagic.home or in LAMBDA_MAGIC_HOME"
        ) from None
