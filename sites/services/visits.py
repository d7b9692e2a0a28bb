"""A visit, step by step: check in, screen, vaccinate, observe, discharge (docs/states.md).

Each step locks the visit's row, so two people at two desks cannot take the same step; the same
submission twice answers what the first one did.
"""

import datetime
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import translation

from registration.models import LIVE_REGISTRATION, Account, Citizen, RegistrationStatus
from registration.models import ShotRegistration as Registration
from sites import exceptions
from sites.models import (
    Appointment,
    AppointmentStatus,
    Dose,
    DoseStatus,
    Lot,
    Screening,
    ScreeningForm,
    ScreeningOutcome,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
)
from sites.rules import ALLOWS_INJECTION, ScreeningFinding, proposal, screening_findings
from sites.services.doses import DoseItem, Recorded, record_dose
from sites.services.sessions import give_seat_back
from vaxplatform.vietnam import TIME_ZONE, age_on, birth_span, day_in_vietnam, search_key

REASON_LIMIT = 300  # characters
STATUS_REASON_LIMIT = 200
SENIOR_AGE = 65  # blood pressure is measured above it: Decision 4355/QĐ-BYT
# What a person can have and live, to catch slips of the finger (36.5 typed as 365).
POSSIBLE_VITALS = {
    "temperature": (Decimal(30), Decimal(45)),
    "pulse": (Decimal(20), Decimal(250)),
    "systolic": (Decimal(40), Decimal(300)),
    "diastolic": (Decimal(20), Decimal(200)),
    "breathing": (Decimal(4), Decimal(80)),
}


@dataclass(frozen=True)
class CheckedIn:
    """The visit; `is_duplicate` where the person had been checked in before."""

    visit: Visit
    is_duplicate: bool = False


def _locked_visit(visit: Visit) -> Visit:
    return (
        Visit.objects.select_for_update(no_key=True, of=("self",))
        .select_related("session__site", "citizen")
        .get(pk=visit.pk)
    )


def _reason(text: str, *, limit: int = REASON_LIMIT) -> str:
    return " ".join(text.split())[:limit]


# ── check in ──────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def check_in(
    *, session: Session, citizen: Citizen, by: Account | None, now: datetime.datetime
) -> CheckedIn:
    """Give the citizen a ticket of this session; her live registration and appointment follow.

    An appointment for another session is given up, its seat goes back. Raises SessionNotOpen, or
    AlreadyCheckedIn where the person has gone past the check-in already.
    """
    booked = (
        Appointment.objects.filter(registration__citizen=citizen, status=AppointmentStatus.BOOKED)
        .select_related("registration")
        .first()
    )
    # All sessions at once and in one order, so that two check-ins cannot wait for each other.
    wanted = {session.pk, booked.session_id if booked else session.pk}
    sessions = {
        row.pk: row
        for row in Session.objects.filter(pk__in=wanted)
        .order_by("pk")
        .select_for_update(no_key=True)
    }
    session = sessions[session.pk]
    if session.status != SessionStatus.OPEN or session.held_on != day_in_vietnam(now):
        raise exceptions.SessionNotOpen
    known = Visit.objects.filter(session=session, citizen=citizen).exclude(
        status=VisitStatus.CANCELLED
    )
    if (visit := known.first()) is not None:
        if visit.status == VisitStatus.CHECKED_IN:
            return CheckedIn(visit, is_duplicate=True)
        raise exceptions.AlreadyCheckedIn
    kept = _keep(booked, session)
    last = Visit.objects.filter(session=session).aggregate(last=Max("number"))["last"]
    visit = Visit.objects.create(
        session=session,
        citizen=citizen,
        appointment=kept,
        number=(last or 0) + 1,
        checked_in_at=now,
        checked_in_by=by,
    )
    _move_registration(citizen, RegistrationStatus.CHECKED_IN)
    return CheckedIn(visit)


def _keep(booked: Appointment | None, session: Session) -> Appointment | None:
    """The appointment, kept, if it is for this session; else it is given up."""
    if booked is None:
        return None
    here = booked.session_id == session.pk
    status = AppointmentStatus.KEPT if here else AppointmentStatus.CANCELLED
    moved = Appointment.objects.filter(pk=booked.pk, status=AppointmentStatus.BOOKED).update(
        status=status
    )
    if not moved:
        return None
    if not here:
        give_seat_back(session_id=booked.session_id)
    return booked if here else None


