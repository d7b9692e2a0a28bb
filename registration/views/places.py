"""Names of places for the fields that search as one types; the same for everybody."""

import re

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from registration.forms.place import in_words
from registration.selectors import local_units_of, provinces_in_use
from vaxplatform.vietnam import search_key

A_DAY = 24 * 3600  # seconds


@require_safe
@cache_control(public=True, max_age=A_DAY)
def wards(_request: HttpRequest, code: str) -> JsonResponse:
    """The wards of a province with their districts, by name."""
    province = provinces_in_use().filter(code=code).first()
    if province is None:
        raise Http404
    names = sorted({in_words(unit) for unit in local_units_of(province)}, key=_order)
    return JsonResponse({"wards": names}, json_dumps_params={"ensure_ascii": False})


def _order(name: str) -> str:
    """By name without accents, numbers as numbers: ward 9 before ward 10."""
    return re.sub(r"\d+", lambda number: number[0].zfill(3), search_key(name))
