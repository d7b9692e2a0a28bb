"""Shapes for the API's schema, and the serializers of what is read. Input of doses is checked in
`validation`, which is fast; the shapes here describe it."""

from typing import Any

from rest_framework import serializers

from registration.models import DoseKind, Sex
from sites.api.validation import ID_TYPES
from sites.models import Dose, DoseSource, Session, SessionPart, SessionStatus, Site


class CitizenInput(serializers.Serializer[Any]):
    full_name = serializers.CharField(max_length=100)
    date_of_birth = serializers.CharField(help_text="YYYY, YYYY-MM or YYYY-MM-DD")
    sex = serializers.ChoiceField(Sex.choices)
    phone = serializers.CharField(required=False, help_text="A Vietnamese mobile number")
    id_type = serializers.ChoiceField([(kind, kind) for kind in ID_TYPES])
    id_number = serializers.CharField(required=False, help_text="Required unless id_type is none")
    health_insurance_number = serializers.CharField(required=False)
    province_code = serializers.CharField(help_text="2 digits")
    ward_code = serializers.CharField(required=False, help_text="5 digits")
    address = serializers.CharField(required=False, max_length=200)


class DoseInput(serializers.Serializer[Any]):
    idempotency_key = serializers.UUIDField(
        help_text="Yours; the same key and body again record nothing and answer the same."
    )
    citizen = CitizenInput(required=False)
    citizen_id = serializers.UUIDField(required=False, help_text="Instead of citizen")
    dose_number = serializers.IntegerField(min_value=1, max_value=9)
    dose_kind = serializers.ChoiceField(DoseKind.choices)
    vaccine = serializers.CharField(help_text="EU product code")
    lot_number = serializers.CharField(max_length=30)
    administered_at = serializers.DateTimeField(help_text="ISO 8601 with the offset")
    vaccinator = serializers.CharField(max_length=100)
    source = serializers.ChoiceField(DoseSource.choices, default=DoseSource.LIVE)  # type: ignore[assignment]


class DoseAnswer(serializers.Serializer[Any]):
    dose_id = serializers.UUIDField()
    citizen_id = serializers.UUIDField()
    status = serializers.ChoiceField([("recorded", "recorded"), ("duplicate", "duplicate")])
    certificate_expected_by = serializers.DateTimeField()


class Refusal(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class FieldErrors(serializers.Serializer[Any]):
    field = serializers.ListField(child=serializers.CharField(), help_text="One key a field")


class ItemResult(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        [(s, s) for s in ("recorded", "duplicate", "refused", "invalid")]
    )
    dose_id = serializers.UUIDField(required=False)
    citizen_id = serializers.UUIDField(required=False)
    certificate_expected_by = serializers.DateTimeField(required=False)
    code = serializers.CharField(required=False, help_text="Where refused")
    detail = serializers.CharField(required=False, help_text="Where refused")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Where invalid",
    )


class KnownDose(serializers.ModelSerializer[Dose]):
    """A dose as another system sees it."""

    dose_id = serializers.UUIDField(source="public_id")
    vaccine = serializers.CharField(source="vaccine.code")
    lot_number = serializers.CharField(source="lot.number")
    site_code = serializers.CharField(source="site.code")

    class Meta:
        model = Dose
        fields = (
            "dose_id",
            "dose_number",
            "dose_kind",
            "vaccine",
            "lot_number",
            "administered_at",
            "site_code",
        )


class KnownCitizen(serializers.Serializer[Any]):
    citizen_id = serializers.UUIDField(source="public_id")
    full_name = serializers.CharField()
    date_of_birth = serializers.CharField()
    sex = serializers.ChoiceField(Sex.choices)
    doses = KnownDose(many=True, source="known_doses")


class SessionAnswer(serializers.ModelSerializer[Session]):
    session_id = serializers.UUIDField(source="public_id")
    vaccine = serializers.CharField(source="vaccine.code", allow_null=True, default=None)
    part = serializers.ChoiceField(SessionPart.choices)
    status = serializers.ChoiceField(SessionStatus.choices)

    class Meta:
        model = Session
        fields = ("session_id", "held_on", "part", "vaccine", "seats", "seats_taken", "status")


class CheckInInput(serializers.Serializer[Any]):
    check_in_code = serializers.CharField(required=False, help_text="From the person's QR code")
    citizen_id = serializers.UUIDField(required=False)
    citizen = CitizenInput(required=False)


class VisitAnswer(serializers.Serializer[Any]):
    visit_id = serializers.UUIDField(source="public_id")
    citizen_id = serializers.UUIDField(source="citizen.public_id")
    number = serializers.IntegerField(help_text="The ticket, 1 up in each session")
    status = serializers.CharField()


class SiteAnswer(serializers.ModelSerializer[Site]):
    province_code = serializers.CharField(source="province.code")
    ward_code = serializers.CharField(source="ward.code", allow_null=True, default=None)

    class Meta:
        model = Site
        fields = (
            "code",
            "name",
            "province_code",
            "ward_code",
            "address",
            "phone",
            "on_platform",
        )
