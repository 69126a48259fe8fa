"""Container images as the API names them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolvedImage:
    """An image, by the name that was given and by what that stood for."""

    uri: str
    #: "repository@sha256:...".
    resolved_uri: str

    @property
    def digest(self) -> str:
        """In hexadecimal, as in CodeSha256."""
        return self.resolved_uri.rpartition(":")[2]
