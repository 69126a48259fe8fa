"""Gives lambda_function.py the objects captured from the notebook, then runs it.

This is cargo: it is copied into deployment packages as `lambda_function/__init__.py`, where it is
found before `lambda_function.py` and stands in for it. Standard library only.
"""

import pickle
from pathlib import Path


def _run(namespace: dict[str, object]) -> None:
    package = Path(__file__).parent
    captured = pickle.loads((package / "captured.pickle").read_bytes())
    cell = package.with_suffix(".py")
    # The cell's module shall look as if nobody had been here before.
    for name in ("pickle", "Path", "_run"):
        del namespace[name]
    namespace.update(captured, __file__=str(cell), __doc__=None)
    exec(compile(cell.read_bytes(), str(cell), "exec", dont_inherit=True), namespace)


if __name__ == "lambda_function":
    _run(globals())
