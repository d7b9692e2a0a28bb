"""What the old portal counted, from our rollups, sites and stock books: a dozen queries in all."""

import csv
import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Sum

from public_portal import selectors
from public_portal.models import ProvinceDay
from registration.models import AdministrativeUnit, ShotRegistration
from sites.models import Lot, Session, SessionStatus, Site
from vaxplatform.vietnam import day_in_vietnam

DATA = Path(__file__).parent.parent / "data"
RECENT_DAYS = 10  # clients read the last ten
EXACT_BELOW = 100_000  # registrations: from there on the planner's estimate will do


@dataclass(frozen=True)
class Received:
    """Doses of one vaccine that came in through the stock books of a province's sites."""

    code: str
    name: str
    doses: int


@dataclass(frozen=True)
class DayFigures:
    """The doses of a day: all, first ones, and those after the first that are no boosters."""

    day: datetime.date
    doses: int = 0
    first: int = 0
    second: int = 0


@dataclass(frozen=True)
class ProvinceFigures:
    """A province of 2021 as the old portal showed it; doses throughout, people in `population`
    and `adults`. `received` is all that came in, `by_vaccine` what the stock books know of it.
    `recent` are the ten days to the last reporting day."""

    code: str
    name: str
    kind: str
    population: int
    adults: int
    sites: int
    open_sessions: int
    planned: int
    received: int
    by_vaccine: tuple[Received, ...]
    doses: int
    first: int
    second: int
    third: int
    recent: tuple[DayFigures, ...]
    place_in_table: int

    @property
    def last(self) -> DayFigures:
        return self.recent[-1]


def after_the_first(*, doses: int, first: int, boosters: int) -> int:
    """Reports name first doses only; of the others the boosters on record are told apart."""
    return max(doses - first - boosters, 0)


@cache
def old_names() -> dict[str, dict[str, str]]:
    """Name, place in the table and planned doses of each of the 63, by code."""
    with (DATA / "old_portal_provinces.csv").open(encoding="utf-8") as file:
        return {row["province_code"]: row for row in csv.DictReader(file)}


@cache
def _published() -> dict[str, dict[str, str]]:
    with (DATA / "provinces_2021-11-06.csv").open(encoding="utf-8") as file:
        return {row["province_code"]: row for row in csv.DictReader(file)}


def last_reporting_day(*, today: datetime.date) -> datetime.date:
    """The last whole day with a figure: before today, unless there is none but today's."""
    days = ProvinceDay.objects.filter(Q(recorded__gt=0) | Q(reported__gt=0), day__lte=today)
    found = days.aggregate(whole=Max("day", filter=Q(day__lt=today)), any=Max("day"))
    return found["whole"] or found["any"] or today - datetime.timedelta(days=1)


def _received() -> dict[str, list[Received]]:
    """By province code: what its sites took in, by vaccine."""
    rows = (
        Lot.objects.filter(site__province__scheme=2021, doses_received__gt=0)
        .values("site__province__code", "vaccine__code", "vaccine__name")
        .annotate(sum=Sum("doses_received"))
        .order_by("site__province__code", "vaccine__code")
    )
    found: defaultdict[str, list[Received]] = defaultdict(list)
    for row in rows:
        received = Received(row["vaccine__code"], row["vaccine__name"], row["sum"])
        found[row["site__province__code"]].append(received)
    return found


def _sites() -> Mapping[str, int]:
    rows = Site.objects.filter(is_active=True, province__scheme=2021).order_by()
    return _counted(rows, "province__code")


def _open_sessions(today: datetime.date) -> Mapping[str, int]:
    rows = Session.objects.filter(
        held_on=today, status=SessionStatus.OPEN, site__province__scheme=2021
    ).order_by()
    return _counted(rows, "site__province__code")


def _counted(rows: QuerySet[Any], by: str) -> Mapping[str, int]:
    return dict(rows.values(by).annotate(n=Count("pk")).values_list(by, "n"))


def _day_figures(day: selectors.Day) -> DayFigures:
    second = after_the_first(doses=day.doses, first=day.people_first, boosters=day.boosters)
    return DayFigures(day.day, day.doses, day.people_first, second)


def _recent(last: datetime.date) -> dict[str, tuple[DayFigures, ...]]:
    """By province code: ten days to `last`, with the days without a figure between."""
    days = [last - datetime.timedelta(days=n) for n in reversed(range(RECENT_DAYS))]
    known = selectors.daily_by_province(first=days[0], last=last)
    return {
        code: tuple(
            _day_figures(known[code, day]) if (code, day) in known else DayFigures(day)
            for day in days
        )
        for code in old_names()
    }


