"""/staff/corrections/: what waits for a second person; and /staff/cases/<number>/correct/."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from certificates.models import Certificate
from registration.models import Citizen
from registration.services.access import AccessPurpose, log_access
from response_center.access import may_work
from response_center.corrected import OF_THE_DOSE, OF_THE_PERSON, in_words
from response_center.forms.corrections import (
    DoseChoiceForm,
    FindPersonForm,
    ProposeForm,
    RefuseForm,
    doses_to_correct,
)
from response_center.models import Case, CorrectedField, Correction, CorrectionStatus
from response_center.selectors import case_by_number, cases_in_reach
from response_center.selectors.corrections import (
    corrections_in_reach,
    differences,
    live_correction,
    to_decide,
)
from response_center.services import corrections as services
from response_center.views import show
from response_center.views.desk import place_of
from sites.models import Dose
from sites.rights import ANSWER_CASES, SEE_BOARD, WORK_CASES, staff_page
from sites.services.people import find_people
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import day_in_vietnam

PAGE = 25
DAYS = (CorrectedField.DATE_OF_BIRTH, CorrectedField.ADMINISTERED_ON)


@never_cache
@staff_page(WORK_CASES, ANSWER_CASES, SEE_BOARD)
@require_GET
def waiting(request: Any) -> HttpResponse:
    """Corrections in reach that wait for a second person, the oldest first."""
    page = Paginator(to_decide(request.posting).prefetch_related("lines"), PAGE).get_page(
        request.GET.get("page")
    )
    lines = [
        {
            "correction": each,
            "person": show.person_of(each.case),
            "fields": [CorrectedField(line.field).label for line in each.lines.all()],
            "is_mine": each.proposed_by_id == request.user.pk,
        }
        for each in page.object_list
    ]
    context = {
        "page_obj": page,
        "lines": lines,
        "place": place_of(request.posting),
        "posting": request.posting,
    }
    return render(request, "response_center/staff/corrections.html", context)


# ── proposing ─────────────────────────────────────────────────────────────────────────────────
@never_cache
@staff_page(WORK_CASES, ANSWER_CASES)
@require_http_methods(["GET", "POST"])
def correct(request: Any, number: str) -> HttpResponse:
    """Propose a correction of the case's person or of one of their doses, by who holds the case."""
    now = timezone.now()
    case = case_by_number(cases_in_reach(request.posting), number)
    if case is None or not may_work(request.posting, case):
        raise Http404
    doses = doses_to_correct(case)
    if case.citizen is None and not doses:
        return _who(request, case, now)
    dose = _chosen(request, case, doses)
    form = ProposeForm(
        request.POST or None,
        case=case,
        dose=dose,
        today=day_in_vietnam(now),
        initial=_asked(case),
    )
    if request.method == "POST":
        if form.is_valid() and _propose(request, form, now):
            return redirect("response_center_staff:case", number=case.number)
    elif case.citizen is not None:
        log_access(citizen=case.citizen, account=request.user, purpose=AccessPurpose.CASE)
    choice = DoseChoiceForm(doses=doses, initial={"dose": str(dose.public_id) if dose else ""})
    context = {
        "case": case,
        "form": form,
        **_fields(form),
        "choice": choice if len(doses) > 1 else None,
        "dose": dose,
        "person": show.person_of(case),
        **_beside(request, case),
    }
    return render(request, "response_center/staff/correct.html", context)


def _beside(request: Any, case: Case) -> dict[str, Any]:
    asked = live_correction(case)
    return {
        "asked_lines": differences(asked, masked=True) if asked else [],
        "evidence": list(case.evidence.filter(forgotten_at=None)),
        "place": place_of(request.posting),
        "posting": request.posting,
    }


def _who(request: Any, case: Case, now: datetime.datetime) -> HttpResponse:
    """The report names nobody on record: look for the person, then go on."""
    form = FindPersonForm(request.POST if request.POST.get("action") == "find" else None)
    found = None
    try:
        if request.POST.get("action") == "name":
            person = get_object_or_404(Citizen, public_id=_uuid(request.POST.get("person", "")))
            services.name_person(case=case, citizen=person, by=request.user, now=now)
            return redirect("response_center_staff:correct", number=case.number)
        if form.is_bound and form.is_valid():
            query = form.cleaned_data["query"]
            found = find_people(
                query=query, posting=request.posting, account=request.user, now=now
            ).people
    except DomainError as refusal:
        add_to_form(form, refusal) if form.is_bound else messages.error(request, refusal.detail)
    context = {
        "case": case,
        "form": form if form.is_bound else None,
        "find_form": form,
        "found": found,
        "person": show.person_of(case),
        **_beside(request, case),
    }
    return render(request, "response_center/staff/correct.html", context)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404 from error


def _chosen(request: Any, case: Case, doses: list[Dose]) -> Dose | None:
    """The dose that the address or the form names, else the case's, else the only one."""
    wanted = request.POST.get("dose") or request.GET.get("dose", "")
    asked = live_correction(case)
    for dose in doses:
        if str(dose.public_id) == wanted:
            return dose
    for dose in doses:
        if dose.pk in (case.dose_id, asked.dose_id if asked else None):
            return dose
    for dose in doses:
        if dose.dose_number == case.said_dose_number:
            return dose
    return doses[0] if len(doses) == 1 else None


