"""What the command board says of stock, of the day's plan by province, of events and of codes."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from registration.models import SmsMessage, SmsStatus
from sites.models import AefiReport, Dose, DoseStatus, Lot, Session
from sites.models.dose import CLOCK_TOLERANCE
from vaxplatform.vietnam import day_in_vietnam, start_of_day

PACE_DAYS = 7
EXPIRES_WITHIN = datetime.timedelta(days=14)
LEFT = F("doses_received") - F("doses_used") - F("doses_wasted")


@dataclass(frozen=True)
class VaccineStock:
    """Usable doses of a vaccine; `days` at the pace of the last seven days, None without a pace."""

    name: str
    left: int
    expiring: int
    days: float | None


def stock_by_vaccine(
    *, now: datetime.datetime, province_id: int | None = None
) -> list[VaccineStock]:
    """Doses left in lots neither recalled nor expired, what lasts shortest first."""
    today = day_in_vietnam(now)
    lots = Lot.objects.filter(recalled_at__isnull=True, expires_on__gte=today)
    given = Dose.objects.filter(
        recorded_at__gte=now - datetime.timedelta(days=PACE_DAYS),
        administered_at__gte=now - datetime.timedelta(days=PACE_DAYS),
        status=DoseStatus.RECORDED,
    )
    if province_id:
        lots, given = (
            lots.filter(site__province=province_id),
            given.filter(site__province=province_id),
        )
    pace = dict(given.order_by().values_list("vaccine").annotate(doses=Count("pk")))
    rows = (
        lots.order_by()
        .values("vaccine", "vaccine__name")
        .annotate(
            left=Sum(LEFT), expiring=Sum(LEFT, filter=Q(expires_on__lte=today + EXPIRES_WITHIN))
        )
    )
    found = [
        VaccineStock(
            row["vaccine__name"],
            row["left"],
            row["expiring"] or 0,
            row["left"] * PACE_DAYS / pace[row["vaccine"]] if row["vaccine"] in pace else None,
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: (row.days is None, row.days or 0, row.name))


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


def events_to_send_on(*, now: datetime.datetime, province_id: int | None = None) -> int:
    """Serious events whose 24 hours are over and that nobody sent on."""
    rows = AefiReport.objects.filter(due_at__lte=now, sent_on_at__isnull=True)
    if province_id:
        rows = rows.filter(dose__site__province=province_id)
    return rows.count()


@dataclass(frozen=True)
class Codes:
    """Codes of the last hour by SMS: written, and those that could not be sent."""

    written: int
    failed: int


def codes_of_the_hour(*, now: datetime.datetime) -> Codes:
    rows = SmsMessage.objects.filter(created_at__gt=now - datetime.timedelta(hours=1), is_code=True)
    found = rows.aggregate(
        written=Count("pk"), failed=Count("pk", filter=Q(status=SmsStatus.FAILED))
    )
    return Codes(**found)
