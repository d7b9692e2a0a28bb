"""The old portal's table of provinces as a page: eleven columns that scrapers read by place."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from public_portal import selectors
from public_portal.caching import public_page
from public_portal.legacy import figures
from public_portal.legacy.figures import ProvinceFigures
from vaxplatform.formatting import share

DOSES_A_PERSON = 2  # for which the old portal reckoned with what was planned and allocated
STEP = Decimal("0.01")


@dataclass(frozen=True)
class ReportRow:
    """A row as the old portal wrote it; numbers and shares are texts, in its own spelling."""

    number: int
    name: str
    numbers: tuple[str, ...]
    shares: tuple[str, ...]


def as_number(value: int) -> str:
    """12,294,742, in every language: scrapers strip the commas."""
    return f"{value:,}"


def as_share(part: int, whole: int) -> str:
    """91.75 %, 101.1 %, 92 %: two decimals at most; 0 where there is nothing to divide by."""
    exact = (share(part, whole) or Decimal(0)).quantize(STEP, rounding=ROUND_HALF_UP)
    return f"{exact.normalize():f} %"


def report_rows(rows: Sequence[ProvinceFigures]) -> list[ReportRow]:
    """The 63 in the order of the old table, with the shares as it reckoned them.

    "At least one dose" was doses by adults, and passes 100; plan and allocation are shares of two
    doses for each adult.
    """
    country = sum(row.received for row in rows)
    return [
        ReportRow(
            row.place_in_table,
            row.name,
            tuple(map(as_number, (row.planned, row.received, row.adults, row.doses))),
            (
                as_share(row.planned, row.adults * DOSES_A_PERSON),
                as_share(row.received, row.adults * DOSES_A_PERSON),
                as_share(row.doses, row.adults),
                as_share(row.doses, row.received),
                as_share(row.received, country),
            ),
        )
        for row in sorted(rows, key=lambda row: row.place_in_table)
    ]


@public_page()
def portal_report(request: HttpRequest) -> HttpResponse:
    context = {
        "rows": report_rows(figures.provinces(now=timezone.now())),
        "span": selectors.span(),
        "version": selectors.statistics_version(),
    }
    return render(request, "public_portal/portal_report.html", context)
