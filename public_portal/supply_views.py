"""Supply against use: by vaccine and by province."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from public_portal import page_parts, selectors, supply
from public_portal.caching import public_page
from public_portal.supply import Supply
from vaxplatform import figures
from vaxplatform.vietnam import search_key

SORTS = {
    "name": lambda row: search_key(row.name),
    "received": lambda row: row.received,
    "recorded": lambda row: row.recorded,
    "wasted": lambda row: row.wasted,
    "left": lambda row: row.left,
    "share": lambda row: -1 if row.used_share is None else row.used_share,
}


def with_bars(rows: list[Supply]) -> list[tuple[Supply, SafeString]]:
    """Each with its bar on the scale of all: on record, and the rest of what was received."""
    most = max((max(row.received, row.recorded) for row in rows), default=0)
    return [
        (row, figures.table_parts([(row.recorded, "s2"), (row.left, "rest")], most)) for row in rows
    ]


@public_page(
    province=page_parts.is_province,
    units=page_parts.one_of("2021", "2025"),
    sort=page_parts.sort_of(SORTS),
    columns=page_parts.one_of("all"),
)
def supply_and_use(request: HttpRequest) -> HttpResponse:
    province = page_parts.chosen_province(request)
    units = page_parts.units_of(request)
    vaccines = supply.supply_by_vaccine(province)
    places = supply.supply_by_province(units=units)
    sort = request.GET.get("sort", "-received")
    title = _("Supply and use: %(place)s") % {"place": page_parts.place_name(province)}
    context = {
        "title": title,
        "sections": page_parts.sections(request),
        "province": province,
        "provinces": page_parts.province_choices(),
        "span": selectors.span(selectors.days_of(province)),
        "vaccines": with_bars(vaccines),
        "whole": supply.total_supply(vaccines, _("All vaccines")),
        "units": units,
        "schemes": page_parts.scheme_tabs(request, units),
        "sort": sort,
        "rows": page_parts.in_order(places, SORTS, sort),
        "country": supply.total_supply(places, _("The country")),
        "over_100": any((row.used_share or 0) > 100 for row in (*places, *vaccines)),
        "all_columns": request.GET.get("columns") == "all",
        "share": page_parts.share_of(
            request,
            title=title,
            description=_("Doses received by the vaccination sites beside doses on record."),
            province=province,
        ),
    }
    return render(request, "public_portal/supply.html", context)
