"""A visit, step by step, and what each step refuses."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from registration.models import RegistrationStatus
from sites import exceptions
from sites.models import (
    AppointmentStatus,
    Dose,
    Lot,
    ScreeningForm,
    Session,
    SessionStatus,
    VisitStatus,
)
from sites.services.doses import void_dose
from sites.services.sessions import book_appointment
from sites.services.visits import (
    cancel_visit,
    decline_dose,
    discharge,
    discharge_all_over,
    follow_voided_dose,
)
from tests.factories import make_citizen, make_registration, make_session
from tests.sites.making import Desk, examine

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def desk():
    return Desk()


# ── check in ──────────────────────────────────────────────────────────────────────────────────
def test_tickets_count_up_from_one_in_each_session(desk):
    other = make_session(site=desk.site, part="morning")
    assert [desk.arrive().number for _ in range(3)] == [1, 2, 3]
    assert desk.arrive(session=other).number == 1


def test_checking_in_twice_gives_the_same_ticket(desk):
    citizen = make_citizen()
    assert desk.arrive(citizen).pk == desk.arrive(citizen).pk


def test_who_was_screened_already_is_not_checked_in_again(desk):
    visit = desk.clear()
    with pytest.raises(exceptions.AlreadyCheckedIn):
        desk.arrive(visit.citizen)


@pytest.mark.parametrize("status", [SessionStatus.PLANNED, SessionStatus.CLOSED])
def test_a_session_that_is_not_open_takes_nobody(desk, status):
    Session.objects.update(status=status)
    with pytest.raises(exceptions.SessionNotOpen):
        desk.arrive()


def test_an_open_session_of_yesterday_takes_nobody(desk):
    with pytest.raises(exceptions.SessionNotOpen):
        desk.arrive(now=timezone.now() + datetime.timedelta(days=1))


def test_the_registration_and_its_appointment_follow(desk):
    registration = make_registration()
    appointment = book_appointment(
        session=desk.session, registration=registration, now=timezone.now()
    )
    visit = desk.arrive(registration.citizen)
    registration.refresh_from_db()
    appointment.refresh_from_db()
    assert visit.appointment == appointment
    assert registration.status == RegistrationStatus.CHECKED_IN
    assert appointment.status == AppointmentStatus.KEPT


def test_an_appointment_in_another_session_gives_its_seat_back(desk):
    afternoon = make_session(site=desk.site, part="afternoon")
    registration = make_registration()
    book_appointment(session=afternoon, registration=registration, now=timezone.now())
    visit = desk.arrive(registration.citizen)
    afternoon.refresh_from_db()
    assert visit.appointment is None
    assert afternoon.seats_taken == 0
    assert registration.appointments.get().status == AppointmentStatus.CANCELLED


def test_an_undone_check_in_leaves_the_appointment_as_it_was(desk):
    registration = make_registration()
    book_appointment(session=desk.session, registration=registration, now=timezone.now())
    visit = desk.arrive(registration.citizen)
    cancel_visit(visit=visit, reason="nhầm người", now=timezone.now())
    registration.refresh_from_db()
    assert registration.status == RegistrationStatus.SCHEDULED
    assert registration.appointments.get().status == AppointmentStatus.BOOKED
    again = desk.arrive(registration.citizen)
    assert (again.number, again.appointment) == (2, registration.appointments.get())


def test_a_check_in_is_not_undone_without_a_reason_or_after_the_dose(desk):
    visit = desk.clear()
    with pytest.raises(exceptions.ReasonMissing):
        cancel_visit(visit=visit, reason="  ", now=timezone.now())
    desk.inject(visit)
    with pytest.raises(exceptions.VisitOver):
        cancel_visit(visit=visit, reason="nhầm", now=timezone.now())


# ── screening ─────────────────────────────────────────────────────────────────────────────────
def test_a_healthy_person_is_cleared(desk):
    visit = desk.clear()
    assert visit.status == VisitStatus.CLEARED
    assert visit.screening.proposal == "inject"


def test_a_fever_proposes_to_defer_and_the_registration_says_why_in_vietnamese(desk):
    registration = make_registration()
    visit = desk.arrive(registration.citizen)
    done = examine(visit, by=desk.doctor, vitals={"temperature": Decimal("38.2")}, decision="defer")
    visit.refresh_from_db()
    registration.refresh_from_db()
    assert done.proposal == "defer"
    assert visit.status == VisitStatus.TURNED_AWAY
    assert registration.status == RegistrationStatus.DEFERRED
    assert registration.status_reason.startswith("Hoãn")


def test_a_contraindication_refuses_the_registration(desk):
    registration = make_registration()
    visit = desk.arrive(registration.citizen)
    examine(
        visit,
        by=desk.doctor,
        answers={"anaphylaxis_to_covid_vaccine": "yes"},
        decision="contraindicated",
    )
    registration.refresh_from_db()
    assert registration.status == RegistrationStatus.REFUSED


def test_a_decision_against_the_proposal_needs_a_reason(desk):
    visit = desk.arrive()
    fever = {"vitals": {"temperature": Decimal("37.6")}}
    with pytest.raises(exceptions.OverrideNeedsReason):
        examine(visit, by=desk.doctor, **fever)
    done = examine(visit, by=desk.doctor, override_reason="đo lại 37,2", **fever)
    assert (done.proposal, done.decision) == ("defer", "inject")


@pytest.mark.parametrize(
    ("sign", "value", "proposal"),
    [
        ("temperature", "37.5", "inject"),
        ("temperature", "37.6", "defer"),
        ("temperature", "35.5", "inject"),
        ("temperature", "35.4", "defer"),
        ("pulse", "100", "inject"),
        ("pulse", "101", "refer"),
        ("breathing", "25", "inject"),
        ("breathing", "26", "refer"),
    ],
)
def test_both_ends_of_a_bound_allow_the_injection(desk, sign, value, proposal):
    visit = desk.arrive()
    done = examine(
        visit,
        by=desk.doctor,
        vitals={sign: Decimal(value)},
        decision=proposal,
    )
    assert done.proposal == proposal


def test_blood_pressure_counts_over_65_and_not_below(desk):
    high = {"vitals": {"systolic": Decimal(150)}}
    young = desk.arrive(make_citizen(date_of_birth="1990-01-01"))
    assert examine(young, by=desk.doctor, **high).proposal == "inject"
    old = desk.arrive(make_citizen(date_of_birth="1940"))
    assert examine(old, by=desk.doctor, decision="refer", **high).proposal == "refer"


def test_who_is_over_65_is_not_screened_without_blood_pressure(desk):
    old = desk.arrive(make_citizen(date_of_birth="1940"))
    vitals = {"temperature": Decimal(36), "pulse": Decimal(80), "breathing": Decimal(18)}
    from sites.services.visits import screen
    from tests.sites.making import all_no

    with pytest.raises(exceptions.VitalMissing) as refusal:
        screen(
            visit=old,
            answers=all_no(),
            vitals=vitals,
            decision="inject",
            override_reason="",
            by=desk.doctor,
            now=timezone.now(),
        )
    assert refusal.value.field in ("vital_systolic", "vital_diastolic")


@pytest.mark.parametrize("value", ["365", "-1", "NaN", "Infinity", "1E+30"])
def test_a_value_no_living_person_has_is_a_slip(desk, value):
    with pytest.raises(exceptions.VitalOutOfReach):
        examine(desk.arrive(), by=desk.doctor, vitals={"temperature": Decimal(value)})


def test_every_question_is_answered(desk):
    with pytest.raises(exceptions.AnswerMissing) as refusal:
        examine(desk.arrive(), by=desk.doctor, answers={"acute_illness": "perhaps"})
    assert refusal.value.field == "answer_acute_illness"


def test_the_same_screening_twice_is_one_and_another_one_is_refused(desk):
    visit = desk.arrive()
    assert examine(visit, by=desk.doctor) == examine(visit, by=desk.doctor)
    with pytest.raises(exceptions.AlreadyScreened):
        examine(visit, by=desk.doctor, answers={"other_allergy": "unknown"})


def test_without_a_form_in_force_nobody_is_screened(desk):
    visit, now = desk.arrive(), timezone.now()
    ScreeningForm.objects.update(valid_to=timezone.localdate() - datetime.timedelta(days=1))
    ScreeningForm.objects.filter(valid_from__gt="2022-01-01").delete()
    from sites.services.visits import assess

    with pytest.raises(exceptions.NoScreeningForm):
        assess(citizen=visit.citizen, answers={}, vitals={}, on=timezone.localdate(now))


# ── the dose ──────────────────────────────────────────────────────────────────────────────────
def test_the_dose_begins_the_observation_of_thirty_minutes(desk):
    visit = desk.clear()
    recorded = desk.inject(visit)
    visit.refresh_from_db()
    assert visit.status == VisitStatus.OBSERVED
    assert visit.observed_until == recorded.dose.administered_at + 30 * MINUTE
    assert (recorded.dose.session, recorded.dose.visit) == (desk.session, visit)


def test_the_minutes_of_observation_are_the_forms(desk):
    ScreeningForm.objects.update(observation_minutes=45)
    visit = desk.clear()
    recorded = desk.inject(visit)
    visit.refresh_from_db()
    assert visit.observed_until - recorded.dose.administered_at == 45 * MINUTE


def test_no_dose_without_a_passed_screening(desk):
    with pytest.raises(exceptions.NotCleared):
        desk.inject(desk.arrive())
    turned_away = desk.clear(decision="defer", override_reason="mệt")
    with pytest.raises(exceptions.NotCleared):
        desk.inject(turned_away)
    assert Dose.objects.count() == 0


def test_yesterdays_screening_does_not_count(desk):
    visit = desk.clear()
    with pytest.raises(exceptions.NotCleared):
        desk.inject(visit, now=timezone.now() + datetime.timedelta(days=1))


def test_who_screens_does_not_inject_without_a_reason(desk):
    visit = desk.clear()
    with pytest.raises(exceptions.SamePersonScreensAndInjects):
        desk.inject(visit, by=desk.doctor)
    named = desk.doctor.get_full_name().upper()
    with pytest.raises(exceptions.SamePersonScreensAndInjects):
        desk.inject(visit, vaccinator=named)
    desk.inject(visit, by=desk.doctor, override_reason="chỉ có một người trực")
    visit.refresh_from_db()
    assert visit.one_person_reason == "chỉ có một người trực"


def test_the_same_submission_twice_is_one_dose_and_the_same_answer(desk):
    visit, key, now = desk.clear(), uuid.uuid4(), timezone.now()
    first = desk.inject(visit, idempotency_key=key, now=now)
    again = desk.inject(visit, idempotency_key=key, now=now + MINUTE)
    assert again.is_duplicate
    assert again.dose == first.dose
    assert Lot.objects.get(pk=desk.lot.pk).doses_used == 1
    with pytest.raises(exceptions.IdempotencyKeyReused):
        desk.inject(visit, idempotency_key=key, vaccinator="Người Khác")


def test_a_refused_dose_leaves_the_visit_waiting(desk):
    visit = desk.clear()
    Lot.objects.update(expires_on=timezone.localdate() - datetime.timedelta(days=1))
    with pytest.raises(exceptions.LotExpired):
        desk.inject(visit)
    visit.refresh_from_db()
    assert (visit.status, visit.observed_until) == (VisitStatus.CLEARED, None)


def test_the_registration_is_vaccinated(desk):
    registration = make_registration()
    desk.inject(desk.clear(desk.arrive(registration.citizen)))
    registration.refresh_from_db()
    assert registration.status == RegistrationStatus.VACCINATED


def test_who_will_not_be_vaccinated_after_all_is_deferred_with_the_reason(desk):
    registration = make_registration()
    visit = desk.clear(desk.arrive(registration.citizen))
    decline_dose(visit=visit, reason="người dân đổi ý", now=timezone.now())
    registration.refresh_from_db()
    assert registration.status == RegistrationStatus.DEFERRED
    assert registration.status_reason == "người dân đổi ý"
    with pytest.raises(exceptions.NotCleared):
        desk.inject(visit)


def test_a_voided_dose_lets_the_visit_be_injected_again(desk):
    visit = desk.clear()
    dose = desk.inject(visit).dose
    void_dose(dose=dose, reason="nhầm lô")
    follow_voided_dose(dose=dose)
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CLEARED
    assert desk.inject(visit).dose != dose


# ── observation ───────────────────────────────────────────────────────────────────────────────
def test_nobody_leaves_a_minute_early_without_a_reason(desk):
    visit = desk.clear()
    given_at = desk.inject(visit).dose.administered_at
    with pytest.raises(exceptions.ObservationNotOver):
        discharge(visit=visit, by=desk.doctor, now=given_at + 29 * MINUTE)
    gone = discharge(visit=visit, by=desk.doctor, now=given_at + 30 * MINUTE)
    assert (gone.status, gone.end_reason) == (VisitStatus.DISCHARGED, "")
    assert discharge(visit=visit, by=desk.doctor, now=given_at + 31 * MINUTE).pk == visit.pk


def test_an_early_leave_keeps_its_reason(desk):
    visit = desk.clear()
    desk.inject(visit)
    gone = discharge(visit=visit, by=desk.doctor, now=timezone.now(), early_reason="tự ý về")
    assert gone.end_reason == "tự ý về"


def test_all_whose_time_is_over_leave_at_once_and_the_others_stay(desk):
    first, second = desk.clear(), desk.clear()
    given_at = desk.inject(first).dose.administered_at
    desk.inject(second, now=given_at + 5 * MINUTE)
    gone = discharge_all_over(session=desk.session, by=desk.doctor, now=given_at + 31 * MINUTE)
    second.refresh_from_db()
    assert (gone, second.status) == (1, VisitStatus.OBSERVED)


def test_nobody_leaves_who_was_not_vaccinated(desk):
    with pytest.raises(exceptions.NotUnderObservation):
        discharge(visit=desk.arrive(), by=desk.doctor, now=timezone.now())
