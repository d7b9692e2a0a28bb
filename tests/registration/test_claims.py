"""A person on record comes to another phone: who is let in, who is told, who can refuse."""

import datetime

import pytest

from registration.models import ClaimStatus, CodePurpose, HouseholdMember, RecordClaim, SmsMessage
from registration.selectors import household_of
from registration.services import codes
from registration.services.access import AccessPurpose
from registration.services.citizens import Paper
from registration.services.claims import (
    ClaimIsOver,
    TooManyClaims,
    answer_claim,
    claim_by_code,
    claim_by_dose,
    claims_to_answer,
    compare_claims,
    forget_claims,
    withdraw_claim,
)
from registration.services.households import HouseholdIsFull
from registration.services.own_record import NoSuchRecord, Question, papers_meant
from registration.services.record_codes import ask_for_record_code, send_codes_for_records
from tests.factories import make_account, make_citizen, make_dose
from tests.registration.refusals import refusal
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db
PHONE, NUMBER, CODE = "+84912345678", "079187000345", "123456"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(autouse=True)
def fixed(monkeypatch, settings):
    settings.SMS_BACKEND, settings.SMS_FILE = "file", "/dev/null"
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: int(CODE))


@pytest.fixture
def dose():
    """A dose of somebody with a paper and a phone on record."""
    return make_dose(citizen=make_citizen(phone=PHONE, papers=(Paper("cccd", NUMBER),)))


@pytest.fixture
def account():
    return make_account()


def named(**over):
    values = {
        "search_name": "nguyen thi anh tuyet",
        "date_of_birth": "1987-03-12",
        "sex": "female",
        "phone": "",
        "identification": papers_meant(NUMBER, field="n"),
    }
    return Question(**{**values, **over})


def by_dose(account, dose, now, *, lot=None, day=None, **over):
    return claim_by_dose(
        account=account,
        question=named(**over),
        day=day or day_in_vietnam(dose.administered_at),
        lot_number=lot or dose.lot.number,
        now=now,
    )


def compared(claim, now) -> RecordClaim:
    compare_claims(now)
    claim.refresh_from_db()
    return claim


# ── by a code ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("over", [{}, {"phone": PHONE, "identification": ()}])
def test_the_code_that_went_to_the_phone_on_record_brings_the_person_here(now, account, dose, over):
    question = named(**over)
    ask_for_record_code(
        question=question, purpose=CodePurpose.CLAIM, session_key="b", language="vi", now=now
    )
    send_codes_for_records(now)
    found = claim_by_code(account=account, question=question, session_key="b", code=CODE, now=now)
    assert found == dose.citizen
    assert list(household_of(account)) == [found]
    assert found.accesses.get().purpose == AccessPurpose.LET_IN
    assert SmsMessage.objects.get(is_code=False).phone == PHONE


def test_a_phone_of_ones_own_opens_nobodys_record(now, account, dose):
    question = named(phone=account.phone, identification=())
    ask_for_record_code(
        question=question, purpose=CodePurpose.CLAIM, session_key="b", language="vi", now=now
    )
    with pytest.raises(NoSuchRecord):
        claim_by_code(account=account, question=question, session_key="b", code=CODE, now=now)
    assert not HouseholdMember.objects.exists()


def test_a_code_for_looking_up_does_not_claim(now, account, dose):
    ask_for_record_code(
        question=named(),
        purpose=CodePurpose.OWN_RECORD,
        session_key="b",
        language="vi",
        now=now,
    )
    send_codes_for_records(now)
    values = {"account": account, "question": named(), "session_key": "b", "code": CODE}
    assert refusal(claim_by_code, **values, now=now) == "no_code"


# ── by a dose ─────────────────────────────────────────────────────────────────────────────────
def test_where_no_phone_speaks_for_the_person_paper_and_dose_open_at_once(now, account):
    person = make_citizen(phone="", papers=(Paper("cccd", NUMBER),))
    claim = compared(by_dose(account, make_dose(citizen=person), now), now)
    assert claim.status == ClaimStatus.GRANTED
    assert list(household_of(account)) == [person]
    assert claim.question == ""


