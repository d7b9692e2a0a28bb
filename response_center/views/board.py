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

from certificates.kept_promise import KeptPromise, kept_promise
from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from response_center.forms.alarms import AlarmForm
from response_center.selectors import board as figures_of
from response_center.selectors import board_stock
from response_center.services.alarms import MAY_ACKNOWLEDGE, acknowledge
from response_center.views.alarms import alarms_of
from sites.models import Role, StaffPosting
from sites.rights import MAY, SEE_BOARD, SEE_WAITS, StaffRequest, staff_page
from vaxplatform import figures, formatting
from vaxplatform.errors import DomainError, add_to_form

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
REFRESH_SECONDS = 60
FIRST_HOUR, LAST_HOUR = 7, 17  # always on the axis; others come with their doses
TARGET_PERCENT = 99.9  # promise 2


def _province(request: Any, posting: StaffPosting, code: str = "") -> AdministrativeUnit | None:
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
    return _board(request, _province(request, request.posting))


@staff_page(SEE_BOARD)
@require_safe
def board_province(request: StaffRequest, code: str) -> HttpResponse:
    """One province's board; another's is not there for a province's officer."""
    province = _province(request, request.posting, code)
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
    backlog = figures_of.backlog_by_province(province_id=province_id)
    alarms = alarms_of(queue, sites, now, province_id)
    is_still = request.GET.get("refresh") == "off"
    return {
        **_more(now, province_id),
        "fragment_url": _fragment_url(province),
        "is_wall": request.GET.get("wall") == "1",
        "may_acknowledge": request.posting.role in MAY_ACKNOWLEDGE,
        "now": now,
        "province": province,
        "is_national": request.posting.province is None,
        "provinces": provinces_in_use() if request.posting.province is None else [],
        "refresh_seconds": None if is_still else REFRESH_SECONDS,
        "is_still": is_still,
        "promise": _promise(promise),
        "waits_url": _waits_url(request.posting, province),
        "queue": queue,
        "queue_age": _minutes(queue.oldest_due_at, now),
        "doses": doses,
        "hours": _hours(doses, now),
        "alarms": alarms,
        "open_alarms": sum(alarm.is_open for alarm in alarms),
        "sites": sites,
        "backlog": backlog[: figures_of.RANKED],
        "backlog_total": sum(row.unrecorded for row in backlog),
        "backlog_most": max((row.unrecorded for row in backlog), default=0) or 1,
        "cases": cases,
        "ages": _ages(cases),
        "overdue": [
            (place, _days(place.oldest_due_at, now))
            for place in figures_of.overdue_by_province(now=now, province_id=province_id)
        ],
    }


def _fragment_url(province: AdministrativeUnit | None) -> str:
    query = f"province={province.code}&" if province else ""
    return f"{reverse('response_center:board')}?{query}fragment=1"


def _more(now: datetime.datetime, province_id: int | None) -> dict[str, Any]:
    """Plan, stock and codes."""
    places = board_stock.places_today(now=now, province_id=province_id)[: figures_of.RANKED]
    stock = board_stock.stock_by_vaccine(now=now, province_id=province_id)
    return {
        "places": [(row, formatting.share(row.doses, row.seats)) for row in places],
        "stock": [(row, _enough(row.days)) for row in stock],
        "codes": board_stock.codes_of_the_hour(now=now),
    }


def _enough(days: float | None) -> str:
    if days is None:
        return "–"
    return gettext("%(count)s days") % {"count": formatting.number(days, 1)}


@staff_page(SEE_BOARD)
@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge_alarm(request: StaffRequest) -> HttpResponse:
    """Somebody takes an alarm in hand and says what is being done."""
    if request.posting.role not in MAY_ACKNOWLEDGE:
        raise PermissionDenied
    province = _province(request, request.posting)
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


def _waits_url(posting: StaffPosting, province: AdministrativeUnit | None) -> str:
    """Where the waits of this place stand, for those who may see them."""
    if SEE_WAITS not in MAY[Role(posting.role)]:
        return ""
    if province is None:
        return reverse("certificates_staff:waits")
    return reverse("certificates_staff:province_waits", args=[province.code])


