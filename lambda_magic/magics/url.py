"""`%url`: a function's URL, for browsers and everything else that speaks HTTP."""

import argparse
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from IPython.core.magic import line_magic, magics_class, no_var_expand

from lambda_magic.api.url_places import PREFIX
from lambda_magic.core.arns import FunctionReference
from lambda_magic.deployment.publication import Client
from lambda_magic.environments.spec import LambdaEndpoint
from lambda_magic.magics.parser import MagicParser, magic
from lambda_magic.magics.session import SessionMagics
from lambda_magic.monitoring import display

_AUTH_TYPES = {"none": "NONE", "iam": "AWS_IAM"}
_INVOKE_MODES = {"buffered": "BUFFERED", "stream": "RESPONSE_STREAM"}

#: What everybody must be allowed to do for a URL to be public: as AWS's console adds it.
_PUBLIC: dict[str, dict[str, Any]] = {
    "FunctionURLAllowPublicAccess": {
        "Action": "lambda:InvokeFunctionUrl",
        "FunctionUrlAuthType": "NONE",
    },
    "FunctionURLInvokeAllowPublicAccess": {
        "Action": "lambda:InvokeFunction",
        "InvokedViaFunctionUrl": True,
    },
}


def parser() -> MagicParser:
    """The options of %url."""
    made = MagicParser(
        "%url",
        description=(
            "Give a function, or one of its aliases, a URL; or show, change or delete it.\n"
            "The endpoint serves it: %endpoint start."
        ),
        example="%url hello\n%url hello:LIVE --auth iam --invoke-mode stream",
    )
    add = made.add_argument
    add("function", metavar="NAME[:ALIAS]", help="the function, or the alias")
    add("--auth", choices=_AUTH_TYPES, help="none: public (the default); iam: signed requests")
    add("--cors", metavar="ORIGIN[,ORIGIN]", help="pages that may call it: origins, * or none")
    add("--invoke-mode", choices=_INVOKE_MODES, help="buffered (the default), or stream")
    add("-d", "--delete", action="store_true", help="delete the URL")
    return made


_PARSER = parser()


class FunctionUrl:
    """A function URL as the API describes it, and where it can be called now."""

    def __init__(self, configuration: Mapping[str, Any], endpoint: LambdaEndpoint | None) -> None:
        #: GetFunctionUrlConfig's answer.
        self.configuration = configuration
        self._endpoint = endpoint

    @property
    def url(self) -> str:
        """The URL itself."""
        return str(self.configuration["FunctionUrl"])

    @property
    def path_url(self) -> str | None:
        """The same for clients that cannot resolve its host; None while it is not served."""
        if self._endpoint is None:
            return None
        url_id = (urlsplit(self.url).hostname or "").partition(".")[0]
        return f"{self._endpoint.url}{PREFIX}{url_id}/"

    @property
    def _notes(self) -> list[str]:
        configuration = self.configuration
        notes = [
            f"auth: {configuration['AuthType']}",
            f"invoke mode: {configuration.get('InvokeMode', 'BUFFERED')}",
        ]
        if origins := configuration.get("Cors", {}).get("AllowOrigins"):
            notes.append(f"pages of: {', '.join(origins)}")
        return notes

    @property
    def _where(self) -> str:
        if self.path_url is None:
            return "Nothing is served yet: %endpoint start does."
        return f"Where that host cannot be resolved: {self.path_url}"

    def __repr__(self) -> str:
        return f"<FunctionUrl {self.url} [{'served' if self.path_url else 'not served'}]>"

    def __str__(self) -> str:
        return "\n".join(["  ".join([self.url, *self._notes]), self._where])

    def _repr_pretty_(self, printer: display.PrettyPrinter, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        shown = display.escape(self.url)
        link = f'<a href="{shown}" target="_blank" rel="noopener">{shown}</a>'
        title = display.heading(self.configuration["FunctionArn"], *self._notes)
        where = f'<div style="opacity:.75">{display.escape(self._where)}</div>'
        return display.card([title, f"<div>{link}</div>", where], accent=display.BLUE)


@magics_class
class UrlMagic(SessionMagics):
    """Registers `%url`."""

    @no_var_expand
    @line_magic
    @magic(_PARSER)
    def url(self, line: str) -> FunctionUrl | None:
        """Make, show, change or delete a function URL."""
        arguments = _PARSER.parse(line)
        reference = self._session.reference(arguments.function)
        client, names = self._session.client, _names(reference)
        if arguments.delete:
            client.delete_function_url_config(**names)
            _set_public(client, names, False)
            return None
        configuration = _put(client, names, _changes(arguments))
        return FunctionUrl(configuration, self._session.region.endpoint)


def _names(reference: FunctionReference) -> dict[str, str]:
    qualifier = {} if reference.qualifier is None else {"Qualifier": reference.qualifier}
    return {"FunctionName": reference.name, **qualifier}


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if arguments.auth is not None:
        changes["AuthType"] = _AUTH_TYPES[arguments.auth]
    if arguments.invoke_mode is not None:
        changes["InvokeMode"] = _INVOKE_MODES[arguments.invoke_mode]
    if arguments.cors == "none":
        changes["Cors"] = {}
    elif arguments.cors is not None:
        origins = [origin.strip() for origin in arguments.cors.split(",")]
        changes["Cors"] = {"AllowOrigins": origins, "AllowMethods": ["*"], "AllowHeaders": ["*"]}
    return changes


def _put(client: Client, names: Mapping[str, str], changes: dict[str, Any]) -> Mapping[str, Any]:
    """Change the URL, or make it if there is none; with `AuthType` comes the policy for it."""
    try:
        client.get_function_url_config(**names)
    except client.exceptions.ResourceNotFoundException:
        changes = {"AuthType": "NONE"} | changes
        client.create_function_url_config(**names, **changes)
    else:
        if changes:
            client.update_function_url_config(**names, **changes)
    if "AuthType" in changes:
        _set_public(client, names, changes["AuthType"] == "NONE")
    configuration: Mapping[str, Any] = client.get_function_url_config(**names)
    return configuration


def _set_public(client: Client, names: Mapping[str, str], public: bool) -> None:
    """Allow everybody what a public URL needs, or take it back."""
    for statement_id, members in _PUBLIC.items():
        try:
            if public:
                client.add_permission(**names, StatementId=statement_id, Principal="*", **members)
            else:
                client.remove_permission(**names, StatementId=statement_id)
        except (
            client.exceptions.ResourceConflictException,
            client.exceptions.ResourceNotFoundException,
        ):
            continue  # It is as it should be.
