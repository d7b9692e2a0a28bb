"""The distance that is left: reported doses less those on record, by place, day and vaccine.

Read from tables of counts only. A report covers what it is about (models.ProvinceDay): what is
left of a place is the sum of reported − covered over the reports that count for it. A province is
its sites, each with its own reports, and the rest that the province itself reported beyond them.
docs/backlog.md.
"""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from public_portal.models import LateEntry, ProvinceDay
from public_portal.services.counting import PROVINCE_COVERS, SITE_COVERS
from registration.models import AdministrativeUnit
from registration.selectors import provinces_in_use
from sites.entry_forecast import EntryForecast, ProvinceEntry
from sites.models import Site, Vaccine
from vaxplatform.vietnam import day_in_vietnam

PACE_DAYS = 7  # full days before today
SILENT_DAYS = 3  # full days without a report and without an entry
FARTHEST_DAYS = 365  # a date beyond says nothing
_Days = tuple[datetime.date, datetime.date]


@dataclass(frozen=True)
class Progress:
    """How far a place is. `recorded` are the doses on record that its reports cover; `entered`
    those of earlier days that were entered on the last PACE_DAYS full days; `growth` by how much
    the backlog grew over the same days (below 0: it shrank)."""

    today: datetime.date
    reported: int = 0
    recorded: int = 0
    entered: int = 0
    growth: int = 0

    @property
    def left(self) -> int:
        """Below 0 where more is on record than was reported."""
        return self.reported - self.recorded

    @property
    def pace(self) -> float:
        """Doses of earlier days entered a day."""
        return self.entered / PACE_DAYS

    @property
    def is_caught_up(self) -> bool:
        return self.left <= 0

    @property
    def caught_up_on(self) -> datetime.date | None:
        """When what is left now will be in at this pace; None when it is, or will not be."""
        if self.is_caught_up or self.growth >= 0:
            return None
        return day_of_entry(self.left, entered=self.entered, today=self.today)

    def __add__(self, other: "Progress") -> "Progress":
        return Progress(
            self.today,
            self.reported + other.reported,
            self.recorded + other.recorded,
            self.entered + other.entered,
            self.growth + other.growth,
        )

    def __sub__(self, other: "Progress") -> "Progress":
        return Progress(
            self.today,
            self.reported - other.reported,
            self.recorded - other.recorded,
            self.entered - other.entered,
            self.growth - other.growth,
        )


def day_of_entry(doses: int, *, entered: int, today: datetime.date) -> datetime.date | None:
    """The day on which `doses` more will be in, when `entered` came in PACE_DAYS days; None without
    a pace, or where that is more than FARTHEST_DAYS away."""
    if entered <= 0:
        return None
    days = math.ceil(max(doses, 0) * PACE_DAYS / entered)
    return today + datetime.timedelta(days=days) if days <= FARTHEST_DAYS else None


def pace_window(today: datetime.date) -> _Days:
    """The first and last of the days that make the pace."""
    day = datetime.timedelta(days=1)
    return today - PACE_DAYS * day, today - day


@dataclass(frozen=True)
class ProvinceProgress:
    """A province; `silent` counts its silent sites."""

    province: AdministrativeUnit
    progress: Progress
    silent: int


@dataclass(frozen=True)
class SiteProgress:
    """A site that reports or works on paper; the two days are None where there was none yet."""

    site: Site
    progress: Progress
    last_report_on: datetime.date | None
    last_entry_on: datetime.date | None

    @property
    def is_silent(self) -> bool:
        since = self.progress.today - datetime.timedelta(days=SILENT_DAYS)
        days = (self.last_report_on, self.last_entry_on)
        return self.site.is_active and not any(day and day >= since for day in days)


@dataclass(frozen=True)
class DayLine:
    """What a report that counts says of a day; `vaccine` None is all vaccines together."""

    day: datetime.date
    vaccine: Vaccine | None
    reported: int
    recorded: int

    @property
    def left(self) -> int:
        return self.reported - self.recorded


