"""What every answer passes through: a lost database told as such, looser policies where they are
needed, and personal pages kept out of caches."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from vaxplatform.database import is_temporary, sqlstate
from vaxplatform.security import SCOPED_POLICIES
from vaxplatform.unavailable import unavailable_response

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]


class DatabaseUnavailableMiddleware:
    """Turns a timeout, a deadlock or a lost database in a view into 503 with Retry-After."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if not is_temporary(exc):
            return None
        log.error("database_unavailable", sqlstate=sqlstate(exc), error_type=type(exc).__name__)
        return unavailable_response(request)


class ScopedPolicyMiddleware:
    """Loosens the content security policy under /staff/ and /api/docs/; stands after CSPMiddleware.
    A view that set its own policy keeps it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not hasattr(response, "_csp_replace"):
            for prefix, policy in SCOPED_POLICIES:
                if request.path_info.startswith(prefix):
                    response._csp_replace = policy  # type: ignore[attr-defined]
        return response


class PersonalPagesMiddleware:
    """`Cache-Control: no-store` wherever a session with content or an API token was used; stands
    after SessionMiddleware. Reads no database of its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_personal(request):
            response["Cache-Control"] = "private, no-store"
        return response


def is_personal(request: HttpRequest) -> bool:
    """Whether the answer may depend on who asks: a session was read and holds something, or the
    request came with an Authorization header."""
    if "Authorization" in request.headers:
        return True
    session = getattr(request, "session", None)
    return session is not None and session.accessed and not session.is_empty()
