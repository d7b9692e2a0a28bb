"""The answer when PostgreSQL cannot serve: 503, when to come back, and nothing that needs it."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found as plain_not_found
from django.views.defaults import server_error as plain_server_error

from vaxplatform.database import RETRY_AFTER_SECONDS, is_temporary

MACHINE_PATHS = ("/api/", "/fhir/", "/metrics")
STYLESHEET = "vaxplatform/site.css"


def unavailable_body() -> dict[str, str]:
    return {
        "code": "temporarily_unavailable",
        "detail": _(
            "The system is briefly unavailable. What is on record is kept; try again in a moment."
        ),
    }


def unavailable_response(request: HttpRequest) -> HttpResponse:
    """JSON for machines, a page for people. Rendered without the request: no session, no user."""
    response: HttpResponse
    if request.path.startswith(MACHINE_PATHS):
        response = JsonResponse(unavailable_body(), status=503)
    else:
        context = {
            "language": get_language(),
            "stylesheet": _stylesheet(),
            "retry_after": RETRY_AFTER_SECONDS,
            "again": request.get_full_path() if request.method in {"GET", "HEAD"} else "",
        }
        page = render_to_string("vaxplatform/503.html", context)
        response = HttpResponse(page, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def _stylesheet() -> str:
    try:
        return static(STYLESHEET)
    except ValueError:  # not in the manifest: the page stands without it
        return ""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The project's handler404: JSON for machines, the page for people."""
    if request.path.startswith(MACHINE_PATHS):
        body = {"code": "not_found", "detail": _("There is nothing at this address.")}
        return JsonResponse(body, status=404)
    return plain_not_found(request, exception)


def server_error(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The project's handler500. Errors of middleware (session, user, history) reach only this
    place, so a lost database is told apart from a defect here as well."""
    error = sys.exc_info()[1]
    if error is not None and is_temporary(error):
        return unavailable_response(request)
    if request.path.startswith(MACHINE_PATHS):
        return JsonResponse(
            {"code": "server_error", "detail": _("Something went wrong on our side.")}, status=500
        )
    return plain_server_error(request)
