"""Finding a person, sessions and check-in for a site's own system; the public registry of sites."""

import datetime
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions as api_exceptions
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from registration.models import Citizen
from registration.services.check_in_codes import code_in, find_by_check_in_code
from registration.services.citizens import find_or_create_citizen
from sites import exceptions
from sites.api import serializers
from sites.api.doses import ClientView, client_of
from sites.api.fields import Errors, Reader, identifier, text
from sites.api.validation import read_details
from sites.models import ApiClient, Session, Site
from sites.selectors import doses_of
from sites.services.people import look_up_for_client, papers_like, visible_to_client
from sites.services.visits import check_in
from vaxplatform.api import body_of
from vaxplatform.errors import InvalidInput
from vaxplatform.vietnam import (
    day_in_vietnam,
    normalise_date_of_birth,
    normalise_name,
    normalise_phone,
)

QUERY_LIMIT = 100  # characters of a parameter


def parameter(request: Request, name: str) -> str:
    """A query parameter without what no database takes."""
    value = request.query_params.get(name, "").replace("\x00", "").strip()
    if len(value) > QUERY_LIMIT:
        raise InvalidInput(field=name)
    return value


def date_parameter(request: Request, name: str, default: datetime.date) -> datetime.date:
    value = parameter(request, name)
    if not value:
        return default
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        sentence = _("Give the date as YYYY-MM-DD.")
        raise api_exceptions.ValidationError({name: [sentence]}) from None


class LookupView(ClientView):
    @extend_schema(
        summary="Find a person by two identifiers",
        parameters=[
            OpenApiParameter("id_number", str, description="With date_of_birth"),
            OpenApiParameter("date_of_birth", str, description="YYYY, YYYY-MM or YYYY-MM-DD"),
            OpenApiParameter("phone", str, description="With full_name"),
            OpenApiParameter("full_name", str, description="Accents are not needed"),
        ],
        responses={
            200: serializers.KnownCitizen,
            400: serializers.FieldErrors,
            404: serializers.Refusal,
            409: serializers.Refusal,
        },
    )
    def get(self, request: Request) -> Response:
        now = timezone.now()
        asked = self._asked(request, day_in_vietnam(now))
        try:
            citizen = look_up_for_client(client=client_of(request), now=now, **asked)
        except exceptions.PersonUnknown as refusal:
            body = {"code": refusal.code, "detail": refusal.detail}
            return Response(body, status=HTTPStatus.NOT_FOUND)
        citizen.known_doses = list(doses_of(citizen))  # type: ignore[attr-defined]
        return Response(serializers.KnownCitizen(citizen).data)

    def _asked(self, request: Request, today: datetime.date) -> dict[str, Any]:
        number, born = parameter(request, "id_number"), parameter(request, "date_of_birth")
        asked: dict[str, Any] = {}
        if born:
            asked["date_of_birth"] = normalise_date_of_birth(born, on=today)
        if number:
            if not born:
                raise InvalidInput(field="date_of_birth")
            papers = papers_like(number)
            if not papers:
                raise InvalidInput(field="id_number")
            return {**asked, "papers": papers}
        phone = parameter(request, "phone")
        name = parameter(request, "full_name") or parameter(request, "name")
        if not phone or not name:
            raise api_exceptions.ValidationError(
                {"id_number": [_("Give id_number and date_of_birth, or phone and full_name.")]}
            )
        return {**asked, "phone": normalise_phone(phone), "full_name": normalise_name(name)}


class SessionsView(ClientView, ListAPIView[Session]):
    """Sessions of the client's own site."""

    serializer_class = serializers.SessionAnswer
    queryset = Session.objects.none()

    @extend_schema(
        summary="The site's sessions on a day (today unless given)",
        parameters=[OpenApiParameter("date", datetime.date)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Session]:
        today = day_in_vietnam(timezone.now())
        client = client_of(self.request)
        return (
            Session.objects.filter(
                site=client.site_id, held_on=date_parameter(self.request, "date", today)
            )
            .select_related("vaccine")
            .order_by("pk")
        )


class CheckInView(ClientView):
    @extend_schema(
        summary="Check a person in to a session of today",
        request=serializers.CheckInInput,
        responses={
            201: serializers.VisitAnswer,
            200: serializers.VisitAnswer,
            400: serializers.FieldErrors,
            404: serializers.Refusal,
            409: serializers.Refusal,
        },
    )
    def post(self, request: Request, public_id: Any) -> Response:
        now = timezone.now()
        client = client_of(request)
        session = get_object_or_404(Session, public_id=public_id, site=client.site_id)
        citizen = self._citizen(body_of(request), client, now)
        done = check_in(session=session, citizen=citizen, by=None, now=now)
        status = HTTPStatus.OK if done.is_duplicate else HTTPStatus.CREATED
        return Response(serializers.VisitAnswer(done.visit).data, status=status)

    def _citizen(self, body: Any, client: ApiClient, now: datetime.datetime) -> Citizen:
        errors = Errors()
        if not isinstance(body, dict):
            raise api_exceptions.ValidationError(
                {"non_field_errors": [_("This must be an object.")]}
            )
        reader, found = Reader(body, errors), None
        if body.get("check_in_code") is not None:
            found = _by_code(reader, now)
        elif body.get("citizen_id") is not None:
            found = _by_id(reader, client, now)
        else:
            details = read_details(
                body.get("citizen"), errors=errors, on=day_in_vietnam(now), prefix="citizen."
            )
            found = find_or_create_citizen(details=details) if details else None
        if errors or found is None:
            raise api_exceptions.ValidationError(errors)
        return found


def _by_code(reader: Reader, now: datetime.datetime) -> Citizen | None:
    code = reader.read("check_in_code", text(200))
    if not code:
        return None
    citizen = find_by_check_in_code(code=code_in(code), now=now)
    if citizen is None:
        reader.errors.add("check_in_code", _("This code is unknown or no longer valid."))
    return citizen


def _by_id(reader: Reader, client: ApiClient, now: datetime.datetime) -> Citizen | None:
    wanted = reader.read("citizen_id", identifier)
    if not wanted:
        return None
    people = Citizen.objects.filter(public_id=wanted)
    citizen = visible_to_client(client=client, people=people, now=now).get(str(wanted))
    if citizen is None:
        reader.errors.add("citizen_id", _("There is no such person among those of your site."))
    return citizen


class SitesView(ListAPIView[Site]):
    """The public registry of vaccination sites; no token is needed."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = serializers.SiteAnswer
    queryset = Site.objects.none()

    @extend_schema(
        summary="Vaccination sites", parameters=[OpenApiParameter("province", str)], auth=[]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Site]:
        rows = Site.objects.filter(is_active=True).select_related("province", "ward")
        province = parameter(self.request, "province")
        return rows.filter(province__code=province) if province else rows