def test_where_another_phone_does_it_is_told_and_has_a_day_to_refuse(now, account, dose):
    other = make_account(members=(dose.citizen,))
    claim = compared(by_dose(account, dose, now), now)
    assert (claim.status, claim.grant_at) == (ClaimStatus.WAITING, now + 24 * HOUR)
    told = set(SmsMessage.objects.values_list("phone", flat=True))
    assert told == {PHONE, other.phone}
    assert "Tuyết" not in SmsMessage.objects.first().text
    assert len(SmsMessage.objects.first().text) <= 134
    assert compared(claim, now + 23 * HOUR).status == ClaimStatus.WAITING
    assert compared(claim, now + 24 * HOUR).status == ClaimStatus.GRANTED
    assert list(household_of(account)) == [dose.citizen]


@pytest.mark.parametrize("on_record", [True, False])
def test_the_household_and_the_phone_on_record_may_refuse(now, account, dose, on_record):
    keeper = make_account(phone=PHONE) if on_record else make_account(members=(dose.citizen,))
    claim = compared(by_dose(account, dose, now), now)
    assert list(claims_to_answer(keeper)) == [claim]
    answer_claim(account=keeper, claim=claim, agrees=False, now=now)
    assert compared(claim, now + 25 * HOUR).status == ClaimStatus.OBJECTED
    assert not household_of(account).exists()


def test_the_household_may_agree_at_once_and_nobody_else(now, account, dose):
    keeper = make_account(members=(dose.citizen,))
    claim = compared(by_dose(account, dose, now), now)
    for stranger in (account, make_account()):
        with pytest.raises(ClaimIsOver):
            answer_claim(account=stranger, claim=claim, agrees=True, now=now)
    answer_claim(account=keeper, claim=claim, agrees=True, now=now)
    assert list(household_of(account)) == [dose.citizen]
    with pytest.raises(ClaimIsOver):
        answer_claim(account=keeper, claim=claim, agrees=False, now=now)


@pytest.mark.parametrize(
    "over",
    [
        {"lot": "KHONGCO1"},
        {"day": datetime.date(2021, 3, 8)},
        {"search_name": "tran van khac"},
        {"date_of_birth": "1987-03-13"},
        {"sex": "male"},
        {"identification": papers_meant("079187000999", field="n")},
    ],
)
def test_one_wrong_detail_is_refused_alike_and_stands_in_the_log_of_who_has_the_paper(
    now, account, dose, over
):
    claim = compared(by_dose(account, dose, now, **over), now)
    assert (claim.status, claim.citizen, claim.question) == (ClaimStatus.REFUSED, None, "")
    tries = [look.purpose for look in dose.citizen.accesses.all()]
    assert tries == ([] if "identification" in over else [AccessPurpose.CLAIM_REFUSED])
    assert not SmsMessage.objects.exists()


def test_after_five_claims_in_a_day_an_account_must_wait(now, account, dose):
    for _n in range(5):
        by_dose(account, dose, now, lot="KHONGCO1")
    with pytest.raises(TooManyClaims):
        by_dose(account, dose, now)
    by_dose(account, dose, now + 25 * HOUR)


def test_after_five_refused_claims_to_a_person_a_right_one_is_refused_too(account, dose):
    from django.utils import timezone

    now = timezone.now()
    for _n in range(5):
        compared(by_dose(make_account(), dose, now, lot="KHONGCO1"), now)
    assert compared(by_dose(account, dose, now), now).status == ClaimStatus.REFUSED


def test_asking_twice_is_one_claim(now, account, dose):
    first = compared(by_dose(account, dose, now), now)
    second = compared(by_dose(account, dose, now), now)
    assert (first.status, second.status) == (ClaimStatus.WAITING, ClaimStatus.WITHDRAWN)


def test_what_was_taken_back_is_not_granted(now, account, dose):
    claim = compared(by_dose(account, dose, now), now)
    with pytest.raises(ClaimIsOver):
        withdraw_claim(account=make_account(), claim=claim, now=now)
    withdraw_claim(account=account, claim=claim, now=now)
    compare_claims(now + 25 * HOUR)
    assert not household_of(account).exists()


def test_a_full_household_is_told_so_before_anything_is_written(now, account, dose, monkeypatch):
    monkeypatch.setattr("registration.services.claims.MAX_MEMBERS", 0)
    with pytest.raises(HouseholdIsFull):
        by_dose(account, dose, now)
    assert not RecordClaim.objects.exists()


def test_claims_that_ended_a_year_ago_are_forgotten(now, account, dose):
    compared(by_dose(account, dose, now, lot="KHONGCO1"), now)
    assert forget_claims(now + 365 * 24 * HOUR) == 0
    assert forget_claims(now + 366 * 24 * HOUR) == 1
