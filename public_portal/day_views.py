"""The statistics day by day: daily and summed up, by the day of injection and of entry."""

from dataclasses import dataclass
from itertools import accumulate

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from public_portal import drawings, page_parts, selectors
from public_portal.caching import public_page
from public_portal.entry_days import EntryDay, with_entries
from vaxplatform import figures

DAYS_A_PAGE = 31


@dataclass(frozen=True)
class DayLine:
    """A row of the table: a day, the mean of the seven to it, all doses from the first shown."""

    day: EntryDay
    mean: float
    summed: int


def lines_of(rows: list[EntryDay]) -> list[DayLine]:
    """The newest first."""
    doses = [row.doses for row in rows]
    means, sums = figures.moving_mean(doses), accumulate(doses)
    return [DayLine(*line) for line in zip(rows, means, sums, strict=True)][::-1]


@public_page(
    province=page_parts.is_province,
    period=page_parts.one_of("recent"),
    columns=page_parts.one_of("all"),
    page=page_parts.is_page,
)
def days(request: HttpRequest) -> HttpResponse:
    province = page_parts.chosen_province(request)
    charts = page_parts.charts_by_day(request, province, request.GET.get("period", "campaign"))
    rows = with_entries(charts["shown_days"], province)
    title = _("Day by day: %(place)s") % {"place": page_parts.place_name(province)}
    context = {
        **charts,
        "title": title,
        "sections": page_parts.sections(request),
        "province": province,
        "provinces": page_parts.province_choices(),
        "span": selectors.span(selectors.days_of(province)),
        "page": Paginator(lines_of(rows), DAYS_A_PAGE).get_page(request.GET.get("page", 1)),
        "all_columns": request.GET.get("columns") == "all",
        "entry": drawings.entry_chart(rows, key="entry") if any(r.entered for r in rows) else None,
        "later": sum(row.entered_later for row in rows),
        "given": sum(row.given for row in rows),
        "share": page_parts.share_of(
            request,
            title=title,
            description=_("Doses reported and recorded each day, and when they came on record."),
            province=province,
        ),
    }
    return render(request, "public_portal/days.html", context)
