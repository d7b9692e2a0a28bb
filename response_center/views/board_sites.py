"""/board/sites/: the sites at work today, and one site's day; what the board leads down to."""

import datetime
import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registration.models import AdministrativeUnit
from response_center.selectors import board as figures_of
from response_center.selectors import board_stock
from response_center.selectors.board_site import site_day
from response_center.views.board import province_asked
from response_center.views.board_figures import doses_by_hour
from sites.entry_forecast import forecast_in_words
from sites.models import Role, Site, StaffPosting
from sites.rights import MAY, SEE_BOARD, SEE_WAITS, StaffRequest, staff_page
from sites.scoping import scope_to_posting
from vaxplatform import formatting

LISTED = 200


@staff_page(SEE_BOARD)
@never_cache
@require_safe
def board_sites(request: StaffRequest) -> HttpResponse:
    """Sites with an open session today, the silent ones first."""
    now = timezone.now()
    province = province_asked(request, request.posting)
    found = figures_of.sites_today(now=now, province_id=province.pk if province else None)
    silent = {site.public_id for site in found.silent}
    return render(
        request,
        "response_center/board_sites.html",
        {
            "now": now,
            "province": province,
            "crumbs": _crumbs(province),
            "sites": [(site, site.public_id in silent) for site in found.sites[:LISTED]],
            "total": found.in_session,
            "silent": len(found.silent),
            "cut": found.in_session > LISTED,
        },
    )


@staff_page(SEE_BOARD)
@never_cache
@require_safe
def board_site(request: StaffRequest, public_id: uuid.UUID) -> HttpResponse:
    """One site's day; that of another province is not there for a province's officer."""
    sites = scope_to_posting(Site.objects.select_related("province"), request.posting, site="")
    site = sites.filter(public_id=public_id).first()
    if site is None:
        raise Http404
    now = timezone.now()
    return render(request, "response_center/board_site.html", _site(request.posting, site, now))


def _site(posting: StaffPosting, site: Site, now: datetime.datetime) -> dict[str, Any]:
    day = site_day(site=site, now=now)
    doses = figures_of.doses_today(now=now, site_id=site.pk)
    plan = board_stock.plan_by_hour(now=now, site_id=site.pk)
    forecast = day.forecast if day.forecast and day.forecast.reported else None
    may_see_waits = SEE_WAITS in MAY[Role(posting.role)]
    return {
        "now": now,
        "site": site,
        "crumbs": _crumbs(site.province, reverse("response_center:board_sites")),
        "day": day,
        "doses": doses,
        "seats": sum(each.session.seats for each in day.sessions),
        "share": formatting.share(doses.total, sum(each.session.seats for each in day.sessions)),
        "hours": doses_by_hour(doses, plan, now),
        "forecast": forecast_in_words(site, forecast) if forecast else "",
        "waits_url": reverse("certificates_staff:site_waits", args=[site.code])
        if may_see_waits
        else "",
        "lots_url": f"{reverse('admin:vaccination_sites_lot_changelist')}?q={site.code}",
        "backlog_url": f"/staff/backlog/sites/{site.code}/",
    }


def _crumbs(province: AdministrativeUnit | None, sites_url: str = "") -> list[tuple[str, str]]:
    crumbs = [(reverse("response_center:board"), gettext("Command board"))]
    if province is not None:
        address = reverse("response_center:board_province", args=[province.code])
        crumbs.append((address, province.full_name))
    if sites_url and province is not None:
        crumbs.append((f"{sites_url}?province={province.code}", gettext("Sites at work today")))
    return crumbs
