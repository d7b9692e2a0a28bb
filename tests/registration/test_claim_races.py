"""Claims by many hands at once: limits hold, and of agreeing and refusing one counts."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from registration.models import ClaimStatus, CodeForRecord, HouseholdMember, RecordClaim, SmsMessage
from registration.services.citizens import Paper
from registration.services.claims import answer_claim, claim_by_dose, compare_claims
from registration.services.own_record import Question, papers_meant
from registration.services.record_codes import ask_for_record_code, send_codes_for_records
from tests.factories import make_account, make_citizen, make_dose
from tests.registration.refusals import refusal
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "079187000345"
QUESTION = Question(
    "nguyen thi anh tuyet", "1987-03-12", "female", "", papers_meant(NUMBER, field="n")
)


@pytest.fixture(autouse=True)
def silent(settings):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", "/dev/null"


@pytest.fixture
def dose():
    return make_dose(citizen=make_citizen(phone="+84912345678", papers=(Paper("cccd", NUMBER),)))


def at_once(*works) -> list[str]:
    def one(work):
        try:
            return refusal(work)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def claim(account, dose, now):
    return claim_by_dose(
        account=account,
        question=QUESTION,
        day=day_in_vietnam(dose.administered_at),
        lot_number=dose.lot.number,
        now=now,
    )


def test_of_ten_claims_at_once_five_are_taken_in(now, dose):
    account = make_account()
    answers = at_once(*[lambda: claim(account, dose, now)] * 10)
    assert sorted(answers) == ["done"] * 5 + ["too_many_claims"] * 5
    at_once(*[lambda: compare_claims(now)] * 3)
    statuses = list(RecordClaim.objects.values_list("status", flat=True))
    assert statuses.count(ClaimStatus.WAITING) == 1
    assert statuses.count(ClaimStatus.WITHDRAWN) == 4
    assert SmsMessage.objects.count() == 1


def test_of_agreeing_and_refusing_at_once_one_counts(now, dose):
    keeper = make_account(members=(dose.citizen,))
    asked = claim(make_account(), dose, now)
    compare_claims(now)

    def answer(agrees):
        return lambda: answer_claim(account=keeper, claim=asked, agrees=agrees, now=now)

    answers = at_once(*[answer(True), answer(False)] * 4)
    assert sorted(answers) == ["claim_is_over"] * 7 + ["done"]
    asked.refresh_from_db()
    members = HouseholdMember.objects.filter(account=asked.account).count()
    assert members == (asked.status == ClaimStatus.GRANTED)


def test_of_many_workers_one_sends_the_code(now, dose):
    ask_for_record_code(
        question=QUESTION, purpose="own_record", session_key="b", language="vi", now=now
    )
    at_once(*[lambda: send_codes_for_records(now)] * 6)
    assert SmsMessage.objects.count() == 1
    assert CodeForRecord.objects.get().phone == "+84912345678"
