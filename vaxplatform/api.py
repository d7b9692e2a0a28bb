"""How the API answers: errors in three shapes, lists in pages.

409 `{"code", "detail"}` for a refusal by a rule, 400 `{"field": ["sentence"]}` for input that
cannot be right, 503 with Retry-After when the database cannot serve; other errors carry code and
detail too. Never 500 for what a client sent.
"""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from vaxplatform.database import RETRY_AFTER_SECONDS, is_temporary, sqlstate
from vaxplatform.errors import DomainError, InvalidInput
from vaxplatform.unavailable import unavailable_body

log = structlog.get_logger(__name__)

Answer = tuple[int, Any]


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER. None (a defect, 500) for what is not known here."""
    answer = answer_for(exc)
    if answer is None:
        return None
    status, body = answer
    set_rollback()
    return Response(body, status=status, headers=_headers(exc, status))


def answer_for(exc: Exception) -> Answer | None:
    """Status and body for an exception; bulk endpoints use it for each item of their list."""
    if isinstance(exc, DomainError):
        return domain_answer(exc)
    if is_temporary(exc):
        return HTTPStatus.SERVICE_UNAVAILABLE, unavailable_body()
    if isinstance(exc, IntegrityError | DataError):
        return _database_refusal(exc)
    exc = _as_api_exception(exc)
    if isinstance(exc, exceptions.ValidationError):
        return HTTPStatus.BAD_REQUEST, _by_field(exc.detail)
    if isinstance(exc, exceptions.APIException):
        return exc.status_code, {"code": exc.get_codes(), "detail": exc.detail}
    return None


def domain_answer(error: DomainError) -> Answer:
    """400 by field for input that cannot be right, else 409 with the code."""
    if isinstance(error, InvalidInput):
        field = error.field or api_settings.NON_FIELD_ERRORS_KEY
        return HTTPStatus.BAD_REQUEST, {field: [error.detail]}
    return HTTPStatus.CONFLICT, {"code": error.code, "detail": error.detail}


def _database_refusal(exc: Exception) -> Answer:
    """A constraint caught what the service did not foresee: told as a conflict, and logged, since
    the service should have said it better."""
    constraint = getattr(getattr(exc.__cause__, "diag", None), "constraint_name", None)
    log.error("refused_by_the_database", sqlstate=sqlstate(exc), constraint=constraint)
    if isinstance(exc, DataError):
        return HTTPStatus.BAD_REQUEST, {
            api_settings.NON_FIELD_ERRORS_KEY: [_("A value is too long or out of range.")]
        }
    return HTTPStatus.CONFLICT, {
        "code": "conflict",
        "detail": _("This contradicts what is already on record."),
    }


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def _as_api_exception(exc: Exception) -> Exception:
    """Django's own exceptions in REST framework's words."""
    if isinstance(exc, Http404):
        return exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exc, DjangoValidationError):
        return exceptions.ValidationError(as_serializer_error(exc))
    if isinstance(exc, RequestDataTooBig):
        return TooLarge(_("The request is too large."))
    if isinstance(exc, RecursionError | SuspiciousOperation):  # JSON nested thousands deep
        return exceptions.ParseError()
    return exc


def _by_field(detail: Any) -> Any:
    """Field names to lists of sentences, also where the error concerns no field."""
    if isinstance(detail, list):
        return {api_settings.NON_FIELD_ERRORS_KEY: detail}
    return detail


def _headers(exc: Exception, status: int) -> dict[str, str]:
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(exc.wait))  # type: ignore[attr-defined]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return headers


class Pages(PageNumberPagination):
    """`{"count", "next", "results"}`; `page` and `page_size`, at most 500 to a page."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"

    def get_paginated_response(self, data: Any) -> Response:
        whole = super().get_paginated_response(data)
        del whole.data["previous"]
        return whole

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole = super().get_paginated_response_schema(schema)
        whole["properties"].pop("previous")
        return whole


def body_of(request: Request) -> Any:
    """The JSON that was sent; 413 when it is too large, 400 by field when it is no JSON."""
    request._request.body  # noqa: B018 - reading it is what holds it to the size limit
    try:
        return request.data
    except exceptions.ParseError as error:
        raise exceptions.ValidationError(
            {"non_field_errors": [_("The request is not valid JSON.")]}
        ) from error