def _move_registration(citizen: Citizen, status: str, *, reason: str = "") -> None:
    Registration.objects.filter(citizen=citizen, status__in=LIVE_REGISTRATION).update(
        status=status, status_reason=reason[:STATUS_REASON_LIMIT]
    )


@transaction.atomic
def cancel_visit(*, visit: Visit, reason: str, now: datetime.datetime) -> Visit:
    """Undo a check-in: the registration and the appointment stand as before.

    Raises ReasonMissing, or VisitOver once the person was vaccinated, sent away or cancelled.
    """
    if not _reason(reason):
        raise exceptions.ReasonMissing
    visit = _locked_visit(visit)
    if visit.status == VisitStatus.CANCELLED:
        return visit
    if visit.status not in (VisitStatus.CHECKED_IN, VisitStatus.CLEARED):
        raise exceptions.VisitOver
    appointment_id, visit.appointment = visit.appointment_id, None
    visit.status, visit.end_reason = VisitStatus.CANCELLED, _reason(reason)
    visit.save(update_fields=["appointment", "status", "end_reason"])
    if appointment_id is not None:
        Appointment.objects.filter(pk=appointment_id).update(status=AppointmentStatus.BOOKED)
    _move_registration(
        visit.citizen,
        RegistrationStatus.SCHEDULED if appointment_id else RegistrationStatus.APPROVED,
    )
    return visit


# ── screening ─────────────────────────────────────────────────────────────────────────────────
def form_in_force(*, on: datetime.date) -> ScreeningForm:
    """The version of the screening form of that day, with questions and bounds at hand.

    Raises NoScreeningForm.
    """
    form = (
        ScreeningForm.objects.in_force_on(on)
        .order_by("-valid_from")
        .prefetch_related("questions", "bounds")
        .first()
    )
    if form is None:
        raise exceptions.NoScreeningForm
    return form


@dataclass(frozen=True)
class Assessment:
    """What the form says of the answers: what speaks against an injection, and what it proposes."""

    form: ScreeningForm
    findings: list[ScreeningFinding]
    proposal: ScreeningOutcome


def needs_blood_pressure(
    *, citizen: Citizen, answers: Mapping[str, str], on: datetime.date
) -> bool:
    """Whether the bounds for people with a history or over 65 apply.

    Where only the year of birth is known the person counts as old as she can be.
    """
    earliest = birth_span(citizen.date_of_birth)[0].isoformat()
    if age_on(earliest, on) > SENIOR_AGE or "yes" in answers.values():
        return True
    history = (
        Registration.objects.filter(citizen=citizen)
        .order_by("-submitted_at")
        .values_list("medical_history", flat=True)
        .first()
    )
    return "yes" in (history or {}).values()


def assess(
    *,
    citizen: Citizen,
    answers: Mapping[str, str],
    vitals: Mapping[str, Decimal],
    on: datetime.date,
) -> Assessment:
    """Check the answers against the form in force on `on`; nothing is written.

    Raises NoScreeningForm, AnswerMissing, VitalMissing or VitalOutOfReach, the last three with
    `field` "answer_<code>" or "vital_<sign>".
    """
    form = form_in_force(on=on)
    questions, bounds = list(form.questions.all()), list(form.bounds.all())
    for question in questions:
        if answers.get(question.code) not in ("yes", "no", "unknown"):
            raise exceptions.AnswerMissing(field=f"answer_{question.code}")
    senior = needs_blood_pressure(citizen=citizen, answers=answers, on=on)
    for bound in bounds:
        _check_vital(bound.sign, vitals.get(bound.sign), bound.applies == "always" or senior)
    findings = screening_findings(
        questions=questions,
        bounds=bounds,
        answers=answers,
        vitals=vitals,
        has_history_or_is_over_65=senior,
    )
    return Assessment(form, findings, proposal(findings=findings))


def _check_vital(sign: str, value: Decimal | None, required: bool) -> None:
    if value is None:
        if required:
            raise exceptions.VitalMissing(field=f"vital_{sign}")
        return
    lowest, highest = POSSIBLE_VITALS[sign]
    if not value.is_finite() or not lowest <= value <= highest:
        raise exceptions.VitalOutOfReach(field=f"vital_{sign}")