# ── provinces ─────────────────────────────────────────────────────────────────────────────────
def provinces_progress(
    *, now: datetime.datetime, province: AdministrativeUnit | None = None
) -> list[ProvinceProgress]:
    """Each province of the scheme in use (or the one), in the order of its code. Three aggregates
    over the days of provinces, late entries of a week, and the sites."""
    today = day_in_vietnam(now)
    first, last = pace_window(today)
    days = ProvinceDay.objects.all() if province is None else _of(ProvinceDay, province)
    sums = {
        row["province"]: row
        for row in days.order_by()
        .values("province")
        .annotate(
            sum_reported=Coalesce(Sum("reported"), 0),
            sum_covered=Coalesce(Sum("covered"), 0),
            lately=Coalesce(
                Sum(
                    F("reported") - F("covered"),
                    filter=Q(day__range=(first, last), reported__isnull=False),
                ),
                0,
            ),
        )
    }
    entries = _entries("province", today, province)
    silent = _silent_by_province(today, province)
    places = [province] if province else provinces_in_use().order_by("code")
    nothing = {"sum_reported": 0, "sum_covered": 0, "lately": 0}
    return [
        ProvinceProgress(
            place,
            _progress(
                today,
                (row["sum_reported"], row["sum_covered"], row["lately"]),
                entries.get(place.pk, (0, 0)),
            ),
            silent.get(place.pk, 0),
        )
        for place in places
        for row in [sums.get(place.pk, nothing)]
    ]


def entry_of_provinces(
    province: AdministrativeUnit | None, now: datetime.datetime
) -> list[ProvinceEntry]:
    """What sites.entry_forecast.entry_by_province asks: the same figures as the backlog's page."""
    return [
        ProvinceEntry(
            row.province.code,
            row.province.name,
            row.progress.reported,
            row.progress.recorded,
            row.progress.caught_up_on,
        )
        for row in provinces_progress(now=now, province=province)
    ]


def _of(model: Any, province: AdministrativeUnit) -> Any:
    return model.objects.filter(province=province)


def _progress(
    today: datetime.date, counts: tuple[int, int, int], entries: tuple[int, int]
) -> Progress:
    """`counts`: reported, covered, and reported − covered of the days of the pace; `entries`: late
    entries on those days, all and of days before them. A backlog that was larger before those days
    shrank by the latter and grew by what is left of the former."""
    reported, covered, lately = counts
    entered, of_days_before = entries
    return Progress(today, reported, covered, entered, lately - of_days_before)


def _entries(
    by: str,
    today: datetime.date,
    province: AdministrativeUnit | None = None,
    site: Site | None = None,
) -> dict[int, tuple[int, int]]:
    """{place: (late entries of the pace's days, those of days before them)}."""
    window = pace_window(today)
    rows = LateEntry.objects.filter(entered_on__range=window)
    if site is not None:
        rows = rows.filter(site=site)
    elif province is not None:
        rows = rows.filter(province=province)
    return {
        row[by]: (row["entered"], row["before"])
        for row in rows.order_by()
        .values(by)
        .annotate(
            entered=Coalesce(Sum("doses"), 0),
            before=Coalesce(Sum("doses", filter=Q(day__lt=window[0])), 0),
        )
    }


_SILENT = """
    SELECT s.province_id, count(*)
      FROM vaccination_sites_site s
     WHERE s.is_active AND (%(province)s::bigint IS NULL OR s.province_id = %(province)s)
       AND (NOT s.on_platform OR EXISTS (SELECT 1 FROM public_portal_dailyreport r
             WHERE r.province_id = s.province_id AND r.site_id = s.id))
       AND NOT EXISTS (SELECT 1 FROM public_portal_dailyreport r
             WHERE r.province_id = s.province_id AND r.site_id = s.id AND r.day >= %(since)s)
       AND NOT EXISTS (SELECT 1 FROM public_portal_siteday d
             WHERE d.site_id = s.id AND d.day >= %(since)s)
       AND NOT EXISTS (SELECT 1 FROM public_portal_lateentry e
             WHERE e.site_id = s.id AND e.entered_on >= %(since)s)
     GROUP BY s.province_id
"""


