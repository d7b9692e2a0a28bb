"""Reading the statistics: sums of the rollups for the country, for units of either reform, by day.

Pages, files and the API read through here. The headline figure of a province's day is the reported
one where there is a report, and the recorded doses that no report covers; sums add such days.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from django.db.models import F, IntegerField, Max, Min, Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from public_portal.backlog import sites_progress
from public_portal.models import (
    DailyReport,
    ProvinceDay,
    ResidenceDay,
    SiteDay,
    StatisticsVersion,
)
from public_portal.services.counting import COUNTS
from registration.models import AdministrativeUnit, UnitKind, UnitSuccession
from sites.models import Session, SessionPart, SessionStatus, Site, StaffPosting
from sites.scoping import scope_to_posting
from vaxplatform.formatting import share

Units = Literal[2021, 2025]
_REPORTED = Q(reported__isnull=False)
_NONE = Value(0, output_field=IntegerField())
QUIET_DAYS = 60
SESSION_DAYS = 28
_PARTS = SessionPart.values
PUBLISHED_TO = datetime.date(2021, 11, 6)
PUBLISHED_DOSES = 87_472_277  # of the 63 provinces together; public_portal/data/README.md
FIGURES = {
    "reported": Coalesce(Sum("reported"), 0),
    "reported_first": Coalesce(Sum("reported_first"), 0),
    "recorded": Coalesce(Sum("recorded"), 0),
    "doses": Coalesce(Sum(Coalesce(F("reported") - F("covered"), _NONE) + F("recorded")), 0),
    "people_first": Coalesce(
        Sum(Coalesce(F("reported_first") - F("covered_first"), _NONE) + F("people_first")), 0
    ),
    "unrecorded": Coalesce(Sum(F("reported") - F("covered"), filter=_REPORTED), 0),
}
_SUMS = {
    **{f"sum_{name}": figure for name, figure in FIGURES.items()},
    **{f"count_{name}": Coalesce(Sum(name), 0) for name in COUNTS},
}


@dataclass(frozen=True)
class Totals:
    """Sums over days. `doses` and `people_first` are headline figures; `unrecorded` is reported
    less the recorded doses that the reports cover (below 0 where more was recorded than reported);
    `counts` are the sums of what is counted of recorded doses (services.counting.COUNTS);
    `residents_first` are people on record with a first dose by where they live, None where nobody
    asked for it; `adults` are people aged 18 and over, None where nobody said how many."""

    reported: int = 0
    reported_first: int = 0
    recorded: int = 0
    doses: int = 0
    people_first: int = 0
    unrecorded: int = 0
    counts: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    adults: int | None = None
    residents_first: int | None = None

    @classmethod
    def of(cls, sums: Mapping[str, int], *, adults: int | None) -> "Totals":
        """From a row of `_SUMS`."""
        return cls(
            **{name: sums[f"sum_{name}"] for name in FIGURES},
            counts={name: sums[f"count_{name}"] for name in COUNTS},
            adults=adults,
        )

    @property
    def doses_per_100(self) -> Decimal | None:
        return share(self.doses, self.adults)

    @property
    def people_share(self) -> Decimal | None:
        return share(self.people_first, self.adults)

    @property
    def full_share(self) -> Decimal | None:
        return share(self.counts["people_full"], self.adults)

    @property
    def boosters_per_100(self) -> Decimal | None:
        return share(self.counts["boosters"], self.adults)

    @property
    def residents_share(self) -> Decimal | None:
        return share(self.residents_first, self.adults)

    @property
    def unrecorded_share(self) -> Decimal | None:
        return share(self.unrecorded, self.reported)

    @property
    def later_doses_reported(self) -> int:
        """Reported doses that were not the first of a person."""
        return self.reported - self.reported_first


@dataclass(frozen=True)
class UnitTotals:
    """A province of either reform with its sums; `parts` names the provinces it was made of."""

    code: str
    name: str
    totals: Totals
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """The days for which there are figures; None where there are none."""

    first: datetime.date | None
    reported_to: datetime.date | None
    recorded_to: datetime.date | None

    @property
    def last(self) -> datetime.date | None:
        return max(filter(None, (self.reported_to, self.recorded_to)), default=None)


@dataclass(frozen=True)
class Day:
    """The figures of one day, all places that were asked for together."""

    day: datetime.date
    reported: int
    recorded: int
    doses: int
    people_first: int
    people_full: int
    boosters: int


def statistics_version() -> StatisticsVersion:
    """Which counting the rollups are at; number 0 before the first."""
    return StatisticsVersion.objects.first() or StatisticsVersion(number=0)


def span(days: QuerySet[ProvinceDay] | None = None) -> Span:
    """The days that `days` (all of them when left out) hold figures for."""
    rows = ProvinceDay.objects.all() if days is None else days
    return Span(
        **rows.aggregate(
            first=Min("day"),
            reported_to=Max("day", filter=_REPORTED),
            recorded_to=Max("day", filter=Q(recorded__gt=0)),
        )
    )


@dataclass
class Places:
    """The provinces of both reforms and which became which."""

    by_id: dict[int, AdministrativeUnit] = field(default_factory=dict)
    successor: dict[int, int] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls) -> "Places":
        places = cls({unit.pk: unit for unit in AdministrativeUnit.objects.provinces()})
        for before, after in UnitSuccession.objects.filter(
            predecessor__kind=UnitKind.PROVINCE, successor__kind=UnitKind.PROVINCE
        ).values_list("predecessor", "successor"):
            places.successor[before] = after
            places.parts[after].append(before)
        return places

    def of_scheme(self, units: Units) -> list[AdministrativeUnit]:
        return [unit for unit in self.by_id.values() if unit.scheme == units]

    def unit_of(self, province_id: int, units: Units) -> int | None:
        """The unit whose sums a province's days belong to; a new province cannot be divided."""
        if self.by_id[province_id].scheme == units:
            return province_id
        return self.successor.get(province_id)

    def members(self, unit: AdministrativeUnit) -> list[int]:
        return [unit.pk, *self.parts.get(unit.pk, ())]

    def adults(self, unit: AdministrativeUnit) -> int | None:
        if unit.population_18_plus is not None:
            return unit.population_18_plus
        known = [self.by_id[pk].population_18_plus for pk in self.parts.get(unit.pk, ())]
        return sum(n for n in known if n) if known and None not in known else None


