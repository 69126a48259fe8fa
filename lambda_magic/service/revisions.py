"""Revisions: a version or alias gets another RevisionId with everything that changes about it."""

import uuid

from lambda_magic.core.arns import LATEST, FunctionReference, is_version
from lambda_magic.service.lookup import Lookup
from lambda_magic.store.changes import Changes


def renew(changes: Changes, lookup: Lookup, reference: FunctionReference) -> str:
    """Give what `reference` stands for (a version, `$LATEST` or an alias) another RevisionId."""
    revision = str(uuid.uuid4())
    qualifier = reference.qualifier or LATEST
    if is_version(qualifier):
        version = lookup.version(reference)
        changes.put_version(
            reference.name,
            {**version.configuration, "RevisionId": revision},
            source=version.source,
        )
    else:
        alias = lookup.alias(reference.name, qualifier)
        changes.put_alias(reference.name, {**alias, "RevisionId": revision})
    return revision
