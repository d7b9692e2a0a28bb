"""What the API's schema says of pushing doses: examples, and every answer there is."""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
)

from sites.api import serializers
from sites.api.validation import MOST_ITEMS

DOSE: Final[dict[str, Any]] = {
    "idempotency_key": "1f0c6c1e-6d0a-4e53-9d0f-6f6f1b1b2a11",
    "citizen": {
        "full_name": "Nguyễn Thị Ánh Tuyết",
        "date_of_birth": "1987-03-12",
        "sex": "female",
        "phone": "0912345678",
        "id_type": "cccd",
        "id_number": "079187000001",
        "province_code": "79",
    },
    "dose_number": 1,
    "dose_kind": "primary",
    "vaccine": "EU/1/21/1529",
    "lot_number": "ABW001",
    "administered_at": "2021-11-06T10:02:00+07:00",
    "vaccinator": "Lê Thị Mẫu",
    "source": "paper",
}
ANSWER: Final[dict[str, str]] = {
    "dose_id": "8f14e45f-ceea-467f-9d2c-0242ac120002",
    "citizen_id": "c9f0f895-fb98-4b91-99f5-1fd297e236d6",
    "status": "recorded",
    "certificate_expected_by": "2021-11-06T11:02:00+07:00",
}
REFUSED: Final = {"code": "lot_expired", "detail": "This lot expired before the day of the dose."}
UNREADABLE: Final = {"citizen.date_of_birth": ["This is not a date of birth."]}
RESULTS: Final = [
    ANSWER,
    {**ANSWER, "status": "duplicate"},
    {"status": "refused", **REFUSED},
    {"status": "invalid", "errors": UNREADABLE},
]

REQUEST: Final = PolymorphicProxySerializer(
    component_name="DoseOrDoses",
    serializers=[serializers.DoseInput, serializers.DoseInput(many=True)],
    resource_type_field_name=None,
    many=False,
)
EXAMPLES: Final = [
    OpenApiExample("One dose", value=DOSE, request_only=True),
    OpenApiExample("A list", value=[DOSE], request_only=True),
]
RETRY_AFTER: Final = OpenApiParameter(
    "Retry-After",
    int,
    location=OpenApiParameter.HEADER,
    description="Seconds; then send the same request again",
    response=[503],
)


def _said(form: Any, description: str, example: Any) -> OpenApiResponse:
    return OpenApiResponse(form, description, [OpenApiExample(description, value=example)])


RESPONSES: Final[dict[int, Any]] = {
    201: _said(serializers.DoseAnswer, "Recorded", ANSWER),
    200: _said(
        serializers.DoseAnswer,
        "Recorded before, by the same key",
        {**ANSWER, "status": "duplicate"},
    ),
    207: _said(serializers.ItemResult(many=True), "One result an item, in order", RESULTS),
    400: _said(
        serializers.FieldErrors,
        f"It cannot be right; also a list of none or more than {MOST_ITEMS:,}",
        UNREADABLE,
    ),
    401: OpenApiResponse(serializers.Refusal, "No valid token"),
    409: _said(serializers.Refusal, "A rule refuses; nothing was written", REFUSED),
    413: OpenApiResponse(serializers.Refusal, "More than 5 MB"),
    415: OpenApiResponse(serializers.Refusal, "Not application/json"),
    503: OpenApiResponse(serializers.Refusal, "Come back after Retry-After seconds"),
}


class FieldErrorsSchema(OpenApiSerializerExtension):
    """Keys are the names of the fields that were sent, so no list of them can stand here."""

    target_class = "sites.api.serializers.FieldErrors"

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        sentences = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        return {"type": "object", "additionalProperties": sentences, "minProperties": 1}


def bound_the_list(result: dict[str, Any], **_over: Any) -> dict[str, Any]:
    """A hook of drf-spectacular, which by itself says nothing of a list's length, nor that there
    must be a body where it has several forms."""
    result["paths"]["/api/v1/doses/"]["post"]["requestBody"]["required"] = True
    for form in result["components"]["schemas"]["DoseOrDosesRequest"]["oneOf"]:
        if form.get("type") == "array":
            form.update(minItems=1, maxItems=MOST_ITEMS)
    return result
