"""The public pages: home, statistics, a province, open data. Figures only, nothing of a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from public_portal import drawings, rules, selectors
from public_portal.caching import public_page
from public_portal.promise import promise_today
from public_portal.rules import MEASURES, Measure
from public_portal.selectors import SiteTotals, Totals, UnitTotals
from registration.models import AdministrativeUnit
from vaxplatform import figures, formatting
from vaxplatform.components import Tab
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
RECENT_DAYS = 90
SITES_A_PAGE = 20


def is_sort(value: str) -> bool:
    return value.removeprefix("-") in SORTS


def one_of(*values: str) -> Any:
    return values.__contains__


# ── home ──────────────────────────────────────────────────────────────────────────────────────
@public_page()
def home(request: HttpRequest) -> HttpResponse:
    today = promise_today(now=timezone.now())
    context = {
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

    @property
    def length(self) -> float:
        """Of its bar, in the measure's own units."""
        return float(self.rate or 0)


def table_rows(rows: Iterable[UnitTotals], measure: Measure, sort: str) -> list[TableRow]:
    """The rows in the order of `sort` ("-rate"); equal ones by name."""
    key = SORTS[sort.removeprefix("-")]
    ordered = sorted(rows, key=lambda row: search_key(row.name))
    ordered.sort(key=lambda row: key(row, measure), reverse=sort.startswith("-"))
    return [
        TableRow(
            row.name,
            "" if row.parts else drawings.province_url(row.code),
            ", ".join(row.parts) if len(row.parts) > 1 else "",
            row.totals,
            rate := getattr(row.totals, measure.attribute),
            measure.is_share and rate is not None and rate > 100,
        )
        for row in ordered
    ]


def finding_of(rows: list[UnitTotals], measure: Measure) -> str:
    """The title of the map: what it shows."""
    found = drawings.extremes(rows, measure)
    if not found:
        return str(measure.tab)
    sentences = {
        "doses": _("For its adults, %(high)s has had the most doses, %(low)s the fewest"),
        "people": _("%(high)s has reached the largest share of its adults, %(low)s the smallest"),
        "unrecorded": _(
            "%(high)s has most of its reported doses still to record, %(low)s the fewest"
        ),
    }
    return sentences[measure.key] % {"high": found[0].name, "low": found[1].name}


def _tabs(request: HttpRequest, name: str, choices: dict[str, Any], current: str) -> list[Tab]:
    """Links to this page with another value of one parameter; the first choice is the default."""
    tabs = []
    for number, (value, text) in enumerate(choices.items()):
        query = request.GET.copy()
        query.pop(name, None)
        if number:
            query[name] = value
        tabs.append(Tab(f"?{query.urlencode()}", text, current=value == current))
    return tabs


def _charts(
    request: HttpRequest, province: AdministrativeUnit | None, period: str
) -> dict[str, Any]:
    """The drawings by day, of the main stretch of the campaign or of the days before today, and
    the links between the two."""
    everything = selectors.daily(province=province)
    stretch = selectors.main_stretch(everything)
    yesterday = day_in_vietnam(timezone.now()) - timedelta(days=1)
    first = yesterday - timedelta(days=RECENT_DAYS - 1)
    recent = [day for day in everything if first <= day.day <= yesterday]
    days = selectors.without_gaps(recent if period == "recent" else stretch)
    whole = formatting.day_range(stretch[0].day, stretch[-1].day) if stretch else _("All days")
    periods = _tabs(request, "period", {"campaign": whole, "recent": _("Last 90 days")}, period)
    if not any(day.doses or day.recorded for day in days):
        return {"periods": periods, "charts": None}
    charts = {
        "daily": drawings.daily_chart(days, key="daily"),
        "means": drawings.mean_chart(days, key="means"),
        "gap": drawings.gap_chart(days, key="gap"),
        "missing": sum(day.doses - day.recorded for day in days),
        "highest": max(days, key=lambda day: day.doses),
        "first": days[0].day,
        "last": days[-1].day,
    }
    return {"periods": periods, "charts": charts}


