"""What the command board says of stock, of the day's plan, of events and of signing in."""

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, F, Q, Sum

from registration.models import SmsMessage, SmsStatus
from sites import aefi_selectors
from sites.models import Dose, DoseStatus, Lot, Session, SessionPart
from sites.models.dose import CLOCK_TOLERANCE
from vaxplatform.vietnam import day_in_vietnam, start_of_day

PACE_DAYS = 7
PACE_KEPT_SECONDS = 600
SIGNALS_KEPT_SECONDS = 60
# The hours of a session's part, over which its seats are spread evenly.
MORNING, AFTERNOON = range(7, 11), range(13, 17)
HOURS_OF = {
    SessionPart.MORNING: (*MORNING,),
    SessionPart.AFTERNOON: (*AFTERNOON,),
    SessionPart.DAY: (*MORNING, *AFTERNOON),
}
HOUR = datetime.timedelta(hours=1)
EXPIRES_WITHIN = datetime.timedelta(days=14)
Pace = Mapping[tuple[int, int], int]  # (province or site, vaccine) → doses
LEFT = F("doses_received") - F("doses_used") - F("doses_wasted")


@dataclass(frozen=True)
class VaccineStock:
    """Usable doses of a vaccine; `days` at the pace of the last seven days, None without a pace."""

    name: str
    left: int
    expiring: int
    days: float | None


@dataclass(frozen=True)
class PlaceStock:
    """How long the stock of a province lasts, or of a site where a province is looked at; `key` is
    the code of the one, the public number of the other. The vaccine that ends first decides."""

    key: str
    name: str
    days: float


@dataclass(frozen=True)
class Stock:
    """`places`: those that run dry first; none where nothing was given for seven days."""

    vaccines: list[VaccineStock]
    places: list[PlaceStock]


def stock(*, now: datetime.datetime, province_id: int | None = None) -> Stock:
    """Doses left in lots neither recalled nor expired, what lasts shortest first."""
    today = day_in_vietnam(now)
    lots = Lot.objects.filter(recalled_at__isnull=True, expires_on__gte=today)
    place, key, name = "site__province", "site__province__code", "site__province__name"
    if province_id:
        lots = lots.filter(site__province=province_id)
        place, key, name = "site", "site__public_id", "site__name"
    soon = Q(expires_on__lte=today + EXPIRES_WITHIN)
    rows: Any = list(
        lots.order_by()
        .values("vaccine", "vaccine__name", place=F(place), key=F(key), name=F(name))
        .annotate(left=Sum(LEFT), expiring=Sum(LEFT, filter=soon))
    )
    pace = _pace(today, province_id)
    return Stock(_vaccines(rows, pace), _places(rows, pace))


def _vaccines(rows: list[dict[str, Any]], pace: Pace) -> list[VaccineStock]:
    given: dict[int, int] = defaultdict(int)
    for (_place, vaccine), doses in pace.items():
        given[vaccine] += doses
    found = []
    for vaccine in {row["vaccine"] for row in rows}:
        lots = [row for row in rows if row["vaccine"] == vaccine]
        left = sum(row["left"] for row in lots)
        expiring = sum(row["expiring"] or 0 for row in lots)
        days = _days(left, given[vaccine])
        found.append(VaccineStock(lots[0]["vaccine__name"], left, expiring, days))
    return sorted(found, key=lambda row: (row.days is None, row.days or 0, row.name))


def _places(rows: list[dict[str, Any]], pace: Pace) -> list[PlaceStock]:
    """Places that gave a vaccine in the last days: of one that is used up nothing is left."""
    names = {row["place"]: (str(row["key"]), row["name"]) for row in rows}
    left = {(row["place"], row["vaccine"]): row["left"] for row in rows}
    days: dict[int, float] = {}
    for (place, vaccine), given in pace.items():
        lasts = _days(left.get((place, vaccine), 0), given)
        if place in names and lasts is not None:
            days[place] = min(lasts, days.get(place, lasts))
    found = [PlaceStock(*names[place], days=least) for place, least in days.items()]
    return sorted(found, key=lambda row: (row.days, row.name))


def _days(left: int, given: int) -> float | None:
    return left * PACE_DAYS / given if given else None


