"""The public pages: home, statistics, a province, open data. Figures only, nothing of a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from public_portal import drawings, groups, page_parts, restated, rules, selectors
from public_portal.caching import public_page
from public_portal.group_views import group_tables, largest
from public_portal.promise import promise_today
from public_portal.rules import MEASURES, Measure
from public_portal.selectors import SiteTotals, Totals, UnitTotals
from sites.entry_forecast import FEW_DOSES
from vaxplatform import figures
from vaxplatform.vietnam import day_in_vietnam, search_key

SORTS = {
    "name": lambda row, _measure: search_key(row.name),
    "rate": lambda row, measure: getattr(row.totals, measure.attribute) or -1,
    "doses": lambda row, _measure: row.totals.reported,
    "recorded": lambda row, _measure: row.totals.recorded,
    "unrecorded": lambda row, _measure: row.totals.unrecorded,
    "full": lambda row, _measure: row.totals.counts["people_full"],
    "adults": lambda row, _measure: row.totals.adults or 0,
}
SITES_A_PAGE = 20


# ── home ──────────────────────────────────────────────────────────────────────────────────────
@public_page()
def home(request: HttpRequest) -> HttpResponse:
    today = promise_today(now=timezone.now())
    context = {
        "defs": page_parts.definition_links(),
        "today": today,
        "promise": drawings.promise_chart(today, key="promise"),
        "totals": selectors.country_totals(),
        "span": selectors.span(),
    }
    return render(request, "public_portal/home.html", context)


# ── statistics ────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class TableRow:
    """A row of the table of provinces, and whether its figure needs the footnote."""

    name: str
    url: str
    parts: str
    totals: Totals
    rate: Any
    over_100: bool
    place: int | None

    @property
    def length(self) -> float:
        """Of its bar, in the measure's own units."""
        return float(self.rate or 0)


def table_rows(rows: Iterable[UnitTotals], measure: Measure, sort: str) -> list[TableRow]:
    """The rows in the order of `sort` ("-rate"); equal ones by name."""
    key = SORTS[sort.removeprefix("-")]
    ordered = sorted(rows, key=lambda row: search_key(row.name))
    ordered.sort(key=lambda row: key(row, measure), reverse=sort.startswith("-"))
    places = places_by(ordered, measure)
    return [
        TableRow(
            row.name,
            "" if row.parts else drawings.province_url(row.code),
            ", ".join(row.parts) if len(row.parts) > 1 else "",
            row.totals,
            rate := getattr(row.totals, measure.attribute),
            measure.is_share and rate is not None and rate > 100,
            places.get(row.code),
        )
        for row in ordered
    ]


def places_by(rows: Iterable[UnitTotals], measure: Measure) -> dict[str, int]:
    """The place of each unit by the measure, 1 the highest; equal figures share one. Units without
    a figure have none."""
    rates = {row.code: getattr(row.totals, measure.attribute) for row in rows}
    known = {code: rate for code, rate in rates.items() if rate is not None}
    return {code: 1 + sum(r > rate for r in known.values()) for code, rate in known.items()}


@public_page(
    measure=MEASURES.__contains__,
    units=page_parts.one_of("2021", "2025"),
    sort=page_parts.sort_of(SORTS),
    columns=page_parts.one_of("all"),
    period=page_parts.one_of("recent"),
)
def statistics(request: HttpRequest) -> HttpResponse:
    measure = MEASURES[request.GET.get("measure", "doses")]
    units = page_parts.units_of(request)
    sort = request.GET.get("sort", "-rate")
    period = request.GET.get("period", "campaign")
    rows = selectors.unit_totals(units=units, with_residents=measure.key == "residents")
    table = table_rows(rows, measure, sort)
    totals = selectors.country_totals()
    finding = drawings.finding_of(rows, measure)
    context = {
        "sections": page_parts.sections(request),
        "defs": page_parts.definition_links(),
        "rate": getattr(totals, measure.attribute),
        "today": promise_today(now=timezone.now()),
        "share": page_parts.share_of(
            request,
            title=finding,
            description=str(measure.explanation),
            query="" if measure.key == "doses" else f"measure={measure.key}",
        ),
        "measure": measure,
        "units": units,
        "sort": sort,
        "measures": page_parts.tabs(
            request, "measure", {key: m.tab for key, m in MEASURES.items()}, measure.key
        ),
        "schemes": page_parts.scheme_tabs(request, units),
        "totals": totals,
        "span": selectors.span(),
        "reconciled": restated.last_reconciliation(),
        "version": selectors.statistics_version(),
        "finding": finding,
        "map": drawings.country_map(rows, measure, units),
        "rows": table,
        "bar_maximum": max([row.length for row in table] + [100]),
        "has_footnote": any(row.over_100 for row in table),
        "as_published": selectors.stands_as_published(),
        "all_columns": request.GET.get("columns") == "all",
        **page_parts.charts_by_day(request, None, period),
    }
    return render(request, "public_portal/statistics.html", context)


