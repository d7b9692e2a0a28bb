"""What stands behind the figures: their definitions, and what was changed after publication."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from public_portal import page_parts, restated, selectors
from public_portal.caching import public_page
from public_portal.definitions import DEFINITIONS, Definition
from vaxplatform import formatting
from vaxplatform.components import SummaryRow

RESTATEMENTS_A_PAGE = 50


@public_page()
def definitions(request: HttpRequest) -> HttpResponse:
    context = {
        "definitions": DEFINITIONS.values(),
        "reconciled": restated.last_reconciliation(),
        "as_published": selectors.stands_as_published(),
    }
    return render(request, "public_portal/definition_list.html", context)


@public_page()
def definition(request: HttpRequest, slug: str) -> HttpResponse:
    found = DEFINITIONS.get(slug)
    if found is None:
        raise Http404
    context = {
        "definition": found,
        "value": _value_now(found),
        "rows": _rows(found),
        "span": selectors.span(),
        "version": selectors.statistics_version(),
        "related": [DEFINITIONS[each] for each in found.related],
        "file": _file_of(found),
    }
    return render(request, "public_portal/definition.html", context)


def _value_now(definition: Definition) -> str:
    """The country's figure as the page writes it; "" where there is no single one."""
    if definition.value is None:
        return ""
    value = definition.value(selectors.country_totals())
    if definition.unit == "percent":
        return formatting.percent(value)
    return formatting.number(value, 1 if definition.unit == "per 100" else 0)


def _rows(definition: Definition) -> list[SummaryRow]:
    rows = [
        SummaryRow(_("How it is computed"), definition.formula),
        SummaryRow(_("Which day"), definition.day),
        SummaryRow(_("Which place"), definition.place),
        SummaryRow(_("Where it comes from"), definition.source),
        SummaryRow(_("What it does not say"), definition.limits),
        SummaryRow(_("Why it can change later"), definition.changes),
    ]
    if definition.over_100 is not None:
        rows.append(SummaryRow(_("When it passes 100"), definition.over_100))
    return rows


def _file_of(definition: Definition) -> dict[str, Any] | None:
    """Where the open data has it: the file's address, and the column."""
    if not definition.column:
        return None
    name, column = definition.column.split(".")
    address = reverse("public_portal:dataset", args=[name, "csv"])
    return {"url": address, "name": f"{name}.csv", "column": column}


# ── what was changed after publication ────────────────────────────────────────────────────────
@public_page(province=page_parts.is_province, page=page_parts.is_page)
def restatements(request: HttpRequest) -> HttpResponse:
    province = page_parts.chosen_province(request)
    rows = restated.restatements(province=province)
    context = {
        "reconciled": restated.last_reconciliation(),
        "province": province,
        "provinces": page_parts.province_choices(),
        "publications": restated.latest_publications(province=province),
        "page": Paginator(rows, RESTATEMENTS_A_PAGE).get_page(request.GET.get("page", 1)),
    }
    return render(request, "public_portal/restatements.html", context)
