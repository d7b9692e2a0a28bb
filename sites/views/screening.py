"""The screening desk: questions and vital signs from the form in force, the doctor decides."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from registration.services.access import AccessPurpose
from sites import rights
from sites.forms import screening_form
from sites.models import ScreeningForm, Session, Visit, VisitStatus
from sites.rights import StaffRequest
from sites.selectors import next_dose_of, visits_of
from sites.services.people import log_lookups
from sites.services.visits import Assessment, assess, form_in_force, needs_blood_pressure, screen
from sites.views.cards import interval_check
from sites.views.desk import counts_for, desk, frame, person_line, visit_here
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import day_in_vietnam


@desk(rights.SCREEN)
def screening_queue(request: StaffRequest, session: Session) -> HttpResponse:
    """Who waits for the doctor, the longest waiting first."""
    waiting = visits_of(session, VisitStatus.CHECKED_IN)
    context = frame(
        request, session, waiting=waiting, counts=counts_for(request), now=timezone.now()
    )
    return render(request, "sites/screening_queue.html", context)


@desk(rights.SCREEN)
def screen_person(request: StaffRequest, session: Session, public_id: Any) -> HttpResponse:
    """Ask, measure, see what the form proposes, decide. Two steps on one page."""
    visit, now = visit_here(session, public_id), timezone.now()
    today = day_in_vietnam(now)
    sheet = form_in_force(on=today)
    entry, step, assessment = screening_form(sheet), request.POST.get("step", ""), None
    form = (
        entry(request.POST)
        if step in ("review", "save")
        else entry(initial=_so_far(request, sheet))
    )
    if request.method == "GET":
        if visit.status != VisitStatus.CHECKED_IN:
            messages.warning(request, _("This person has been screened already."))
            return redirect("sites_staff:screening")
        log_lookups(
            people=[visit.citizen], account=request.user, purpose=AccessPurpose.SCREENING, now=now
        )
    elif form.is_bound and form.is_valid():
        assessment = _assess(form, visit, today)
        if assessment and step == "save" and _save(request, form, visit, now):
            return redirect("sites_staff:screening")
        if assessment and step == "review":
            form = form.with_proposal(assessment.proposal)
    return render(
        request,
        "sites/screening.html",
        frame(
            request,
            session,
            form=form,
            visit=visit,
            sheet=sheet,
            person=person_line(visit.citizen, on=today),
            interval=interval_check(
                next_dose_of(
                    citizen=visit.citizen, site=session.site, on=today, vaccine=session.vaccine
                )
            ),
            measure_pressure=needs_blood_pressure(citizen=visit.citizen, answers={}, on=today),
            assessment=assessment,
            findings=_findings(assessment) if assessment else [],
            deciding=assessment is not None or step == "save",
        ),
    )


def _so_far(request: StaffRequest, sheet: ScreeningForm) -> dict[str, Any]:
    """After the button that answers "no" to every question still open: what stands on the form."""
    if request.POST.get("step") != "rest_no":
        return {}
    rest = {f"answer_{question.code}": "no" for question in sheet.questions.all()}
    return {**rest, **request.POST.dict()}


def _assess(form: Any, visit: Visit, today: Any) -> Assessment | None:
    try:
        return assess(citizen=visit.citizen, answers=form.answers, vitals=form.vitals, on=today)
    except DomainError as refusal:
        add_to_form(form, refusal)
        return None


def _save(request: StaffRequest, form: Any, visit: Visit, now: Any) -> bool:
    if not form.has_decision():
        return False
    try:
        done = screen(
            visit=visit,
            answers=form.answers,
            vitals=form.vitals,
            decision=form.cleaned_data["decision"],
            override_reason=form.cleaned_data["override_reason"],
            by=request.user,
            now=now,
        )
    except DomainError as refusal:
        add_to_form(form, refusal)
        return False
    values = {
        "number": visit.number,
        "name": visit.citizen.full_name,
        "decision": done.get_decision_display(),
    }
    messages.success(request, _("Ticket %(number)s, %(name)s: %(decision)s.") % values)
    return True


def _findings(assessment: Assessment) -> list[tuple[str, str]]:
    """(what was found, what it proposes) in words."""
    words = {question.code: str(question) for question in assessment.form.questions.all()}
    words |= {bound.sign: _bound_words(bound) for bound in assessment.form.bounds.all()}
    outcomes = dict(type(assessment.proposal).choices)
    return [(words[f.code], str(outcomes[f.outcome])) for f in assessment.findings]


def _bound_words(bound: Any) -> str:
    """The sign with its range, as far as the form has both ends."""
    from vaxplatform.formatting import number

    ends = [number(end, 1) if end is not None else "" for end in (bound.minimum, bound.maximum)]
    return _("%(sign)s outside of %(low)s–%(high)s %(unit)s") % {
        "sign": bound.get_sign_display(),
        "low": ends[0] or "…",
        "high": ends[1] or "…",
        "unit": bound.unit,
    }
