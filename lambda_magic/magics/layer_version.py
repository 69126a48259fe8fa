"""A version of a layer: what `%layer` returns and shows of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_magic.deployment.layer_contents import LayerContents
from lambda_magic.monitoring.card import Card, Carded

#: More names of one kind than this are only counted.
_NAMES = 12

#: Of what takes the space, so many are named.
_PARTS = 5

_NOTHING_FOUND = (
    "no function finds anything in it by name: modules belong in python/, programs in bin/, "
    "libraries in lib/, as AWS's page on layers lists them."
)


@dataclass(frozen=True, slots=True, repr=False)
class ShownLayerVersion(Carded):
    """A version of a layer, and what has just happened to it."""

    #: GetLayerVersion's answer.
    configuration: Mapping[str, Any]
    #: What is in it, or None where that is not on this machine.
    contents: LayerContents | None
    #: "published", "unchanged", or nothing.
    outcome: str = ""

    @property
    def layer_name(self) -> str:
        """The layer's name."""
        return str(self.configuration["LayerArn"]).rpartition(":")[2]

    @property
    def version(self) -> int:
        """The version's number."""
        return int(self.configuration["Version"])

    @property
    def arn(self) -> str:
        """The LayerVersionArn, as `%%lambda --layer` and CreateFunction take it."""
        return str(self.configuration["LayerVersionArn"])

    @property
    def code_sha256(self) -> str:
        """What identifies the content: the digest of the zip."""
        return str(self.configuration["Content"]["CodeSha256"])

    def __repr__(self) -> str:
        return f"<LayerVersion {self.layer_name}:{self.version} [{self.outcome or 'shown'}]>"

    def __str__(self) -> str:
        return str(self.card())

    def card(self) -> Card:
        """What is shown of it."""
        return Card(
            title=f"{self.layer_name}:{self.version}",
            notes=[self.outcome, self.configuration.get("Description", "")],
            facts=list(self._facts()),
            shares=self._shares(),
            document={k: v for k, v in self.configuration.items() if k != "ResponseMetadata"},
        )

    def _facts(self) -> Iterator[list[tuple[str, object]]]:
        configuration, contents = self.configuration, self.contents
        compatible = {
            "Runtimes": configuration.get("CompatibleRuntimes"),
            "Architectures": configuration.get("CompatibleArchitectures"),
        }
        sizes: list[tuple[str, object]] = [
            ("Zip", f"{configuration['Content']['CodeSize']:,} bytes")
        ]
        if contents is not None:
            sizes += [("Unzipped", f"{contents.size:,} bytes"), ("Files", f"{contents.files:,}")]
        yield [
            *((label, ", ".join(names or ["any"])) for label, names in compatible.items()),
            *sizes,
        ]
        for kind, names in contents.found.items() if contents else ():
            yield [(kind, _shortened(names))]
        yield [("ARN", self.arn)]
        yield [("CodeSha256", self.code_sha256)]
        if contents is not None and not contents.found:
            yield [("Note:", _NOTHING_FOUND)]

    def _shares(self) -> list[tuple[str, float]]:
        """What takes how much of its size, in per cent; nothing where there is one thing only."""
        if self.contents is None or len(self.contents.parts) < 2 or not self.contents.size:
            return []
        shares = [
            (name, round(100 * size / self.contents.size, 1))
            for name, size in self.contents.parts.items()
        ]
        rest = sum(share for _, share in shares[_PARTS:])
        return shares[:_PARTS] + ([("other", round(rest, 1))] if rest else [])


def _shortened(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMES
    shown = ", ".join(names[:_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