def _silent_by_province(
    today: datetime.date, province: AdministrativeUnit | None
) -> dict[int, int]:
    since = today - datetime.timedelta(days=SILENT_DAYS)
    return dict(_fetch(_SILENT, {"province": province and province.pk, "since": since}))


def _fetch(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


# ── sites ─────────────────────────────────────────────────────────────────────────────────────
# The reports of sites that count for their site, each with the doses on record that it covers.
_LINES_OF_SITES = f"""
    SELECT w.site_id, w.day, w.vaccine_id, w.doses AS reported,
           COALESCE(sum(r.doses), 0) AS recorded
      FROM (SELECT r.*, rank() OVER (PARTITION BY r.site_id, r.day
                                         ORDER BY r.vaccine_id IS NOT NULL) AS vaccine_rank
              FROM public_portal_dailyreport r
             WHERE r.province_id = %(province)s AND r.site_id IS NOT NULL
               AND (%(site)s::bigint IS NULL OR r.site_id = %(site)s)) w
      LEFT JOIN (SELECT * FROM public_portal_siteday
                  WHERE province_id = %(province)s
                    AND (%(site)s::bigint IS NULL OR site_id = %(site)s)) r ON {SITE_COVERS}
     WHERE w.vaccine_rank = 1
     GROUP BY w.id, w.site_id, w.day, w.vaccine_id, w.doses
"""  # noqa: S608
_SITES = f"""
    WITH sums AS (
        SELECT site_id, sum(reported) AS reported, sum(recorded) AS recorded,
               COALESCE(sum(reported - recorded)
                        FILTER (WHERE day BETWEEN %(first)s AND %(last)s), 0) AS lately
          FROM ({_LINES_OF_SITES}) lines
         GROUP BY site_id
    )
    SELECT s.id, COALESCE(c.reported, 0), COALESCE(c.recorded, 0), COALESCE(c.lately, 0),
           (SELECT max(r.day) FROM public_portal_dailyreport r
             WHERE r.province_id = s.province_id AND r.site_id = s.id),
           GREATEST((SELECT max(d.day) FROM public_portal_siteday d WHERE d.site_id = s.id),
                    (SELECT max(e.entered_on) FROM public_portal_lateentry e
                      WHERE e.site_id = s.id))
      FROM vaccination_sites_site s
      LEFT JOIN sums c ON c.site_id = s.id
     WHERE (s.province_id = %(province)s OR c.site_id IS NOT NULL)
       AND (%(site)s::bigint IS NULL OR s.id = %(site)s)
       AND (c.site_id IS NOT NULL OR (s.is_active AND NOT s.on_platform))
"""  # noqa: S608


def sites_progress(
    *, province: AdministrativeUnit, now: datetime.datetime, site: Site | None = None
) -> list[SiteProgress]:
    """The sites of a province (or the one) that report or work on paper."""
    today = day_in_vietnam(now)
    first, last = pace_window(today)
    rows = _fetch(
        _SITES,
        {"province": province.pk, "site": site and site.pk, "first": first, "last": last},
    )
    entries = _entries("site", today, province, site)
    sites = Site.objects.select_related("province").in_bulk([row[0] for row in rows])
    return [
        SiteProgress(
            sites[pk],
            _progress(today, (int(reported), int(recorded), int(lately)), entries.get(pk, (0, 0))),
            last_report_on,
            last_entry_on,
        )
        for pk, reported, recorded, lately, last_report_on, last_entry_on in rows
    ]


def rest_of(whole: Progress, sites: Sequence[SiteProgress]) -> Progress:
    """What the province reported beyond its sites' own reports, less what is on record of that."""
    total = sum((row.progress for row in sites), Progress(whole.today))
    return whole - total


# ── days and vaccines ─────────────────────────────────────────────────────────────────────────
_LINES_OF_PROVINCE = f"""
    WITH ranked AS (
        SELECT r.*, rank() OVER (PARTITION BY r.day ORDER BY r.site_id IS NOT NULL) AS place_rank,
               rank() OVER (PARTITION BY r.day, r.site_id
                                ORDER BY r.vaccine_id IS NOT NULL) AS vaccine_rank
          FROM public_portal_dailyreport r
         WHERE r.province_id = %(province)s
    ), winning AS (
        SELECT * FROM ranked WHERE place_rank = 1 AND vaccine_rank = 1
    ), of_sites AS (
        SELECT * FROM public_portal_siteday WHERE province_id = %(province)s
    )
    SELECT day, vaccine_id, sum(reported), sum(recorded)
      FROM (SELECT w.day, w.vaccine_id, w.doses AS reported, 0 AS recorded FROM winning w
            UNION ALL
            SELECT w.day, w.vaccine_id, 0, r.doses FROM winning w JOIN of_sites r ON {SITE_COVERS}
            UNION ALL
            SELECT w.day, w.vaccine_id, 0, r.doses
              FROM winning w JOIN of_sites r ON {PROVINCE_COVERS}) parts
     GROUP BY day, vaccine_id
     ORDER BY day DESC, vaccine_id NULLS FIRST
"""  # noqa: S608
_LINES_OF_SITE = f"""
    SELECT day, vaccine_id, reported, recorded FROM ({_LINES_OF_SITES}) lines
     ORDER BY day DESC, vaccine_id NULLS FIRST
"""  # noqa: S608


def day_lines(*, province: AdministrativeUnit, site: Site | None = None) -> list[DayLine]:
    """The reports that count, of a site, or of a province with its sites; the newest day first."""
    rows = _fetch(
        _LINES_OF_SITE if site else _LINES_OF_PROVINCE,
        {"province": province.pk, "site": site and site.pk},
    )
    vaccines = Vaccine.objects.in_bulk() if rows else {}
    return [
        DayLine(day, vaccines.get(vaccine_id), int(reported), int(recorded))
        for day, vaccine_id, reported, recorded in rows
    ]


# ── for the person whose dose is missing ──────────────────────────────────────────────────────
def forecast_for_dose(
    site: Site, day: datetime.date | None, now: datetime.datetime
) -> EntryForecast | None:
    """When a dose that the site gave on `day` will be on record; None where nothing can be said,
    because the site works on the platform and did not report that day."""
    today = day_in_vietnam(now)
    lines = day_lines(province=site.province, site=site)
    is_reported = any(day is None or line.day == day for line in lines)
    if not is_reported and site.on_platform:
        return None
    before, left = _left_by(lines, day)
    entered, _before = _entries("site", today, site=site).get(site.pk, (0, 0))
    return EntryForecast(
        today=today,
        day=day,
        reported=sum(line.reported for line in lines),
        recorded=sum(line.recorded for line in lines),
        is_reported=is_reported,
        left=left,
        entered=entered,
        days_of_pace=PACE_DAYS,
        first_on=day_of_entry(min(before + 1, left), entered=entered, today=today),
        last_on=day_of_entry(left, entered=entered, today=today),
    )


def _left_by(lines: Sequence[DayLine], day: datetime.date | None) -> tuple[int, int]:
    """Doses of the days before `day`, and of these and `day`, that are not on record.

    Where more is on record of some days than was reported, others are behind by as much: days were
    mixed up, and only the sum tells. But a day that is itself behind is never called complete.
    """
    before = sum(line.left for line in lines if day is not None and line.day < day)
    of_day = sum(line.left for line in lines if day is None or line.day == day)
    before = max(before, 0)
    return before, max(before + of_day, of_day, 0)
