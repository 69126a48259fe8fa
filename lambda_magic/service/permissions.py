"""Permissions: the statements of functions' resource policies, one policy for each qualifier.

https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html

A policy is kept and reported; function URLs are what it decides about.
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference
from lambda_magic.core.errors import InvalidParameterValueException, ResourceNotFoundException
from lambda_magic.service import policies
from lambda_magic.service.lookup import Lookup, check_revision
from lambda_magic.service.revisions import renew
from lambda_magic.store.changes import Changes
from lambda_magic.store.settings import WHOLE, Setting

Request = Mapping[str, Any]
Response = dict[str, Any]

#: What FunctionUrlAuthType is a condition of.
_URL_ACTION = "lambda:InvokeFunctionUrl"


class Permissions:
    """The operations on the statements of functions' policies."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog

    async def add_permission(self, request: Request) -> Response:
        """Allow somebody something."""
        reference = self._lookup.reference(request, "AddPermission")
        if reference.qualifier == LATEST:
            raise InvalidParameterValueException(
                "We currently do not support adding policies for $LATEST."
            )
        with self._catalog.transaction() as changes:
            check_revision(request, self._lookup.revision(reference))
            if "FunctionUrlAuthType" in request and request["Action"] != _URL_ACTION:
                raise InvalidParameterValueException(
                    f"FunctionUrlAuthType is only supported for {_URL_ACTION} action"
                )
            arns = self._lookup.arns
            arn = arns.function(reference.name, reference.qualifier)
            statement = policies.statement(request, arn, arns.partition)
            current = self._catalog.policy(reference.name, reference.qualifier)
            self.put(changes, reference, policies.added(current, statement))
        return {"Statement": policies.rendered(statement)}

    async def remove_permission(self, request: Request) -> Response:
        """Take one statement back."""
        reference = _resource(self._lookup.reference(request, "RemovePermission"))
        with self._catalog.transaction() as changes:
            if self._catalog.find_function(reference.name) is None:
                arn = self._lookup.arns.function(reference.name)
                raise ResourceNotFoundException(f"No policy found for: {arn}")
            revision = self._lookup.revision(reference)
            policy = self._catalog.policy(reference.name, reference.qualifier)
            if policy is None:
                raise policies.no_policy()
            left = policies.removed(policy, request["StatementId"])
            check_revision(request, revision)
            self.put(changes, reference, left)
        return {}

    async def get_policy(self, request: Request) -> Response:
        """The policy of a function, or of one of its versions or aliases."""
        reference = _resource(self._lookup.reference(request, "GetPolicy"))
        self._lookup.function(reference)
        policy = self._catalog.policy(reference.name, reference.qualifier)
        if policy is None:
            raise ResourceNotFoundException()
        return {
            "Policy": policies.rendered(policy),
            "RevisionId": self._lookup.revision(reference),
        }

    def put(
        self, changes: Changes, reference: FunctionReference, policy: policies.Policy | None
    ) -> str:
        """Keep a policy, or with None none any more; answers the RevisionId that comes of it."""
        qualifier = reference.qualifier or WHOLE
        if policy is None:
            changes.delete_setting(Setting.POLICY, reference.name, qualifier)
        else:
            changes.put_setting(Setting.POLICY, reference.name, policy, qualifier=qualifier)
        return renew(changes, self._lookup, reference)


def _resource(reference: FunctionReference) -> FunctionReference:
    """What has the policy: `$LATEST` is the function without a qualifier."""
    if reference.qualifier == LATEST:
        return FunctionReference(name=reference.name)
    return reference