def _asked(case: Case) -> dict[str, str]:
    """What the person asked for stands in the form already, as they read it."""
    asked = live_correction(case)
    lines = asked.lines.all() if asked else ()
    return {
        line.field: in_words(line.field, line.new) if line.field in DAYS else line.new
        for line in lines
    }


def _fields(form: ProposeForm) -> dict[str, Any]:
    """The form in its parts: what was asked for, then the rest of the person and of the dose."""
    asked = [name for name in form.initial if name in form.fields]
    dose = [name for name in (*OF_THE_DOSE, "owner_paper") if name in form.fields]
    person = [name for name in OF_THE_PERSON if name in form.fields]
    return {
        "asked_fields": [form[name] for name in asked],
        "person_fields": [form[name] for name in person if name not in asked],
        "dose_fields": [form[name] for name in dose if name not in asked],
        "has_wrong": bool(form.errors.keys() - set(asked)),  # what is folded away has to be seen
    }


def _propose(request: Any, form: ProposeForm, now: datetime.datetime) -> bool:
    if form.other is not None:
        log_access(citizen=form.other, account=request.user, purpose=AccessPurpose.CASE)
    try:
        correction = services.propose_correction(
            case=form.case,
            lines=form.lines(),
            grounds=form.cleaned_data["grounds"],
            by=request.user,
            now=now,
            dose=form.dose,
        )
    except DomainError as refusal:
        add_to_form(form, refusal)
        return False
    if correction.status == CorrectionStatus.APPLIED:
        messages.success(request, gettext("The record is corrected; the person is told."))
    else:
        messages.success(request, gettext("The correction waits for a second person now."))
    return True


# ── deciding ──────────────────────────────────────────────────────────────────────────────────
@never_cache
@staff_page(WORK_CASES, ANSWER_CASES, SEE_BOARD)
@require_http_methods(["GET", "POST"])
def correction(request: Any, public_id: uuid.UUID) -> HttpResponse:
    """One correction with its evidence; POST agrees, refuses with a reason, or takes it back."""
    now = timezone.now()
    found = corrections_in_reach(request.posting).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    form: BaseForm = RefuseForm(None)
    if request.method == "POST":
        form = RefuseForm(request.POST if request.POST.get("action") == "refuse" else None)
        if _decide(request, found, form, now):
            return redirect("response_center_staff:case", number=found.case.number)
    else:
        _log_look(request, found)
    found.refresh_from_db()
    return render(
        request,
        "response_center/staff/correction.html",
        _decision_context(request, found, form),
    )


def _log_look(request: Any, found: Correction) -> None:
    """The page shows the person, and by name whoever is to get the dose."""
    owners = [line.new for line in found.lines.all() if line.field == CorrectedField.DOSE_OWNER]
    shown = list(Citizen.objects.filter(public_id__in=filter(None, owners)))
    for citizen in (found.citizen, *shown):
        if citizen is not None:
            log_access(citizen=citizen, account=request.user, purpose=AccessPurpose.CASE)


def _decision_context(request: Any, found: Correction, form: BaseForm) -> dict[str, Any]:
    is_open = found.status == CorrectionStatus.PROPOSED
    is_mine = found.proposed_by_id == request.user.pk
    certificates = Certificate.objects.believed().filter(dose__citizen=found.citizen_id)
    if found.dose_id is not None:
        certificates = certificates.filter(dose=found.dose_id)
    return {
        "correction": found,
        "case": found.case,
        "person": show.person_of(found.case),
        "differences": differences(found),
        "evidence": list(found.case.evidence.filter(forgotten_at=None)),
        "certificates": certificates.values("dose").distinct().count(),
        "may_decide": is_open and not is_mine and may_work(request.posting, found.case),
        "may_withdraw": is_open and is_mine,
        "form": form if form.is_bound else None,
        "refuse_form": form,
        "place": place_of(request.posting),
        "posting": request.posting,
    }


def _decide(request: Any, found: Correction, form: BaseForm, now: datetime.datetime) -> bool:
    """Do what was pressed; False where the page has to be shown again."""
    action = request.POST.get("action", "")
    try:
        if action == "apply":
            services.apply_correction(correction=found, by=request.user, now=now)
            messages.success(request, gettext("The record is corrected; the person is told."))
        elif action == "withdraw":
            services.withdraw_correction(correction=found, by=request.user, now=now)
            messages.success(request, gettext("The correction is taken back."))
        elif action == "refuse":
            if not form.is_valid():
                return False
            services.refuse_correction(
                correction=found,
                reason=form.cleaned_data["reason"],
                words=form.cleaned_data["words"],
                by=request.user,
                now=now,
            )
            messages.success(request, gettext("The correction is refused; the report is open."))
        else:
            raise Http404
    except DomainError as refusal:
        if form.is_bound:
            add_to_form(form, refusal)
        else:
            messages.error(request, refusal.detail)
        return False
    return True
