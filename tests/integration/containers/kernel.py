"""A kernel with a function in a container, for tests that kill it: run as a program.

    python kernel.py HOME FUNCTION

Prints a line when the function is warm, and then waits for its end.
"""

import sys
from pathlib import Path

from lambda_magic.core.settings import Settings
from lambda_magic.deployment.package import build_zip
from lambda_magic.environments.interpreters import OWN_RUNTIME
from lambda_magic.environments.spec import ENVIRONMENT_TAG
from lambda_magic.function import Function
from lambda_magic.region import Region

home, name = sys.argv[1:]
region = Region(Settings(home=Path(home), container_pool=1))
region.client().create_function(
    FunctionName=name,
    Role="arn:aws:iam::123456789012:role/test",
    Code={"ZipFile": build_zip({"app.py": b"def handler(event, context):\n    return event\n"})},
    Tags={ENVIRONMENT_TAG: "container"},
    Runtime=OWN_RUNTIME,  # type: ignore[arg-type]  # a Literal
    Handler="app.handler",
    Timeout=60,
)
region.client().get_waiter("function_active_v2").wait(FunctionName=name)
Function(region, name).invoke(1).raise_for_error()
print("warm", flush=True)
sys.stdin.read()
