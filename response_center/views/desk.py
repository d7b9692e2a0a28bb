"""/staff/cases/: the lists of cases."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from registration.models import Account
from response_center.models import Case
from response_center.rules import TimeLeft, read_case_number, time_left
from response_center.selectors import (
    Queue,
    cases_in_reach,
    count_queues,
    in_queue,
    queues_of,
    urgent_free_case,
)
from response_center.services import cases as moves
from response_center.views import show
from sites.models import SITE_ROLES, StaffPosting
from sites.rights import ANSWER_CASES, SEE_BOARD, WORK_CASES, staff_page
from vaxplatform.components import Tab
from vaxplatform.errors import DomainError

PAGE = 25


@dataclass(frozen=True)
class QueueLine:
    """A case in the queue."""

    case: Case
    title: str
    person: str
    left: TimeLeft
    is_mine: bool
    is_held: bool


def queue_line(case: Case, account: Account, now: datetime.datetime) -> QueueLine:
    held = case.claimed_until is not None and case.claimed_until > now
    return QueueLine(
        case=case,
        title=show.case_title(case),
        person=show.person_of(case),
        left=time_left(opened_at=case.opened_at, due_at=case.due_at, now=now),
        is_mine=held and case.claimed_by_id == account.pk,
        is_held=held,
    )


def place_of(posting: StaffPosting) -> str:
    if posting.site:
        return posting.site.name
    return posting.province.full_name if posting.province else gettext("Whole country")


@staff_page(WORK_CASES, ANSWER_CASES, SEE_BOARD)
@require_http_methods(["GET", "POST"])
def queue(request: Any) -> HttpResponse:
    """The lists of cases, most urgent first; POST takes the most urgent one."""
    now = timezone.now()
    rows = cases_in_reach(request.posting)
    if request.method == "POST":
        return _take_most_urgent(request, now)
    queues = queues_of(request.posting)
    wanted = request.GET.get("queue", "")
    chosen = Queue(wanted) if wanted in queues else queues[0]
    if number := read_case_number(request.GET.get("number", "")):
        return redirect("response_center_staff:case", number=number)
    counts = count_queues(rows, queues, account=request.user, now=now)
    found = in_queue(rows, chosen, account=request.user, now=now)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": [_tab(each, counts, chosen) for each in queues],
        "queue": chosen,
        "page_obj": page,
        "lines": [queue_line(case, request.user, now) for case in page.object_list],
        "may_take": request.posting.role not in SITE_ROLES and counts.get(Queue.TODO.name),
        "place": place_of(request.posting),
        "posting": request.posting,
    }
    return render(request, "response_center/staff/queue.html", context)


def _tab(queue: Queue, counts: Mapping[str, int], chosen: Queue) -> Tab:
    count = f" ({counts[queue.name]})" if queue.name in counts else ""
    url = f"{reverse('response_center_staff:queue')}?queue={queue.value}"
    return Tab(url, f"{queue.label}{count}", queue == chosen)


def _take_most_urgent(request: Any, now: datetime.datetime) -> HttpResponse:
    case = urgent_free_case(cases_in_reach(request.posting), now=now)
    if case is None:
        messages.info(request, gettext("Nothing is waiting: every open case has somebody."))
        return redirect("response_center_staff:queue")
    try:
        moves.claim_case(case=case, agent=request.user, now=now)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("response_center_staff:queue")
    return redirect("response_center_staff:case", number=case.number)
