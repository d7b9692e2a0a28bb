"""Two provinces side by side: the same figures, the same days, the same scale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from public_portal import drawings, page_parts, selectors
from public_portal.caching import public_page
from public_portal.rules import MEASURES, Measure
from public_portal.selectors import Day, Totals, UnitTotals
from registration.models import AdministrativeUnit
from vaxplatform import figures, formatting
from vaxplatform.figures import Legend


@dataclass(frozen=True)
class Line:
    """A figure of both and of the country, written; `definition` is the page of its meaning."""

    text: str
    definition: str
    first: str
    second: str
    country: str


@public_page(a=page_parts.is_province, b=page_parts.is_province, columns=page_parts.one_of("all"))
def compare(request: HttpRequest) -> HttpResponse:
    chosen = [page_parts.chosen_province(request, name) for name in "ab"]
    context: dict[str, Any] = {
        "sections": page_parts.sections(request),
        "provinces": page_parts.province_choices(),
        "a": chosen[0],
        "b": chosen[1],
        "span": selectors.span(),
        "title": _("Compare two provinces"),
        "all_columns": request.GET.get("columns") == "all",
    }
    first, second = chosen
    if first and second and first != second:
        context |= _comparison(first, second)
    context["share"] = page_parts.share_of(
        request,
        title=context["title"],
        description=_("The figures of two provinces side by side, on the same scale."),
        province=first,
    )
    return render(request, "public_portal/compare.html", context)


def _comparison(first: AdministrativeUnit, second: AdministrativeUnit) -> dict[str, Any]:
    rows = {row.code: row for row in selectors.unit_totals(units=2021, with_residents=True)}
    pair = rows[first.code], rows[second.code]
    names = {"a": first.name, "b": second.name}
    return {
        "title": _("%(a)s and %(b)s compared") % names,
        "lines": lines_of(pair[0].totals, pair[1].totals, selectors.country_totals()),
        "finding": finding_of(*pair),
        "locator": figures.locator_map(first.code, second.code),
        **_drawings((first, second), pair),
    }


def finding_of(first: UnitTotals, second: UnitTotals) -> str:
    """Which of the two is ahead for its adults."""
    rates = (first.totals.doses_per_100 or 0, second.totals.doses_per_100 or 0)
    shown = [formatting.number(rate, 1) for rate in rates]
    if shown[0] == shown[1]:
        return _("Both had the same number of doses for their adults")
    ahead = first if rates[0] > rates[1] else second
    return _("For its adults, %(name)s has had more doses") % {"name": ahead.name}


def lines_of(first: Totals, second: Totals, country: Totals) -> list[Line]:
    links = page_parts.definition_links()

    def line(slug: str, text: str, write: Callable[[Any], str], read: Any) -> Line:
        written = (write(read(totals)) for totals in (first, second, country))
        return Line(text, links.get(slug, ""), *written)

    measures = [
        line(measure.key, str(measure.column), _written(measure), attrgetter(measure.attribute))
        for measure in MEASURES.values()
    ]
    return [
        *measures,
        line("reported", _("Doses reported"), formatting.number, lambda t: t.reported),
        line("recorded", _("Doses recorded"), formatting.number, lambda t: t.recorded),
        line("", _("Adults"), formatting.number, lambda t: t.adults),
    ]


def _written(measure: Measure) -> Callable[[Any], str]:
    return lambda value: drawings.figure_text(measure, value)


# ── drawings ──────────────────────────────────────────────────────────────────────────────────
def _drawings(
    units: tuple[AdministrativeUnit, AdministrativeUnit], rows: tuple[UnitTotals, UnitTotals]
) -> dict[str, SafeString | None]:
    """Both by day over the stretch in which either was vaccinating, per 100 adults."""
    days = [selectors.main_stretch(selectors.daily(province=unit)) for unit in units]
    known = [day.day for stretch in days for day in stretch]
    adults = [row.totals.adults for row in rows]
    if not known or None in adults or 0 in adults:
        return {"summed": None, "weekly": None}
    whole = [_whole(stretch, min(known), max(known)) for stretch in days]
    dates = [day.day for day in whole[0]]
    rates = [
        [day.doses * 100 / number for day in stretch]
        for stretch, number in zip(whole, adults, strict=True)
        if number
    ]
    return {
        "summed": _chart(units, [list(accumulate(r)) for r in rates], dates, "summed"),
        "weekly": _chart(
            units, [[7 * mean for mean in figures.moving_mean(r)] for r in rates], dates, "weekly"
        ),
    }


def _whole(stretch: Sequence[Day], first: Any, last: Any) -> list[Day]:
    """The days from `first` to `last`, those without a figure empty."""
    ends = [Day(day, 0, 0, 0, 0, 0, 0) for day in (first, last)]
    known = {day.day for day in stretch}
    return selectors.without_gaps([*stretch, *(end for end in ends if end.day not in known)])


def _chart(
    units: Sequence[AdministrativeUnit],
    values: Sequence[Sequence[float]],
    dates: Sequence[Any],
    key: str,
) -> SafeString:
    titles = {
        "summed": _("Doses per 100 adults, all until each day"),
        "weekly": _("Doses of seven days per 100 adults"),
    }
    description = _("On %(day)s: %(a)s %(first)s, %(b)s %(second)s.") % {
        "day": formatting.day(dates[-1]),
        "a": units[0].name,
        "first": formatting.number(values[0][-1], 1),
        "b": units[1].name,
        "second": formatting.number(values[1][-1], 1),
    }
    return drawings.compare_chart(
        [(unit.name, line) for unit, line in zip(units, values, strict=True)],
        dates,
        Legend(key, titles[key], description),
        _("per 100"),
    )
