"""The API of certificates: a dose with its certificate, and the verifier."""

import uuid
from typing import Any, cast

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from certificates.models import CertificateStatus
from certificates.selectors import certificate_answer
from certificates.services.verification import check_certificate
from registration.services.access import AccessPurpose, log_access
from sites.api.authentication import ClientAuthentication, IsApiClient
from sites.api.serializers import Refusal
from sites.models import ApiClient, Dose
from sites.services.people import client_label
from vaxplatform.api import body_of


class CertificateAnswer(serializers.Serializer):
    uvci = serializers.CharField()
    public_id = serializers.UUIDField()
    hcert = serializers.CharField(help_text=_("The text of the QR code, HC1:…"))
    status = serializers.ChoiceField(choices=CertificateStatus.choices)
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class DoseWithCertificate(serializers.Serializer):
    dose_id = serializers.UUIDField()
    citizen_id = serializers.UUIDField()
    status = serializers.CharField()
    dose_number = serializers.IntegerField()
    dose_kind = serializers.CharField()
    vaccine = serializers.CharField()
    lot_number = serializers.CharField()
    administered_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    certificate_expected_by = serializers.DateTimeField()
    certificate = CertificateAnswer(allow_null=True)


class VerifyInput(serializers.Serializer):
    hcert = serializers.CharField(trim_whitespace=False)


class VerifyAnswer(serializers.Serializer):
    status = serializers.ChoiceField(choices=("valid", "invalid"))
    reason = serializers.CharField()
    certificate = serializers.JSONField(allow_null=True)


class DoseView(APIView):
    """For the system of the site that recorded the dose."""

    authentication_classes = (ClientAuthentication,)
    permission_classes = (IsApiClient,)

    @extend_schema(
        summary="A dose that the client's site recorded, and its certificate",
        responses={
            200: DoseWithCertificate,
            401: Refusal,
            404: OpenApiResponse(Refusal, description="Also for a dose of another site"),
        },
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        client = cast(ApiClient, request.auth)  # IsApiClient has seen to it
        dose = (
            Dose.objects.filter(public_id=public_id, site=client.site)
            .select_related("citizen", "vaccine", "lot")
            .first()
        )
        if dose is None:
            raise Http404
        log_access(
            citizen=dose.citizen,
            account=None,
            purpose=AccessPurpose.API,
            client=client_label(client),
        )
        return Response(DoseWithCertificate(_with_certificate(dose)).data)


def _with_certificate(dose: Dose) -> dict[str, Any]:
    """The live certificate; where there is none, the one that ended last."""
    certificates = list(dose.certificates.order_by("pk"))
    live = [each for each in certificates if each.status == CertificateStatus.LIVE]
    return {
        "dose_id": dose.public_id,
        "citizen_id": dose.citizen.public_id,
        "status": dose.status,
        "dose_number": dose.dose_number,
        "dose_kind": dose.dose_kind,
        "vaccine": dose.vaccine.code,
        "lot_number": dose.lot.number,
        "administered_at": dose.administered_at,
        "recorded_at": dose.recorded_at,
        "certificate_expected_by": certificate_answer(dose, timezone.now()).expected_by,
        "certificate": next(iter(live or reversed(certificates)), None),
    }


class VerifyView(APIView):
    """For everybody; nothing of what is sent is kept."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        summary="Judge a certificate",
        description="200 with a verdict for anything that is a string; 400 or 413 otherwise.",
        request=VerifyInput,
        responses=VerifyAnswer,
    )
    def post(self, request: Request) -> Response:
        body = body_of(request)
        text = body.get("hcert") if isinstance(body, dict) else None
        if not isinstance(text, str):
            raise serializers.ValidationError(
                {"hcert": [_("Send the text of the QR code as a string.")]}
            )
        result = check_certificate(text=text, at=timezone.now())
        return Response(result.as_dict(), headers={"Cache-Control": "no-store"})
