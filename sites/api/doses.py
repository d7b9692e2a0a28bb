"""`POST /api/v1/doses/`: one dose, or up to a thousand of one site."""

import datetime
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sites.api import schema
from sites.api.authentication import ClientAuthentication, IsApiClient
from sites.api.validation import MOST_ITEMS, Invalid, read_items
from sites.models import ApiClient, Dose
from sites.services.doses import DoseItem, Outcome, Recorded, record_doses
from vaxplatform.api import body_of, domain_answer
from vaxplatform.promise import certificate_expected_by

Result = tuple[int, dict[str, Any]]


def client_of(request: Request) -> ApiClient:
    """Whose token it is."""
    client: Any = request.auth
    return cast(ApiClient, client)


class ClientView(APIView):
    """For systems that hold a token."""

    authentication_classes = (ClientAuthentication,)
    permission_classes = (IsApiClient,)


class DosesView(ClientView):
    @extend_schema(
        summary="Record one dose, or a list of up to 1,000",
        description=(
            "One object: 201, or 200 when the same key and body came before; 409 when a rule"
            " refuses; 400 by field when it cannot be right. A list: 207 with one result an item,"
            " in order; a refused item leaves nothing behind, the others are recorded. The rule of"
            " trying again, every code and a worked client: docs/integration.md."
        ),
        request=schema.REQUEST,
        parameters=[schema.RETRY_AFTER],
        examples=schema.EXAMPLES,
        responses=schema.RESPONSES,
    )
    def post(self, request: Request) -> Response:
        body, now, client = body_of(request), timezone.now(), client_of(request)
        if isinstance(body, list):
            if not 1 <= len(body) <= MOST_ITEMS:
                sentence = _("Send 1 to %(most)s doses at a time.") % {"most": MOST_ITEMS}
                raise exceptions.ValidationError({"non_field_errors": [sentence]})
            results = _record(body, client, now)
            return Response([_in_list(*r) for r in results], status=HTTPStatus.MULTI_STATUS)
        ((status, answer),) = _record([body], client, now)
        return Response(answer, status=status)


def _record(body: Sequence[Any], client: ApiClient, now: datetime.datetime) -> list[Result]:
    """The answer to each item as if it had come alone: status and body."""
    items = read_items(body, client=client, now=now)
    good = [item for item in items if isinstance(item, DoseItem)]
    outcomes = iter(
        record_doses(items=good, site=client.site, now=now, api_client=client) if good else ()
    )
    return [
        (HTTPStatus.BAD_REQUEST, dict(item.errors))
        if isinstance(item, Invalid)
        else _answer(next(outcomes))
        for item in items
    ]


def _answer(outcome: Outcome) -> Result:
    if not isinstance(outcome, Recorded):
        return domain_answer(outcome)
    status = HTTPStatus.OK if outcome.is_duplicate else HTTPStatus.CREATED
    return status, {
        "dose_id": str(outcome.dose.public_id),
        "citizen_id": str(outcome.dose.citizen.public_id),
        "status": "duplicate" if outcome.is_duplicate else "recorded",
        "certificate_expected_by": expected_by(outcome.dose).isoformat(),
    }


def expected_by(dose: Dose) -> datetime.datetime:
    """By when the certificate is promised, in Viet Nam's time."""
    moment = certificate_expected_by(
        administered_at=dose.administered_at,
        recorded_at=dose.recorded_at,
        delay_seconds=settings.CERTIFICATE_DELAY_SECONDS,
        deadline_seconds=settings.CERTIFICATE_DEADLINE_SECONDS,
    )
    return timezone.localtime(moment)


def _in_list(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    if status == HTTPStatus.BAD_REQUEST:
        return {"status": "invalid", "errors": answer}
    if status == HTTPStatus.CONFLICT:
        return {"status": "refused", **answer}
    return answer
