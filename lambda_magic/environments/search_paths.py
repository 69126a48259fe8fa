"""Search paths: where programs, libraries and modules are looked for, layers included.

The variables and their values are AWS's. What a function sets of the same name replaces them.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
"""

import re
from dataclasses import dataclass

#: "python3.12", "nodejs20.x", "java8.al2"; not "provided.al2023", which is of no language.
_RUNTIME = re.compile(r"(?P<language>[a-z]+)(?P<version>\d+(\.\d+)*)(\.x|\.al2)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Roots:
    """The directories that search paths lead into, as the runtime process sees them."""

    #: The function's code.
    task: str = "/var/task"
    #: The runtime client, and what AWS's runtimes bring along.
    runtime: str = "/var/runtime"
    #: The layers.
    opt: str = "/opt"
    #: Where the interpreter's programs are, then its libraries; None for a runtime without one.
    programs: str | None = "/var/lang/bin"
    libraries: str | None = "/var/lang/lib"


def search_paths(runtime: str, roots: Roots) -> dict[str, str]:
    """The variables for a runtime, by its identifier.

    >>> search_paths("nodejs20.x", Roots())["NODE_PATH"].split(":")[0]
    '/opt/nodejs/node20/node_modules'
    """
    match = _RUNTIME.fullmatch(runtime)
    own = {} if match is None else _of_language(match["language"], match["version"], roots)
    task, client, opt = roots.task, roots.runtime, roots.opt
    libraries = ["/lib64", "/usr/lib64", client, f"{client}/lib", task, f"{task}/lib", f"{opt}/lib"]
    return {
        # The slash after /usr/bin is AWS's.
        "PATH": _joined(roots.programs, "/usr/local/bin", "/usr/bin/", "/bin", f"{opt}/bin"),
        "LD_LIBRARY_PATH": _joined(roots.libraries, *libraries),
        **own,
    }


def with_layers(runtime: str, roots: Roots) -> str:
    """The `PYTHONPATH` that names a Python runtime's layers, for who does not add them itself."""
    packages = f"{roots.opt}/python/lib/{runtime}/site-packages", f"{roots.opt}/python"
    return _joined(*packages, roots.runtime)


def _of_language(language: str, version: str, roots: Roots) -> dict[str, str]:
    task, client, opt = roots.task, roots.runtime, roots.opt
    match language:
        case "python":
            # The code and the layers come before it; the runtime client sees to that.
            return {"PYTHONPATH": client}
        case "nodejs":
            modules = f"{opt}/nodejs/node{version}/node_modules", f"{opt}/nodejs/node_modules"
            return {"NODE_PATH": _joined(*modules, f"{client}/node_modules", client, task)}
        case "ruby":
            # Gems are kept by the version of Ruby's interface to C, whose last number is 0.
            gems = f"{task}/vendor/bundle/ruby/{version}.0", f"{opt}/ruby/gems/{version}.0"
            return {
                "GEM_HOME": client,
                "GEM_PATH": _joined(*gems, client, f"{client}/ruby/{version}.0"),
                "RUBYLIB": _joined(task, f"{client}/lib", f"{opt}/ruby/lib"),
            }
        case "java":
            # Java itself reads an asterisk as all the archives of a directory.
            return {"CLASSPATH": _joined(task, f"{task}/lib/*", f"{opt}/java/lib/*")}
        case _:
            return {}


def _joined(*directories: str | None) -> str:
    return ":".join(filter(None, directories))
