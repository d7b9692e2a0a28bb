"""Public pages: the same for everybody, so made once a counting and sent again only when changed.

A view says that its page is public (`public_page`); `KeptPagesMiddleware`, which stands before
everything that costs time, keeps what came out of the house and sends it without asking again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.text import compress_string
from django.views.decorators.http import require_safe

from public_portal.selectors import statistics_version
from vaxplatform.language import chosen_language
from vaxplatform.text_size import chosen_size

MAX_AGE_SECONDS = 45
LOOK_AGAIN_SECONDS = 1  # after which a process asks whether there is a new counting
View = Callable[..., HttpResponse]


# ── which pages are public ────────────────────────────────────────────────────────────────────
def _known_part(request: HttpRequest, known: dict[str, Callable[[str], bool]]) -> str:
    """The query with only the parameters and values that the page knows, each once."""
    kept = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        value = values[-1]
        if value and name in known and known[name](value):
            kept[name] = value
    return kept.urlencode()


def public_page(**known: Callable[[str], bool]) -> Callable[[View], View]:
    """For a view that depends on its path, on the parameters `known` (name → whether a value is
    one it knows) and on the language alone. Sets no cookie and reads no session.

    What is rendered for one reader is sent to others: an address with anything else in it leads to
    the one without.
    """

    def decorate(view: View) -> View:
        @require_safe
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            query = _known_part(request, known)
            if QueryDict(query) != request.GET:
                return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
            response = view(request, *args, **kwargs)
            if response.status_code == 200:
                response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
                response.is_public_page = True  # type: ignore[attr-defined]
            return response

        return answer

    return decorate


# ── what is kept of them ──────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class KeptPage:
    """An answer as it left, of the counting `number`; `zipped` its body for who takes gzip."""

    number: int
    body: bytes
    zipped: bytes
    etag: str
    headers: tuple[tuple[str, str], ...]


class KeptPagesMiddleware:
    """Stands right after WhiteNoise. A page is kept for MAX_AGE_SECONDS at most, in this process's
    memory, and no longer than its counting; while the database is away it is still sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        key = _key(request)
        kept = cache.get(key)
        if kept is None or kept.number != _counting(kept.number):
            response = self.get_response(request)
            if not _may_be_kept(response):
                return response
            kept = _keep(response)
            cache.set(key, kept, MAX_AGE_SECONDS)
        return _sent(request, kept)


def _may_be_kept(response: HttpResponse) -> bool:
    """Whether a view said so, and nothing on the way out made the answer somebody's own."""
    is_public = response.get("Cache-Control", "").startswith("public")
    return getattr(response, "is_public_page", False) and is_public and not response.cookies


def _key(request: HttpRequest) -> str:
    """Names path, query, language and size of text, and the host, which the answer's checks have
    passed."""
    host = request.META.get("HTTP_HOST", "")
    reader = f"{chosen_language(request)} {chosen_size(request)}"
    name = f"{host} {reader} {request.get_full_path()}"
    return f"kept_page:{hashlib.sha256(name.encode()).hexdigest()}"


def _counting(otherwise: int) -> int:
    """The number of the counting, asked for once in LOOK_AGAIN_SECONDS; `otherwise` where the
    database does not answer."""
    number = cache.get("statistics_number")
    if number is None:
        try:
            number = statistics_version().number
        except Error:
            number = otherwise
        cache.set("statistics_number", number, LOOK_AGAIN_SECONDS)
    return int(number)


def _keep(response: HttpResponse) -> KeptPage:
    patch_vary_headers(response, ("Accept-Encoding",))
    return KeptPage(
        statistics_version().number,
        response.content,
        compress_string(response.content),
        f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"',
        tuple(item for item in response.items() if item[0] != "Content-Length"),
    )


def _sent(request: HttpRequest, kept: KeptPage) -> HttpResponse:
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(kept.zipped if takes_gzip else kept.body)
    for name, value in kept.headers:
        response[name] = value
    if takes_gzip:
        response["Content-Encoding"] = "gzip"
    response["ETag"] = kept.etag
    response["Content-Length"] = str(len(response.content))
    return get_conditional_response(request, etag=kept.etag, response=response) or response
