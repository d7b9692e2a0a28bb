"""The files of the open data: their columns with their meaning, and where their rows come from.

A new file is a line in `DATASETS`: addresses, dictionary and datapackage follow.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Literal

from django.db.models import Sum
from django.http import Http404
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from public_portal import restated, selectors
from public_portal.models import Cause, RestatedFigure
from public_portal.selectors import Day, UnitTotals
from registration.models import AdministrativeUnit
from vaxplatform.formatting import share

Kind = Literal["string", "integer", "number", "date"]
Value = str | int | Decimal | datetime.date | None
Choices = Mapping[str, str]
WEEK = 7
A_MILLION_IN_HUNDREDTHS = 10_000  # `share` is of a hundred


@dataclass(frozen=True)
class Column:
    """`kind` as Frictionless names it; a number has two decimals. Empty cells are None."""

    name: str
    kind: Kind
    meaning: Promise


@dataclass(frozen=True)
class Dataset:
    """`key`: the columns that name a row. `rows`: made of the parameters of the address."""

    name: str
    title: Promise
    meaning: Promise
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Choices], Iterable[tuple[Value, ...]]]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def signature(self) -> str:
        """Changes with the columns, so that nobody's cache takes a file for one of before."""
        return hashlib.sha256("|".join(self.column_names).encode()).hexdigest()[:8]


# ── the country by day, in the columns of Our World in Data ───────────────────────────────────
def national_rows(_choices: Choices) -> Iterator[tuple[Value, ...]]:
    """Every day from the first with a figure to the last."""
    days = selectors.without_gaps(selectors.daily())
    provinces = AdministrativeUnit.objects.of_scheme(2021).provinces()
    people = provinces.aggregate(sum=Sum("population"))["sum"] or 0
    total = list(accumulate(day.doses for day in days))
    first = list(accumulate(day.people_first for day in days))
    recorded = list(accumulate(day.recorded for day in days))
    full = list(accumulate(day.people_full for day in days))
    boosters = list(accumulate(day.boosters for day in days))
    for n, day in enumerate(days):
        # Reports do not say who is complete: records alone would say far too few.
        is_whole = recorded[n] >= total[n]
        complete, boosted = (full[n], boosters[n]) if is_whole else (None, None)
        mean = _mean(days, n)
        counts = (total[n], first[n], complete, boosted)
        shares = (share(count, people) for count in counts)
        a_million = share(mean * A_MILLION_IN_HUNDREDTHS, people)
        yield ("Vietnam", "VNM", day.day, *counts, day.doses, mean, *shares, a_million)


def _mean(days: list[Day], n: int) -> int:
    """Of the seven days to this one, or of as many as there are; halves are rounded up."""
    week = days[max(n - WEEK + 1, 0) : n + 1]
    return (2 * sum(day.doses for day in week) + len(week)) // (2 * len(week))


# ── the provinces ─────────────────────────────────────────────────────────────────────────────
def province_rows(choices: Choices) -> Iterator[tuple[Value, ...]]:
    """`units=2025`: the 34, whatever the name of the file; an address from before."""
    units: selectors.Units = 2025 if choices.get("units") == "2025" else 2021
    rows = sorted(selectors.unit_totals(units=units), key=lambda row: row.code)
    return map(_province, rows)


def _province(row: UnitTotals) -> tuple[Value, ...]:
    totals = row.totals
    return (
        row.code,
        row.name,
        totals.adults,
        totals.reported,
        totals.reported_first,
        totals.recorded,
        totals.counts["people_first"],
        totals.counts["people_full"],
        totals.counts["boosters"],
        totals.doses_per_100,
        totals.unrecorded,
    )


def daily_rows(choices: Choices) -> Iterator[tuple[Value, ...]]:
    """`province`: one of the 63. Raises Http404 where there is none with the code."""
    unit = None
    if code := choices.get("province"):
        is_code = code.isascii() and code.isdigit()
        unit = selectors.province_by_code(code=code, units=2021) if is_code else None
        if unit is None:
            raise Http404
    rows = selectors.days_of(unit).order_by("day", "province__code")
    return rows.values_list(
        "day",
        "province__code",
        "reported",
        "reported_first",
        "recorded",
        "people_first",
        "people_full",
        "boosters",
    ).iterator()


def restatement_rows(_choices: Choices) -> Iterator[tuple[Value, ...]]:
    """The newest first, in an order that never changes between two countings."""
    rows = restated.restatements().values_list(
        *("restated_on", "day", "province__code", "figure", "before", "after"),
        *(f"by_{cause}" for cause in Cause.values),
    )
    return rows.iterator()


