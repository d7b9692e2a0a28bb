"""/staff/cases/: the lists of cases.

GET shows a list, narrowed by what stands in the address; POST takes the most urgent case of what
is shown, or finds a case by its number or the end of a phone number.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registration.models import Account
from response_center.access import OFFICERS
from response_center.forms.queue import FilterForm, FindForm
from response_center.models import LIVE_CASE, Case, CaseLevel, CaseUrgency
from response_center.rules import TimeLeft, read_case_number, time_left
from response_center.selectors import (
    COUNTED_AT_MOST,
    Queue,
    case_by_number,
    cases_by_phone_end,
    cases_in_reach,
    count_levels,
    count_queues,
    in_queue,
    queues_of,
    to_work,
)
from response_center.services import cases as moves
from response_center.views import show
from sites.models import SITE_ROLES, StaffPosting
from sites.rights import ANSWER_CASES, SEE_BOARD, WORK_CASES, role_allows, staff_page
from vaxplatform import formatting
from vaxplatform.components import Tab
from vaxplatform.errors import DomainError

PAGE = 25
LISTED = 1_000  # cases that can be paged through; beyond it a list is narrowed
FOUND = 50


URGENCY_TAGS: dict[int, str] = {CaseUrgency.DANGER: "bad", CaseUrgency.HIGH: "warn"}


@dataclass(frozen=True)
class QueueLine:
    """A case in the queue."""

    case: Case
    title: str
    person: str
    left: TimeLeft
    is_mine: bool
    is_held: bool
    urgency: str  # the kind of its tag; "" where the case is as urgent as any


def queue_line(case: Case, account: Account, now: datetime.datetime) -> QueueLine:
    held = case.claimed_until is not None and case.claimed_until > now
    return QueueLine(
        case=case,
        title=show.case_title(case),
        person=show.person_of(case),
        left=time_left(opened_at=case.opened_at, due_at=case.due_at, now=now),
        is_mine=held and case.claimed_by_id == account.pk,
        is_held=held,
        urgency=URGENCY_TAGS.get(case.urgency, "") if case.status in LIVE_CASE else "",
    )


def place_of(posting: StaffPosting) -> str:
    if posting.site:
        return posting.site.name
    if posting.district:
        return posting.district.full_name
    return posting.province.full_name if posting.province else gettext("Whole country")


class ListPaginator(Paginator):
    """Counts no further than anybody pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.select_related(None).order_by()[:LISTED].count()
        return found


@staff_page(WORK_CASES, ANSWER_CASES, SEE_BOARD)
@never_cache
@require_http_methods(["GET", "POST"])
def queue(request: Any) -> HttpResponse:
    """The lists of cases, by urgency and then time."""
    now = timezone.now()
    form = FilterForm(request.GET, posting=request.posting)
    rows = form.filters.apply(cases_in_reach(request.posting))
    find = FindForm()
    if request.method == "POST":
        if "find" not in request.POST:
            return _take_most_urgent(request, rows, now)
        find = FindForm(request.POST)
        if find.is_valid():
            return _found(request, find, now)
    elif number := read_case_number(request.GET.get("number", "")):
        return redirect("response_center_staff:case", number=number)
    context = _list(request, form, rows, now)
    return render(request, "response_center/staff/queue.html", {**context, "find": find})


def _list(
    request: Any, form: FilterForm, rows: "QuerySet[Case]", now: datetime.datetime
) -> dict[str, Any]:
    posting, account = request.posting, request.user
    queues = queues_of(posting)
    wanted = request.GET.get("queue", "")
    chosen = Queue(wanted) if wanted in queues else queues[0]
    counts = count_queues(rows, queues, account=account, now=now, posting=posting)
    found = in_queue(rows, chosen, account=account, now=now, posting=posting)
    page = ListPaginator(found, PAGE).get_page(request.GET.get("page"))
    return {
        "tabs": [_tab(request, each, counts, chosen) for each in queues],
        "levels": _levels(request, form, chosen, now),
        "queue": chosen,
        "filter": form,
        "page_obj": page,
        "is_cut": page.paginator.count >= LISTED,
        "lines": [queue_line(case, account, now) for case in page.object_list],
        "may_take": posting.role not in SITE_ROLES and counts.get(Queue.TODO.name),
        "may_open": role_allows(account, WORK_CASES),
        "may_answer_many": role_allows(account, WORK_CASES) or posting.role in OFFICERS,
        **frame_of(posting),
    }


def frame_of(posting: StaffPosting) -> dict[str, Any]:
    """What the bar of every page of the desk shows."""
    return {"place": place_of(posting), "posting": posting}


def _query(request: Any, **changes: str) -> str:
    """The address of this list with another choice; page 1 of it."""
    query = request.GET.copy()
    query.pop("page", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


def _counted(label: Any, count: int | None) -> str:
    if count is None:
        return str(label)
    more = "+" if count >= COUNTED_AT_MOST else ""
    return f"{label} ({formatting.number(count)}{more})"


def _tab(request: Any, queue: Queue, counts: Mapping[str, int], chosen: Queue) -> Tab:
    url = _query(request, queue=queue.value)
    return Tab(url, _counted(queue.label, counts.get(queue.name)), queue == chosen)


def _levels(request: Any, form: FilterForm, chosen: Queue, now: datetime.datetime) -> Sequence[Tab]:
    """Whom the cases of this list are with; not for those who see one level only."""
    if "level" not in form.fields or chosen == Queue.CLOSED:
        return []
    everything = replace(form.filters, level="").apply(cases_in_reach(request.posting))
    counts = count_levels(in_queue(everything, chosen, account=request.user, now=now))
    level = form.filters.level
    return [
        Tab(_query(request, level=""), gettext("All levels"), not level),
        *(
            Tab(
                _query(request, level=each.value), _counted(each.label, counts[each]), each == level
            )
            for each in CaseLevel
            if counts[each] or each == level
        ),
    ]


def _found(request: Any, find: FindForm, now: datetime.datetime) -> HttpResponse:
    """The one case that was meant, or the list of those whose phone ends so."""
    reach = cases_in_reach(request.posting)
    if find.number:
        found = [case for case in [case_by_number(reach, find.number)] if case is not None]
    else:
        found = list(cases_by_phone_end(reach, find.digits)[:FOUND])
    if len(found) == 1:
        return redirect("response_center_staff:case", number=found[0].number)
    lines = [queue_line(case, request.user, now) for case in found]
    context = {"find": find, "lines": lines, "is_search": True, **frame_of(request.posting)}
    return render(request, "response_center/staff/queue.html", context)


def _take_most_urgent(request: Any, rows: "QuerySet[Case]", now: datetime.datetime) -> HttpResponse:
    mine = to_work(rows, request.posting)
    try:
        case = moves.claim_most_urgent(rows=mine, agent=request.user, now=now)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("response_center_staff:queue")
    if case is None:
        messages.info(request, gettext("Nothing is waiting: every open case has somebody."))
        return redirect("response_center_staff:queue")
    return redirect("response_center_staff:case", number=case.number)