def unit_totals(*, units: Units, with_residents: bool = False) -> list[UnitTotals]:
    """The sums of each province of one reform, in the order of their names; those of 2025 add up
    their predecessors (UnitSuccession)."""
    places = Places.read()
    residents = _residents(places, units) if with_residents else {}
    sums: defaultdict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_SUMS, 0))
    rows: Iterable[Mapping[str, Any]] = ProvinceDay.objects.values("province").annotate(**_SUMS)
    for row in rows:
        unit_id = places.unit_of(row["province"], units)
        if unit_id is None:
            continue
        for name in _SUMS:
            sums[unit_id][name] += row[name]
    return [
        UnitTotals(
            unit.code,
            unit.name,
            replace(
                Totals.of(sums[unit.pk], adults=places.adults(unit)),
                residents_first=residents.get(unit.pk, 0) if with_residents else None,
            ),
            tuple(places.by_id[pk].name for pk in places.parts.get(unit.pk, ())),
        )
        for unit in sorted(places.of_scheme(units), key=lambda unit: unit.name)
    ]


def with_parts(province: AdministrativeUnit) -> list[int]:
    """The ids of a province and of those that became part of it: rollups hold either."""
    return Places.read().members(province)


def _residents(places: Places, units: Units) -> dict[int, int]:
    """People on record with a first dose, by the unit they live in."""
    found: defaultdict[int, int] = defaultdict(int)
    rows = ResidenceDay.objects.order_by().values("residence").annotate(sum=Sum("people_first"))
    for row in rows:
        unit_id = places.unit_of(row["residence"], units)
        if unit_id is not None:
            found[unit_id] += row["sum"]
    return found


def country_totals() -> Totals:
    """The sums of the whole country; adults are those of the provinces of 2021. Whoever is
    vaccinated in the country lives in it: its residents are the people vaccinated."""
    adults = AdministrativeUnit.objects.of_scheme(2021).provinces()
    totals = Totals.of(
        ProvinceDay.objects.aggregate(**_SUMS),
        adults=adults.aggregate(adults=Sum("population_18_plus"))["adults"],
    )
    return replace(totals, residents_first=totals.counts["people_first"])


def stands_as_published() -> bool:
    """Whether the reports to 6 November 2021 are those that were published, their days modelled:
    the pages then say so."""
    days = ProvinceDay.objects.filter(day__lte=PUBLISHED_TO)
    return bool(days.aggregate(sum=Sum("reported"))["sum"] == PUBLISHED_DOSES)


def province_by_code(*, code: str, units: Units) -> AdministrativeUnit | None:
    return AdministrativeUnit.objects.of_scheme(units).provinces().filter(code=code).first()


def days_of(province: AdministrativeUnit | None) -> QuerySet[ProvinceDay]:
    """The rollup of a province of either reform (with what became part of it), or of all."""
    if province is None:
        return ProvinceDay.objects.all()
    return ProvinceDay.objects.filter(province__in=with_parts(province))


def daily(
    *,
    province: AdministrativeUnit | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
) -> list[Day]:
    """Day by day, oldest first; days without a figure are left out. Bounds are inclusive."""
    rows = days_of(province)
    if first:
        rows = rows.filter(day__gte=first)
    if last:
        rows = rows.filter(day__lte=last)
    sums: Iterable[Mapping[str, Any]] = rows.order_by("day").values("day").annotate(**_SUMS)
    return [_day(row) for row in sums]


