"""The pictures that go with the pages when they are shared."""

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from public_portal import drawings, page_parts, pictures, selectors
from public_portal.caching import public_page
from public_portal.pictures import Card
from public_portal.rules import MEASURES, Measure
from public_portal.selectors import Totals
from vaxplatform import formatting


def _png(card: Card) -> HttpResponse:
    return HttpResponse(pictures.draw_card(card), content_type="image/png")


def _language(request: HttpRequest) -> str:
    """Whoever fetches a picture for others has no language of its own: the address says it."""
    return request.GET.get("lang", "vi")


@public_page(measure=MEASURES.__contains__, lang=page_parts.one_of("en"))
def country(request: HttpRequest) -> HttpResponse:
    measure = MEASURES[request.GET.get("measure", "doses")]
    rows = selectors.unit_totals(units=2021, with_residents=measure.key == "residents")
    with translation.override(_language(request)):
        totals = selectors.country_totals()
        figures = [*_measured(measure, totals), *_headline(totals)][:3]
        return _png(
            _card(
                drawings.finding_of(rows, measure),
                figures,
                {row.code: drawings.level_of(row, measure) for row in rows},
            )
        )


@public_page(lang=page_parts.one_of("en"))
def province(request: HttpRequest, code: str) -> HttpResponse:
    rows = {row.code: row for row in selectors.unit_totals(units=2021)}
    if code not in rows:
        raise Http404
    totals = rows[code].totals
    with translation.override(_language(request)):
        figures = [*_measured(MEASURES["doses"], totals), *_headline(totals)][:3]
        levels = {other: 5 if other == code else 0 for other in rows}
        return _png(_card(rows[code].name, figures, levels))


def _measured(measure: Measure, totals: Totals) -> list[tuple[str, str]]:
    text = drawings.figure_text(measure, getattr(totals, measure.attribute))
    return [(text, str(measure.column))]


def _headline(totals: Totals) -> list[tuple[str, str]]:
    return [
        (formatting.number(totals.reported), _("Doses reported")),
        (formatting.number(totals.recorded), _("Doses recorded")),
    ]


def _card(title: str, figures: list[tuple[str, str]], levels: Mapping[str, int | None]) -> Card:
    last = selectors.span().last
    note = _("To %(day)s") % {"day": formatting.day(last)} if last else _("No figures yet")
    return Card(_("COVID-19 vaccination, Viet Nam"), title, figures, note, levels)
