"""/staff/cases/: the queue, and a case with what may be done about it.

Every move is a POST that ends in a redirect; a refusal brings the page back with its sentence.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from registration.models import Account
from registration.services.access import AccessPurpose, log_access
from response_center import access
from response_center.forms.desk import AskForm, ConfirmDoseForm, RejectForm, WordsForm
from response_center.models import LIVE_CASE, Case, CaseKind, CaseLevel, CaseStatus
from response_center.rules import TimeLeft, read_case_number, time_left
from response_center.selectors import (
    Queue,
    case_by_number,
    cases_in_reach,
    count_queues,
    in_queue,
    queues_of,
    urgent_free_case,
)
from response_center.services import cases as moves
from response_center.services.missing_dose import confirm_dose
from response_center.services.moves import WORKED_BY_AGENTS
from response_center.views import show
from response_center.views.facts import case_facts
from sites.models import SITE_ROLES, StaffPosting
from sites.rights import ANSWER_CASES, SEE_BOARD, WORK_CASES, staff_page
from vaxplatform.components import Tab
from vaxplatform.errors import DomainError, add_to_form

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


def _line(case: Case, account: Account, now: datetime.datetime) -> QueueLine:
    held = case.claimed_until is not None and case.claimed_until > now
    return QueueLine(
        case=case,
        title=show.case_title(case),
        person=show.person_of(case),
        left=time_left(opened_at=case.opened_at, due_at=case.due_at, now=now),
        is_mine=held and case.claimed_by_id == account.pk,
        is_held=held,
    )


def _place(posting: StaffPosting) -> str:
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
        "lines": [_line(case, request.user, now) for case in page.object_list],
        "may_take": request.posting.role not in SITE_ROLES and counts.get(Queue.TODO.name),
        "place": _place(request.posting),
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


# ── one case ──────────────────────────────────────────────────────────────────────────────────
Run = Callable[[Case, Any, Any, datetime.datetime], Any]


@dataclass(frozen=True)
class Action:
    """Something that may be done with a case: `run(case, account, cleaned form, now)`."""

    make_form: Callable[[Case, Any], BaseForm] | None
    run: Run
    done: Any


def _words(prefix: str, label: Any, hint: Any) -> Callable[[Case, Any], BaseForm]:
    return lambda _case, data: WordsForm(data, label=label, hint=hint, prefix=prefix)


ACTIONS: dict[str, Action] = {
    "claim": Action(
        None,
        lambda case, by, _form, now: moves.claim_case(case=case, agent=by, now=now),
        _("The case is yours for 15 minutes."),
    ),
    "release": Action(
        None,
        lambda case, by, _form, now: moves.release_case(case=case, agent=by, now=now),
        _("The case is back in the queue."),
    ),
    "retry": Action(
        None,
        lambda case, by, _form, now: moves.retry_certificate(case=case, agent=by, now=now),
        _("The certificate is tried again."),
    ),
    "ask": Action(
        lambda case, data: AskForm(data, case=case, prefix="ask"),
        lambda case, by, form, now: moves.ask_site(
            case=case,
            agent=by,
            question=form.cleaned_data["words"],
            site=form.cleaned_data["chosen_site"],
            now=now,
        ),
        _("The case is with the site now."),
    ),
    "answer": Action(
        _words("answer", _("Your answer"), _("The person reads this, and the response centre.")),
        lambda case, by, form, now: moves.answer_case(
            case=case, by=by, answer=form.cleaned_data["words"], now=now
        ),
        _("The answer is sent."),
    ),
    "resolve": Action(
        _words("resolve", _("Answer to the person"), _("What was found, and what is right now.")),
        lambda case, by, form, now: moves.resolve_case(
            case=case, agent=by, answer=form.cleaned_data["words"], now=now
        ),
        _("The case is resolved; the person is told."),
    ),
    "escalate": Action(
        _words("escalate", _("Why it must go up"), _("Only staff read this.")),
        lambda case, by, form, now: moves.escalate(
            case=case, agent=by, reason=form.cleaned_data["words"], now=now
        ),
        _("The case is with the next level now."),
    ),
    "reject": Action(
        lambda _case, data: RejectForm(data, prefix="reject"),
        lambda case, by, form, now: moves.reject_case(
            case=case,
            by=by,
            reason=form.cleaned_data["reason"],
            words=form.cleaned_data["words"],
            now=now,
        ),
        _("The case is closed; the person is told why."),
    ),
    "confirm": Action(
        lambda case, data: ConfirmDoseForm(data, case=case, prefix="confirm"),
        lambda case, by, form, now: confirm_dose(case=case, by=by, paper=form.paper(), now=now),
        _("The dose is recorded. Its certificate comes within 30 minutes, and the case closes."),
    ),
}
AT_SITE = ("confirm", "answer", "reject")
HELD = ("claim", "release", "ask", "resolve", "escalate", "reject")
HELD_AT_SITE = ("claim", "release", "escalate", "reject")
STUCK = ("claim", "release", "retry", "ask")


def actions_for(
    case: Case, posting: StaffPosting, account: Account, now: datetime.datetime
) -> tuple[str, ...]:
    """What this login may do with the case as it stands; the services ask again."""
    at_site = case.status == CaseStatus.WITH_SITE and access.may_answer(posting, case)
    if at_site:
        missing = case.kind == CaseKind.NO_CERTIFICATE and access.may_confirm(posting, case)
        return AT_SITE if missing else AT_SITE[1:]
    if case.status not in WORKED_BY_AGENTS or not access.may_work(posting, case):
        return ()
    mine = case.claimed_by_id == account.pk and case.claimed_until and case.claimed_until > now
    if not mine:
        return ("claim",)
    if case.kind == CaseKind.STUCK_CERTIFICATE:
        # Words do not mend it: its case ends with the certificate, or with the dose.
        return ("claim", "release") if case.status == CaseStatus.WITH_SITE else STUCK
    held = HELD_AT_SITE if case.status == CaseStatus.WITH_SITE else HELD
    top = case.level == CaseLevel.MINISTRY
    return tuple(name for name in held if not (top and name == "escalate"))


@staff_page(WORK_CASES, ANSWER_CASES, SEE_BOARD)
@require_http_methods(["GET", "POST"])
def case(request: Any, number: str) -> HttpResponse:
    """A case in reach of this login, else 404; what may be done follows from role and state."""
    now = timezone.now()
    found = case_by_number(cases_in_reach(request.posting), number)
    if found is None:
        raise Http404
    allowed = actions_for(found, request.posting, request.user, now)
    failed: dict[str, BaseForm] = {}
    if request.method == "POST":
        name = request.POST.get("action", "")
        if name not in ACTIONS:
            raise Http404
        answer = _act(request, found, name, failed, now)
        if answer is not None:
            return answer
        allowed = (*allowed, name) if name not in allowed else allowed
    elif found.citizen is not None:
        log_access(citizen=found.citizen, account=request.user, purpose=AccessPurpose.CASE)
    return render(
        request, "response_center/staff/case.html", _context(request, found, allowed, failed, now)
    )


def _act(
    request: Any, case: Case, name: str, failed: dict[str, BaseForm], now: datetime.datetime
) -> HttpResponse | None:
    """Do it and go on; None where the form must be shown again."""
    action = ACTIONS[name]
    form = action.make_form(case, request.POST) if action.make_form else None
    if form is not None and not form.is_valid():
        failed[name] = form
        return None
    try:
        action.run(case, request.user, form, now)
    except DomainError as refusal:
        if form is None:
            messages.error(request, refusal.detail)
            return redirect("response_center_staff:case", number=case.number)
        getattr(form, "refuse", partial(add_to_form, form))(refusal)
        failed[name] = form
        return None
    messages.success(request, str(action.done))
    if cases_in_reach(request.posting).filter(pk=case.pk).exists() and case.status in LIVE_CASE:
        return redirect("response_center_staff:case", number=case.number)
    return redirect("response_center_staff:queue")


def _context(
    request: Any,
    case: Case,
    allowed: tuple[str, ...],
    failed: dict[str, BaseForm],
    now: datetime.datetime,
) -> dict[str, Any]:
    forms = {}
    for name in allowed:
        make_form = ACTIONS[name].make_form
        if name in failed:
            forms[name] = failed[name]
        elif make_form is not None:
            forms[name] = make_form(case, None)
    return {
        "line": _line(case, request.user, now),
        "case": case,
        "is_live": case.status in LIVE_CASE,
        "allowed": allowed,
        "forms": forms,
        "form": next(iter(failed.values()), None),
        "others": _others(request.posting, case, now),
        "place": _place(request.posting),
        "posting": request.posting,
        **case_facts(case, now),
    }


def _others(posting: StaffPosting, case: Case, now: datetime.datetime) -> list[show.CaseLine]:
    """Other cases of the same person, or from the same phone, that this login may see."""
    rows = cases_in_reach(posting).exclude(pk=case.pk).order_by("-opened_at")
    if case.citizen_id:
        rows = rows.filter(citizen=case.citizen_id)
    elif case.phone:
        rows = rows.filter(phone=case.phone)
    else:
        return []
    return [show.case_line(other) for other in rows[:5]]