@transaction.atomic
def screen(
    *,
    visit: Visit,
    answers: Mapping[str, str],
    vitals: Mapping[str, Decimal],
    decision: str,
    override_reason: str,
    by: Account,
    now: datetime.datetime,
) -> Screening:
    """Write what was asked, measured and decided; the person is cleared or turned away.

    `answers`: question code → yes, no or unknown; `vitals`: sign → value in the form's unit.
    Raises what `assess` raises, OverrideNeedsReason, NotCheckedIn or AlreadyScreened.
    """
    visit = _locked_visit(visit)
    assessment = assess(
        citizen=visit.citizen, answers=answers, vitals=vitals, on=day_in_vietnam(now)
    )
    codes = {question.code for question in assessment.form.questions.all()}
    new = Screening(
        visit=visit,
        form=assessment.form,
        answers={code: answers[code] for code in sorted(codes)},
        vitals={sign: str(vitals[sign]) for sign in sorted(POSSIBLE_VITALS) if sign in vitals},
        proposal=assessment.proposal,
        decision=ScreeningOutcome(decision),
        override_reason=_reason(override_reason),
        screened_by=by,
        screened_at=now,
    )
    if visit.status != VisitStatus.CHECKED_IN:
        return _same_screening(visit, new)
    if new.decision != new.proposal and not new.override_reason:
        raise exceptions.OverrideNeedsReason
    new.save()
    cleared = new.decision in ALLOWS_INJECTION
    visit.status = VisitStatus.CLEARED if cleared else VisitStatus.TURNED_AWAY
    visit.save(update_fields=["status"])
    if not cleared:
        refused = new.decision == ScreeningOutcome.CONTRAINDICATED
        _move_registration(
            visit.citizen,
            RegistrationStatus.REFUSED if refused else RegistrationStatus.DEFERRED,
            reason=_words_of(new, assessment),
        )
    return new


def _same_screening(visit: Visit, new: Screening) -> Screening:
    """The screening on record, if the same was sent again; raises otherwise."""
    done = Screening.objects.filter(visit=visit).first()
    if done is None:
        raise exceptions.NotCheckedIn
    same = ("answers", "vitals", "decision", "override_reason", "screened_by_id")
    if any(getattr(done, name) != getattr(new, name) for name in same):
        raise exceptions.AlreadyScreened
    return done


def _words_of(screening: Screening, assessment: Assessment) -> str:
    """The decision and its first ground in Vietnamese, as the citizen reads them."""
    with translation.override("vi"):
        decision = str(screening.get_decision_display())
        grounds = {q.code: q.text_vi for q in assessment.form.questions.all()}
        grounds |= {b.sign: str(b.get_sign_display()) for b in assessment.form.bounds.all()}
        found = [grounds[f.code] for f in assessment.findings if f.outcome == screening.decision]
    return f"{decision}: {found[0]}" if found else decision


@transaction.atomic
def decline_dose(*, visit: Visit, reason: str, now: datetime.datetime) -> Visit:
    """The person passed the screening and is not vaccinated after all: she will not, or fell ill.

    Raises ReasonMissing or NotCleared.
    """
    if not _reason(reason):
        raise exceptions.ReasonMissing
    visit = _locked_visit(visit)
    if visit.status == VisitStatus.TURNED_AWAY:
        return visit
    if visit.status != VisitStatus.CLEARED:
        raise exceptions.NotCleared
    visit.status, visit.end_reason = VisitStatus.TURNED_AWAY, _reason(reason)
    visit.save(update_fields=["status", "end_reason"])
    _move_registration(visit.citizen, RegistrationStatus.DEFERRED, reason=visit.end_reason)
    return visit


