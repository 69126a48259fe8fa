"""docker-py, imported when a container engine is first used.

It takes a tenth of a second to import, which those without containers need not wait for.

>>> docker_py.errors.NotFound
<class 'docker.errors.NotFound'>
"""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """What the package has under this name; Python calls this for a module."""
    return getattr(importlib.import_module("docker"), name)
