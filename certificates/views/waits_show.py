"""The figures of waits as the officials' page and its file show them."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from certificates.causes import cause_in_words
from certificates.kept_promise import window_minutes
from certificates.models import IssuanceJob
from certificates.stuck_cases import CaseLink, cases_of_doses
from certificates.waits import Owed, Place, PlaceRow, Report, Waits, is_unknown_yet
from sites.models import StaffPosting
from vaxplatform import figures, formatting
from vaxplatform.csv_files import csv_file
from vaxplatform.vietnam import search_key

TARGET_PERCENT = 99.9  # promise 2
MINUTES_SHOWN_UP_TO = 120
HOURS_SHOWN_UP_TO = 48


def in_words(minutes: float | None, decimals: int = 1) -> str:
    """41.2 minutes, 3.5 hours, 12 days; a dash without a dose, "none yet" without certificates.

    `decimals` of minutes: none for an age.
    """
    if minutes is None:
        return formatting.NO_DATA
    if is_unknown_yet(minutes):
        return _("none yet")
    if minutes < MINUTES_SHOWN_UP_TO:
        return _("%(count)s minutes") % {"count": formatting.number(minutes, decimals)}
    if minutes < HOURS_SHOWN_UP_TO * 60:
        return _("%(count)s hours") % {"count": _short(minutes / 60)}
    return _("%(count)s days") % {"count": _short(minutes / (24 * 60))}


def _short(value: float) -> str:
    return formatting.number(value, 1 if value < 10 else 0)


def minutes_since(moment: datetime.datetime | None, now: datetime.datetime) -> float | None:
    return None if moment is None else max((now - moment).total_seconds() / 60, 0)


@dataclass(frozen=True)
class Line:
    """A row of the table; `url` leads into it, empty where there is nothing below."""

    name: str
    code: str
    url: str
    waits: Waits
    owed: Owed
    now: datetime.datetime

    @property
    def share(self) -> float | None:
        """In hundredths of the doses whose time is over."""
        found = formatting.share(self.waits.in_time, self.waits.over)
        return None if found is None else float(found)

    @property
    def is_below_target(self) -> bool:
        return self.share is not None and self.share < TARGET_PERCENT

    @property
    def median(self) -> str:
        return in_words(self.waits.from_injection.median)

    @property
    def most(self) -> str:
        return in_words(self.waits.from_injection.most)

    @property
    def entry_median(self) -> str:
        return in_words(self.waits.from_entry.median)

    @property
    def entry_most(self) -> str:
        return in_words(self.waits.from_entry.most)

    @property
    def oldest_minutes(self) -> float | None:
        return minutes_since(self.owed.oldest_due_at, self.now)

    @property
    def oldest(self) -> str:
        return in_words(self.oldest_minutes, 0)


def _or_least(value: float | None) -> float:
    return -1.0 if value is None else value


SORTS: dict[str, Callable[[Line], Any]] = {
    "name": lambda line: search_key(line.name),
    "share": lambda line: 101.0 if line.share is None else line.share,
    "doses": lambda line: line.waits.doses,
    "median": lambda line: _or_least(line.waits.from_injection.median),
    "most": lambda line: _or_least(line.waits.from_injection.most),
    "entry": lambda line: _or_least(line.waits.from_entry.median),
    "entry95": lambda line: _or_least(line.waits.from_entry.most),
    "late": lambda line: line.waits.late_entries,
    "early": lambda line: line.waits.early,
    "oldest": lambda line: _or_least(line.oldest_minutes),
    "stuck": lambda line: line.owed.stuck,
}
WORST_FIRST = "share"


def lines_of(report: Report, *, place: Place, sort: str, now: datetime.datetime) -> list[Line]:
    """The rows in the order of `sort` ("-share" is descending), equal ones by name."""
    wanted = sort if sort.removeprefix("-") in SORTS else WORST_FIRST
    lines = [_line(row, place, now) for row in report.rows]
    lines.sort(key=SORTS["name"])
    lines.sort(key=SORTS[wanted.removeprefix("-")], reverse=wanted.startswith("-"))
    return lines


def _line(row: PlaceRow, place: Place, now: datetime.datetime) -> Line:
    url = ""
    if not place.site:
        name = "site_waits" if place.province else "province_waits"
        url = reverse(f"certificates_staff:{name}", args=[row.code])
    return Line(row.name, row.code, url, row.waits, row.owed, now)


@dataclass(frozen=True)
class StuckLine:
    """A dose whose certificate needs a person; no personal data."""

    job: IssuanceJob
    cause: str
    age: str
    url: str
    case: CaseLink | None


def stuck_lines(
    jobs: Sequence[IssuanceJob], *, posting: StaffPosting, now: datetime.datetime
) -> list[StuckLine]:
    cases = cases_of_doses(posting, [job.pk for job in jobs])
    return [
        StuckLine(
            job=job,
            cause=cause_in_words(job.last_error),
            age=in_words(minutes_since(job.due_at, now), 0),
            url=reverse("admin:certificates_issuancejob_change", args=[job.pk]),
            case=cases.get(job.pk),
        )
        for job in jobs
    ]


# ── the drawing ───────────────────────────────────────────────────────────────────────────────
def distribution(report: Report) -> SafeString:
    """How long the certificates of the period took; only where some dose's time is over."""
    earliest, deadline = window_minutes()
    minutes = formatting.number(deadline)
    spoken = [
        _("%(share)s within %(from)s–%(to)s minutes")
        % {
            "share": formatting.percent(wait.doses * 100 / report.whole.over),
            "from": f"{wait.from_minutes:g}",
            "to": f"{wait.to_minutes:g}",
        }
        if wait.to_minutes is not None
        else _("%(share)s later or not yet")
        % {"share": formatting.percent(wait.doses * 100 / report.whole.over)}
        for wait in report.bins
        if wait.doses
    ]
    return figures.promise_distribution(
        [
            figures.Bin(wait.from_minutes, wait.to_minutes, wait.doses * 100 / report.whole.over)
            for wait in report.bins
            if wait.doses or wait.from_minutes < deadline
        ],
        legend=figures.Legend("waits", _("How long the certificates took"), "; ".join(spoken)),
        texts=figures.PromiseTexts(
            promised=_("promised: %(minutes)s minutes") % {"minutes": minutes},
            observation=_("observation"),
            unit=_("minutes since the injection"),
            share=_("% of doses"),
            later=_("over %(minutes)s") % {"minutes": minutes},
        ),
        number=lambda value: formatting.number(value, 1),
        earliest=earliest,
        deadline=deadline,
    )


