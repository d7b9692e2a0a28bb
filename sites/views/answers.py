"""What people answered in their diary after a dose, for the site that gave it: a list of those who
are unwell, and one answer to call the person, report it or close it."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from registration.selectors import phones_that_reach
from registration.services.access import AccessPurpose, log_access
from sites import aefi_rules, aefi_selectors, rights
from sites.models import AefiReport, FollowUp
from sites.rights import StaffRequest, staff_page
from sites.services.diary import handle_answer
from sites.views.desk import frame, person_line
from vaxplatform.errors import DomainError
from vaxplatform.rights import may

PAGE = 25
LIST = "sites_staff:unwell_answers"


@dataclass(frozen=True)
class AnswerLine:
    """An answer in the list, without the person. `points`: its signs may be anaphylaxis."""

    answer: FollowUp
    signs: str
    points: bool


def _line(answer: FollowUp) -> AnswerLine:
    known, language = aefi_rules.symptoms(), get_language() or "vi"
    signs = [known[code] for code in answer.symptoms if code in known]
    return AnswerLine(
        answer=answer,
        signs=", ".join(sign.label(language) for sign in signs) or answer.words[:120],
        points=any(sign.least_grade for sign in signs),
    )


@require_GET
@staff_page(rights.SEE_AEFI)
@never_cache
def list_answers(request: StaffRequest) -> HttpResponse:
    """Who waits longest first; nobody is named."""
    rows = aefi_selectors.unwell_answers(request.posting)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = [_line(answer) for answer in page.object_list]
    context = frame(request, None, page_obj=page, lines=lines)
    return render(request, "sites/aefi/answers.html", context)


@staff_page(rights.SEE_AEFI)
@never_cache
@require_http_methods(["GET", "POST"])
def show_answer(request: StaffRequest, pk: int) -> HttpResponse:
    """One answer, with the phone to call; POST says that no report is needed."""
    rows = aefi_selectors.unwell_answers(request.posting)
    if request.method == "POST":
        return _close(request, rows.filter(pk=pk).first())
    answer = get_object_or_404(rows, pk=pk)
    dose = answer.dose
    log_access(citizen=dose.citizen, account=request.user, purpose=AccessPurpose.ADVERSE_EVENT)
    reached = phones_that_reach([dose.citizen]).get(dose.citizen_id)
    context = frame(
        request,
        None,
        line=_line(answer),
        dose=dose,
        person=person_line(dose.citizen, on=timezone.localdate()),
        phone=reached.phone if reached else "",
        may_report=may(request.user, rights.REPORT_AEFI),
        reports=AefiReport.objects.filter(dose=dose),
    )
    return render(request, "sites/aefi/answer.html", context)


def _close(request: StaffRequest, answer: FollowUp | None) -> HttpResponse:
    """The second press finds it closed and says the same."""
    try:
        if answer is not None:
            handle_answer(answer=answer, by=request.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("The answer is closed without a report."))
    return redirect(LIST)
