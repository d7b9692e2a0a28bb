"""When a dose on paper will be on record, asked without knowing who counts.

The public portal keeps reports and counts and registers the readers; the citizen's pages of any
app and the command board ask here. Whoever asks gets None where nothing can be said of the site.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registration.models import AdministrativeUnit
from sites.models import Site
from vaxplatform import formatting

FEW_DOSES = 10  # below, a count says too much of single people, and a date would be guesswork


@dataclass(frozen=True)
class EntryForecast:
    """How far a site is with entering the doses that it reported.

    `reported` and `recorded` are doses of all days that it reported; `is_reported`: whether the day
    that was asked for is one of them (without a day: whether there is any). `left` are doses of
    that day and of earlier ones that are not on record yet (the oldest are entered first, we
    assume); without a day, all. `entered` of earlier days were entered in the last `days_of_pace`
    days. `first_on` and `last_on`: when the first and the last dose of the day come in at that
    pace; both None where it has none.
    """

    today: datetime.date
    day: datetime.date | None
    reported: int
    recorded: int
    is_reported: bool
    left: int
    entered: int
    days_of_pace: int
    first_on: datetime.date | None
    last_on: datetime.date | None

    @property
    def is_rough(self) -> bool:
        """Too few doses, or no day, to name a date."""
        return self.day is None or self.reported < FEW_DOSES or self.entered < FEW_DOSES

    @property
    def days_to_go(self) -> int | None:
        return (self.last_on - self.today).days if self.last_on else None


Reader = Callable[[Site, datetime.date | None, datetime.datetime], EntryForecast | None]
_READERS: list[Reader] = []


def register_reader(read: Reader) -> None:
    """`read(site, day, now)`; called once, when the app that counts is ready."""
    if read not in _READERS:
        _READERS.append(read)


def entry_forecast(
    *, site: Site, day: datetime.date | None, now: datetime.datetime
) -> EntryForecast | None:
    """What is known of the doses that the site gave on `day` (None: which day nobody knows)."""
    return next((found for read in _READERS if (found := read(site, day, now))), None)


@dataclass(frozen=True)
class ProvinceEntry:
    """Doses that a province reported, those on record that its reports cover, and when what is
    left will be in at the pace of the last days; None where it has none, or is in."""

    code: str
    name: str
    reported: int
    recorded: int
    caught_up_on: datetime.date | None

    @property
    def left(self) -> int:
        return self.reported - self.recorded


ProvinceReader = Callable[[AdministrativeUnit | None, datetime.datetime], list[ProvinceEntry]]
_PROVINCE_READERS: list[ProvinceReader] = []


def register_province_reader(read: ProvinceReader) -> None:
    """`read(province, now)`, of all provinces for None; called once, when the app is ready."""
    if read not in _PROVINCE_READERS:
        _PROVINCE_READERS.append(read)


def entry_by_province(
    *, now: datetime.datetime, province: AdministrativeUnit | None = None
) -> list[ProvinceEntry]:
    """The provinces that reported, what is left most first."""
    found = [row for read in _PROVINCE_READERS for row in read(province, now) if row.reported]
    return sorted(found, key=lambda row: (-row.left, row.code))


def forecast_in_words(site: Site, forecast: EntryForecast) -> str:
    """The sentences for the person whose dose is missing."""
    if not forecast.is_reported:
        return _(
            "%(site)s works on paper and enters its doses later. It has not said yet how many it"
            " gave that day, so we cannot say when yours will be on record."
        ) % {"site": site.name}
    if not forecast.left:
        return _(
            "%(site)s has entered as many doses as it reported up to that day. If yours is not"
            " here, it may stand under another name or number: report it."
        ) % {"site": site.name}
    return f"{_so_far(site, forecast)} {_when(forecast)}"


def _so_far(site: Site, forecast: EntryForecast) -> str:
    if forecast.reported < FEW_DOSES:
        return _("%(site)s has not entered all of its doses yet.") % {"site": site.name}
    return _("%(site)s has entered %(recorded)s of %(reported)s doses.") % {
        "site": site.name,
        "recorded": formatting.number(min(forecast.recorded, forecast.reported)),
        "reported": formatting.number(forecast.reported),
    }


def _when(forecast: EntryForecast) -> str:
    days = forecast.days_to_go
    if forecast.last_on is None or days is None:
        return _(
            "In the last 7 days it entered too few of the earlier doses to say when yours will be"
            " on record."
        )
    if forecast.is_rough:
        return ngettext(
            "At its pace of the last 7 days, yours will be on record in about %(count)s day.",
            "At its pace of the last 7 days, yours will be on record in about %(count)s days.",
            days,
        ) % {"count": formatting.number(days)}
    return _("At its pace of the last 7 days, yours is expected to be on record by %(day)s.") % {
        "day": formatting.day(forecast.last_on)
    }