def _day(row: Mapping[str, Any]) -> Day:
    """From a row of `_SUMS` with its day."""
    return Day(
        day=row["day"],
        reported=row["sum_reported"],
        recorded=row["sum_recorded"],
        doses=row["sum_doses"],
        people_first=row["sum_people_first"],
        people_full=row["count_people_full"],
        boosters=row["count_boosters"],
    )


def daily_by_province(
    *, first: datetime.date, last: datetime.date
) -> dict[tuple[str, datetime.date], Day]:
    """The days of each province of 2021, by its code and the day. Bounds are inclusive."""
    rows: Iterable[Mapping[str, Any]] = (
        ProvinceDay.objects.filter(province__scheme=2021, day__range=(first, last))
        .values("province__code", "day")
        .annotate(**_SUMS)
    )
    return {(row["province__code"], row["day"]): _day(row) for row in rows}


def without_gaps(days: Iterable[Day]) -> list[Day]:
    """The same days with an empty one for each that is missing between first and last."""
    known = {day.day: day for day in days}
    if not known:
        return []
    first, last = min(known), max(known)
    whole = [first + datetime.timedelta(days=n) for n in range((last - first).days + 1)]
    return [known.get(day) or Day(day, 0, 0, 0, 0, 0, 0) for day in whole]


def main_stretch(days: Iterable[Day]) -> list[Day]:
    """Of the stretches of days that QUIET_DAYS or more without a figure keep apart, the one with
    the most doses: a chart over the years between two campaigns would show neither."""
    stretches: list[list[Day]] = []
    for day in days:
        if not stretches or (day.day - stretches[-1][-1].day).days > QUIET_DAYS:
            stretches.append([])
        stretches[-1].append(day)
    return max(stretches, key=lambda stretch: sum(day.doses for day in stretch), default=[])


@dataclass(frozen=True)
class SiteTotals:
    """A site of a province, what it reported, what is on record, and what of that its reports are
    about. `caught_up_on`: when what is left will be on record, None where nobody can say."""

    id: int
    name: str
    address: str
    on_platform: bool
    reported: int | None
    recorded: int
    covered: int
    caught_up_on: datetime.date | None = None


def sites_of(province: AdministrativeUnit, *, now: datetime.datetime) -> list[SiteTotals]:
    """The active sites of a province, by name. Not for showing as they are: see
    `rules.suppress_small_counts`."""
    recorded = dict(
        SiteDay.objects.filter(province=province)
        .values("site")
        .annotate(sum=Sum("doses"))
        .values_list("site", "sum")
    )
    reported = {
        row.site.pk: row.progress
        for row in sites_progress(province=province, now=now)
        if row.last_report_on
    }
    sites = Site.objects.filter(province=province, is_active=True).order_by("name", "pk")
    return [
        SiteTotals(
            site.pk,
            site.name,
            site.address,
            site.on_platform,
            reported[site.pk].reported if site.pk in reported else None,
            recorded.get(site.pk, 0),
            reported[site.pk].recorded if site.pk in reported else 0,
            reported[site.pk].caught_up_on if site.pk in reported else None,
        )
        for site in sites
    ]


@dataclass(frozen=True)
class NextSession:
    """The next day on which a site vaccinates, and the parts of that day."""

    day: datetime.date
    parts: tuple[str, ...]


def next_sessions(sites: Iterable[int], *, today: datetime.date) -> dict[int, NextSession]:
    """By site id: its next session of the coming SESSION_DAYS, today's included; sites without one
    are left out. One query over the sessions of these days."""
    sessions = Session.objects.filter(
        site__in=list(sites),
        held_on__range=(today, today + datetime.timedelta(days=SESSION_DAYS)),
        status__in=(SessionStatus.PLANNED, SessionStatus.OPEN),
    )
    found: dict[int, NextSession] = {}
    for session in sorted(sessions, key=lambda s: (s.held_on, _PARTS.index(s.part))):
        part = session.get_part_display()
        first = found.setdefault(session.site_id, NextSession(session.held_on, ()))
        if first.day == session.held_on:
            found[session.site_id] = replace(first, parts=(*first.parts, part))
    return found


def reports_visible_to(posting: StaffPosting | None) -> QuerySet[DailyReport]:
    """The filed reports a posting may see: of its site, of its province and its sites, or all; each
    with `earlier`, the versions it replaced, the latest first."""
    versions = DailyReport.events.rel.related_model.objects.select_related("reported_by")  # type: ignore[attr-defined]
    rows = DailyReport.objects.select_related(
        "province", "site", "vaccine", "reported_by"
    ).prefetch_related(Prefetch("events", versions.order_by("-pgh_id"), to_attr="earlier"))
    if posting is not None and posting.province_id:
        return rows.filter(province=posting.province_id)  # its own totals have no site
    return scope_to_posting(rows, posting)
