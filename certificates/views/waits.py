"""/staff/certificates/waits/: how long certificates took, by place, and which are stuck and why.

The country shows its provinces, a province its sites, a site itself in one line. A login sees its
own place and what lies in it; any other is as unknown as one that does not exist.
"""

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certificates.forms.waits import PeriodForm
from certificates.kept_promise import window_minutes
from certificates.views import waits_show
from certificates.waits import (
    Place,
    TooMuchAtOnce,
    stuck_by_cause,
    stuck_jobs,
    waits_report,
)
from registration.selectors import provinces_in_use
from sites.models import DoseSource, Site, StaffPosting
from sites.rights import SEE_WAITS, staff_page
from sites.scoping import scope_to_posting
from vaxplatform import formatting
from vaxplatform.components import Tab
from vaxplatform.errors import add_to_form
from vaxplatform.vietnam import day_in_vietnam

ROWS_A_PAGE = 70  # the 63 provinces on one page
STUCK_A_PAGE = 25


@staff_page(SEE_WAITS)
@require_safe
def waits(request: Any) -> HttpResponse:
    """The whole of the posting: the country, its province, or its site."""
    posting: StaffPosting = request.posting
    return _page(request, Place(province=posting.province, site=posting.site))


@staff_page(SEE_WAITS)
@require_safe
def province_waits(request: Any, code: str) -> HttpResponse:
    """A province's sites; a province officer's own one, the nation any."""
    posting: StaffPosting = request.posting
    province = provinces_in_use().filter(code=code).first()
    is_national = posting.site_id is None and posting.province_id is None
    if province is None or not (is_national or posting.province_id == province.pk):
        raise Http404
    return _page(request, Place(province=province))


@staff_page(SEE_WAITS)
@require_safe
def site_waits(request: Any, code: str) -> HttpResponse:
    """One site within the posting."""
    sites = Site.objects.select_related("province").filter(code=code)
    site = scope_to_posting(sites, request.posting, site="").first()
    if site is None:
        raise Http404
    return _page(request, Place(site=site))


def _page(request: Any, place: Place) -> HttpResponse:
    """The figures of the chosen days; what cannot be counted is refused with a sentence."""
    now = timezone.now()
    form = PeriodForm(request.GET, today=day_in_vietnam(now))
    context: dict[str, Any] = {
        "form": form,
        "place": place,
        "posting": request.posting,
        "place_name": _name_of(place),
        "crumbs": _crumbs(request, place),
        "now": now,
        "target": waits_show.TARGET_PERCENT,
        "window": [formatting.number(minutes) for minutes in window_minutes()],
    }
    try:
        if form.is_valid():
            found = _figures(request, place, form, now)
            if isinstance(found, HttpResponse):
                return found
            context |= found
    except TooMuchAtOnce as refusal:
        add_to_form(form, refusal)
    return render(request, "certificates/staff/waits.html", context)


def _figures(
    request: Any, place: Place, form: PeriodForm, now: Any
) -> dict[str, Any] | HttpResponse:
    """What the page shows of its place, or the table as a file where `?format=csv` asks for it."""
    period, source = form.period, form.chosen_source
    report = waits_report(place=place, period=period, source=source, now=now)
    sort = request.GET.get("sort", waits_show.WORST_FIRST)
    lines = waits_show.lines_of(report, place=place, sort=sort, now=now)
    if request.GET.get("format") == "csv":
        return waits_show.as_file(lines, f"waits-{period.first}-{period.last}-{source.value}.csv")
    stuck = Paginator(stuck_jobs(place), STUCK_A_PAGE)
    stuck.count = report.owed.stuck  # counted already
    stuck_page = stuck.get_page(request.GET.get("stuck"))
    whole = waits_show.Line("", "", "", report.whole, report.owed, now)
    return {
        "period": period,
        "days": formatting.day_range(period.first, period.last),
        "is_today": period.last == form.today,
        "report": report,
        "whole": whole,
        "drawing": waits_show.distribution(report) if report.whole.over else "",
        "page": Paginator(lines, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "sort": sort,
        "query": _query(request, sort=sort),
        "all_columns": request.GET.get("columns") == "all",
        "sources": _sources(request, source),
        "is_paper": source == DoseSource.PAPER,
        "steps": _steps(request, form),
        "causes": stuck_by_cause(place) if report.owed.stuck else [],
        "stuck_page": stuck_page,
        "stuck": waits_show.stuck_lines(
            list(stuck_page.object_list), posting=request.posting, now=now
        ),
    }


def _name_of(place: Place) -> str:
    if place.site:
        return place.site.name
    return place.province.full_name if place.province else _("Whole country")


def _query(request: Any, **changes: str) -> str:
    """The page's query with another value of some parameters, from its first page on."""
    query = request.GET.copy()
    for name in ("page", "stuck", "format"):
        query.pop(name, None)
    for name, value in changes.items():
        query[name] = value
    return f"?{query.urlencode()}"


def _sources(request: Any, chosen: DoseSource) -> list[Tab]:
    return [
        Tab(_query(request, source=source.value), source.label, source == chosen)
        for source in DoseSource
    ]


def _steps(request: Any, form: PeriodForm) -> list[tuple[str, str]]:
    """Links to the day before and, unless it lies ahead, the day after a single day."""
    period = form.period
    if period.first != period.last:
        return []
    before, after = (period.first + timedelta(days=days) for days in (-1, 1))
    links = [(_query(request, first=before.isoformat()), _("Day before"))]
    if after <= form.today:
        links.append((_query(request, first=after.isoformat()), _("Day after")))
    return links


def _crumbs(request: Any, place: Place) -> list[tuple[str, str]]:
    """The places above this one that the posting may see, from the top."""
    posting: StaffPosting = request.posting
    links = []
    query = _query(request)
    if posting.site_id is None and posting.province_id is None and (place.site or place.province):
        links.append((reverse("certificates_staff:waits") + query, _("Whole country")))
    if place.site and posting.site_id is None:
        province = place.site.province
        url = reverse("certificates_staff:province_waits", args=[province.code])
        links.append((url + query, province.name))
    return links
