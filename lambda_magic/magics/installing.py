"""The progress of an installation."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types

from lambda_magic.deployment.requirements import Progress


@contextmanager
def installing() -> Iterator[Progress]:
    """One line that says what the installer does."""
    layout = "{desc} [{elapsed}]{postfix}"
    with tqdm(desc="Installing requirements", bar_format=layout, file=sys.stdout) as bar:
        yield lambda line: bar.set_postfix_str(line[:100])
