"""/board/: is every certificate out in time, every dose in, every case answered? One screen."""

import datetime
import hashlib
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from certificates.kept_promise import kept_promise
from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from response_center.forms.alarms import AlarmForm
from response_center.selectors import board as figures_of
from response_center.selectors import board_stock
from response_center.services.alarms import MAY_ACKNOWLEDGE, acknowledge
from response_center.views.alarms import alarms_of
from response_center.views.board_figures import case_ages, doses_by_hour
from response_center.views.board_figures import promise as draw_promise
from sites.entry_forecast import entry_by_province
from sites.models import Role, StaffPosting
from sites.rights import MAY, SEE_AEFI, SEE_BOARD, SEE_WAITS, StaffRequest, staff_page
from vaxplatform import formatting
from vaxplatform.errors import DomainError, add_to_form

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
REFRESH_SECONDS = 60
PLACES = 5  # those where a vaccine runs out first, within SOON days
SOON, YEAR = 30, 365


def province_asked(
    request: Any, posting: StaffPosting, code: str = ""
) -> AdministrativeUnit | None:
    """A province officer's own province; others choose one by ?province=code, or see all."""
    if posting.province is not None:
        return posting.province
    code = code or request.GET.get("province", "")
    if not code:
        return None
    found = provinces_in_use().filter(code=code).first() if code.isdecimal() else None
    if found is None:
        raise Http404
    return found


@staff_page(SEE_BOARD)
@require_safe
def board(request: Any) -> HttpResponse:
    """The figures as of now, kept fresh unless that was switched off."""
    return _board(request, province_asked(request, request.posting))


@staff_page(SEE_BOARD)
@require_safe
def board_province(request: StaffRequest, code: str) -> HttpResponse:
    """One province's board; another's is not there for a province's officer."""
    province = province_asked(request, request.posting, code)
    if province is None or province.code != code:
        raise Http404
    return _board(request, province)


def _board(request: StaffRequest, province: AdministrativeUnit | None) -> HttpResponse:
    now = timezone.now()
    context = _context(request, province, now)
    if request.GET.get("fragment") != "1":
        return render(request, "response_center/board.html", context)
    response = render(request, "response_center/board_cells.html", context)
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    return get_conditional_response(request, response["ETag"], None, response) or response


def _context(
    request: StaffRequest, province: AdministrativeUnit | None, now: datetime.datetime
) -> dict[str, Any]:
    province_id = province.pk if province else None
    promise = kept_promise(now=now, province_id=province_id)
    doses = figures_of.doses_today(now=now, province_id=province_id)
    queue = figures_of.certificate_queue(now=now, province_id=province_id)
    cases = figures_of.open_cases(now=now, province_id=province_id)
    sites = figures_of.sites_today(now=now, province_id=province_id)
    stock = board_stock.stock(now=now, province_id=province_id)
    signing_in = board_stock.sign_ins(now=now)
    plan = board_stock.plan_by_hour(now=now, province_id=province_id)
    links = _links(request.posting, province)
    alarms = alarms_of(
        queue, sites, signing_in, stock.places, links=links, now=now, province_id=province_id
    )
    is_still = request.GET.get("refresh") == "off"
    return {
        **_backlog(now, province),
        **_stock(stock),
        **_plan(now, province_id, plan, doses),
        "links": links,
        "sign_ins": signing_in,
        "fragment_url": _fragment_url(province),
        "is_wall": request.GET.get("wall") == "1",
        "may_acknowledge": request.posting.role in MAY_ACKNOWLEDGE,
        "now": now,
        "province": province,
        "is_national": request.posting.province is None,
        "provinces": provinces_in_use() if request.posting.province is None else [],
        "refresh_seconds": None if is_still else REFRESH_SECONDS,
        "is_still": is_still,
        "promise": draw_promise(promise),
        "queue": queue,
        "queue_age": _minutes(queue.oldest_due_at, now),
        "doses": doses,
        "hours": doses_by_hour(doses, plan, now),
        "alarms": alarms,
        "open_alarms": sum(alarm.is_open for alarm in alarms),
        "sites": sites,
        "cases": cases,
        "ages": case_ages(cases),
        "overdue": [
            (place, _days(place.oldest_due_at, now))
            for place in figures_of.overdue_by_province(now=now, province_id=province_id)
        ],
    }


