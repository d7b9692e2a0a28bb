"""The API of changes: what happened to the certificates of a site's doses, since a cursor."""

from http import HTTPStatus
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from certificates.api.doses import CertificateAnswer
from certificates.exceptions import CursorUnknown
from certificates.models import CertificateChange, ChangeKind
from certificates.services.changes import changes_after
from registration.services.access import AccessPurpose
from sites.api.authentication import ClientAuthentication, IsApiClient
from sites.api.serializers import FieldErrors, Refusal
from sites.models import ApiClient
from sites.services.people import log_lookups

USUAL_LIMIT, MOST = 100, 500
HIGHEST = 2**63 - 1

EXAMPLE = {
    "changes": [
        {
            "number": 4_871,
            "event": "issued",
            "dose_id": "8f14e45f-ceea-467f-9d2c-0242ac120002",
            "at": "2021-11-06T10:32:11.402913+07:00",
            "certificate": {
                "uvci": "URN:UVCI:01:VN:7QXG5M2K4T0B9RWH3JC8DNF6PV#L",
                "public_id": "c9f0f895-fb98-4b91-99f5-1fd297e236d6",
                "hcert": "HC1:6BF…",
                "status": "live",
                "issued_at": "2021-11-06T10:32:11.402913+07:00",
                "expires_at": "2022-11-06T10:32:11.402913+07:00",
            },
        }
    ],
    "cursor": 4_871,
    "more": False,
}


class ChangeAnswer(serializers.ModelSerializer[CertificateChange]):
    event = serializers.ChoiceField(ChangeKind.choices, source="kind")
    dose_id = serializers.UUIDField(source="certificate.dose.public_id")
    at = serializers.SerializerMethodField()
    certificate = CertificateAnswer(help_text="As it stands now, not as it stood then")

    class Meta:
        model = CertificateChange
        fields = ("number", "event", "dose_id", "at", "certificate")

    def get_at(self, change: CertificateChange) -> str:
        certificate = change.certificate
        moment = certificate.issued_at if change.kind == ChangeKind.ISSUED else change.at
        return timezone.localtime(moment).isoformat()


class ChangesAnswer(serializers.Serializer[Any]):
    changes = ChangeAnswer(many=True)
    cursor = serializers.IntegerField(help_text="Hand it in as `after` next time")
    more = serializers.BooleanField(help_text="Ask again at once")


class ChangesView(APIView):
    """For the systems of the site that recorded the doses."""

    authentication_classes = (ClientAuthentication,)
    permission_classes = (IsApiClient,)

    @extend_schema(
        summary="What happened to the site's certificates since a cursor",
        description=(
            "Issued, replaced and revoked certificates of all doses of the client's site, in the"
            " order of their numbers. Keep `cursor` and hand it in as `after`: nothing is skipped,"
            " and the same cursor answers the same changes again. Begins when the site's first"
            " client is created."
        ),
        parameters=[
            OpenApiParameter(
                "after",
                {"type": "integer", "minimum": 0, "maximum": HIGHEST},
                description="The last `cursor`; without: the oldest",
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL_LIMIT},
            ),
        ],
        responses={
            200: OpenApiResponse(
                ChangesAnswer, examples=[OpenApiExample("One certificate", value=EXAMPLE)]
            ),
            400: FieldErrors,
            401: Refusal,
            410: OpenApiResponse(Refusal, description="`cursor_unknown`: too old, or not ours"),
        },
    )
    def get(self, request: Request) -> Response:
        client = cast(ApiClient, request.auth)  # IsApiClient has seen to it
        after = _number(request, "after", None, highest=HIGHEST)
        limit = _number(request, "limit", USUAL_LIMIT, lowest=1, highest=MOST)
        try:
            page = changes_after(site_id=client.site_id, after=after, limit=limit or USUAL_LIMIT)
        except CursorUnknown as refusal:
            said = {"code": refusal.code, "detail": refusal.detail}
            return Response(said, status=HTTPStatus.GONE)
        people = {change.certificate.dose.citizen for change in page.changes}
        log_lookups(people=people, client=client, purpose=AccessPurpose.API, now=timezone.now())
        answer = {"changes": page.changes, "cursor": page.cursor, "more": page.has_more}
        return Response(ChangesAnswer(answer).data, headers={"Cache-Control": "no-store"})


def _number(
    request: Request, name: str, default: int | None, *, lowest: int = 0, highest: int
) -> int | None:
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if text.isascii() and text.isdecimal() and len(text) < 20 and lowest <= int(text) <= highest:
        return int(text)
    sentence = _("A whole number from %(lowest)d to %(highest)d.")
    raise exceptions.ValidationError({name: [sentence % {"lowest": lowest, "highest": highest}]})
