"""Resource policies as whole documents: the same policies that `permissions` adds statements to.

https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html
"""

import json
from collections.abc import Mapping
from typing import Any

from lambda_magic.core.arns import LATEST, FunctionReference
from lambda_magic.core.errors import (
    InvalidParameterValueException,
    NotSupportedException,
    ResourceNotFoundException,
)
from lambda_magic.service import policies
from lambda_magic.service.lookup import Lookup, check_revision
from lambda_magic.service.permissions import Permissions

Request = Mapping[str, Any]
Response = dict[str, Any]


class ResourcePolicies:
    """The operations on whole resource policies."""

    def __init__(self, lookup: Lookup, permissions: Permissions) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog
        self._permissions = permissions

    async def put_resource_policy(self, request: Request) -> Response:
        """Put a policy in the place of the one there is."""
        reference = self._reference(request, "PutResourcePolicy")
        policy = _parsed(request["Policy"])
        with self._catalog.transaction() as changes:
            check_revision(request, self._lookup.revision(reference), api="GetResourcePolicy")
            revision = self._permissions.put(changes, reference, policy)
        return {"Policy": policies.rendered(policy), "RevisionId": revision}

    async def get_resource_policy(self, request: Request) -> Response:
        """The policy of a function, or of one of its versions or aliases."""
        reference = self._reference(request, "GetResourcePolicy")
        revision = self._lookup.revision(reference)
        return {"Policy": policies.rendered(self._policy(reference)), "RevisionId": revision}

    async def delete_resource_policy(self, request: Request) -> Response:
        """Delete the policy."""
        reference = self._reference(request, "DeleteResourcePolicy")
        with self._catalog.transaction() as changes:
            revision = self._lookup.revision(reference)
            self._policy(reference)
            check_revision(request, revision, api="GetResourcePolicy")
            self._permissions.put(changes, reference, None)
        return {}

    def _policy(self, reference: FunctionReference) -> policies.Policy:
        policy = self._catalog.policy(reference.name, reference.qualifier)
        if policy is None:
            raise ResourceNotFoundException()
        return policy

    def _reference(self, request: Request, operation: str) -> FunctionReference:
        arn: str = request["ResourceArn"]
        if ":runtime/" in arn:
            raise NotSupportedException(
                "Policies of customer-managed runtimes are not supported by lambda_magic."
            )
        reference = self._lookup.arns.parse(arn, operation=operation)
        if reference.qualifier == LATEST:
            raise InvalidParameterValueException(
                "We currently do not support adding policies for $LATEST."
            )
        return reference


def _parsed(text: str) -> dict[str, Any]:
    try:
        policy = json.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise InvalidParameterValueException("The policy is not a valid policy document.")
    statements = policy["Statement"]
    if not isinstance(statements, list):  # a single statement may stand for a list of one
        policy["Statement"] = statements = [statements]
    if not all(isinstance(one, dict) for one in statements):
        raise InvalidParameterValueException("The policy is not a valid policy document.")
    return policy