# ── the dose ──────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def record_visit_dose(
    *,
    visit: Visit,
    lot: Lot,
    dose_number: int,
    dose_kind: str,
    vaccinator: str,
    idempotency_key: uuid.UUID,
    by: Account,
    now: datetime.datetime,
    administered_at: datetime.datetime | None = None,
    override_reason: str = "",
) -> Recorded:
    """Record the dose of a visit and begin its observation, in one transaction.

    `administered_at` None: just now. Refused without a passed screening of the same day, and where
    one person screens and injects without giving the reason. Raises NotCleared,
    SamePersonScreensAndInjects, DoseBeforeScreening and what `record_dose` refuses.
    """
    visit = _locked_visit(visit)
    item = DoseItem(
        idempotency_key=idempotency_key,
        digest=_digest(
            visit=str(visit.public_id),
            lot=lot.pk,
            dose_number=dose_number,
            dose_kind=dose_kind,
            vaccinator=vaccinator,
            administered_at=administered_at.isoformat() if administered_at else None,
        ),
        citizen=visit.citizen,
        dose_number=dose_number,
        dose_kind=dose_kind,
        vaccine_code=lot.vaccine.code,
        lot_number=lot.number,
        administered_at=administered_at or now,
        vaccinator=vaccinator,
        session=visit.session,
        visit=visit,
    )
    if not Dose.objects.filter(idempotency_key=idempotency_key).exists():
        _check_screening(visit, item, by, override_reason, now)
    recorded = record_dose(item=item, site=visit.session.site, now=now, recorded_by=by)
    if not recorded.is_duplicate:
        minutes = visit.screening.form.observation_minutes
        visit.status = VisitStatus.OBSERVED
        visit.observed_until = item.administered_at + datetime.timedelta(minutes=minutes)
        visit.one_person_reason = _reason(override_reason)
        visit.save(update_fields=["status", "observed_until", "one_person_reason"])
        _move_registration(visit.citizen, RegistrationStatus.VACCINATED)
    return recorded


def _check_screening(
    visit: Visit, item: DoseItem, by: Account, override_reason: str, now: datetime.datetime
) -> None:
    screening = Screening.objects.filter(visit=visit).select_related("screened_by", "form").first()
    if visit.status != VisitStatus.CLEARED or screening is None:
        raise exceptions.NotCleared
    today = day_in_vietnam(now)
    days = {day_in_vietnam(screening.screened_at), day_in_vietnam(item.administered_at)}
    if days != {today}:
        raise exceptions.NotCleared
    # Times on forms are whole minutes.
    if item.administered_at < screening.screened_at.replace(second=0, microsecond=0):
        raise exceptions.DoseBeforeScreening(field="administered_at")
    if not _reason(override_reason) and _one_person(screening, item.vaccinator, by):
        raise exceptions.SamePersonScreensAndInjects


def _one_person(screening: Screening, vaccinator: str, by: Account) -> bool:
    """Whether who screened also injects, by login or by the name given."""
    doctor = screening.screened_by
    if doctor is None:
        return False
    return doctor.pk == by.pk or search_key(doctor.get_full_name()) == search_key(vaccinator)


def _digest(**facts: Any) -> bytes:
    """32 bytes that name the submission: a retry has the same, another body has not."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest()


# ── observation ───────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def discharge(
    *, visit: Visit, by: Account, now: datetime.datetime, early_reason: str = ""
) -> Visit:
    """Let the person go after the observation, or before its end with a reason.

    Raises NotUnderObservation or ObservationNotOver.
    """
    visit = _locked_visit(visit)
    if visit.status == VisitStatus.DISCHARGED:
        return visit
    if visit.status != VisitStatus.OBSERVED or visit.observed_until is None:
        raise exceptions.NotUnderObservation
    early = now < visit.observed_until
    if early and not _reason(early_reason):
        until = visit.observed_until.astimezone(TIME_ZONE)
        raise exceptions.ObservationNotOver(until=f"{until:%H:%M}")
    visit.status, visit.discharged_at, visit.discharged_by = VisitStatus.DISCHARGED, now, by
    visit.end_reason = _reason(early_reason) if early else ""
    visit.save(update_fields=["status", "discharged_at", "discharged_by", "end_reason"])
    return visit


@transaction.atomic
def discharge_all_over(*, session: Session, by: Account, now: datetime.datetime) -> int:
    """Let everybody go whose observation is over; returns how many went."""
    return Visit.objects.filter(
        session=session, status=VisitStatus.OBSERVED, observed_until__lte=now
    ).update(status=VisitStatus.DISCHARGED, discharged_at=now, discharged_by=by)


def follow_voided_dose(*, dose: Dose) -> None:
    """A visit whose dose was voided before the person left waits for the shot again."""
    if dose.visit_id is None:
        return
    Visit.objects.filter(pk=dose.visit_id, status=VisitStatus.OBSERVED).exclude(
        doses__status=DoseStatus.RECORDED
    ).update(status=VisitStatus.CLEARED, observed_until=None)
