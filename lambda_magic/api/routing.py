"""Which operation of the Lambda API a request is for: the model's paths, read backwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import parse_qsl, unquote

from botocore.model import OperationModel

from lambda_magic.core import model
from lambda_magic.core.errors import UnknownOperationException


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """An operation, and what the request's path says about it."""

    operation: OperationModel
    #: The members that are in the path, such as `FunctionName`, decoded.
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Template:
    operation: OperationModel
    #: The parts of the path: a word, or in its place the name of a label.
    words: tuple[str | None, ...]
    labels: tuple[str | None, ...]
    #: What the query must have, as in `?find=LayerVersion`.
    query: Mapping[str, str]

    def match(self, parts: Sequence[str]) -> dict[str, str] | None:
        labels = {}
        for word, label, part in zip(self.words, self.labels, parts, strict=True):
            if label is not None:
                if not part:
                    return None
                labels[label] = unquote(part)
            elif word != part:
                return None
        return labels


def match(method: str, raw_path: bytes, query: Mapping[str, Sequence[str]]) -> Match:
    """The operation at this place; `raw_path` is as it was sent, so that "%2F" divides nothing.

    Raises `UnknownOperationException`.
    """
    return _find(method, raw_path, query) if query else _find_plain(method, raw_path)


@lru_cache(maxsize=4096)
def _find_plain(method: str, raw_path: bytes) -> Match:
    # Whoever invokes a function often asks for the same path often.
    return _find(method, raw_path, {})


def _find(method: str, raw_path: bytes, query: Mapping[str, Sequence[str]]) -> Match:
    parts = _parts(raw_path.decode("latin-1"))
    for template in _templates().get((method, len(parts)), ()):
        labels = template.match(parts)
        if labels is not None and all(
            value in query.get(name, ()) for name, value in template.query.items()
        ):
            return Match(operation=template.operation, labels=labels)
    raise UnknownOperationException(
        f"Unable to determine the operation of {method} {raw_path.decode('latin-1')}"
    )


@cache
def _templates() -> dict[tuple[str, int], list[_Template]]:
    """All operations by HTTP method and number of parts in the path."""
    found: dict[tuple[str, int], list[_Template]] = {}
    for operation in {one.name: one for one in model.operations().values()}.values():
        path, _, query = operation.path.partition("?")
        parts = _parts(path)
        labels = tuple(part[1:-1] if part.startswith("{") else None for part in parts)
        template = _Template(
            operation=model.service_model().operation_model(operation.name),
            words=tuple(None if label else part for part, label in zip(parts, labels, strict=True)),
            labels=labels,
            query=dict(parse_qsl(query)),
        )
        found.setdefault((operation.http_method, len(parts)), []).append(template)
    for templates in found.values():
        # What asks for more comes first: a word before a label, a query before none.
        templates.sort(key=lambda one: (sum(map(bool, one.labels)), -len(one.query)))
    return found


def _parts(path: str) -> list[str]:
    # boto3 writes some paths with a slash at the end and AWS takes all of them both ways.
    return path.removesuffix("/").split("/")
