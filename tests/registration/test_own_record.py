"""Looking a record up without an account: by the phone on it, or by a paper."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registration.dose_facts import doses_on_record, is_dose_of
from registration.models import CodeForRecord, CodePurpose, OneTimeCode, SmsMessage
from registration.services import codes
from registration.services.citizens import Paper
from registration.services.codes import send_code
from registration.services.own_record import NoSuchRecord, Question, find_record, papers_meant
from registration.services.record_codes import (
    ask_for_record_code,
    open_own_record,
    send_codes_for_records,
)
from tests.factories import make_account, make_citizen, make_dose
from tests.registration.refusals import refusal
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db
PHONE, OTHER = "+84912345678", "+84987654321"
NUMBER, CODE = "079187000345", "123456"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def fixed(monkeypatch, settings):
    """Every code is 123456, and nothing is printed."""
    settings.SMS_BACKEND, settings.SMS_FILE = "file", "/dev/null"
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: int(CODE))


@pytest.fixture
def person():
    return make_citizen(phone=PHONE, papers=(Paper("cccd", NUMBER),))


def by_phone(**over):
    values = {
        "search_name": "nguyen thi anh tuyet",
        "date_of_birth": "1987-03-12",
        "sex": "female",
        "phone": PHONE,
    }
    return Question(**{**values, **over})


def by_paper(number=NUMBER, **over):
    return by_phone(**{"phone": "", "identification": papers_meant(number, field="n"), **over})


def ask(question, now, *, session="browser-1", purpose=CodePurpose.OWN_RECORD, language="vi"):
    ask_for_record_code(
        question=question, purpose=purpose, session_key=session, language=language, now=now
    )


def open_it(question, now, *, session="browser-1", code=CODE):
    return open_own_record(question=question, session_key=session, code=code, now=now)


def test_the_phone_on_the_record_opens_it_and_the_person_can_read_that(now, person):
    ask(by_phone(), now)
    assert open_it(by_phone(), now) == person
    look = person.accesses.get()
    assert (look.purpose, look.account, look.client) == ("own_phone", None, "091•••678")


def shapes_of(work) -> list[str]:
    """What the database was asked, without the values."""
    with CaptureQueriesContext(connection) as asked:
        work()
    return [re.sub(r"'[^']*'| ?-?\d+", "?", query["sql"]) for query in asked]


def test_asking_with_a_phone_looks_nobody_up(now, person):
    known = shapes_of(lambda: ask(by_phone(), now))
    unknown = shapes_of(lambda: ask(by_phone(phone=OTHER), now))
    assert known == unknown
    assert not [sql for sql in known if "registration_citizen" in sql]


def test_asking_with_a_paper_looks_nobody_up(now, person):
    known = shapes_of(lambda: ask(by_paper(), now))
    unknown = shapes_of(lambda: ask(by_paper("079187000346"), now))
    assert known == unknown
    assert not [sql for sql in known if "citizen" in sql or "identitydocument" in sql]
    assert not SmsMessage.objects.exists()


def test_a_code_asked_for_with_a_paper_goes_to_the_phone_on_record(now, person):
    ask(by_paper(), now)
    assert send_codes_for_records(now) == 1
    assert SmsMessage.objects.get().phone == PHONE
    assert open_it(by_paper(), now) == person


def test_a_record_without_a_phone_is_told_to_its_households_phone(now):
    person = make_citizen(phone="", papers=(Paper("cccd", NUMBER),))
    make_account(phone=OTHER, members=(person,))
    ask(by_paper(), now)
    send_codes_for_records(now)
    assert SmsMessage.objects.get().phone == OTHER


@pytest.mark.parametrize(
    "over",
    [
        {"search_name": "tran van khac"},
        {"date_of_birth": "1987-03-13"},
        {"date_of_birth": "1987"},
        {"sex": "male"},
        {"number": "079187000346"},
    ],
)
def test_with_one_detail_wrong_no_code_goes_out_and_a_wrong_code_is_answered_alike(
    now, person, over
):
    ask(by_paper(), now)
    wrong = by_paper(**over)
    ask(wrong, now + MINUTE, session="browser-2")
    send_codes_for_records(now + MINUTE)
    assert SmsMessage.objects.count() == 1  # the one with everything right
    answers = [
        refusal(open_it, question, now + MINUTE, session=session, code="000000")
        for question, session in ((by_paper(), "browser-1"), (wrong, "browser-2"))
    ]
    assert answers == ["code_is_wrong", "code_is_wrong"]


def test_a_code_opens_no_record_of_another_paper_or_phone(now, person):
    make_citizen(phone=OTHER, papers=(Paper("cccd", "079187000999"),))
    ask(by_phone(), now)
    assert refusal(open_it, by_phone(phone=OTHER), now) == "no_code"
    assert refusal(open_it, by_paper("079187000999"), now) == "no_code"


def test_a_phone_that_is_on_no_record_is_told_so_after_its_code(now, person):
    ask(by_phone(phone=OTHER), now)
    with pytest.raises(NoSuchRecord):
        open_it(by_phone(phone=OTHER), now)
    assert not person.accesses.exists()


def test_what_was_asked_is_forgotten_once_it_was_looked_up(now, person):
    ask(by_paper(), now)
    waiting = CodeForRecord.objects.get()
    assert CODE in waiting.question
    send_codes_for_records(now)
    waiting.refresh_from_db()
    assert (waiting.question, waiting.phone) == ("", PHONE)
    assert NUMBER not in waiting.code.phone
    codes.purge_codes(now + datetime.timedelta(hours=25))
    assert not CodeForRecord.objects.exists()


def test_a_worker_that_comes_too_late_sends_nothing(now, person):
    ask(by_paper(), now)
    assert send_codes_for_records(now + 5 * MINUTE) == 0
    assert not SmsMessage.objects.exists()


def test_a_number_of_a_paper_has_five_codes_a_day_known_or_not(now, person):
    for n in range(5):
        for number in (NUMBER, "079187000346"):
            ask(by_paper(number), now + n * MINUTE, session=f"{number}-{n}")
    late = now + 6 * MINUTE
    answers = {refusal(ask, by_paper(n), late, session="x") for n in (NUMBER, "079187000346")}
    assert answers == {"too_many_codes"}


def test_codes_that_strangers_ask_for_leave_those_for_signing_in_alone(now, person):
    for n in range(5):
        ask(by_paper(), now + n * MINUTE, session=f"browser-{n}")
        send_codes_for_records(now + n * MINUTE)
    send_code(phone=PHONE, purpose=CodePurpose.SIGN_IN, session_key="hers", now=now + 5 * MINUTE)
    assert SmsMessage.objects.filter(phone=PHONE).count() == 6


def test_two_papers_of_one_person_do_not_double_what_her_phone_gets(now):
    make_citizen(phone=PHONE, papers=(Paper("cccd", NUMBER), Paper("cmnd", "023456789")))
    ask(by_paper(), now)
    ask(by_paper("023456789"), now)
    assert send_codes_for_records(now) == 1


def test_the_share_of_these_doors_is_counted_apart(now, settings, person):
    settings.RECORD_CODES_PER_HOUR = 1
    ask(by_paper(), now)
    assert refusal(ask, by_phone(phone=OTHER), now, session="b") == "codes_are_scarce"
    send_code(phone=OTHER, purpose=CodePurpose.SIGN_IN, session_key="hers", now=now)


@pytest.mark.parametrize("purpose", [CodePurpose.OWN_RECORD, CodePurpose.CLAIM])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_message_says_what_the_code_opens_and_holds_no_name(now, person, purpose, language):
    ask(by_phone(), now, purpose=purpose, language=language)
    text = SmsMessage.objects.get().text
    assert CODE in text
    assert "Tuyết" not in text
    assert len(text) <= (70 if language == "vi" else 160)


def test_a_closed_account_is_told_nothing(now, person):
    account = make_account(phone=PHONE)
    account.is_active = False
    account.save()
    ask(by_paper(), now)
    assert send_codes_for_records(now) == 0
    assert find_record(by_phone()) is None


def test_a_question_holds_the_number_of_its_paper_nowhere_in_the_open(now, person):
    ask(by_paper(), now)
    row = OneTimeCode.objects.get()
    assert row.phone.startswith("id:")
    assert len(row.phone) == 16


def test_a_fact_of_a_dose_is_its_day_and_its_lot_as_people_copy_it(db):
    dose = make_dose()
    day = day_in_vietnam(dose.administered_at)
    person, lot = dose.citizen, dose.lot.number
    assert doses_on_record(person) == 1
    assert is_dose_of(person, day=day, lot_number=f" {lot.lower()[:3]} {lot[3:]}")
    assert not is_dose_of(person, day=day, lot_number=lot + "1")
    assert not is_dose_of(person, day=day - datetime.timedelta(days=1), lot_number=lot)
    assert not is_dose_of(make_citizen(), day=day, lot_number=lot)
