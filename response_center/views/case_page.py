"""/staff/cases/<number>/: a case with what may be done about it.

Every move is a POST that ends in a redirect; a refusal brings the page back with its sentence.
"""

import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from registration.services.access import AccessPurpose, log_access
from response_center.models import LIVE_CASE, Case
from response_center.selectors import case_by_number, cases_in_reach
from response_center.views import show
from response_center.views.desk import place_of, queue_line
from response_center.views.desk_actions import ACTIONS, actions_for, fill_form, texts_for
from response_center.views.facts import case_facts
from sites.models import StaffPosting
from sites.rights import ANSWER_CASES, SEE_BOARD, WORK_CASES, staff_page
from vaxplatform.errors import DomainError, add_to_form


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
    forms: dict[str, BaseForm] = {}
    for name in allowed:
        make_form = ACTIONS[name].make_form
        if name in failed:
            forms[name] = failed[name]
        elif make_form is not None:
            forms[name] = make_form(case, None)
    if not getattr(forms.get("merge"), "has_any", True):
        del forms["merge"]
    texts = texts_for(case, allowed)
    code = request.GET.get("text", "")[:40]
    filled = [name for name in texts if name in forms and fill_form(forms[name], texts[name], code)]
    return {
        "texts": texts,
        "filled": filled[0] if filled else "",
        "line": queue_line(case, request.user, now),
        "case": case,
        "is_live": case.status in LIVE_CASE,
        "allowed": allowed,
        "may_correct": "resolve" in allowed,  # an open case, held by this login
        "forms": forms,
        "form": next(iter(failed.values()), None),
        "others": _others(request.posting, case, now),
        "place": place_of(request.posting),
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
