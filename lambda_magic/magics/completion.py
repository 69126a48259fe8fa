"""Completion on the lines of our magics: function names, aliases and versions, options."""

import re
from collections.abc import Callable, Iterable, Mapping

from botocore.exceptions import ClientError
from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from lambda_magic.core.arns import LATEST
from lambda_magic.core.errors import LambdaError
from lambda_magic.core.model import enum_values
from lambda_magic.magics.parser import MagicParser
from lambda_magic.magics.session import Session
from lambda_magic.sample_events import library
from lambda_magic.service.runtimes import supported_runtimes

#: "%invoke hel", "r = %invoke hel", "%%lambda hel": the magic, and what follows it.
_LINE = re.compile(r"\s*(?:[\w.]+\s*=\s*)?(?P<magic>%%?\w+)\s+(?P<rest>.*)")


#: What may follow an option whose values are known.
_VALUES: dict[str, Callable[[], Iterable[str]]] = {
    "--runtime": supported_runtimes,
    "--compatible-runtime": supported_runtimes,
    "--compatible-architecture": lambda: enum_values("Architecture"),
}

#: The magics whose first word is a layer's name.
_LAYERS = ("%layer", "%%extension")


class Completion:
    """Completes the lines of the magics in `parsers`, by their names ("%invoke", "%%lambda")."""

    def __init__(self, session: Session, parsers: Mapping[str, MagicParser]) -> None:
        self._session = session
        self._parsers = parsers

    @context_matcher()  # type: ignore[untyped-decorator]  # IPython does not type it
    def complete(self, context: CompletionContext) -> SimpleMatcherResult:
        """What may stand at the cursor; nothing, if the line is not one of ours."""
        match = _LINE.fullmatch(context.text_until_cursor)
        parser = self._parsers.get(match["magic"]) if match else None
        if match is None or parser is None:
            return SimpleMatcherResult(completions=[])
        *before, word = re.split(r"\s+", match["rest"])
        fragment, candidates = self._candidates(parser, before, word)
        completions = [SimpleCompletion(text) for text in candidates if text.startswith(fragment)]
        return SimpleMatcherResult(
            completions=completions,
            matched_fragment=fragment,
            suppress=bool(completions),
            ordered=True,
        )

    def _candidates(
        self, parser: MagicParser, before: list[str], word: str
    ) -> tuple[str, Iterable[str]]:
        """The part of the word that is to be completed, and what it may become."""
        if word.startswith("-"):
            return word, parser.flags
        if before and before[-1] in _VALUES:
            return word, _VALUES[before[-1]]()
        if parser.prog == "%event" or before[-1:] == ["--event"]:
            return word, self._sample_events(before)
        if before[-1:] == ["--function"]:
            return word, self._named(self._functions, "")
        name = next((one for one in before if not one.startswith("-")), None)
        is_value = bool(before) and parser.takes_value(before[-1])
        if before[-1:] == ["--layer"] or (parser.prog in _LAYERS and not (name or is_value)):
            return self._layer(word)
        if name is not None:
            return word, self._after_name(parser, before, name)
        function, colon, fragment = word.rpartition(":")
        if colon:
            return fragment, self._named(self._qualifiers, function)
        return word, self._named(self._functions, "")

    def _layer(self, word: str) -> tuple[str, Iterable[str]]:
        """A layer's name, or after a colon the number of one of its versions."""
        layer, colon, fragment = word.rpartition(":")
        if colon:
            return fragment, self._named(self._layer_versions, layer)
        return word, self._named(self._layers, "")

    def _sample_events(self, before: list[str]) -> Iterable[str]:
        """Their names, and after one of them its parameters."""
        name = next((one for one in before if one in library.names()), None)
        if name is None or before[-1:] == ["--event"]:
            return library.names()
        return [f"{parameter}=" for parameter in library.find(name).parameters]

    def _after_name(self, parser: MagicParser, before: list[str], name: str) -> Iterable[str]:
        if parser.prog == "%alias" or before[-1] == "--qualifier":
            return self._named(self._qualifiers, name)
        if parser.prog == "%invoke":
            # The payload is often a variable.
            return [one for one in self._session.namespace if not one.startswith("_")]
        return ()

    def _named(self, names: Callable[[str], list[str]], function: str) -> list[str]:
        try:
            return names(function)
        except (ClientError, LambdaError):
            # Half a name is no function, and Tab is no place to hear about a damaged store.
            return []

    def _functions(self, _: str) -> list[str]:
        pages = self._session.client.get_paginator("list_functions").paginate()
        return [function["FunctionName"] for page in pages for function in page["Functions"]]

    def _qualifiers(self, function: str) -> list[str]:
        """The aliases of a function, then its versions, newest first."""
        name = self._session.reference(function).name
        client = self._session.client
        aliases = client.get_paginator("list_aliases").paginate(FunctionName=name)
        versions = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        numbers = [version["Version"] for page in versions for version in page["Versions"]]
        published = sorted((n for n in numbers if n != LATEST), key=int, reverse=True)
        return [*(alias["Name"] for page in aliases for alias in page["Aliases"]), *published]

    def _layers(self, _: str) -> list[str]:
        pages = self._session.client.get_paginator("list_layers").paginate()
        return [layer["LayerName"] for page in pages for layer in page["Layers"]]

    def _layer_versions(self, layer: str) -> list[str]:
        """The versions of a layer, newest first."""
        pages = self._session.client.get_paginator("list_layer_versions").paginate(LayerName=layer)
        return [str(one["Version"]) for page in pages for one in page["LayerVersions"]]
