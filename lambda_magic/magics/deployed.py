"""A deployed function: what `%%lambda` returns and shows."""

from dataclasses import dataclass

from lambda_magic.deployment.handler_module import HandlerModule
from lambda_magic.deployment.publication import Publication
from lambda_magic.function_card import configuration_facts
from lambda_magic.monitoring import display
from lambda_magic.monitoring.card import Card, Carded
from lambda_magic.monitoring.highlighting import highlighted


@dataclass(frozen=True, slots=True, repr=False)
class DeployedFunction(Carded):
    """A function as it is after its cell has run."""

    publication: Publication
    #: The alias that now points to the version, or None.
    alias: str | None = None
    #: What may be wrong with it, though nothing stands against it.
    remarks: tuple[str, ...] = ()
    #: Code that no front end shows in its colours, because it is not in Python.
    module: HandlerModule | None = None

    @property
    def function_name(self) -> str:
        """The function's name."""
        return str(self.publication.configuration["FunctionName"])

    @property
    def version(self) -> str:
        """The version that was published, or "$LATEST"."""
        return str(self.publication.configuration["Version"])

    @property
    def arn(self) -> str:
        """The ARN, with the version."""
        return str(self.publication.configuration["FunctionArn"])

    @property
    def code_sha256(self) -> str:
        """What identifies the code: the digest of the deployment package."""
        return str(self.publication.configuration["CodeSha256"])

    @property
    def outcome(self) -> str:
        """What happened: "created", "updated" or "unchanged", and the alias."""
        published = self.publication
        outcome: str = published.change
        if published.change == "unchanged" and published.is_new_version:
            outcome = "published"
        return f"{outcome}, {self.alias} points to it" if self.alias else outcome

    def __repr__(self) -> str:
        return f"<DeployedFunction {self.function_name}:{self.version} [{self.outcome}]>"

    def __str__(self) -> str:
        return str(self.card())

    def _repr_html_(self) -> str:
        html = self.card().html()
        if self.module is None:
            return html
        code = highlighted(self.module.source, self.module.filename)
        return html + display.plain(display.folded(self.module.filename, code))

    def card(self) -> Card:
        """What is shown of it."""
        configuration = self.publication.configuration
        return Card(
            title=f"{self.function_name}:{self.version}",
            notes=[self.outcome],
            facts=[
                configuration_facts(configuration),
                [("ARN", self.arn)],
                [("CodeSha256", self.code_sha256)],
                *([("Note:", remark)] for remark in self.remarks),
            ],
            document=configuration,
        )
