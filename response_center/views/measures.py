"""How long people waited for an answer: the public figures, and the same for staff by province."""

import datetime
import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from response_center.selectors import measures
from response_center.selectors.measures import Measure
from sites.rights import SEE_BOARD, StaffRequest, staff_page
from vaxplatform import formatting
from vaxplatform.components import Tab
from vaxplatform.csv_files import csv_file

DEFAULT_WEEKS = 12
KEPT_SECONDS = 60
NEARLY_ALL = Decimal("99.9")
KEPT_HEADERS = ("Content-Type", "Content-Disposition")
COLUMNS = (
    "group", "key", "name", "opened", "answered", "in_48_hours", "of_those_due", "closed",
    "reopened", "objected", "first_answer_median_hours", "first_answer_p90_hours",
    "closed_median_hours", "closed_p90_hours",
)  # fmt: skip


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """/support/figures/: the whole country; places with one to four reports are not told.

    It depends on what it knows of the query and on the language alone, so it is made once a minute;
    an address with anything else in it leads to the one without."""
    query = _known_part(request)
    if QueryDict(query) != request.GET:
        return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
    address = f"{request.get_host()} {get_language()} {query}"
    key = f"support_figures:{hashlib.sha256(address.encode()).hexdigest()}"
    kept = cache.get(key)
    if kept is None:
        made = _page(request, province_id=None, is_public=True)
        headers = [(name, made[name]) for name in KEPT_HEADERS if name in made]
        kept = (made.content, headers)
        cache.set(key, kept, KEPT_SECONDS)
    return _sent(request, *kept)


def _known_part(request: HttpRequest) -> str:
    known = QueryDict(mutable=True)
    weeks = request.GET.get("weeks", "")
    if weeks in map(str, measures.WEEKS):
        known["weeks"] = weeks
    if request.GET.get("columns") == "all":
        known["columns"] = "all"
    if request.GET.get("format") == "csv":
        known["format"] = "csv"
    return known.urlencode()


def _sent(request: HttpRequest, body: bytes, headers: list[tuple[str, str]]) -> HttpResponse:
    response = HttpResponse(body, headers=dict(headers))
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    return get_conditional_response(request, response["ETag"], None, response) or response


@staff_page(SEE_BOARD)
@require_safe
def staff_figures(request: StaffRequest) -> HttpResponse:
    """The same of the posting's province, or of all, with every line."""
    return _page(request, province_id=request.posting.province_id, is_public=False)


def _page(request: HttpRequest, *, province_id: int | None, is_public: bool) -> HttpResponse:
    now = timezone.now()
    asked = request.GET.get("weeks", "")
    weeks = int(asked) if asked in map(str, measures.WEEKS) else DEFAULT_WEEKS
    rows = measures.cases_to_measure(now=now, weeks=weeks, province_id=province_id)
    groups = _groups(rows, now, is_public=is_public)
    total = measures.whole(rows, now=now)
    if request.GET.get("format") == "csv":
        return csv_file(f"reports-{weeks}-weeks.csv", COLUMNS, _cells(total, groups))
    context = {
        "now": now,
        "weeks": weeks,
        "is_public": is_public,
        "all_columns": request.GET.get("columns") == "all",
        "total": _shown(total),
        "sections": [  # "groups" are those of the staff's menu
            {"title": title, "lines": [_shown(line) for line in lines]}
            for _key, title, lines in groups
        ],
        "tabs": [_tab(count, weeks) for count in measures.WEEKS],
        "hidden_below": measures.HIDDEN_BELOW,
    }
    return render(request, "response_center/measures.html", context)


def _tab(count: int, weeks: int) -> Tab:
    text = ngettext("%(count)d week", "%(count)d weeks", count) % {"count": count}
    return Tab(f"?weeks={count}", text, count == weeks)


Group = tuple[str, Any, list[Measure]]


def _groups(rows: Any, now: datetime.datetime, *, is_public: bool) -> list[Group]:
    places = measures.by_province(rows, now=now)
    if is_public:
        places = [line for line in places if not line.is_small]
    return [
        ("week", _("By week"), measures.by_week(rows, now=now)),
        ("kind", _("By what it was about"), measures.by_kind(rows, now=now)),
        ("cause", _("By what was behind it"), measures.by_cause(rows, now=now)),
        ("level", _("By who answers"), measures.by_level(rows, now=now)),
        ("province", _("By province"), places),
    ]


def _shown(line: Measure) -> dict[str, Any]:
    label = line.label
    if not label and line.key:
        label = formatting.day(datetime.date.fromisoformat(line.key))
    return {
        "label": label,
        "opened": line.opened,
        "share": share_in_time(line.in_time, line.due),
        "in_time": line.in_time,
        "due": line.due,
        "answer_median": _wait(line.answer_median),
        "answer_p90": _wait(line.answer_p90),
        "close_median": _wait(line.close_median),
        "close_p90": _wait(line.close_p90),
        "closed": line.closed,
        "reopened": line.reopened,
        "objected": line.objected,
    }


def share_in_time(part: int, whole: int) -> Decimal | None:
    """Not rounded up to all of them."""
    share = formatting.share(part, whole)
    return min(share, NEARLY_ALL) if share is not None and part < whole else share


def _wait(wait: datetime.timedelta | None) -> str:
    """A wait as people say it: minutes, hours, or days from two days on."""
    if wait is None:
        return "–"
    minutes = round(wait.total_seconds() / 60)
    if minutes < 60:
        return gettext("%(count)s min") % {"count": formatting.number(minutes)}
    if minutes < 48 * 60:
        return gettext("%(count)s h") % {"count": formatting.number(round(minutes / 60))}
    days = formatting.number(minutes / 1440, 1)
    return gettext("%(count)s days") % {"count": days}


def _hours(wait: datetime.timedelta | None) -> str:
    return "" if wait is None else f"{wait.total_seconds() / 3600:.1f}"


def _cells(total: Measure, groups: list[Group]) -> Iterator[tuple[Any, ...]]:
    for group, line in [
        ("all", total),
        *((key, line) for key, _title, lines in groups for line in lines),
    ]:
        yield (
            group, line.key, line.label, line.opened, line.answered, line.in_time, line.due,
            line.closed, line.reopened, line.objected, _hours(line.answer_median),
            _hours(line.answer_p90), _hours(line.close_median), _hours(line.close_p90),
        )  # fmt: skip
