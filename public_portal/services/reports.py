"""Daily reports: what provinces and paper sites say they gave, filed again as often as needed."""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from public_portal import exceptions
from registration.models import Account, AdministrativeUnit
from registration.selectors import provinces_in_use
from sites.models import Role, Site, Vaccine
from sites.rights import ENTER_PAPER, LOAD_REPORTS, MAY
from sites.scoping import posting_of
from sites.services.doses import CAMPAIGN_BEGAN_ON
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import day_in_vietnam

MOST_DOSES = 5_000_000  # a row: the capacity of the whole country for one day (DOMAIN, Scale)
MOST_BYTES = 5_000_000  # of a file; 100,000 rows
COLUMNS = ("province_code", "date", "doses")  # without which a file says nothing
NATIONAL_REPORTS = Path(__file__).resolve().parent.parent / "data" / "reports_2021-11-06.csv"
# Provinces and the ministry, and who enters a site's paper.
REPORTING_ACTIONS = (LOAD_REPORTS, ENTER_PAPER)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True)
class ReportRow:
    """One row as somebody wrote it, all text; `line` is its number in the file, for the answer.

    `site_code` "" is the province's own total, `vaccine` "" all vaccines together (else an EU
    product code), `first_doses` "" unknown.
    """

    line: int
    province_code: str
    date: str
    doses: str
    site_code: str = ""
    vaccine: str = ""
    first_doses: str = ""


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not filed, and why."""

    line: int
    error: DomainError


@dataclass(frozen=True)
class Filed:
    """`filed` rows are in (changed or as they were); the others each with its reason."""

    filed: int
    refused: list[RefusedRow]


@dataclass(frozen=True)
class _Report:
    """A row that was understood: ids, in the order of the columns of the table."""

    province_id: int
    site_id: int | None
    day: datetime.date
    vaccine_id: int | None
    doses: int
    first_doses: int | None

    @property
    def key(self) -> tuple[object, ...]:
        return (self.province_id, self.site_id, self.day, self.vaccine_id)


@transaction.atomic
def file_reports(
    *, rows: Iterable[ReportRow], now: datetime.datetime, reported_by: Account | None = None
) -> Filed:
    """File daily reports; a place, day and vaccine reported before gets the new figures.

    Each row stands for itself: what can be understood is filed, the rest is answered with its line
    and reason. `reported_by` may report for their posting only; None is the operator's command.
    """
    rows = list(rows)
    known = _Known({row.site_code for row in rows}, now, reported_by)
    good: dict[tuple[object, ...], _Report] = {}
    lines: dict[tuple[object, ...], int] = {}
    refused = []
    for row in rows:
        try:
            report = known.read(row)
            if report.key in lines:
                raise exceptions.SaidTwice(line=lines[report.key])
        except DomainError as error:
            refused.append(RefusedRow(row.line, error))
        else:
            lines[report.key] = row.line
            good[report.key] = report
    _upsert(list(good.values()), reported_by, now)
    return Filed(len(good), refused)


class _Known:
    """The places and vaccines that rows may name, and who asks."""

    def __init__(
        self, sites: set[str], now: datetime.datetime, reported_by: Account | None
    ) -> None:
        self.today = day_in_vietnam(now)
        self.provinces: dict[str, AdministrativeUnit] = {p.code: p for p in provinces_in_use()}
        self.vaccines = {v.code: v.pk for v in Vaccine.objects.all()}
        self.sites: dict[str, Site] = {s.code: s for s in Site.objects.filter(code__in=sites)}
        self.reported_by = reported_by
        self.posting = posting_of(reported_by)

    def read(self, row: ReportRow) -> _Report:
        """The row with ids for codes; raises the DomainError that says what is wrong with it."""
        province = self.provinces.get(row.province_code)
        if province is None:
            raise exceptions.ProvinceUnknown(code=row.province_code)
        site = self._site(row.site_code) if row.site_code else None
        if site and site.province_id != province.pk:
            raise exceptions.SiteOfAnotherProvince(site=site.code)
        self._require_right(province, site)
        if row.vaccine and row.vaccine not in self.vaccines:
            raise exceptions.VaccineCodeUnknown(code=row.vaccine)
        doses = read_count(row.doses, "doses")
        first = read_count(row.first_doses, "first_doses") if row.first_doses else None
        if first is not None and first > doses:
            raise exceptions.MoreFirstDosesThanDoses(first=first, doses=doses)
        return _Report(
            province.pk,
            site.pk if site else None,
            read_day(row.date, today=self.today),
            self.vaccines.get(row.vaccine),
            doses,
            first,
        )

    def _site(self, code: str) -> Site:
        if code not in self.sites:
            raise exceptions.SiteUnknown(code=code)
        return self.sites[code]

    def _require_right(self, province: AdministrativeUnit, site: Site | None) -> None:
        if self.reported_by is None:
            return
        posting = self.posting
        if posting is None or not MAY[Role(posting.role)].intersection(REPORTING_ACTIONS):
            raise exceptions.NotYoursToReport
        if posting.site_id:
            allowed = site is not None and site.pk == posting.site_id
        else:
            allowed = posting.province_id in (None, province.pk)
        if not allowed:
            raise exceptions.NotYoursToReport


def read_count(text: str, field: str) -> int:
    """A number of doses from text; raises NotACount or TooManyDoses."""
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise exceptions.NotACount(value=text[:40], field=field)
    if int(text) > MOST_DOSES:
        raise exceptions.TooManyDoses(most=MOST_DOSES, field=field)
    return int(text)


def read_day(text: str, *, today: datetime.date) -> datetime.date:
    """A day of the campaign from "2021-11-06" or "06/11/2021"; raises DayUnreadable, DayInFuture
    or DayBeforeCampaign."""
    found = _DAY_FIRST.fullmatch(text)
    try:
        if found:
            day, month, year = map(int, found.groups())
            on = datetime.date(year, month, day)
        else:
            on = datetime.date.fromisoformat(text)
    except ValueError as error:
        raise exceptions.DayUnreadable(day=text[:40]) from error
    if on > today:
        raise exceptions.DayInFuture(day=text)
    if on < CAMPAIGN_BEGAN_ON:
        raise exceptions.DayBeforeCampaign
    return on


def _upsert(
    reports: Sequence[_Report], reported_by: Account | None, now: datetime.datetime
) -> None:
    """One statement for all; a row with the figures it had is not touched, so nothing is counted
    again for it."""
    if not reports:
        return
    names = ("province_id", "site_id", "day", "vaccine_id", "doses", "first_doses")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO public_portal_dailyreport AS r
                   (province_id, site_id, day, vaccine_id, doses, first_doses,
                    reported_at, reported_by_id)
            SELECT k.*, %s, %s
              FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::bigint[], %s::int[],
                          %s::int[]) k
            ON CONFLICT (province_id, site_id, day, vaccine_id) DO UPDATE
               SET doses = excluded.doses, first_doses = excluded.first_doses,
                   reported_at = excluded.reported_at, reported_by_id = excluded.reported_by_id
             WHERE (r.doses, r.first_doses)
                   IS DISTINCT FROM (excluded.doses, excluded.first_doses)
            """,
            [
                now,
                reported_by.pk if reported_by else None,
                *([getattr(report, name) for report in reports] for name in names),
            ],
        )


