"""The API of certificates: a dose with its certificate, the verifier, and what verifiers need."""

import hashlib
import json
import uuid
from typing import Any, cast

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from certificates.hcert.uvci import COUNTRY
from certificates.models import CertificateStatus
from certificates.selectors import certificate_answer
from certificates.services import keys
from certificates.services.revocation import revoked_hashes
from certificates.services.verification import check_certificate
from registration.services.access import AccessPurpose, log_access
from sites.api.authentication import ClientAuthentication, IsApiClient
from sites.models import ApiClient, Dose
from sites.services.people import client_label
from vaxplatform.api import body_of

LIST_SECONDS = 300  # how old a list may be that a verifier or a cache keeps


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
        responses=DoseWithCertificate,
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


class ListView(APIView):
    """A list for verifiers: the same for everybody, kept by caches for a while, with an ETag."""

    authentication_classes = ()
    permission_classes = ()

    def content(self) -> str:
        raise NotImplementedError

    def get(self, request: Request) -> HttpResponse:
        content = self.content().encode()
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        fresh = HttpResponse(content, content_type="application/json", headers={"ETag": etag})
        response = get_conditional_response(request._request, etag=etag, response=fresh) or fresh
        patch_cache_control(response, public=True, max_age=LIST_SECONDS)
        return response


class TrustListView(ListView):
    """The keys whose certificates may be believed, in the form of the EU gateway."""

    def content(self) -> str:
        return keys.published_keys().to_json()

    @extend_schema(summary="Trust list (DSCs)", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> HttpResponse:
        return super().get(request)


class RevocationsView(ListView):
    """Hashes of certificates that ended before their time and have not expired."""

    def content(self) -> str:
        hashes = revoked_hashes(now=timezone.now())
        return json.dumps({"country": COUNTRY, "hashType": "UCI", "entries": hashes})

    @extend_schema(
        summary="Revoked and replaced certificates",
        description="Base64 of the first 16 bytes of SHA-256 over the identifier (UVCI).",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> HttpResponse:
        return super().get(request)
