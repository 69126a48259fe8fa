"""Who may call function URLs.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_magic.api import signature as sigv4
from lambda_magic.api.messages import Message
from lambda_magic.api.regions import Regions
from lambda_magic.api.signature import AccessKey, Signature, SignedRequest
from lambda_magic.core.errors import (
    AccessDeniedException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
)
from lambda_magic.region import Region
from lambda_magic.service import url_access

_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class UrlCallers:
    """Decides about callers: by the resource policy, or by their signature.

    URLs with AuthType AWS_IAM take requests that are signed with `key`. Without one the endpoint
    is for loopback, where any credentials will do; a signature is then verified where it is made
    with the credentials that functions have, since the secret of others is not known.
    """

    def __init__(self, regions: Regions, key: AccessKey | None) -> None:
        self._regions = regions
        self._key = key

    def admit(
        self, region: Region, auth_type: str, policy: Mapping[str, Any] | None, message: Message
    ) -> Signature | None:
        """Who says to have signed a request, if that matters; called before its body is read.

        Raises `AccessDeniedException`, or what is wrong with the signature.
        """
        if auth_type == "NONE":
            if not url_access.is_public(policy, auth_type):
                raise AccessDeniedException(_FORBIDDEN)
            return None
        try:
            signature = sigv4.parse(message.headers.get("authorization"))
        except MissingAuthenticationTokenException:
            raise AccessDeniedException(_FORBIDDEN) from None
        if signature.service != "lambda":
            raise InvalidSignatureException(
                "Credential should be scoped to correct service: 'lambda'. "
            )
        if signature.region_name != region.settings.region_name:
            raise InvalidSignatureException("Credential should be scoped to a valid region. ")
        anybody = AccessKey(access_key_id=signature.access_key_id, secret_access_key="")
        key = self._key or anybody
        sigv4.check_caller(signature, message.headers, key, datetime.now(UTC))
        if url_access.is_denied(policy, auth_type):
            raise AccessDeniedException(_FORBIDDEN)
        return signature

    def verify(self, signature: Signature, message: Message, body: bytes) -> None:
        """Refuse a request that has not been sent by whom it says, as far as that is known."""
        key = self._key
        endpoint = self._regions.default.endpoint
        if key is None and endpoint and endpoint.access_key_id == signature.access_key_id:
            key = AccessKey(
                access_key_id=endpoint.access_key_id,
                secret_access_key=endpoint.secret_access_key,
            )
        if key is not None:
            request = SignedRequest(
                method=message.method,
                path=message.raw_path.decode("latin-1"),
                query=message.query_string,
                headers=message.header_list,
            )
            sigv4.verify(signature, request, body, key)


def described(signature: Signature, account_id: str) -> dict[str, Any]:
    """Who the function is told has called: there is no IAM, so it is the account itself."""
    return {
        "accessKey": signature.access_key_id,
        "accountId": account_id,
        "callerId": account_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{account_id}:root",
        "userId": account_id,
    }
