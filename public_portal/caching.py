"""Public pages: the same for everybody, so kept for a minute and sent again only when changed."""

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from public_portal.selectors import statistics_version

MAX_AGE_SECONDS = 60
View = Callable[..., HttpResponse]
Choices = Mapping[str, Callable[[str], bool]]


def _keep_only(request: HttpRequest, known: Choices) -> None:
    """Leave only the parameters that the page knows, with values that it knows.

    What is rendered for one reader is sent to others: nothing that a stranger put into the address
    may stand in it.
    """
    kept = QueryDict(mutable=True)
    for name, is_known in sorted(known.items()):
        value = request.GET.get(name, "")
        if value and is_known(value):
            kept[name] = value
    request.META["QUERY_STRING"] = kept.urlencode()
    request.GET = kept  # type: ignore[assignment]


def public_page(**known: Callable[[str], bool]) -> Callable[[View], View]:
    """For a view that depends on its path, on the parameters `known` (name → whether a value is
    one it knows) and on the language alone. Sets no cookie and reads no session."""

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            _keep_only(request, known)
            counting = statistics_version().number
            name = f"{get_language()}:{counting}:{request.get_full_path()}"
            key = f"public_page:{hashlib.sha256(name.encode()).hexdigest()}"
            body = cache.get(key)
            if body is None:
                response = view(request, *args, **kwargs)
                if response.status_code != 200:
                    return response
                body = response.content
                cache.set(key, body, MAX_AGE_SECONDS)
            return _sent(request, body)

        return answer

    return decorate


def _sent(request: HttpRequest, body: bytes) -> HttpResponse:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return get_conditional_response(request, etag=etag, response=response) or response