def _fragment_url(province: AdministrativeUnit | None) -> str:
    query = f"province={province.code}&" if province else ""
    return f"{reverse('response_center:board')}?{query}fragment=1"


def _backlog(now: datetime.datetime, province: AdministrativeUnit | None) -> dict[str, Any]:
    """What was reported and is not on record, and when it will be."""
    rows = entry_by_province(now=now, province=province)
    reported, recorded = sum(row.reported for row in rows), sum(row.recorded for row in rows)
    return {
        "backlog": [row for row in rows if row.left > 0][: figures_of.RANKED],
        "reported": reported,
        "recorded": recorded,
        "recorded_share": formatting.share(recorded, reported),
        "backlog_total": sum(row.left for row in rows if row.left > 0),
        "backlog_most": max((row.left for row in rows), default=0) or 1,
        "caught_up": sum(row.left <= 0 for row in rows),
        "reporting": len(rows),
    }


def _stock(stock: board_stock.Stock) -> dict[str, Any]:
    return {
        "stock": [(row, _enough(row.days)) for row in stock.vaccines],
        "stock_places": [
            (row, _enough(row.days)) for row in stock.places[:PLACES] if row.days < SOON
        ],
    }


def _plan(
    now: datetime.datetime,
    province_id: int | None,
    plan: dict[int, float],
    doses: figures_of.DosesToday,
) -> dict[str, Any]:
    """Doses beside what the sessions can give: the whole day by province, and until this hour."""
    places = board_stock.places_today(now=now, province_id=province_id)[: figures_of.RANKED]
    local = now.astimezone(HANOI)
    so_far = sum(seats for hour, seats in plan.items() if hour < local.hour)
    so_far += plan.get(local.hour, 0) * local.minute / 60
    return {
        "places": [(row, formatting.share(row.doses, row.seats)) for row in places],
        "plan_so_far": round(so_far),
        "plan_share": formatting.share(doses.total, round(so_far)),
    }


def _enough(days: float | None) -> str:
    if days is None:
        return "–"
    if days > YEAR:
        return gettext("over a year")
    return gettext("%(count)s days") % {"count": formatting.number(days, 1)}


@staff_page(SEE_BOARD)
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge_alarm(request: StaffRequest) -> HttpResponse:
    """Somebody takes an alarm in hand and says what is being done."""
    if request.posting.role not in MAY_ACKNOWLEDGE:
        raise PermissionDenied
    province = province_asked(request, request.posting)
    form = AlarmForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            acknowledge(province=province, by=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            add_to_form(form, error)
        else:
            here = reverse("response_center:board")
            return redirect(f"{here}?province={province.code}" if province else here)
    return render(request, "response_center/board_alarm.html", {"form": form, "province": province})


def _links(posting: StaffPosting, province: AdministrativeUnit | None) -> dict[str, str]:
    """The list behind each figure and alarm, for those who may see it."""
    query = f"?province={province.code}" if province else ""
    cases = reverse("response_center_staff:queue")
    # An officer's lists are of the own province anyway.
    narrowed = f"&province={province.code}" if province and posting.province is None else ""
    links = {
        "cases": f"{cases}?queue=all{narrowed}",
        "overdue": f"{cases}?queue=overdue{narrowed}",
        "silent_sites": reverse("response_center:board_sites") + query,
        "stock": reverse("admin:vaccination_sites_lot_changelist"),
        "lot_signal": reverse("admin:vaccination_sites_lot_changelist"),
    }
    if SEE_AEFI in MAY[Role(posting.role)]:
        events = reverse("sites_staff:adverse_events")
        links["aefi_overdue"] = f"{events}?clock=overdue{narrowed}"
        links["lot_signal"] = events
    if SEE_WAITS in MAY[Role(posting.role)]:
        waits = reverse("certificates_staff:waits")
        if province is not None:
            waits = reverse("certificates_staff:province_waits", args=[province.code])
        links |= dict.fromkeys(("late", "outside_queue", "waits"), waits)
        links["stuck"] = f"{waits}#stuck"
    return links


def _minutes(since: datetime.datetime | None, now: datetime.datetime) -> int | None:
    return None if since is None else max(int((now - since).total_seconds() // 60), 0)


def _days(since: datetime.datetime, now: datetime.datetime) -> str:
    hours = int((now - since).total_seconds() // 3600)
    if hours < 48:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}
