"""In the health book: when a dose that a site has on paper will be on record."""

import datetime
from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registration.health_book import Section
from registration.models import Citizen
from sites.entry_forecast import EntryForecast, entry_forecast, forecast_in_words
from sites.models import Appointment, AppointmentStatus, Site
from sites.selectors import doses_of
from vaxplatform import formatting
from vaxplatform.figures import DayMark, forecast_line
from vaxplatform.vietnam import day_in_vietnam

MOST_SHOWN = 3


@dataclass(frozen=True)
class AwaitedDose:
    """An appointment of the past whose dose is not on record, and what its site says of that day.

    `drawing` is empty where no day can be named.
    """

    site: Site
    day: datetime.date
    sentence: str
    forecast: EntryForecast
    drawing: SafeString | str


def awaited_section(citizen: Citizen) -> Section | None:
    """The doses that may still lie on paper; None where no site can say anything of one."""
    now = timezone.now()
    found = [
        awaited
        for appointment in _appointments_without_dose(citizen, now)
        if (awaited := _awaited(appointment, now))
    ]
    if not found:
        return None
    return Section("public_portal/awaited_doses.html", {"awaited": found}, shows_only=True)


def _appointments_without_dose(citizen: Citizen, now: datetime.datetime) -> list[Appointment]:
    """Up to now, not cancelled or missed, the latest first; of doses that are not on record."""
    numbers = {dose.dose_number for dose in doses_of(citizen)}
    rows = (
        Appointment.objects.filter(
            registration__citizen=citizen,
            session__held_on__lte=day_in_vietnam(now),
            status__in=(AppointmentStatus.BOOKED, AppointmentStatus.KEPT),
        )
        .exclude(registration__dose_number__in=numbers)
        .select_related("session__site__province")
        .order_by("-session__held_on", "-pk")
    )
    return list(rows[:MOST_SHOWN])


def _awaited(appointment: Appointment, now: datetime.datetime) -> AwaitedDose | None:
    site, day = appointment.session.site, appointment.session.held_on
    forecast = entry_forecast(site=site, day=day, now=now)
    if forecast is None:
        return None
    return AwaitedDose(
        site, day, forecast_in_words(site, forecast), forecast, _drawing(day, forecast)
    )


def _drawing(day: datetime.date, forecast: EntryForecast) -> SafeString | str:
    first, last = forecast.first_on, forecast.last_on
    if forecast.is_rough or not forecast.left or first is None or last is None:
        return ""
    whole = max((last - day).days, 1)

    def place(on: datetime.date) -> float:
        return 100 * (on - day).days / whole

    return forecast_line(
        injected=DayMark(0, formatting.short_day(day)),
        today=DayMark(place(forecast.today), _("today")),
        expected_from=place(first),
        expected_to=place(last),
        label=formatting.day_range(first, last),
    )
