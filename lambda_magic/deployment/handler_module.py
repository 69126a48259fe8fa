"""A handler module: what a cell becomes in a deployment package."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lambda_magic.deployment.package import Content, Executable


@dataclass(frozen=True, kw_only=True, slots=True)
class HandlerModule:
    """The module made from a cell, and where Lambda finds the handler in it."""

    #: The cell's text, unchanged.
    source: str = field(repr=False)
    #: The API's `Handler`: "lambda_function.handler".
    handler: str
    #: The module's path in the deployment package.
    filename: str
    #: Whether it is a program of its own.
    is_executable: bool = False
    #: What a compiler has made of it, by paths in the package.
    compiled: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def files(self) -> dict[str, Content]:
        """What it adds to the deployment package."""
        text = self.source.encode()
        return {**self.compiled, self.filename: Executable(text) if self.is_executable else text}

    def with_compiled(self, compiled: Mapping[str, bytes]) -> "HandlerModule":
        """The same with what a compiler has made of it."""
        return replace(self, compiled=compiled)