def _pace(today: datetime.date, province_id: int | None) -> Pace:
    """{(province or site, vaccine): doses of the last seven full days}. It is the same all day but
    for late entries, so it is counted once in PACE_KEPT_SECONDS."""
    key = f"board_pace:{today}:{province_id or 0}"
    kept: Pace | None = cache.get(key)
    if kept is not None:
        return kept
    end = start_of_day(today)
    first = end - datetime.timedelta(days=PACE_DAYS)
    given = Dose.objects.filter(
        recorded_at__gte=first - CLOCK_TOLERANCE,
        administered_at__gte=first,
        administered_at__lt=end,
        status=DoseStatus.RECORDED,
    )
    if province_id:
        given = given.filter(site__province=province_id)
    place = "site" if province_id else "site__province"
    rows = given.order_by().values_list(place, "vaccine").annotate(doses=Count("pk"))
    found = {(row[0], row[1]): row[2] for row in rows}
    cache.set(key, found, PACE_KEPT_SECONDS)
    return found


@dataclass(frozen=True)
class PlaceToday:
    """A province's doses of today beside the seats of its sessions."""

    code: str
    name: str
    doses: int
    seats: int


def places_today(*, now: datetime.datetime, province_id: int | None = None) -> list[PlaceToday]:
    """Provinces with a session or a dose today, those with most seats first."""
    start = start_of_day(day_in_vietnam(now))
    sessions = Session.objects.filter(held_on=day_in_vietnam(now))
    doses = Dose.objects.filter(
        recorded_at__gte=start - CLOCK_TOLERANCE,
        administered_at__gte=start,
        administered_at__lt=start + datetime.timedelta(days=1),
        status=DoseStatus.RECORDED,
    )
    if province_id:
        sessions = sessions.filter(site__province=province_id)
        doses = doses.filter(site__province=province_id)
    place = ("site__province__code", "site__province__name")
    seats = {
        (row[0], row[1]): row[2]
        for row in sessions.order_by().values_list(*place).annotate(count=Sum("seats"))
    }
    given = {
        (row[0], row[1]): row[2]
        for row in doses.order_by().values_list(*place).annotate(count=Count("pk"))
    }
    rows = [
        PlaceToday(*key, doses=given.get(key, 0), seats=seats.get(key, 0))
        for key in seats.keys() | given.keys()
    ]
    return sorted(rows, key=lambda row: (-row.seats, -row.doses, row.name))


def plan_by_hour(
    *, now: datetime.datetime, province_id: int | None = None, site_id: int | None = None
) -> dict[int, float]:
    """{hour: seats}: what today's sessions can give, each spread over the hours of its part."""
    rows = Session.objects.filter(held_on=day_in_vietnam(now))
    if province_id:
        rows = rows.filter(site__province=province_id)
    if site_id:
        rows = rows.filter(site=site_id)
    plan: dict[int, float] = defaultdict(float)
    for part, seats in rows.order_by().values_list("part").annotate(count=Sum("seats")):
        hours = HOURS_OF[SessionPart(part)]
        for hour in hours:
            plan[hour] += seats / len(hours)
    return dict(plan)


def events_to_send_on(*, now: datetime.datetime, province_id: int | None = None) -> int:
    """Serious events whose 24 hours are over and that nobody sent on."""
    rows = aefi_selectors.overdue(now=now)
    if province_id:
        rows = rows.filter(dose__site__province=province_id)
    return rows.order_by().count()


def signals(*, now: datetime.datetime) -> list[aefi_selectors.LotCount]:
    """The lots that stand out, looked for once in SIGNALS_KEPT_SECONDS: the cost grows with all
    events that were ever reported."""
    found: list[aefi_selectors.LotCount] | None = cache.get("board_lot_signals")
    if found is None:
        found = aefi_selectors.lot_signals(now=now)
        cache.set("board_lot_signals", found, SIGNALS_KEPT_SECONDS)
    return found


@dataclass(frozen=True)
class SignIns:
    """Signing in, in the last hour. Codes by SMS: written, and those that could not be sent.
    Passwords of staff: wrong ones of logins that have not come in since, and logins that are locked
    out now for as long as the cool-off lasts."""

    codes: int
    failed_codes: int
    wrong_passwords: int
    locked: int


def sign_ins(*, now: datetime.datetime) -> SignIns:
    codes = SmsMessage.objects.filter(created_at__gt=now - HOUR, is_code=True).aggregate(
        written=Count("pk"), failed=Count("pk", filter=Q(status=SmsStatus.FAILED))
    )
    cool_off = HOUR * settings.AXES_COOLOFF_TIME
    locked = Q(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=now - cool_off
    )
    tried = AccessAttempt.objects.filter(attempt_time__gt=now - HOUR).aggregate(
        wrong=Sum("failures_since_start"), locked=Count("pk", filter=locked)
    )
    return SignIns(codes["written"], codes["failed"], tried["wrong"] or 0, tried["locked"])
