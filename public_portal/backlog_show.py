"""The distance that is left as the officials' pages and their files show it."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from public_portal.backlog import DayLine, Progress, ProvinceProgress, SiteProgress
from vaxplatform import formatting
from vaxplatform.csv_files import csv_file
from vaxplatform.vietnam import search_key

LARGEST_FIRST = "-left"
NEWEST_FIRST = "-day"


@dataclass(frozen=True)
class Line:
    """A row of the table of places; `url` leads into it. `silent_sites` stands with a province,
    `site` with a site; the rest of a province has neither."""

    name: str
    code: str
    url: str
    progress: Progress
    silent_sites: int | None = None
    site: SiteProgress | None = None
    is_rest: bool = False

    @property
    def has_report(self) -> bool:
        return self.progress.reported > 0 or self.progress.recorded > 0

    @property
    def share(self) -> Decimal | None:
        """What is left, in hundredths of what was reported."""
        return formatting.share(self.progress.left, self.progress.reported)

    @property
    def forecast(self) -> str:
        """The day on which it will have caught up, or why there is none."""
        if not self.has_report:
            return _("no report")
        if self.progress.left < 0:
            return _("more on record than reported")
        if self.progress.is_caught_up:
            return _("caught up")
        day = self.progress.caught_up_on
        return formatting.day(day) if day else _("not at this pace")

    @property
    def is_behind(self) -> bool:
        """Something is left, and at this pace it stays so."""
        return self.progress.left > 0 and self.progress.caught_up_on is None

    @property
    def reason(self) -> str:
        """Why it will not catch up at this pace; "" where it will, or has."""
        if not self.is_behind:
            return ""
        if not self.progress.entered:
            return _("No dose of earlier days was entered.")
        if self.progress.growth >= 0:
            return _("Doses stay on paper as fast as others are entered, or faster.")
        return _("At this pace it takes more than a year.")

    @property
    def forecast_key(self) -> datetime.date:
        if self.progress.is_caught_up:
            return datetime.date.min
        return self.progress.caught_up_on or datetime.date.max


SORTS: dict[str, Callable[[Line], Any]] = {
    "name": lambda line: search_key(line.name),
    "reported": lambda line: line.progress.reported,
    "recorded": lambda line: line.progress.recorded,
    "left": lambda line: line.progress.left,
    "share": lambda line: line.share if line.share is not None else Decimal(-1),
    "pace": lambda line: line.progress.entered,
    "forecast": lambda line: line.forecast_key,
    "silent": lambda line: line.silent_sites or 0,
}
DAY_SORTS: dict[str, Callable[[DayLine], Any]] = {
    "day": lambda line: line.day,
    "vaccine": lambda line: str(line.vaccine or ""),
    "reported": lambda line: line.reported,
    "recorded": lambda line: line.recorded,
    "left": lambda line: line.left,
}


def ordered(lines: Iterable[Line], sort: str) -> list[Line]:
    """In the order of `sort` ("-left" is descending), equal ones by name."""
    wanted = sort if sort.removeprefix("-") in SORTS else LARGEST_FIRST
    by_name = sorted(lines, key=SORTS["name"])
    return sorted(by_name, key=SORTS[wanted.removeprefix("-")], reverse=wanted.startswith("-"))


def ordered_days(lines: Iterable[DayLine], sort: str) -> list[DayLine]:
    """Likewise; equal ones by day, the newest first."""
    wanted = sort if sort.removeprefix("-") in DAY_SORTS else NEWEST_FIRST
    by_day = sorted(lines, key=DAY_SORTS["day"], reverse=True)
    key = DAY_SORTS[wanted.removeprefix("-")]
    return sorted(by_day, key=key, reverse=wanted.startswith("-"))


def province_lines(rows: Sequence[ProvinceProgress]) -> list[Line]:
    return [
        Line(
            row.province.name,
            row.province.code,
            reverse("public_portal_staff:province_backlog", args=[row.province.code]),
            row.progress,
            silent_sites=row.silent,
        )
        for row in rows
    ]


def site_lines(rows: Sequence[SiteProgress]) -> list[Line]:
    return [
        Line(
            row.site.name,
            row.site.code,
            reverse("public_portal_staff:site_backlog", args=[row.site.code]),
            row.progress,
            site=row,
        )
        for row in rows
    ]


def rest_line(rest: Progress, code: str) -> Line | None:
    """The rest of a province; None where it reported nothing beyond its sites."""
    if not rest.reported and not rest.recorded:
        return None
    url = reverse("public_portal_staff:province_days", args=[code])
    return Line(_("Reported by the province only"), code, url, rest, is_rest=True)


PLACE_COLUMNS = (
    "code",
    "name",
    "reported",
    "recorded",
    "left",
    "entered_in_7_days",
    "caught_up_on",
    "silent_sites",
    "last_report_on",
    "last_entry_on",
)
DAY_COLUMNS = ("day", "vaccine_code", "reported", "recorded", "left")


def places_file(lines: Sequence[Line], name: str) -> HttpResponse:
    return csv_file(name, PLACE_COLUMNS, map(_cells, lines))


def _cells(line: Line) -> tuple[Any, ...]:
    progress, site = line.progress, line.site
    return (
        "" if line.is_rest else line.code,
        line.name,
        progress.reported,
        progress.recorded,
        progress.left,
        progress.entered,
        progress.caught_up_on or "",
        "" if line.silent_sites is None else line.silent_sites,
        (site and site.last_report_on) or "",
        (site and site.last_entry_on) or "",
    )


def days_file(lines: Sequence[DayLine], name: str) -> HttpResponse:
    rows = (
        (
            line.day,
            line.vaccine.code if line.vaccine else "",
            line.reported,
            line.recorded,
            line.left,
        )
        for line in lines
    )
    return csv_file(name, DAY_COLUMNS, rows)
