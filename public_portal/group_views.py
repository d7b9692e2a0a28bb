"""The statistics by vaccine, kind of dose, age and sex, and residence beside place."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from public_portal import groups, page_parts, selectors
from public_portal.caching import public_page
from public_portal.groups import Group, PlaceAndResidence
from registration.models import AdministrativeUnit
from vaxplatform.vietnam import search_key

RESIDENCE_SORTS = {
    "name": lambda row: search_key(row.name),
    "given": lambda row: row.given,
    "residents": lambda row: row.of_residents,
    "difference": lambda row: row.difference,
    "people": lambda row: row.people_share or 0,
    "living": lambda row: row.residents_share or 0,
}


def group_tables(
    totals: selectors.Totals, province: AdministrativeUnit | None
) -> list[tuple[str, str, list[Group]]]:
    """(key, title, rows) of each table; those of the same page add up to the same doses."""
    return [
        ("vaccine", _("By vaccine"), groups.by_vaccine(province)),
        ("kind", _("By kind of dose"), groups.by_kind(totals)),
        ("age", _("By age on the day of the dose"), groups.by_age(totals)),
        ("sex", _("By sex"), groups.by_sex(totals)),
    ]


def largest(rows: list[Group]) -> Group | None:
    """The largest of the groups; None where nothing is counted."""
    found = max(rows, key=lambda row: row.doses, default=None)
    return found if found and found.doses else None


@public_page(
    province=page_parts.is_province,
    units=page_parts.one_of("2021", "2025"),
    sort=page_parts.sort_of(RESIDENCE_SORTS),
    columns=page_parts.one_of("all"),
)
def by_group(request: HttpRequest) -> HttpResponse:
    province = page_parts.chosen_province(request)
    units = page_parts.units_of(request)
    rows = groups.place_and_residence(units=units)
    totals = page_parts.totals_of(province)
    sort = request.GET.get("sort", "-difference")
    title = _("Vaccines, ages, residence: %(place)s") % {"place": page_parts.place_name(province)}
    context = {
        "title": title,
        "sections": page_parts.sections(request),
        "province": province,
        "provinces": page_parts.province_choices(),
        "totals": totals,
        "span": selectors.span(selectors.days_of(province)),
        "tables": [(*table, largest(table[2])) for table in group_tables(totals, province)],
        "units": units,
        "schemes": page_parts.scheme_tabs(request, units),
        "sort": sort,
        "rows": page_parts.in_order(rows, RESIDENCE_SORTS, sort),
        "country": groups.total_of(rows),
        "finding": residence_finding(rows),
        "all_columns": request.GET.get("columns") == "all",
        "share": page_parts.share_of(
            request,
            title=title,
            description=_("Doses on record by vaccine, kind, age, sex and province of residence."),
            province=province,
        ),
    }
    return render(request, "public_portal/groups.html", context)


def residence_finding(rows: list[PlaceAndResidence]) -> str:
    """Where most doses went to people from elsewhere, as the title of the table."""
    most: Any = max(rows, key=lambda row: row.difference, default=None)
    if most is None or most.difference <= 0:
        return _("Where doses were given, and where people live")
    return _("%(name)s gave more doses to people from elsewhere than any other province") % {
        "name": most.name
    }