class _Facts:
    """Everything about the 63 that is read once for all of them, by code."""

    def __init__(self, now: datetime.datetime) -> None:
        today = day_in_vietnam(now)
        self.units = {u.code: u for u in AdministrativeUnit.objects.of_scheme(2021).provinces()}
        self.totals = {row.code: row.totals for row in selectors.unit_totals(units=2021)}
        self.recent = _recent(last_reporting_day(today=today))
        self.by_vaccine = _received()
        self.sites = _sites()
        self.open_sessions = _open_sessions(today)
        self.published = _published() if selectors.stands_as_published() else {}

    def received(self, code: str) -> int:
        """What the stock books took in, on top of what the published reports say came before."""
        earlier = int(self.published[code]["doses_allocated"]) if self.published else 0
        return earlier + sum(lot.doses for lot in self.by_vaccine.get(code, ()))

    def adults(self, code: str) -> int:
        """The published reports go with the denominators of their own day."""
        if self.published:
            return int(self.published[code]["population_18_plus"])
        return self.units[code].population_18_plus or 0 if code in self.units else 0


def provinces(*, now: datetime.datetime) -> list[ProvinceFigures]:
    """The 63, always all of them, in the order of their codes: clients join lists by place."""
    facts = _Facts(now)
    return [_province(code, row, facts) for code, row in sorted(old_names().items())]


def _province(code: str, row: Mapping[str, str], facts: _Facts) -> ProvinceFigures:
    unit = facts.units.get(code)
    totals = facts.totals.get(code) or selectors.Totals()
    boosters = totals.counts["boosters"]
    return ProvinceFigures(
        code=code,
        name=row["name"],
        kind=unit.full_name.removesuffix(unit.name).strip() if unit else "",
        population=(unit.population or 0) if unit else 0,
        adults=facts.adults(code),
        sites=facts.sites.get(code, 0),
        open_sessions=facts.open_sessions.get(code, 0),
        planned=int(row["doses_planned"]),
        received=facts.received(code),
        by_vaccine=tuple(facts.by_vaccine.get(code, ())),
        doses=totals.doses,
        first=totals.people_first,
        second=after_the_first(doses=totals.doses, first=totals.people_first, boosters=boosters),
        third=boosters,
        recent=facts.recent[code],
        place_in_table=int(row["place_in_table"]),
    )


@dataclass(frozen=True)
class CountryFigures:
    """The country, all provinces of both reforms, and its last reporting day."""

    received: int
    doses: int
    first: int
    second: int
    last: DayFigures


def country(*, now: datetime.datetime) -> CountryFigures:
    totals = selectors.country_totals()
    boosters = totals.counts["boosters"]
    last = last_reporting_day(today=day_in_vietnam(now))
    days = selectors.daily(first=last, last=last)
    return CountryFigures(
        received=received_in_all(),
        doses=totals.doses,
        first=totals.people_first,
        second=after_the_first(doses=totals.doses, first=totals.people_first, boosters=boosters),
        last=_day_figures(days[0]) if days else DayFigures(last),
    )


def received_in_all() -> int:
    """Doses that all provinces have received, as `_Facts.received` counts them."""
    taken_in = Lot.objects.aggregate(sum=Sum("doses_received"))["sum"] or 0
    if not selectors.stands_as_published():
        return taken_in
    return taken_in + sum(int(row["doses_allocated"]) for row in _published().values())


def by_days(*, now: datetime.datetime) -> list[DayFigures]:
    """Every day from the first with a figure to the last reporting day; ten at least."""
    last = last_reporting_day(today=day_in_vietnam(now))
    known = {day.day: _day_figures(day) for day in selectors.daily(last=last)}
    first = min([*known, last - datetime.timedelta(days=RECENT_DAYS - 1)])
    days = [first + datetime.timedelta(days=n) for n in range((last - first).days + 1)]
    return [known.get(day) or DayFigures(day) for day in days]


def registrations() -> int:
    """How many registrations there are; of very many, PostgreSQL's own estimate."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [ShotRegistration._meta.db_table],
        )
        estimate: int = cursor.fetchone()[0]
    return estimate if estimate >= EXACT_BELOW else ShotRegistration.objects.count()