# ── the file ──────────────────────────────────────────────────────────────────────────────────
CSV_COLUMNS = (
    "code",
    "name",
    "doses",
    "doses_whose_time_is_over",
    "in_time",
    "share_in_time_percent",
    "no_certificate_yet",
    "issued_early",
    "late_entries",
    "minutes_from_injection_median",
    "minutes_from_injection_95_percent",
    "minutes_from_entry_median",
    "minutes_from_entry_95_percent",
    "waiting_now",
    "due_now",
    "oldest_due_minutes",
    "past_deadline_now",
    "stuck_now",
)


def as_file(lines: Sequence[Line], name: str) -> HttpResponse:
    """The table; minutes with one decimal and a point, empty without a figure."""
    return csv_file(name, CSV_COLUMNS, map(_cells, lines))


def _cells(line: Line) -> tuple[Any, ...]:
    waits, owed = line.waits, line.owed
    return (
        line.code,
        line.name,
        waits.doses,
        waits.over,
        waits.in_time,
        "" if line.share is None else f"{line.share:.2f}",
        waits.missing,
        waits.early,
        waits.late_entries,
        _minutes(waits.from_injection.median),
        _minutes(waits.from_injection.most),
        _minutes(waits.from_entry.median),
        _minutes(waits.from_entry.most),
        owed.waiting,
        owed.due,
        _minutes(line.oldest_minutes),
        owed.past_deadline,
        owed.stuck,
    )


def _minutes(value: float | None) -> str | float:
    return "" if value is None or is_unknown_yet(value) else round(value, 1)
