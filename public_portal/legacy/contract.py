"""The contract of the old API as data (contract.json), and the schema that is made of it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

Endpoint = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "date": {"type": "string", "format": "date-time"},
    "array": {"type": "array", "items": {"type": "object"}},
    "object": {"type": "object", "additionalProperties": True},
}


@cache
def endpoints() -> dict[str, Endpoint]:
    """Each endpoint by its id: path, params, fields (in their order), error_fields."""
    text = Path(__file__).with_name("contract.json").read_text(encoding="utf-8")
    return {endpoint["id"]: endpoint for endpoint in json.loads(text)["endpoints"]}


def _object(endpoint: Endpoint, fields: list[dict[str, Any]], place: str = "") -> dict[str, Any]:
    """The schema of an object; `place` is the dotted name under which its objects are nested."""
    properties = {}
    for field in fields:
        inner = endpoint.get("nested", {}).get(f"{place}{field['name']}")
        schema = dict(_TYPES[field["type"]])
        if inner is not None:
            whole = _object(endpoint, inner, f"{place}{field['name']}.")
            schema = {"type": "array", "items": whole} if field["type"] == "array" else whole
        properties[field["name"]] = {**schema, "description": field["meaning"]}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _parameter(parameter: dict[str, Any]) -> OpenApiParameter:
    kind = OpenApiTypes.INT64 if parameter["type"] == "integer" else OpenApiTypes.STR
    return OpenApiParameter(
        parameter["name"], kind, required=parameter["required"], description=parameter["meaning"]
    )


def _body(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """The parameters as the object of a request's body."""
    kinds = {"integer": {"type": "integer", "format": "int64"}}
    properties = {
        parameter["name"]: {
            **kinds.get(parameter["type"], {"type": "string"}),
            "description": parameter["meaning"],
        }
        for parameter in parameters
    }
    required = [parameter["name"] for parameter in parameters if parameter["required"]]
    return {"type": "object", "properties": properties, "required": required}


def described(name: str, *, in_body: bool = False) -> Any:
    """A decorator for the method that answers the endpoint: its entry in /api/schema/. `in_body`:
    of a POST, which takes the same parameters as fields of a form or of an object."""
    endpoint = endpoints()[name]
    body = _body(endpoint["params"])
    answer = _object(endpoint, endpoint["fields"])
    if endpoint["response"] == "array":
        answer = {"type": "array", "items": answer}
    responses: dict[Any, Any] = {(200, JSON): answer}
    if "error_fields" in endpoint:
        responses[400, JSON] = _object(endpoint, endpoint["error_fields"])
    return extend_schema(
        summary=endpoint["summary"],
        description="As the portal of 2021 answered it.",
        operation_id=f"old_portal_{name}{'_by_post' if in_body else ''}",
        parameters=[] if in_body else [_parameter(each) for each in endpoint["params"]],
        request={JSON: body, FORM: body} if in_body else None,
        responses=responses,
        tags=["portal of 2021"],
    )
