"""What several of the portal's pages have: tabs, the ways between them, charts by day, sharing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from public_portal import drawings, selectors
from public_portal.definitions import DEFINITIONS
from registration.models import AdministrativeUnit
from vaxplatform import figures, formatting
from vaxplatform.components import Tab
from vaxplatform.vietnam import day_in_vietnam, search_key

RECENT_DAYS = 90
Row = TypeVar("Row")


# ── what an address may say ───────────────────────────────────────────────────────────────────
def is_province(value: str) -> bool:
    """Whether `value` is the code of one of the 63 provinces, by which pages are addressed."""
    return value in figures.outlines(2021).provinces


def is_page(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 5


def one_of(*values: str) -> Any:
    return values.__contains__


def sort_of(sorts: Mapping[str, Any]) -> Callable[[str], bool]:
    """For a parameter that names one of `sorts`, with "-" before it to turn it round."""
    return lambda value: value.removeprefix("-") in sorts


def in_order(
    rows: Iterable[Row], sorts: Mapping[str, Callable[[Row], Any]], sort: str
) -> list[Row]:
    """The rows in the order of `sort`; equal ones by name."""
    ordered = sorted(rows, key=lambda row: search_key(row.name))  # type: ignore[attr-defined]
    ordered.sort(key=sorts[sort.removeprefix("-")], reverse=sort.startswith("-"))
    return ordered


def chosen_province(request: HttpRequest, name: str = "province") -> AdministrativeUnit | None:
    """The province of 2021 whose code the parameter is; None without one."""
    code = request.GET.get(name)
    if not code:
        return None
    unit = selectors.province_by_code(code=code, units=2021)
    if unit is None:
        raise Http404
    return unit


def province_choices() -> list[AdministrativeUnit]:
    """The 63 provinces in the order of their names without marks."""
    units = AdministrativeUnit.objects.of_scheme(2021).provinces()
    return sorted(units, key=lambda unit: search_key(unit.name))


# ── between the pages ─────────────────────────────────────────────────────────────────────────
def sections(request: HttpRequest) -> list[Tab]:
    """The pages of the statistics."""
    pages = (
        ("statistics", _("Map and provinces")),
        ("days", _("Day by day")),
        ("groups", _("Vaccines, ages, residence")),
        ("supply", _("Supply and use")),
        ("compare", _("Compare two provinces")),
    )
    addresses = [(reverse(f"public_portal:{name}"), text) for name, text in pages]
    return [Tab(url, text, current=request.path == url) for url, text in addresses]


@dataclass(frozen=True)
class Share:
    """How a page is passed on: its lasting address, what is written beside it, its picture."""

    address: str
    title: str
    description: str
    picture: str


def share_of(
    request: HttpRequest,
    *,
    title: str,
    description: str,
    province: AdministrativeUnit | None = None,
    query: str = "",
) -> Share:
    """The picture is the country's or the province's, in the language of the page; `query`: its
    other parameters."""
    picture = (
        reverse("public_portal:province_picture", args=[province.code])
        if province
        else reverse("public_portal:picture")
    )
    words = "&".join(filter(None, (query, "lang=en" if get_language() == "en" else "")))
    return Share(
        settings.PUBLIC_URL + request.get_full_path(),
        title,
        description,
        f"{settings.PUBLIC_URL}{picture}{'?' if words else ''}{words}",
    )


def definition_links() -> dict[str, str]:
    """The page of each figure's definition, by its slug."""
    return {slug: reverse("public_portal:definition", args=[slug]) for slug in DEFINITIONS}


def place_name(province: AdministrativeUnit | None) -> str:
    return province.name if province else _("Viet Nam")


def totals_of(province: AdministrativeUnit | None) -> selectors.Totals:
    """The sums of a province of 2021, or of the country."""
    if province is None:
        return selectors.country_totals()
    rows = selectors.unit_totals(units=2021)
    return next(row.totals for row in rows if row.code == province.code)


def units_of(request: HttpRequest) -> selectors.Units:
    return 2025 if request.GET.get("units") == "2025" else 2021


def scheme_tabs(request: HttpRequest, units: selectors.Units) -> list[Tab]:
    schemes = {"2021": _("63 provinces of 2021"), "2025": _("34 provinces since 1 July 2025")}
    return tabs(request, "units", schemes, str(units))


def tabs(request: HttpRequest, name: str, choices: dict[str, Any], current: str) -> list[Tab]:
    """Links to this page with another value of one parameter; the first choice is the default."""
    found = []
    for number, (value, text) in enumerate(choices.items()):
        query = request.GET.copy()
        query.pop(name, None)
        if number:
            query[name] = value
        found.append(Tab(f"?{query.urlencode()}", text, current=value == current))
    return found


@dataclass(frozen=True)
class Week:
    """Doses of the seven full days before today, in words which, and of the seven before them."""

    days: str
    doses: int
    before: int


def week_of(everything: Iterable[selectors.Day]) -> Week:
    last = day_in_vietnam(timezone.now()) - timedelta(days=1)
    doses = {day.day: day.doses for day in everything if day.day > last - timedelta(days=14)}
    counts = [doses.get(last - timedelta(days=back), 0) for back in range(14)]
    words = formatting.day_range(last - timedelta(days=6), last)
    return Week(words, sum(counts[:7]), sum(counts[7:]))


def charts_by_day(
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
    periods = tabs(request, "period", {"campaign": whole, "recent": _("Last 90 days")}, period)
    week = week_of(everything)
    if not any(day.doses or day.recorded for day in days):
        return {"periods": periods, "week": week, "charts": None, "shown_days": []}
    charts = {
        "daily": drawings.daily_chart(days, key="daily"),
        "means": drawings.mean_chart(days, key="means"),
        "gap": drawings.gap_chart(days, key="gap"),
        "missing": sum(day.doses - day.recorded for day in days),
        "highest": max(days, key=lambda day: day.doses),
        "first": days[0].day,
        "last": days[-1].day,
    }
    return {"periods": periods, "week": week, "charts": charts, "shown_days": days}
