"""The old API's public figures: GET, without a key, from any origin."""

import datetime
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from public_portal.legacy import figures
from public_portal.legacy.answers import Json, Page, as_moment, kept, problem, refusal
from public_portal.legacy.contract import described
from sites.models import Site
from vaxplatform.api import answer_for
from vaxplatform.errors import DomainError

PAGE_SIZE = 20  # as the framework of the old portal had it
MOST_A_PAGE = 500
HIGHEST_PAGE = 100_000


class AnyAccept(BaseContentNegotiation):
    """JSON, whatever a client says it accepts: some of them say HTML."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        wanted = [p for p in parsers if request.content_type.startswith(p.media_type)]
        return wanted[0] if wanted else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class OldView(APIView):
    """What all addresses of the old API share: no key, any origin, errors in the old shapes."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = AnyAccept
    methods: ClassVar[str] = "GET, HEAD, OPTIONS"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=HTTPStatus.NO_CONTENT)
            response["Access-Control-Allow-Methods"] = self.methods
            response["Access-Control-Allow-Headers"] = "*, Authorization, Content-Type"
            response["Access-Control-Max-Age"] = "86400"
        else:
            response = super().dispatch(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag, Link, X-Total-Count"
        response.speaks_no_language = True  # type: ignore[attr-defined]
        return response

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        if isinstance(exc, DomainError):
            return refusal(self.request, exc)
        known = answer_for(exc)
        if known is None:
            raise exc
        with translation.override("vi"):
            sentence = _("This cannot be answered now. Please try again.")
            return problem(self.request, status=known[0], sentence=sentence)


class FiguresView(OldView):
    """An answer without parameters; subclasses say what is in it."""

    def data(self, now: datetime.datetime) -> Json:
        raise NotImplementedError

    def _get(self, request: Request) -> HttpResponse:
        return kept(request._request, asked=request.path, make=self._page)

    def _page(self) -> Page:
        return Page(self.data(timezone.now()))


def _province(row: figures.ProvinceFigures) -> dict[str, Any]:
    return {"provinceCode": row.code, "provinceName": row.name}


def _people(row: figures.ProvinceFigures) -> dict[str, Any]:
    return {"population": row.population, "popOverEighteen": row.adults}


def _day(day: figures.DayFigures) -> dict[str, Any]:
    return {"reportedDate": as_moment(day.day), "totalInjected": day.doses}


class AllView(FiguresView):
    @described("stats_all")
    def get(self, request: Request) -> HttpResponse:
        return self._get(request)

    def data(self, now: datetime.datetime) -> Json:
        return [self._row(row) for row in figures.provinces(now=now)]

    def _row(self, row: figures.ProvinceFigures) -> dict[str, Any]:
        return {
            **_province(row),
            "totalVaccinationLocation": row.sites,
            "totalInjected": row.doses,
            "totalOnceInjected": row.first,
            "totalTwiceInjected": row.second,
            "totalThriceInjected": row.third,
            "lastOnceInjected": row.last.first,
            "lastTwiceInjected": row.last.second,
            "currentTeamInjectInPractice": row.open_sessions,
            "totalVaccineAllocated": row.planned,
            "totalVaccineAllocatedReality": row.received,
            "totalVaccineProvided": row.received,
            **_people(row),
            "vaccineInjectionDailies": [_day(day) for day in row.recent],
        }


class SummaryView(FiguresView):
    @described("stats_summary")
    def get(self, request: Request) -> HttpResponse:
        return self._get(request)

    def data(self, now: datetime.datetime) -> Json:
        country = figures.country(now=now)
        return {
            "totalVaccine": country.received,
            "totalVaccineAllocated": country.received,
            "totalVaccinationRegistration": figures.registrations(),
            "totalInjected": country.doses,
        }


class LatestView(FiguresView):
    @described("detail_latest")
    def get(self, request: Request) -> HttpResponse:
        return self._get(request)

    def data(self, now: datetime.datetime) -> Json:
        country = figures.country(now=now)
        return {
            "allocatedDate": as_moment(country.last.day),
            "vaccineTotal": country.received,
            "vaccineAllocation": country.received,
            "objectInjection": country.doses,
            "totalPopulation": country.last.doses,  # misnamed then, and read so since
            "totalOneInjected": country.first,
            "totalTwiceInjected": country.second,
        }


class ByDaysView(FiguresView):
    @described("by_days")
    def get(self, request: Request) -> HttpResponse:
        return self._get(request)

    def data(self, now: datetime.datetime) -> Json:
        return [_day(day) for day in figures.by_days(now=now)]


class PlanView(FiguresView):
    @described("alloc_plan")
    def get(self, request: Request) -> HttpResponse:
        return self._get(request)

    def data(self, now: datetime.datetime) -> Json:
        return [
            {**_province(row), **_people(row), "totalVaccineAllocated": row.planned}
            for row in figures.provinces(now=now)
        ]


class ReceivedView(FiguresView):
    @described("alloc_real")
    def get(self, request: Request) -> HttpResponse:
        return self._get(request)

    def data(self, now: datetime.datetime) -> Json:
        return [
            {
                **_province(row),
                "totalVaccineAllocated": row.received,
                "allocatedList": [self._vaccine(lot) for lot in row.by_vaccine],
            }
            for row in figures.provinces(now=now)
        ]

    def _vaccine(self, lot: figures.Received) -> dict[str, Any]:
        return {
            "vaccineId": lot.code,
            "vaccineName": lot.name,
            "totalVaccineAllocated": lot.doses,
        }


class ProvincesView(FiguresView):
    @described("provinces")
    def get(self, request: Request) -> HttpResponse:
        return self._get(request)

    def data(self, now: datetime.datetime) -> Json:
        return [
            {**_province(row), "shortName": row.name, "type": row.kind, **_people(row)}
            for row in figures.provinces(now=now)
        ]


# ── vaccination sites ─────────────────────────────────────────────────────────────────────────
# The parameter, how many digits its codes have, and where a site has the code.
PLACES = (
    ("provinceCode", 2, "province__code"),
    ("districtCode", 3, "ward__parent__code"),
    ("wardCode", 5, "ward__code"),
)


def number_in(text: str, *, default: int, highest: int) -> int:
    """A whole number from 0 to `highest`; the default for anything else, as the old portal did."""
    good = text.isascii() and text.isdigit() and len(text) <= 7
    return min(int(text), highest) if good else default


def places_asked(query: Mapping[str, str]) -> dict[str, str]:
    """The codes that were asked for, with their zeros; one that can be no code finds nothing."""
    found = {}
    for name, digits, _where in PLACES:
        text = query.get(name, "").strip()
        if text:
            is_code = text.isascii() and text.isdigit() and len(text) <= digits
            found[name] = text.zfill(digits) if is_code else "-"
    return found


class LocationsView(OldView):
    @described("locations")
    def get(self, request: Request) -> HttpResponse:
        query = request.query_params
        asked = {
            **places_asked(query),
            "page": number_in(query.get("page", ""), default=0, highest=HIGHEST_PAGE),
            "size": number_in(query.get("size", ""), default=PAGE_SIZE, highest=MOST_A_PAGE)
            or PAGE_SIZE,
        }
        make = partial(self._page, request.path, asked)
        return kept(request._request, asked=f"{request.path}?{urlencode(asked)}", make=make)

    def _page(self, path: str, asked: dict[str, Any]) -> Page:
        sites = self._sites(asked)
        total, start = sites.count(), asked["page"] * asked["size"]
        rows = [
            {"name": name, "address": address}
            for name, address in sites.values_list("name", "address")[start : start + asked["size"]]
        ]
        links = self._links(path, asked, total)
        return Page(rows, {"X-Total-Count": str(total), "Link": links})

    def _sites(self, asked: dict[str, Any]) -> QuerySet[Site]:
        sites = Site.objects.filter(is_active=True).order_by("code")
        for name, _digits, where in PLACES:
            if name in asked:
                sites = sites.filter(**{where: asked[name]})
        if "provinceCode" in asked:  # its code stands for another province since 2025
            sites = sites.filter(province__scheme=2021)
        return sites

    def _links(self, path: str, asked: dict[str, Any], total: int) -> str:
        last = max(total - 1, 0) // asked["size"]
        pages = {"last": last, "first": 0}
        if asked["page"] < last:
            pages = {"next": asked["page"] + 1, **pages}
        if asked["page"]:
            pages = {"prev": asked["page"] - 1, **pages}
        return ",".join(
            f'<{path}?{urlencode({**asked, "page": page})}>; rel="{name}"'
            for name, page in pages.items()
        )
