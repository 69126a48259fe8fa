"""Where new memory comes from, in an interpreter of its own."""

import subprocess
import sys
from pathlib import Path

import lambda_magic.runtimes

PACKAGE = Path(lambda_magic.runtimes.__file__).parent
LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
from runtimes import holes
kept = [bytes(95) for _ in range(4000)]

def spread():
    new = [bytes(95) for _ in range(20)]
    addresses = list(map(id, new))
    return max(addresses) - min(addresses)

del kept[::100]
before = spread()
del kept[::100]
holes.fill()
print(before, spread())
"""


def test_what_is_made_later_lies_side_by_side():
    command = [sys.executable, "-I", "-S", "-c", LOOK, str(PACKAGE.parent)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = map(int, shown.stdout.split())
    assert before > 16384
    assert after < 8192
