"""The home: the directory that holds everything that is kept."""

from pathlib import Path

from lambda_magic.core.errors import RemovedStoreError, StoreError


def make_home(home: Path) -> None:
    """See that it is there. Raises `StoreError` where there can be none."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"There can be no home at {home} ({error.strerror}): choose another place with "
            "%config LambdaMagic.home or in LAMBDA_MAGIC_HOME"
        ) from None


def removed(path: Path) -> RemovedStoreError:
    """What is raised where a file or directory of the home has gone, though it is in use."""
    return RemovedStoreError(
        f"{path} was removed or moved while it was in use, and nothing is written to it: put it "
        "back, or begin with what is there now, by %reload_ext lambda_magic"
    )
