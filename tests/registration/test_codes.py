"""Codes for phones: limits, use once, and many checks at the same time."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from registration.models import CodePurpose, OneTimeCode, SmsMessage
from registration.services import codes
from registration.services.codes import check_code, purge_codes, send_code
from tests.registration.refusals import refusal

PHONE = "+84912345678"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def fixed(monkeypatch):
    """Every code is 123456."""
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: 123456)
    return "123456"


def send(now, *, phone=PHONE, session="browser-1", purpose=CodePurpose.SIGN_IN, **over):
    return send_code(phone=phone, purpose=purpose, session_key=session, now=now, **over)


def check(code, now, *, phone=PHONE, session="browser-1", purpose=CodePurpose.SIGN_IN):
    check_code(phone=phone, purpose=purpose, session_key=session, code=code, now=now)


@pytest.mark.django_db
def test_a_code_opens_once(now, fixed):
    send(now)
    check(fixed, now)
    assert refusal(check, fixed, now) == "no_code"


@pytest.mark.django_db
def test_full_width_digits_and_spaces_are_the_same_code(now, fixed):
    send(now)
    check("１２３ ４５６", now)


@pytest.mark.django_db
def test_a_code_is_good_for_five_minutes_and_the_refusal_says_until_when(now, fixed):
    send(now)
    with pytest.raises(codes.CodeExpired) as caught:
        check(fixed, now + 5 * MINUTE)
    assert caught.value.params["time"] == "10:05"
    check(fixed, now + 5 * MINUTE - datetime.timedelta(seconds=1))


@pytest.mark.django_db
def test_a_code_works_in_no_other_session_and_for_no_other_purpose_or_phone(now, fixed):
    send(now)
    assert refusal(check, fixed, now, session="browser-2") == "no_code"
    assert refusal(check, fixed, now, purpose=CodePurpose.FOLLOW_CASE) == "no_code"
    assert refusal(check, fixed, now, phone="+84912345679") == "no_code"
    assert refusal(check, fixed, now) == "done"


@pytest.mark.django_db
def test_five_wrong_tries_end_a_code_even_for_the_right_one(now, fixed):
    send(now)
    answers = [refusal(check, "000000", now) for _ in range(5)]
    assert answers == ["code_is_wrong"] * 4 + ["code_is_spent"]
    assert refusal(check, fixed, now) == "code_is_spent"
    assert OneTimeCode.objects.get().wrong_attempts == 5


@pytest.mark.django_db
def test_the_refusal_of_a_wrong_try_says_how_many_are_left(now, fixed):
    send(now)
    with pytest.raises(codes.CodeIsWrong) as caught:
        check("000000", now)
    assert caught.value.params["left"] == 4


@pytest.mark.django_db
def test_only_the_newest_code_of_a_session_works(now, monkeypatch):
    drawn = iter([111111, 222222])
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: next(drawn))
    send(now)
    send(now + MINUTE)
    assert refusal(check, "111111", now + MINUTE) == "code_is_wrong"
    check("222222", now + MINUTE)


@pytest.mark.django_db
def test_another_code_comes_after_sixty_seconds_and_the_refusal_says_when(now):
    send(now)
    with pytest.raises(codes.CodeSentRecently) as caught:
        send(now + datetime.timedelta(seconds=59))
    assert caught.value.params["time"] == "10:02"
    send(now + datetime.timedelta(seconds=60))


@pytest.mark.django_db
def test_a_phone_has_five_codes_in_twenty_four_hours_over_all_sessions(now):
    for n in range(5):
        send(now + n * MINUTE, session=f"browser-{n}")
    with pytest.raises(codes.TooManyCodes) as caught:
        send(now + 6 * MINUTE, session="another")
    assert "07/11/2021" in caught.value.params["time"]
    send(now + datetime.timedelta(days=1))


@pytest.mark.django_db
def test_a_session_asks_for_ten_codes_a_day_over_all_phones(now):
    for n in range(10):
        send(now, phone=f"+8491234560{n}")
    assert refusal(send, now, phone="+84912345700") == "session_asked_too_often"
    assert refusal(send, now, phone="+84912345700", session="browser-2") == "done"


@pytest.mark.django_db
def test_the_countrys_budget_of_an_hour_refuses_the_next(now, settings):
    settings.SMS_CODES_PER_HOUR = 2
    send(now, phone="+84912345601")
    send(now, phone="+84912345602")
    assert refusal(send, now, phone="+84912345603") == "codes_are_scarce"
    assert refusal(send, now + datetime.timedelta(hours=1), phone="+84912345603") == "done"


@pytest.mark.django_db
@pytest.mark.parametrize("phone", ["+842438221122", "+14155550100", "+8491234567", "112"])
def test_codes_go_to_vietnamese_mobiles_only(now, phone):
    assert refusal(send, now, phone=phone) == "invalid_phone"
    assert not SmsMessage.objects.exists()


@pytest.mark.django_db
def test_the_code_itself_is_stored_nowhere_but_in_the_waiting_message(now, fixed):
    row = send(now)
    assert fixed.encode() not in bytes(row.digest)
    message = SmsMessage.objects.get()
    assert fixed in message.text
    assert message.is_code


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("vi", "Mã tiêm chủng"), ("en", "Vaccination")])
def test_the_message_is_in_the_asked_language_and_fits_one_part(now, language, word):
    send(now, language=language)
    text = SmsMessage.objects.get().text
    assert word in text
    assert len(text) <= 70


@pytest.mark.django_db
def test_codes_of_more_than_a_day_ago_are_deleted(now):
    send(now)
    assert purge_codes(now + datetime.timedelta(hours=24)) == 0
    assert purge_codes(now + datetime.timedelta(hours=24, seconds=1)) == 1


def at_once(work, times):
    def one(_n):
        try:
            return refusal(work)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.django_db(transaction=True)
def test_of_twenty_checks_at_once_exactly_one_succeeds(now, fixed):
    send(now)
    answers = at_once(lambda: check(fixed, now), 20)
    assert answers.count("done") == 1
    assert answers.count("no_code") == 19


@pytest.mark.django_db(transaction=True)
def test_of_twenty_wrong_tries_at_once_five_are_counted_and_the_code_is_dead(now, fixed):
    send(now)
    answers = at_once(lambda: check("000000", now), 20)
    assert OneTimeCode.objects.get().wrong_attempts == 5
    assert "done" not in answers
    assert refusal(check, fixed, now) == "code_is_spent"


@pytest.mark.django_db(transaction=True)
def test_of_ten_requests_at_once_for_one_phone_one_sends_a_code(now):
    answers = at_once(lambda: send(now), 10)
    assert sorted(answers) == ["code_sent_recently"] * 9 + ["done"]
    assert OneTimeCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_check_within_a_transaction_is_a_mistake_since_its_count_could_be_undone(now):
    send(now)
    with pytest.raises(RuntimeError), transaction.atomic():
        check("000000", now)