def _minutes(since: datetime.datetime | None, now: datetime.datetime) -> int | None:
    return None if since is None else max(int((now - since).total_seconds() // 60), 0)


def _days(since: datetime.datetime, now: datetime.datetime) -> str:
    hours = int((now - since).total_seconds() // 3600)
    if hours < 48:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", hours // 24) % {"count": hours // 24}


def _number(value: float) -> str:
    return formatting.number(value)


# ── the promise ───────────────────────────────────────────────────────────────────────────────
def _promise(kept: KeptPromise) -> dict[str, Any]:
    share = formatting.share(kept.in_time, kept.doses)
    context: dict[str, Any] = {
        "share": share,
        "in_time": kept.in_time,
        "doses": kept.doses,
        "late": kept.doses - kept.in_time,
        "deadline": round(kept.deadline_minutes),
        "is_kept": share is not None and float(share) >= TARGET_PERCENT,
        "target": TARGET_PERCENT,
    }
    if kept.doses:
        context["drawing"] = _distribution(kept)
    return context


def _distribution(kept: KeptPromise) -> str:
    minutes = formatting.number(round(kept.deadline_minutes))
    spoken = "; ".join(
        f"{wait.from_minutes:g}–{wait.to_minutes:g}: {wait.doses}"
        if wait.to_minutes is not None
        else f"> {wait.from_minutes:g}: {wait.doses}"
        for wait in kept.waits
    )
    return figures.promise_distribution(
        [
            figures.Bin(wait.from_minutes, wait.to_minutes, wait.doses * 100 / kept.doses)
            for wait in kept.waits
            if wait.doses or wait.from_minutes < kept.deadline_minutes
        ],
        legend=figures.Legend(
            "promise", gettext("Minutes from the injection to the certificate"), spoken
        ),
        texts=figures.PromiseTexts(
            promised=gettext("promised: %(minutes)s minutes") % {"minutes": minutes},
            observation=gettext("observation"),
            unit=gettext("minutes since the injection"),
            share=gettext("% of doses"),
            later=gettext("over %(minutes)s") % {"minutes": minutes},
        ),
        number=lambda value: formatting.number(value, 1),
        earliest=kept.earliest_minutes,
        deadline=kept.deadline_minutes,
    )


# ── doses ─────────────────────────────────────────────────────────────────────────────────────
def _hours(doses: figures_of.DosesToday, now: datetime.datetime) -> str:
    running = now.astimezone(HANOI).hour
    hours = sorted({*range(FIRST_HOUR, LAST_HOUR + 1), *doses.by_hour})
    most = max(doses.by_hour.values(), default=0) or 1
    bars = [
        figures.CategoryBar(
            gettext("%(hour)dh") % {"hour": hour},
            None if hour > running else doses.by_hour.get(hour, 0),
            running=hour == running,
        )
        for hour in hours
    ]
    spoken = "; ".join(f"{hour}: {count}" for hour, count in sorted(doses.by_hour.items()))
    return figures.category_bars(
        bars,
        legend=figures.Legend("hours", gettext("Doses by hour today"), spoken or "0"),
        maximum=most * 1.15,
        ticks=figures.nice_ticks(most, 2),
        tick_text=_number,
        number=_number,
        label_every=3 if len(bars) > 8 else 1,
    )


# ── cases ─────────────────────────────────────────────────────────────────────────────────────
def _ages(cases: figures_of.OpenCases) -> str:
    labels = ("< 12", "12–24", "24–48", "> 48")
    segments = [
        figures.Segment(label, count, _number(count), "bbad" if label == "> 48" else "b1")
        for label, count in zip(labels, cases.by_age, strict=True)
        if count
    ]
    spoken = "; ".join(f"{s.label}: {s.text}" for s in segments)
    return figures.stacked_bar(
        segments,
        legend=figures.Legend("ages", gettext("Open reports by age in hours"), spoken or "0"),
    )