@public_page(
    measure=MEASURES.__contains__,
    units=one_of("2021", "2025"),
    sort=is_sort,
    columns=one_of("all"),
    period=one_of("recent"),
)
def statistics(request: HttpRequest) -> HttpResponse:
    measure = MEASURES[request.GET.get("measure", "doses")]
    units: selectors.Units = 2025 if request.GET.get("units") == "2025" else 2021
    sort = request.GET.get("sort", "-rate")
    period = request.GET.get("period", "campaign")
    rows = selectors.unit_totals(units=units)
    table = table_rows(rows, measure, sort)
    context = {
        "measure": measure,
        "units": units,
        "sort": sort,
        "measures": _tabs(
            request, "measure", {key: m.tab for key, m in MEASURES.items()}, measure.key
        ),
        "schemes": _tabs(
            request,
            "units",
            {"2021": _("63 provinces of 2021"), "2025": _("34 provinces since 1 July 2025")},
            str(units),
        ),
        "totals": selectors.country_totals(),
        "span": selectors.span(),
        "version": selectors.statistics_version(),
        "finding": finding_of(rows, measure),
        "map": drawings.country_map(rows, measure, units),
        "rows": table,
        "bar_maximum": max([row.length for row in table] + [100]),
        "has_footnote": any(row.over_100 for row in table),
        "as_published": selectors.stands_as_published(),
        "all_columns": request.GET.get("columns") == "all",
        **_charts(request, None, period),
    }
    return render(request, "public_portal/statistics.html", context)


# ── a province ────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class SiteRow:
    """A site as it may be shown: `withheld` names the figures that a small count takes out, None
    is a site that never reported. `unrecorded` is left out too where one could compute them."""

    name: str
    on_platform: bool
    reported: int | None
    recorded: int | None
    unrecorded: int | None
    withheld: frozenset[str]


def site_rows(sites: list[SiteTotals]) -> list[SiteRow]:
    """The sites with small counts taken out: most recorded doses first, then, so that their place
    tells nothing, those whose recorded doses are withheld, by name."""
    recorded = rules.suppress_small_counts([site.recorded for site in sites])
    reported = rules.suppress_small_counts([site.reported or 0 for site in sites])
    covered = rules.suppress_small_counts([site.covered for site in sites])
    rows = [
        SiteRow(
            site.name,
            site.on_platform,
            None if site.reported is None else shown_reported,
            shown_recorded,
            _difference(site, shown_reported, shown_recorded, shown_covered),
            frozenset(
                name
                for name, shown in (("reported", shown_reported), ("recorded", shown_recorded))
                if shown is None
            ),
        )
        for site, shown_reported, shown_recorded, shown_covered in zip(
            sites, reported, recorded, covered, strict=True
        )
    ]
    return sorted(rows, key=lambda row: (row.recorded is None, -(row.recorded or 0), row.name))


def _difference(site: SiteTotals, *shown: int | None) -> int | None:
    if site.reported is None or None in shown:
        return None
    return site.reported - site.covered


def rank_of(code: str, rows: list[UnitTotals]) -> int:
    """The province's place by doses per 100 adults, 1 the highest."""
    rates = {row.code: row.totals.doses_per_100 or 0 for row in rows}
    return 1 + sum(rate > rates[code] for rate in rates.values())


@public_page(
    columns=one_of("all"),
    period=one_of("recent"),
    page=lambda value: value.isascii() and value.isdigit() and len(value) < 5,
)
def province(request: HttpRequest, code: str) -> HttpResponse:
    unit = selectors.province_by_code(code=code, units=2021)
    if unit is None:
        raise Http404
    rows = selectors.unit_totals(units=2021)
    totals = next(row.totals for row in rows if row.code == code)
    sites = site_rows(selectors.sites_of(unit, now=timezone.now()))
    period = request.GET.get("period", "campaign")
    country = selectors.country_totals()
    context = {
        "unit": unit,
        "successor": unit.successors.first(),
        "totals": totals,
        "country": country,
        "rank": rank_of(code, rows) if totals.doses_per_100 else None,
        "span": selectors.span(selectors.days_of(unit)),
        "locator": figures.locator_map(code),
        "page": Paginator(sites, SITES_A_PAGE).get_page(request.GET.get("page", 1)),
        "on_platform": sum(row.on_platform for row in sites),
        "on_paper": sum(not row.on_platform for row in sites),
        "all_columns": request.GET.get("columns") == "all",
        "suppressed": any(row.withheld for row in sites),
        **_charts(request, unit, period),
    }
    return render(request, "public_portal/province.html", context)