# ── a province ────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class SiteRow:
    """A site as it may be shown: `withheld` names the figures that a small count takes out, None
    is a site that never reported. `unrecorded` is left out too where one could compute them."""

    id: int
    name: str
    address: str
    on_platform: bool
    reported: int | None
    recorded: int | None
    unrecorded: int | None
    withheld: frozenset[str]
    caught_up_on: date | None


def site_rows(sites: list[SiteTotals]) -> list[SiteRow]:
    """The sites with small counts taken out: most recorded doses first, then, so that their place
    tells nothing, those whose recorded doses are withheld, by name."""
    recorded = rules.suppress_small_counts([site.recorded for site in sites])
    reported = rules.suppress_small_counts([site.reported or 0 for site in sites])
    covered = rules.suppress_small_counts([site.covered for site in sites])
    rows = [
        SiteRow(
            site.id,
            site.name,
            site.address,
            site.on_platform,
            None if site.reported is None else shown_reported,
            shown_recorded,
            _difference(site, shown_reported, shown_recorded, shown_covered),
            frozenset(
                name
                for name, shown in (("reported", shown_reported), ("recorded", shown_recorded))
                if shown is None
            ),
            _caught_up_on(site, shown_reported, shown_recorded, shown_covered),
        )
        for site, shown_reported, shown_recorded, shown_covered in zip(
            sites, reported, recorded, covered, strict=True
        )
    ]
    return sorted(rows, key=lambda row: (row.recorded is None, -(row.recorded or 0), row.name))


def _caught_up_on(site: SiteTotals, *shown: int | None) -> date | None:
    """A date would be guesswork of few doses, and would tell how many they are."""
    left = _difference(site, *shown)
    return site.caught_up_on if left is not None and left >= FEW_DOSES else None


def _difference(site: SiteTotals, *shown: int | None) -> int | None:
    if site.reported is None or None in shown:
        return None
    return site.reported - site.covered


@public_page(
    columns=page_parts.one_of("all"),
    period=page_parts.one_of("recent"),
    page=page_parts.is_page,
)
def province(request: HttpRequest, code: str) -> HttpResponse:
    unit = selectors.province_by_code(code=code, units=2021)
    if unit is None:
        raise Http404
    rows = selectors.unit_totals(units=2021)
    totals = next(row.totals for row in rows if row.code == code)
    now = timezone.now()
    sites = site_rows(selectors.sites_of(unit, now=now))
    page = Paginator(sites, SITES_A_PAGE).get_page(request.GET.get("page", 1))
    sessions = selectors.next_sessions([row.id for row in page], today=day_in_vietnam(now))
    period = request.GET.get("period", "campaign")
    country = selectors.country_totals()
    context = {
        "unit": unit,
        "successor": unit.successors.first(),
        "totals": totals,
        "country": country,
        "rank": places_by(rows, MEASURES["doses"]).get(code) if totals.doses_per_100 else None,
        "span": selectors.span(selectors.days_of(unit)),
        "reconciled": restated.last_reconciliation(),
        "locator": figures.locator_map(code),
        "page": page,
        "defs": page_parts.definition_links(),
        "site_lines": [(row, sessions.get(row.id)) for row in page],
        "sections": page_parts.sections(request),
        "tables": [(*table, largest(table[2])) for table in group_tables(totals, unit)],
        "residence": groups.of_province(unit, totals),
        "share": page_parts.share_of(
            request,
            title=_("COVID-19 vaccination in %(name)s") % {"name": unit.name},
            description=_("Doses reported and recorded, day by day, with the vaccination sites."),
            province=unit,
        ),
        "on_platform": sum(row.on_platform for row in sites),
        "on_paper": sum(not row.on_platform for row in sites),
        "all_columns": request.GET.get("columns") == "all",
        "suppressed": any(row.withheld for row in sites),
        **page_parts.charts_by_day(request, unit, period),
    }
    return render(request, "public_portal/province.html", context)
