"""Many at once: the last seat, the last dose, the same submission, the next ticket."""

import uuid

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from sites.models import Appointment, Dose, Lot, Session, Visit
from sites.services.access import create_api_client
from sites.services.doses import record_dose
from sites.services.sessions import book_appointment
from sites.services.visits import check_in
from tests.factories import (
    make_citizen,
    make_item,
    make_lot,
    make_registration,
    make_session,
    make_site,
)
from tests.sites.making import Desk, at_once
from tests.sites.test_api_doses import item

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_seat_goes_to_one_of_two_hundred():
    session = make_session(site=make_site(), seats=1)
    registrations = [make_registration() for _n in range(200)]

    def book(n):
        for registration in registrations[n * 10 : n * 10 + 10]:
            try:
                book_appointment(session=session, registration=registration, now=timezone.now())
            except Exception as refusal:
                refusals.append(getattr(refusal, "code", repr(refusal)))

    refusals: list[str] = []
    at_once(20, book)
    assert refusals == ["session_full"] * 199
    assert Appointment.objects.count() == Session.objects.get().seats_taken == 1


def test_the_last_dose_of_a_lot_goes_to_one_of_fifty():
    lot = make_lot(site=make_site(), doses=1)
    items = [make_item(lot=lot) for _n in range(50)]

    def record(n):
        return record_dose(item=items[n], site=lot.site, now=timezone.now()).dose.pk

    answers = at_once(50, record)
    assert answers.count("lot_exhausted") == 49
    assert Dose.objects.count() == Lot.objects.get().doses_used == 1


def test_fifty_equal_submissions_are_one_dose_and_fifty_equal_answers():
    lot = make_lot(site=make_site())
    _client, token = create_api_client(name="x", site=lot.site)
    body = item(lot)

    def post(_n):
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        for _try in range(20):
            answer = api.post("/api/v1/doses/", body, format="json")
            if answer.status_code != 503:  # else the machine is busy: come back, as it says
                break
        return answer.status_code, {**answer.data, "status": ""}

    answers = at_once(50, post)
    assert sorted(status for status, _data in answers) == [200] * 49 + [201]
    assert all(data == answers[0][1] for _status, data in answers)
    assert Dose.objects.count() == Lot.objects.get().doses_used == 1


def test_twenty_presses_of_the_dose_button_are_one_dose():
    desk = Desk()
    visit, key = desk.clear(), uuid.uuid4()
    answers = at_once(20, lambda _n: desk.inject(visit, idempotency_key=key).dose.pk)
    assert answers == [Dose.objects.get().pk] * 20


def test_two_desks_cannot_inject_one_person_twice():
    desk = Desk()
    visit = desk.clear()
    answers = at_once(10, lambda _n: desk.inject(visit).dose.pk)
    assert answers.count("not_cleared") == 9
    assert Dose.objects.count() == 1


def test_tickets_have_no_gap_and_no_twin():
    session = make_session(site=make_site())
    people = [make_citizen() for _n in range(25)]

    def arrive(n):
        return check_in(
            session=session, citizen=people[n], by=None, now=timezone.now()
        ).visit.number

    assert sorted(at_once(25, arrive)) == list(range(1, 26))


def test_one_person_at_two_doors_has_one_ticket():
    session, citizen = make_session(site=make_site()), make_citizen()

    def arrive(_n):
        return check_in(session=session, citizen=citizen, by=None, now=timezone.now()).visit.pk

    assert len(set(at_once(10, arrive))) == 1
    assert Visit.objects.count() == 1
