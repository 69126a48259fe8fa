"""Scaling configurations of functions on managed instances: kept and reported.

https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionScalingConfig.html
"""

from collections.abc import Mapping
from typing import Any

from lambda_magic.core.errors import InvalidParameterValueException
from lambda_magic.service.lookup import Lookup
from lambda_magic.store.settings import Setting

Request = Mapping[str, Any]
Response = dict[str, Any]


class Scaling:
    """The operations on scaling configurations."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._catalog = lookup.catalog

    async def put_function_scaling_config(self, request: Request) -> Response:
        """Configure how far a version scales, or without FunctionScalingConfig no longer."""
        reference = self._lookup.reference(request, "PutFunctionScalingConfig")
        name, qualifier = reference.name, str(reference.qualifier)
        config = dict(request.get("FunctionScalingConfig") or {})
        least, most = config.get("MinExecutionEnvironments"), config.get("MaxExecutionEnvironments")
        if least is not None and most is not None and least > most:
            raise InvalidParameterValueException(
                f"MinExecutionEnvironments ({least}) must not be greater than "
                f"MaxExecutionEnvironments ({most})."
            )
        with self._catalog.transaction() as changes:
            state = self._lookup.version(reference).configuration["State"]
            if config:
                changes.put_setting(Setting.SCALING, name, config, qualifier=qualifier)
            else:
                changes.delete_setting(Setting.SCALING, name, qualifier)
        return {"FunctionState": state}

    async def get_function_scaling_config(self, request: Request) -> Response:
        """How far a version scales."""
        reference = self._lookup.reference(request, "GetFunctionScalingConfig")
        self._lookup.version(reference)
        name, qualifier = reference.name, str(reference.qualifier)
        config = self._catalog.settings.find(Setting.SCALING, name, qualifier)
        answer: Response = {"FunctionArn": self._lookup.arns.function(name, qualifier)}
        if config is not None:
            answer["AppliedFunctionScalingConfig"] = dict(config)
            answer["RequestedFunctionScalingConfig"] = dict(config)
        return answer
