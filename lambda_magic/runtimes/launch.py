"""How the fork server's interpreter is started."""

from __future__ import annotations

#: Nothing but the standard library and this package can be imported, and hooks are held before
#: anything can add one.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from runtimes import fork_hooks; fork_hooks.hold();"
    "from runtimes.{} import main; main(sys.argv[2])"
)


def command(program: str, module: str, package_parent: str, configuration: str) -> list[str]:
    """The arguments that run `main` of a module of this package.

    `package_parent` is the directory that this package lies in, there.
    """
    start = _START.format(module)
    return [program, "-I", "-S", "-u", "-c", start, package_parent, configuration]