def rows_of_csv(path: Path) -> list[ReportRow]:
    """The rows of a file; raises what `rows_of_bytes` raises, and OSError."""
    return rows_of_bytes(path.read_bytes())


def rows_of_bytes(content: bytes) -> list[ReportRow]:
    """The rows of a CSV file's content (UTF-8) below the heading row: `province_code, site_code,
    date, vaccine, doses, first_doses`, of which site, vaccine and first doses may be left out;
    numbered as an editor numbers its lines; between commas, or semicolons as spreadsheet programs
    write them here. Raises FileUnreadable, FileTooLarge, ColumnsMissing."""
    if len(content) > MOST_BYTES:
        raise exceptions.FileTooLarge(most=MOST_BYTES // 1_000_000)
    try:
        return _rows_of_text(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise exceptions.FileUnreadable from error


def _rows_of_text(text: str) -> list[ReportRow]:
    head = text.partition("\n")[0]
    delimiter = ";" if ";" in head and "," not in head else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    for column in COLUMNS:
        if column not in (reader.fieldnames or ()):
            raise exceptions.ColumnsMissing(column=column)
    return [_row(reader.line_num, cells) for cells in reader]


def _row(line: int, cells: Mapping[str, str | None]) -> ReportRow:
    names = ("province_code", "date", "doses", "site_code", "vaccine", "first_doses")
    return ReportRow(line, *((cells.get(name) or "").strip() for name in names))


def load_national_reports(*, now: datetime.datetime) -> int:
    """File the published totals of 6 November 2021 (public_portal/data/README.md says which part
    of them is modelled); returns how many rows that is. Raises what a bad row would be told."""
    result = file_reports(rows=rows_of_csv(NATIONAL_REPORTS), now=now)
    for row in result.refused:
        raise row.error
    return result.filed
