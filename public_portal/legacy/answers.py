"""How the old API writes: JSON that any of its clients can take apart, errors in two shapes."""

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response

from public_portal.caching import MAX_AGE_SECONDS
from public_portal.selectors import statistics_version
from vaxplatform.errors import DomainError, InvalidInput
from vaxplatform.vietnam import start_of_day

CONTENT_TYPE = "application/json;charset=UTF-8"  # clients decode the bytes themselves
# One client reads the body as XML and wants one text of it: no tag and no entity may stand in it.
ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
Json = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def as_json(data: Json) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES).encode()


def as_moment(day: datetime.date) -> str:
    """The moment at which the day begins in Viet Nam, in UTC: 2021-11-06 → 2021-11-05T17:00:00Z."""
    return start_of_day(day).astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_milliseconds(moment: datetime.datetime) -> int:
    return round(moment.timestamp() * 1000)


def answer(data: Json, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """An answer to one person: nobody keeps it."""
    response = HttpResponse(as_json(data), status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True)
class Page:
    """What is kept of a public answer: the data, and the headers that go with it."""

    data: Json
    headers: Mapping[str, str] = field(default_factory=dict)


def kept(request: HttpRequest, *, asked: str, make: Callable[[], Page]) -> HttpResponse:
    """The public answer that `make` gives, kept for a minute as the portal's pages are.

    `asked`: path and parameters as they were understood, so that what a stranger adds to an address
    makes no answer of its own.
    """
    name = f"{statistics_version().number}:{asked}"
    key = f"old_portal:{hashlib.sha256(name.encode()).hexdigest()}"
    found: tuple[bytes, dict[str, str]] | None = cache.get(key)
    if found is None:
        page = make()
        found = as_json(page.data), dict(page.headers)
        cache.set(key, found, MAX_AGE_SECONDS)
    body, headers = found
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type=CONTENT_TYPE, headers=headers)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return get_conditional_response(request, etag=etag, response=response) or response


def problem(
    request: HttpRequest, *, status: int, sentence: str, field: str | None = None
) -> HttpResponse:
    """An error in both shapes that clients read; `field` is the parameter it concerns."""
    wrong = [{"objectName": "query", "field": field, "message": sentence}] if field else []
    body = {
        "status": int(status),
        "title": sentence,
        "message": sentence,
        "type": "about:blank",
        "path": request.path,
        "fieldErrors": wrong,
        "errorResponse": {"code": 0, "description": sentence},
    }
    return answer(body, status=status)


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal in Vietnamese, always 400: the old clients know no other."""
    with translation.override("vi"):
        concerns = error.field if isinstance(error, InvalidInput) else None
        return problem(
            request, status=HTTPStatus.BAD_REQUEST, sentence=error.detail, field=concerns
        )
