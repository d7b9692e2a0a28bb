"""Seats and doses in stock: never one more than there are."""

import datetime
import uuid

import pytest
from django.utils import timezone

from registration.models import RegistrationStatus
from sites import exceptions
from sites.models import AppointmentStatus, Lot, StockMovement
from sites.services.sessions import (
    book_appointment,
    cancel_appointment,
    close_session,
    open_session,
    plan_session,
)
from sites.services.stock import recall_lots, receive_lot, waste_doses
from tests.factories import (
    make_dose,
    make_lot,
    make_registration,
    make_session,
    make_site,
    vaccine,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def book(session, registration=None):
    registration = registration or make_registration()
    return book_appointment(session=session, registration=registration, now=timezone.now())


def test_a_booked_registration_is_scheduled_and_takes_a_seat():
    session, registration = make_session(site=make_site(), seats=1), make_registration()
    assert book(session, registration) == book(session, registration)
    session.refresh_from_db()
    registration.refresh_from_db()
    assert (session.seats_taken, registration.status) == (1, RegistrationStatus.SCHEDULED)
    with pytest.raises(exceptions.SessionFull):
        book(session)


def test_a_refused_booking_leaves_the_registration_free():
    full, registration = make_session(site=make_site(), seats=0), make_registration()
    with pytest.raises(exceptions.SessionFull):
        book(full, registration)
    registration.refresh_from_db()
    assert registration.status == RegistrationStatus.SUBMITTED
    assert not registration.appointments.exists()


def test_a_registration_has_one_appointment_at_a_time():
    registration = make_registration()
    book(make_session(site=make_site()), registration)
    with pytest.raises(exceptions.AlreadyBooked):
        book(make_session(site=make_site()), registration)


@pytest.mark.parametrize("over", [{"on": timezone.localdate() - DAY}, {"status": "closed"}])
def test_a_session_that_is_over_is_not_booked(over):
    with pytest.raises(exceptions.SessionOver):
        book(make_session(site=make_site(), **over))


def test_a_cancelled_registration_is_not_booked():
    registration = make_registration(status=RegistrationStatus.CANCELLED)
    with pytest.raises(exceptions.RegistrationNotLive):
        book(make_session(site=make_site()), registration)


def test_a_cancelled_appointment_gives_its_seat_back_once():
    session = make_session(site=make_site(), seats=2)
    appointment = book(session)
    book(session)
    for _twice in range(2):
        cancel_appointment(appointment=appointment, now=timezone.now())
    session.refresh_from_db()
    assert session.seats_taken == 1
    appointment.registration.refresh_from_db()
    assert appointment.registration.status == RegistrationStatus.APPROVED


def test_a_closed_session_counts_who_did_not_come_as_missed_and_lets_them_book_again():
    session = make_session(site=make_site())
    appointment = book(session)
    close_session(session=session, now=timezone.now())
    appointment.refresh_from_db()
    assert appointment.status == AppointmentStatus.MISSED
    appointment.registration.refresh_from_db()
    book(make_session(site=make_site()), appointment.registration)


def test_a_site_has_one_session_a_part_of_a_day_and_opens_it_on_its_day():
    site, today, now = make_site(), timezone.localdate(), timezone.now()
    values = {"site": site, "part": "morning", "seats": 10}
    session = plan_session(held_on=today + DAY, **values)
    with pytest.raises(exceptions.SessionExists):
        plan_session(held_on=today + DAY, **values)
    with pytest.raises(exceptions.SessionNotOpen):
        open_session(session=session, now=now)
    assert open_session(session=session, now=now + DAY).status == "open"


def receive(site, **over):
    values = {
        "vaccine": vaccine(),
        "number": "MAU-0417",
        "expires_on": datetime.date(2030, 1, 31),
        "doses": 100,
        "by": None,
        "now": timezone.now(),
    }
    return receive_lot(site=site, **{**values, **over})


def test_a_second_receipt_grows_the_lot_and_the_ledger_says_so():
    site = make_site()
    receive(site)
    lot = receive(site, doses=20, number="  MAU-0417 ")
    assert lot.doses_left == 120
    assert [m.doses for m in StockMovement.objects.order_by("pk")] == [100, 20]


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"expires_on": datetime.date(2030, 2, 28)}, exceptions.LotExpiryDiffers),
        ({"doses": 0}, exceptions.NoDosesGiven),
        ({"doses": -5}, exceptions.NoDosesGiven),
        ({"doses": 10**30}, exceptions.NoDosesGiven),
        ({"number": "  "}, exceptions.LotNumberMissing),
        ({"number": "x" * 31}, exceptions.LotNumberMissing),
    ],
)
def test_a_receipt_that_cannot_be_right_is_refused(over, refusal):
    site = make_site()
    receive(site)
    with pytest.raises(refusal):
        receive(site, **over)
    assert Lot.objects.get().doses_received == 100


def test_the_same_submission_of_stock_moves_it_once():
    site, key, other = make_site(), uuid.uuid4(), uuid.uuid4()
    receive(site, idempotency_key=key)
    lot = receive(site, idempotency_key=key)
    assert lot.doses_left == 100
    for _time in range(2):
        lot = waste_doses(
            lot=lot, doses=3, reason="vỡ lọ", by=None, now=timezone.now(), idempotency_key=other
        )
    assert lot.doses_left == 97
    assert [m.kind for m in StockMovement.objects.order_by("pk")] == ["received", "wasted"]


def test_no_more_is_wasted_than_is_left():
    lot = make_lot(site=make_site(), doses=3)
    make_dose(lot=lot)
    waste = {"lot": lot, "by": None, "now": timezone.now()}
    with pytest.raises(exceptions.NotSoManyLeft) as refusal:
        waste_doses(doses=3, reason="vỡ lọ", **waste)
    assert refusal.value.params == {"left": 2}
    with pytest.raises(exceptions.ReasonMissing):
        waste_doses(doses=1, reason=" ", **waste)
    assert waste_doses(doses=2, reason="vỡ lọ", **waste).doses_left == 0
    assert StockMovement.objects.filter(kind="wasted").count() == 1


def test_a_recalled_lot_gives_no_dose_at_any_site():
    lots = [make_lot(site=make_site(), number="XAU-01") for _two in range(2)]
    same = Lot.objects.filter(number="XAU-01")
    assert recall_lots(lots=same, reason="chất lượng", now=timezone.now()) == 2
    assert recall_lots(lots=same, reason="chất lượng", now=timezone.now()) == 0
    for lot in lots:
        with pytest.raises(exceptions.LotRecalled):
            make_dose(lot=lot)
    with pytest.raises(exceptions.LotRecalled):
        receive(lots[0].site, number="XAU-01", expires_on=lots[0].expires_on)
