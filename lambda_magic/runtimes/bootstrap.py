"""Our runtime client as a program of its own: what a wrapper script is given to execute.

As with AWS's /var/runtime/bootstrap.py, a wrapper may put options of Python's, or of a profiler's,
before this file's name.
"""

import importlib
import os
import sys


def main() -> None:
    """Be the runtime; returns when the region has gone."""
    package_parent = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    # In place of this file's own directory; functions shall find neither.
    sys.path[0] = package_parent
    program = importlib.import_module("runtimes.python.program")
    sys.path.remove(package_parent)
    program.run()


if __name__ == "__main__":
    main()
