"""What works now, for everybody: /status/ and /status.json.

An app registers its parts in `AppConfig.ready()`; each reads the rows that the board and the
probes read. A part that cannot be read is reported as down, so the page needs no database.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from django.core.cache import cache
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

log = structlog.get_logger(__name__)

KEPT_SECONDS = 15
Text = str | Promise


class State(StrEnum):
    WORKS = "works"
    SLOW = "slow"
    DOWN = "down"


WORDS = {
    State.WORKS: gettext_lazy("Works"),
    State.SLOW: gettext_lazy("Works, but slowly"),
    State.DOWN: gettext_lazy("Does not work"),
}
TAGS = {State.WORKS: "ok", State.SLOW: "warn", State.DOWN: "bad"}


@dataclass(frozen=True)
class Finding:
    """How a part is doing, and the sentence with what was seen; nothing personal."""

    state: State
    detail: str


@dataclass(frozen=True)
class Reading:
    """A part's title and what was found, in the language it was read in."""

    key: str
    title: str
    state: State
    detail: str

    @property
    def words(self) -> Text:
        return WORDS[self.state]

    @property
    def tag(self) -> str:
        return TAGS[self.state]


Check = Callable[[datetime.datetime], Finding]


@dataclass(frozen=True)
class Part:
    key: str
    title: Text
    check: Check
    position: int


_parts: dict[str, Part] = {}


def register_part(key: str, title: Text, check: Check, *, position: int) -> None:
    """`check(now)` reads a few indexed rows and tells how the part is doing."""
    _parts[key] = Part(key, title, check, position)


def read_parts(now: datetime.datetime) -> list[Reading]:
    """Every part in order, in the active language."""
    return [_read(part, now) for part in sorted(_parts.values(), key=lambda part: part.position)]


def _read(part: Part, now: datetime.datetime) -> Reading:
    try:
        found = part.check(now)
    except Error:
        found = Finding(State.DOWN, _("The database does not answer."))
    except Exception:
        log.exception("status_part_broke", part=part.key)
        found = Finding(State.DOWN, _("This could not be read just now."))
    return Reading(part.key, str(part.title), found.state, found.detail)


def worst(readings: list[Reading]) -> State:
    """The state of the whole: that of the part that does worst."""
    order = (State.DOWN, State.SLOW)
    return next((s for s in order if any(r.state == s for r in readings)), State.WORKS)


def _kept() -> tuple[datetime.datetime, list[Reading]]:
    """What was read within KEPT_SECONDS, else read anew: many readers cost what one does."""
    key = f"public_status:{get_language()}"
    kept = cache.get(key)
    if kept is None:
        now = timezone.now()
        kept = (now, read_parts(now))
        cache.set(key, kept, KEPT_SECONDS)
    return kept


HEADINGS = {
    State.WORKS: gettext_lazy("Everything works"),
    State.SLOW: gettext_lazy("Something is slow"),
    State.DOWN: gettext_lazy("Something does not work"),
}


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
def status_page(request: HttpRequest) -> HttpResponse:
    """The parts, each with a word, a shape and a sentence."""
    read_at, parts = _kept()
    overall = worst(parts)
    context = {
        "parts": parts,
        "read_at": read_at,
        "heading": HEADINGS[overall],
        "tag": TAGS[overall],
        "refresh_seconds": 60,
    }
    return render(request, "vaxplatform/help/status.html", context)


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
def status_json(_request: HttpRequest) -> HttpResponse:
    """The same for machines: `{"read_at", "state", "parts": [{"key", "title", "state", …}]}`."""
    read_at, parts = _kept()
    listed = [
        {"key": part.key, "title": part.title, "state": part.state, "detail": part.detail}
        for part in parts
    ]
    return JsonResponse({"read_at": read_at, "state": worst(parts), "parts": listed})


def _database(_now: datetime.datetime) -> Finding:
    """Whether PostgreSQL takes writes: a standby answers, and can record nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'"
        )
        (reads_only,) = cursor.fetchone()
    if reads_only:
        return Finding(State.DOWN, _("You can read what is on record; nothing new can be written."))
    return Finding(State.WORKS, _("What is on record can be read, and new entries are taken."))


register_part("database", gettext_lazy("Records"), _database, position=10)

urlpatterns = [
    path("status/", status_page, name="status"),
    path("status.json", status_json, name="status_json"),
]
