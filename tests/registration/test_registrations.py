"""Registering for a shot: one live registration a person, one transaction, one sender."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection

from registration.models import (
    CheckInCode,
    Citizen,
    PriorityGroup,
    RecordAccess,
    RegistrationStatus,
    ShotRegistration,
    SmsMessage,
)
from registration.services import registrations
from registration.services.check_in_codes import (
    check_in_code_for,
    code_in,
    find_by_check_in_code,
    purge_check_in_codes,
)
from registration.services.citizens import find_or_create_citizen
from registration.services.households import HomeDetails, NotInHousehold, PersonNeedsHelp
from registration.services.registration_changes import (
    CannotBeCancelled,
    CannotBeChanged,
    ChangedWish,
    cancel_registration,
    change_registration,
)
from registration.services.registrations import (
    AlreadyRegistered,
    ConsentIsNeeded,
    DayCannotBeWished,
    Guardian,
    GuardianIsNeeded,
    ShotWish,
    submit_registration,
)
from sites.models import Session
from sites.services.sessions import book_appointment
from tests.factories import (
    make_account,
    make_citizen,
    make_details,
    make_registration,
    make_session,
    make_site,
    province,
)
from vaxplatform.errors import DomainError, InvalidInput

TOMORROW = datetime.date(2021, 11, 7)


def wish(**over):
    values = {
        "group": PriorityGroup.objects.get(number=8),
        "wanted_on": TOMORROW,
        "wanted_half": "morning",
        "dose_number": 1,
        "dose_kind": "primary",
        "medical_history": {"pregnant": "no"},
        "consent": True,
    }
    return ShotWish(**{**values, **over})


def home():
    return HomeDetails(province(), None, "12 Lê Lợi", "Giáo viên", "")


def submit(account, person, now, **over):
    return submit_registration(
        account=account, person=person, home=home(), wish=wish(**over), now=now
    )


@pytest.mark.django_db
def test_a_new_person_is_registered_with_household_check_in_code_and_sms(now):
    account = make_account()
    registration = submit(account, make_details(), now)
    citizen = registration.citizen
    assert registration.status == RegistrationStatus.SUBMITTED
    assert re.fullmatch(r"DK-[2-9A-Z]{4}-[2-9A-Z]{2}", registration.code)
    assert citizen.households.get().account == account
    assert (citizen.address, citizen.occupation) == ("12 Lê Lợi", "Giáo viên")
    assert CheckInCode.objects.get().citizen == citizen
    message = SmsMessage.objects.get()
    assert message.phone == account.phone
    assert registration.code in message.text
    assert citizen.full_name not in message.text
    assert len(message.text) <= 134


@pytest.mark.django_db
def test_the_confirmation_goes_to_the_proven_phone_not_to_one_that_was_typed(now):
    account = make_account()
    submit(account, make_details(phone="+84987654321"), now)
    assert [m.phone for m in SmsMessage.objects.all()] == [account.phone]


@pytest.mark.django_db
def test_the_confirmation_speaks_the_accounts_language(now):
    account = make_account()
    account.language = "en"
    account.save()
    submit(account, make_details(), now)
    assert "is received" in SmsMessage.objects.get().text


@pytest.mark.django_db
def test_a_person_has_one_live_registration_and_may_have_another_after_cancelling(now):
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    first = submit(account, citizen, now)
    with pytest.raises(AlreadyRegistered) as caught:
        submit(account, citizen, now)
    assert first.code in caught.value.detail
    cancel_registration(account=account, registration=first, now=now)
    submit(account, citizen, now)
    assert citizen.registrations.count() == 2


@pytest.mark.django_db
def test_somebody_elses_person_is_not_registered(now):
    with pytest.raises(NotInHousehold):
        submit(make_account(), make_citizen(), now)
    assert not ShotRegistration.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_registering_somebody_elses_record_writes_nothing_but_its_trace(now):
    details = make_details()
    citizen = find_or_create_citizen(details=details)
    with pytest.raises(PersonNeedsHelp):
        submit(make_account(), details, now)
    assert not ShotRegistration.objects.exists()
    assert not citizen.households.exists()
    assert RecordAccess.objects.get().citizen == citizen


@pytest.mark.django_db(transaction=True)
def test_a_refusal_late_in_the_transaction_leaves_no_new_person(now, monkeypatch):
    class Late(DomainError):
        code = "late"

    def fail(**_kwargs):
        raise Late

    monkeypatch.setattr(registrations, "queue_sms", fail)
    with pytest.raises(Late):
        submit(make_account(), make_details(), now)
    assert not Citizen.objects.exists()
    assert not CheckInCode.objects.exists()


@pytest.mark.django_db
def test_without_consent_nothing_is_registered(now):
    with pytest.raises(ConsentIsNeeded):
        submit(make_account(), make_details(), now, consent=False)
    assert not Citizen.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-1, 0, 61])
def test_a_day_outside_the_next_sixty_is_refused(now, days):
    day = datetime.date(2021, 11, 6) + datetime.timedelta(days=days)
    with pytest.raises(DayCannotBeWished):
        submit(make_account(), make_details(), now, wanted_on=day)


@pytest.mark.django_db
def test_the_day_is_counted_in_viet_nam():
    at_half_past_midnight = datetime.datetime(2021, 11, 6, 17, 30, tzinfo=datetime.UTC)
    with pytest.raises(DayCannotBeWished):
        submit(make_account(), make_details(), at_half_past_midnight, wanted_on=TOMORROW)


@pytest.mark.django_db
def test_answers_of_the_medical_history_are_yes_no_or_unknown(now):
    with pytest.raises(InvalidInput):
        submit(make_account(), make_details(), now, medical_history={"pregnant": "maybe"})


def with_seat(account, citizen, now):
    registration = submit(account, citizen, now)
    session = make_session(site=make_site(), on=TOMORROW, seats=1)
    return registration, book_appointment(session=session, registration=registration, now=now)


@pytest.mark.django_db
def test_cancelling_gives_the_seat_back(now):
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    registration, appointment = with_seat(account, citizen, now)
    cancel_registration(account=account, registration=registration, now=now)
    appointment.refresh_from_db()
    assert (registration.status, appointment.status) == ("cancelled", "cancelled")
    assert Session.objects.get().seats_taken == 0


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["checked_in", "vaccinated"])
def test_who_is_at_the_site_already_neither_cancels_nor_changes(now, status):
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    registration = submit(account, citizen, now)
    ShotRegistration.objects.update(status=status)
    with pytest.raises(CannotBeCancelled):
        cancel_registration(account=account, registration=registration, now=now)
    with pytest.raises(CannotBeChanged):
        change(account, registration, now, place=province("01"))
    registration.refresh_from_db()
    assert (registration.status, registration.wanted_place) == (status, None)


def change(account, registration, now, **over):
    values = {"wanted_on": TOMORROW, "wanted_half": "morning", "place": None}
    change_registration(
        account=account, registration=registration, wish=ChangedWish(**{**values, **over}), now=now
    )


@pytest.mark.django_db
def test_another_place_gives_the_seat_up_and_the_phone_is_told(now):
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    registration, appointment = with_seat(account, citizen, now)
    change(account, registration, now, place=province("01"))
    appointment.refresh_from_db()
    assert (registration.status, appointment.status) == ("approved", "cancelled")
    assert registration.wanted_place.code == "01"
    assert registration.code in SmsMessage.objects.latest("pk").text


@pytest.mark.django_db
def test_the_same_wish_again_keeps_the_seat(now):
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    registration, appointment = with_seat(account, citizen, now)
    change(account, registration, now)
    appointment.refresh_from_db()
    assert appointment.status == "booked"


@pytest.mark.django_db
def test_a_changed_day_is_one_that_may_be_wished_and_strangers_change_nothing(now):
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    registration = submit(account, citizen, now)
    with pytest.raises(DayCannotBeWished):
        change(account, registration, now, wanted_on=TOMORROW - datetime.timedelta(days=1))
    with pytest.raises(NotInHousehold):
        change(make_account(), registration, now, wanted_half="afternoon")
    change(account, registration, now, wanted_half="afternoon")
    assert registration.wanted_half == "afternoon"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("born", "is_needed"),
    [("2003-11-06", False), ("2003-11-07", True), ("2003", True), ("2002", False)],
)
def test_who_may_be_under_18_needs_a_guardian(now, born, is_needed):
    account, person = make_account(), make_details(date_of_birth=born)
    if is_needed:
        with pytest.raises(GuardianIsNeeded):
            submit(account, person, now)
    mother = Guardian("Trần Thị Hoa", "parent", "+84912345678")
    registration = submit(account, person, now, guardian=mother)
    assert registration.guardian_name == "Trần Thị Hoa"


@pytest.mark.django_db
def test_the_database_refuses_a_guardian_without_a_relation():
    with pytest.raises(IntegrityError):
        make_registration(guardian_name="Trần Thị Hoa")


@pytest.mark.django_db
def test_cancelling_twice_is_one_cancelling_and_strangers_cancel_nothing(now):
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    registration = submit(account, citizen, now)
    with pytest.raises(NotInHousehold):
        cancel_registration(account=make_account(), registration=registration, now=now)
    for _ in range(2):
        cancel_registration(account=account, registration=registration, now=now)
    assert registration.status == RegistrationStatus.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_of_ten_equal_submissions_at_once_one_is_registered(now):
    account, details = make_account(), make_details()

    def one(_n):
        try:
            return submit(account, details, now).code
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(one, range(10)))
    assert answers.count("already_registered") == 9
    assert Citizen.objects.count() == ShotRegistration.objects.count() == 1
    assert CheckInCode.objects.count() == SmsMessage.objects.count() == 1


@pytest.mark.django_db
def test_a_code_that_is_taken_is_drawn_again(now, monkeypatch):
    drawn = iter(["DK-AAAA-AA", "DK-AAAA-AA", "DK-BBBB-BB"])
    monkeypatch.setattr(registrations, "new_code", lambda: next(drawn))
    codes = [submit(make_account(), make_details(), now).code for _ in range(2)]
    assert codes == ["DK-AAAA-AA", "DK-BBBB-BB"]


@pytest.mark.django_db
def test_a_check_in_code_is_26_letters_found_in_any_case_until_it_expires(now):
    citizen = make_citizen()
    row = check_in_code_for(citizen=citizen, now=now)
    assert re.fullmatch(r"[A-Z2-7]{26}", row.code)
    assert check_in_code_for(citizen=citizen, now=now).code == row.code
    assert find_by_check_in_code(code=row.code.lower(), now=now) == citizen
    later = now + datetime.timedelta(days=90)
    assert find_by_check_in_code(code=row.code, now=later) is None
    assert check_in_code_for(citizen=citizen, now=later - datetime.timedelta(days=6)) != row
    assert purge_check_in_codes(later + datetime.timedelta(seconds=1)) == 1


@pytest.mark.parametrize("text", ["HTTPS://VAX.VN/C/{}", "https://vax.vn/c/{}/", " {} "])
def test_a_scanner_may_read_the_address_or_the_bare_code(text):
    code = "ABCDEFGHIJKLMNOPQRSTUVWX23"
    assert code_in(text.format(code)) == code
    assert code_in(text.format(code.lower())) == code


@pytest.mark.parametrize("text", ["", "001187000123", "HC1:ABC", "HTTPS://VAX.VN/C/"])
def test_other_texts_hold_no_check_in_code(text):
    assert code_in(text) == ""
