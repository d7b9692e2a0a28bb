"""The injection desk."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from registration.services.access import AccessPurpose
from sites import rights
from sites.api.doses import expected_by
from sites.forms import DoseForm, ReasonForm
from sites.models import Dose, Screening, Session, Visit, VisitStatus
from sites.rights import StaffRequest
from sites.selectors import next_dose_of, unusable_lots, usable_lots, visits_of
from sites.services.people import log_lookups
from sites.services.visits import decline_dose, record_visit_dose
from sites.views.cards import interval_check
from sites.views.desk import counts_for, desk, frame, person_line, visit_here
from vaxplatform import formatting
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.vietnam import day_in_vietnam


@desk(rights.GIVE_DOSE)
def dose_queue(request: StaffRequest, session: Session) -> HttpResponse:
    """Who passed the screening and waits for the shot."""
    waiting = visits_of(session, VisitStatus.CLEARED).select_related(
        "citizen", "screening__screened_by"
    )
    context = frame(request, session, waiting=waiting, counts=counts_for(request))
    return render(request, "sites/dose_queue.html", context)


@desk(rights.GIVE_DOSE)
def give_dose(request: StaffRequest, session: Session, public_id: Any) -> HttpResponse:
    """Lot, time and vaccinator; number and kind are proposed from the person's history."""
    visit, now = visit_here(session, public_id), timezone.now()
    today = day_in_vietnam(now)
    lots = usable_lots(session=session, on=today)
    screening = Screening.objects.filter(visit=visit).select_related("screened_by").first()
    if request.method == "GET" and visit.status != VisitStatus.CLEARED:
        messages.warning(request, _("This person is not waiting for the shot."))
        return redirect("sites_staff:doses")
    first = lots.first()
    vaccine = session.vaccine or (first.vaccine if first else None)
    upcoming = next_dose_of(citizen=visit.citizen, site=session.site, on=today, vaccine=vaccine)
    form = DoseForm(
        request.POST or None,
        lots=lots,
        now=now,
        initial={
            "lot": first.pk if first else None,
            "dose_number": upcoming.number,
            "dose_kind": upcoming.kind,
            "vaccinator": request.user.get_full_name(),
            "idempotency_key": uuid.uuid4(),
        },
    )
    if request.method == "GET":
        log_lookups(
            people=[visit.citizen], account=request.user, purpose=AccessPurpose.DOSE, now=now
        )
    elif form.is_valid() and _record(request, form, visit, now):
        return redirect("sites_staff:doses")
    return render(
        request,
        "sites/dose.html",
        frame(
            request,
            session,
            form=form,
            visit=visit,
            screening=screening,
            person=person_line(visit.citizen, on=today),
            upcoming=upcoming,
            interval=interval_check(upcoming),
            vaccine=vaccine,
            unusable=unusable_lots(session=session, on=today),
            one_person=screening is not None and screening.screened_by_id == request.user.pk,
            today=today,
            deadline_minutes=settings.CERTIFICATE_DEADLINE_SECONDS // 60,
            after=visits_of(session, VisitStatus.CLEARED).exclude(pk=visit.pk)[:3],
        ),
    )


def _record(request: StaffRequest, form: DoseForm, visit: Visit, now: Any) -> bool:
    data = form.cleaned_data
    try:
        recorded = record_visit_dose(
            visit=visit,
            lot=data["lot"],
            dose_number=data["dose_number"],
            dose_kind=data["dose_kind"],
            vaccinator=data["vaccinator"],
            idempotency_key=data["idempotency_key"],
            administered_at=data["given_at"],
            override_reason=data["override_reason"],
            by=request.user,
            now=now,
        )
    except DomainError as refusal:
        form.refuse(refusal)
        return False
    _say_recorded(request, recorded.dose, visit)
    return True


def _say_recorded(request: StaffRequest, dose: Dose, visit: Visit) -> None:
    visit.refresh_from_db()
    values = {
        "number": visit.number,
        "name": visit.citizen.full_name,
        "dose": dose.dose_number,
        "until": formatting.clock(visit.observed_until),
        "certificate": formatting.clock(expected_by(dose)),
    }
    messages.success(
        request,
        _(
            "Ticket %(number)s, %(name)s: dose %(dose)s is recorded."
            " Observation until %(until)s. Certificate expected by %(certificate)s."
        )
        % values,
    )


@desk(rights.GIVE_DOSE)
def no_dose(request: StaffRequest, session: Session, public_id: Any) -> HttpResponse:
    """The person is not vaccinated after all, with a reason."""
    visit = visit_here(session, public_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decline_dose(visit=visit, reason=form.cleaned_data["reason"], now=timezone.now())
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            values = {"number": visit.number}
            messages.success(request, _("Ticket %(number)s: not vaccinated today.") % values)
            return redirect("sites_staff:doses")
    return render(request, "sites/no_dose.html", frame(request, session, form=form, visit=visit))
