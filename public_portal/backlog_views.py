"""/staff/backlog/: what was reported and is not on record yet, and when it will be.

The country shows its provinces, a province its sites, a site its days and vaccines. A login sees
its own place and what lies in it; any other is as unknown as one that does not exist.
"""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from public_portal import backlog_show as show
from public_portal.backlog import (
    PACE_DAYS,
    SILENT_DAYS,
    Progress,
    day_lines,
    provinces_progress,
    rest_of,
    sites_progress,
)
from public_portal.services.reports import REPORTING_ACTIONS
from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from sites.models import Site, StaffPosting
from sites.rights import SEE_BOARD, staff_page
from sites.scoping import scope_to_posting
from vaxplatform.components import Tab
from vaxplatform.vietnam import day_in_vietnam

SEE_BACKLOG = (SEE_BOARD, *REPORTING_ACTIONS)
ROWS_A_PAGE = 70  # the 63 provinces on one page


@staff_page(*SEE_BACKLOG)
@require_safe
def backlog(request: Any) -> HttpResponse:
    """The whole of the posting: the country, its province, or its site."""
    posting: StaffPosting = request.posting
    if posting.site:
        return _days(request, posting.site.province, posting.site)
    if posting.province:
        return _sites(request, posting.province)
    return _provinces(request)


@staff_page(*SEE_BACKLOG)
@require_safe
def province_backlog(request: Any, code: str) -> HttpResponse:
    return _sites(request, _province(request, code))


@staff_page(*SEE_BACKLOG)
@require_safe
def province_days(request: Any, code: str) -> HttpResponse:
    return _days(request, _province(request, code), None)


@staff_page(*SEE_BACKLOG)
@require_safe
def site_backlog(request: Any, code: str) -> HttpResponse:
    sites = Site.objects.select_related("province").filter(code=code)
    site = scope_to_posting(sites, request.posting, site="").first()
    if site is None:
        raise Http404
    return _days(request, site.province, site)


def _province(request: Any, code: str) -> AdministrativeUnit:
    """A province officer's own one, the nation any."""
    posting: StaffPosting = request.posting
    province = provinces_in_use().filter(code=code).first()
    if province is None or posting.site_id or posting.province_id not in (None, province.pk):
        raise Http404
    return province


def _provinces(request: Any) -> HttpResponse:
    rows = provinces_progress(now=timezone.now())
    whole = sum((row.progress for row in rows), Progress(_today()))
    lines = show.province_lines(rows)
    silent = sum(row.silent for row in rows)
    return _places(request, _("The country"), lines, whole, silent=silent, crumbs=[])


def _sites(request: Any, province: AdministrativeUnit) -> HttpResponse:
    now = timezone.now()
    (own,) = provinces_progress(now=now, province=province)
    rows = sites_progress(province=province, now=now)
    wanted = rows
    if request.GET.get("show") == "silent":
        wanted = [row for row in rows if row.is_silent]
    lines = show.site_lines(wanted)
    rest = show.rest_line(rest_of(own.progress, rows), province.code)
    if rest and wanted is rows:
        lines.append(rest)
    silent = sum(row.is_silent for row in rows)
    query = request.GET.get("show", "")
    tabs = [
        Tab("?", _("All sites"), current=query != "silent"),
        Tab("?show=silent", _("Silent sites (%(count)s)") % {"count": silent}, query == "silent"),
    ]
    return _places(
        request,
        province.name,
        lines,
        own.progress,
        silent=silent,
        crumbs=_crumbs(request),
        province=province,
        tabs=tabs,
    )


def _places(
    request: Any,
    name: str,
    lines: list[show.Line],
    whole: Progress,
    *,
    silent: int,
    crumbs: list[tuple[str, str]],
    province: AdministrativeUnit | None = None,
    tabs: list[Tab] | None = None,
) -> HttpResponse:
    sort = request.GET.get("sort", show.LARGEST_FIRST)
    lines = show.ordered(lines, sort)
    if request.GET.get("format") == "csv":
        place = province.code if province else "provinces"
        return show.places_file(lines, f"backlog-{place}-{whole.today}.csv")
    context = {
        **_frame(request, name, whole, sort, crumbs),
        "page": Paginator(lines, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "province": province,
        "tabs": tabs,
        "silent": silent,
        "left_most": max([line.progress.left for line in lines] + [1]),
    }
    return render(request, "public_portal/staff_backlog.html", context)


def _days(request: Any, province: AdministrativeUnit, site: Site | None) -> HttpResponse:
    now = timezone.now()
    row = None
    if site is None:
        whole = provinces_progress(now=now, province=province)[0].progress
    else:
        row = next(iter(sites_progress(province=province, now=now, site=site)), None)
        whole = row.progress if row else Progress(_today())
    sort = request.GET.get("sort", show.NEWEST_FIRST)
    lines = show.ordered_days(day_lines(province=province, site=site), sort)
    if request.GET.get("format") == "csv":
        place = site.code if site else province.code
        return show.days_file(lines, f"backlog-days-{place}-{whole.today}.csv")
    context = {
        **_frame(
            request,
            site.name if site else province.name,
            whole,
            sort,
            _crumbs(request, province, of_site=site is not None),
        ),
        "page": Paginator(lines, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "province": province,
        "site": site,
        "row": row,
    }
    return render(request, "public_portal/staff_backlog_days.html", context)


def _frame(
    request: Any, name: str, whole: Progress, sort: str, crumbs: list[tuple[str, str]]
) -> dict[str, Any]:
    """What every page of these has."""
    return {
        "posting": request.posting,
        "place_name": name,
        "whole": show.Line(name, "", "", whole),
        "sort": sort,
        "crumbs": crumbs,
        "all_columns": request.GET.get("columns") == "all",
        "pace_days": PACE_DAYS,
        "silent_days": SILENT_DAYS,
    }


def _crumbs(
    request: Any, province: AdministrativeUnit | None = None, *, of_site: bool = True
) -> list[tuple[str, str]]:
    """The places above this one that the posting may see, from the top."""
    posting: StaffPosting = request.posting
    if posting.site_id:
        return []
    links = []
    if posting.province_id is None:
        links.append((reverse("public_portal_staff:backlog"), _("The country")))
    if province is not None:
        url = reverse("public_portal_staff:province_backlog", args=[province.code])
        links.append((url, province.name if of_site else _("Sites")))
    return links


def _today() -> Any:
    return day_in_vietnam(timezone.now())
