"""The house holds its shape: packages import downwards only, and there are no cycles."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import lambda_magic

ROOT = Path(lambda_magic.__file__).parent

#: From the top floor to the ground. A package may import those below it and no other, unless
#: `ONLY` says less.
FLOORS = [
    {"__main__"},
    {"cli"},
    {"demo", "image", "lab", "serve"},
    {"bench", "notebook"},
    {"__init__"},
    {"magics"},
    {"api", "widgets"},
    {"default_region"},
    {"function"},
    {"function_card", "load_generator", "source", "streamed_response"},
    {"region"},
    {"client"},
    {"service"},
    {"embedded_aws"},
    {"event_sources"},
    {"invocation"},
    {"environments"},
    {"runtime_api"},
    {"monitoring"},
    {"store", "deployment", "sample_events"},
    {"core"},
    {"runtimes"},
]

#: Packages that see less than all that is below them.
ONLY = {
    "store": {"core"},
    "deployment": {"core"},
    "sample_events": {"core"},
    "monitoring": {"core"},
    "widgets": {"monitoring", "core"},
    # What a sandbox and its host say to each other is defined once, on the sandbox's side.
    "environments": {"runtime_api", "monitoring", "core", "runtimes"},
    "runtime_api": {"monitoring", "core"},
    "core": set(),
    "runtimes": set(),
}

FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}

MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path
    for path in sorted(ROOT.rglob("*.py"))
}


def imports(module: str) -> set[str]:
    """The modules of ours that a module imports, those inside its functions included."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            assert not node.level or "runtimes" in module, f"{module} has a relative import"
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {resolved for name in names if (resolved := _module(name))}
    return found


def _module(name: str) -> str | None:
    """The module that a dotted name is, or is in."""
    while name.startswith("lambda_magic"):
        for candidate in (name, f"{name}.__init__"):
            if candidate in MODULES:
                return candidate
        name = name.rpartition(".")[0]
    return None


def package(module: str) -> str:
    return module.split(".")[1]


def test_every_module_has_a_floor() -> None:
    assert {package(module) for module in MODULES} <= set(FLOOR_OF)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    own = package(module)
    for imported in imports(module):
        other = package(imported)
        if other == own:
            continue
        assert FLOOR_OF[own] < FLOOR_OF[other], f"{module} imports {imported}, which is above it"
        if own in ONLY:
            assert other in ONLY[own], f"{module} must not know {imported}"


@pytest.mark.parametrize("module", MODULES)
def test_imports_stand_at_the_top(module: str) -> None:
    hidden = [
        node.lineno
        for function in ast.walk(ast.parse(MODULES[module].read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert not hidden, f"{module} imports within a function"


def test_there_is_no_cycle() -> None:
    graph = {module: imports(module) for module in MODULES}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert len(order) == len(MODULES)


def test_what_runs_in_an_environment_knows_nothing_of_us() -> None:
    for module in MODULES:
        if package(module) == "runtimes":
            assert not imports(module), f"{module} imports lambda_magic"