_CODE = Column("province_code", "string", _("Code of the province or city, two digits."))
_ADULTS = _("People aged 18 and over: the figure of August 2021.")
_REPORTED = Column(
    "doses_reported", "integer", _("Doses as provinces and paper sites reported them.")
)
_REPORTED_FIRST = Column(
    "first_doses_reported", "integer", _("Of these first doses, as far as reports say so.")
)
_RECORDED = Column(
    "doses_recorded", "integer", _("Doses with the record of a person, on the day of the dose.")
)
_FULL = Column(
    "people_fully_vaccinated_recorded",
    "integer",
    _("People on record whose primary series is complete."),
)
_BOOSTERS = Column("boosters_recorded", "integer", _("Boosters on record."))
_EMPTY_WHILE = _("Empty as long as reported doses are not on record: reports do not say it.")
_DATE = Column("date", "date", _("Day in Viet Nam on which the doses were given."))
PROVINCE_COLUMNS = (
    _CODE,
    Column("province", "string", _("Its name.")),
    Column("adults", "integer", _ADULTS),
    _REPORTED,
    _REPORTED_FIRST,
    _RECORDED,
    Column("people_with_a_dose_recorded", "integer", _("People on record with a dose.")),
    _FULL,
    _BOOSTERS,
    Column(
        "doses_per_100_adults",
        "number",
        _("Doses reported, or recorded where nobody reported, per 100 adults. Passes 100."),
    ),
    Column(
        "reported_not_recorded",
        "integer",
        _("Reported doses less the recorded ones that the reports are about. Can be below 0."),
    ),
)
DAILY_COLUMNS = (
    _DATE,
    _CODE,
    _REPORTED,
    _REPORTED_FIRST,
    _RECORDED,
    Column(
        "people_with_first_dose_recorded",
        "integer",
        _("People whose first recorded dose was given that day."),
    ),
    _FULL,
    _BOOSTERS,
)
NATIONAL_COLUMNS = (
    Column("location", "string", _("Always “Vietnam”.")),
    Column("iso_code", "string", _("Always “VNM”.")),
    _DATE,
    Column(
        "total_vaccinations",
        "integer",
        _("All doses to that day: reported, or recorded where nobody reported."),
    ),
    Column("people_vaccinated", "integer", _("People with at least one dose to that day.")),
    Column("people_fully_vaccinated", "integer", _EMPTY_WHILE),
    Column("total_boosters", "integer", _EMPTY_WHILE),
    Column("daily_vaccinations_raw", "integer", _("Doses of that day.")),
    Column("daily_vaccinations", "integer", _("Mean of the seven days to that day.")),
    Column("total_vaccinations_per_hundred", "number", _("The same per 100 people.")),
    Column("people_vaccinated_per_hundred", "number", _("The same per 100 people.")),
    Column("people_fully_vaccinated_per_hundred", "number", _("The same per 100 people.")),
    Column("total_boosters_per_hundred", "number", _("The same per 100 people.")),
    Column("daily_vaccinations_per_million", "number", _("The mean per million people.")),
)
_BY_CAUSE = _("Of this change: {cause}.")
RESTATEMENT_COLUMNS = (
    Column("restated_on", "date", _("Day in Viet Nam on which the figure became another.")),
    _DATE,
    _CODE,
    Column(
        "figure",
        "string",
        format_lazy(_("Which one: {names}."), names=", ".join(RestatedFigure.values)),
    ),
    Column("before", "integer", _("As published before. Empty: nobody had reported.")),
    Column("after", "integer", _("As published since. Empty: the report was taken back.")),
    *(
        Column(f"by_{cause.value}", "integer", format_lazy(_BY_CAUSE, cause=cause.label))
        for cause in Cause
    ),
)
_ONE_A_PROVINCE = _("One row for each province, all days together.")
DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "national",
            _("The country by day"),
            _("One row for each day, in the columns of Our World in Data."),
            NATIONAL_COLUMNS,
            ("date",),
            national_rows,
        ),
        Dataset(
            "provinces",
            _("63 provinces of 2021"),
            _ONE_A_PROVINCE,
            PROVINCE_COLUMNS,
            ("province_code",),
            province_rows,
        ),
        Dataset(
            "provinces-2025",
            _("34 provinces since 1 July 2025"),
            _ONE_A_PROVINCE,
            PROVINCE_COLUMNS,
            ("province_code",),
            lambda _choices: province_rows({"units": "2025"}),
        ),
        Dataset(
            "daily",
            _("By province and day"),
            _(
                "One row for each province and day with a figure. An empty cell means that nobody "
                "reported, not zero."
            ),
            DAILY_COLUMNS,
            ("date", "province_code"),
            daily_rows,
        ),
        Dataset(
            "restatements",
            _("Log of restatements"),
            _(
                "One row for each figure of a past day and province that became another, with the"
                " causes."
            ),
            RESTATEMENT_COLUMNS,
            ("restated_on", "date", "province_code", "figure"),
            restatement_rows,
        ),
    )
}
