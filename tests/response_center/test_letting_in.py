"""A phone is let in to a record at the desk, where no proof supports its claim."""

import datetime

import pytest
from django.utils import timezone

from registration.desk import DeskClaim, open_at_desk
from registration.models import ClaimStatus, RecordClaim
from registration.selectors import household_of
from registration.services.citizens import Paper
from registration.services.claims import answer_claim
from registration.services.own_record import papers_meant
from response_center.exceptions import CaseNotClaimed
from response_center.models import Case, CaseVerb
from response_center.services.cases import release_case
from response_center.services.letting_in import NoRecordFits, asks_to_be_let_in, let_phone_in
from sites.models import LookupCount, Role
from sites.scoping import NotAllowed
from tests.factories import make_account, make_citizen, make_site, make_staff
from tests.response_center.making import make_agent, make_case
from tests.response_center.test_cases import claimed

pytestmark = pytest.mark.django_db
NUMBER = "079154000345"
PAPERS = papers_meant(NUMBER, field="n")


@pytest.fixture
def account():
    return make_account()


@pytest.fixture
def case(now, account):
    told = DeskClaim(account, "nguyen thi anh tuyet", "1954", "Mẹ tôi, đã mất máy.")
    address = open_at_desk(told, now=now)
    return Case.objects.get(number=address.rstrip("/").rpartition("/")[2])


def make_elder(**over):
    return make_citizen(date_of_birth="1954", papers=(Paper("cccd", NUMBER),), **over)


def test_where_no_phone_speaks_for_the_person_the_phone_of_the_report_sees_her_at_once(
    now, account, case
):
    elder = make_elder(phone="")
    agent = claimed(case, now)
    claim = let_phone_in(case=case, agent=agent, papers=PAPERS, now=now)
    assert claim.status == ClaimStatus.GRANTED
    assert list(household_of(account)) == [elder]
    assert {look.purpose for look in elder.accesses.all()} == {"case", "let_in"}
    assert case.events.get(verb=CaseVerb.NOTED).by == agent


def test_where_a_phone_does_the_desk_is_no_faster_than_a_dose(now, account, case):
    make_elder(phone="+84987654321")
    claim = let_phone_in(case=case, agent=claimed(case, now), papers=PAPERS, now=now)
    assert claim.status == ClaimStatus.WAITING
    assert claim.grant_at == now + datetime.timedelta(hours=24)
    assert not household_of(account).exists()


def test_what_the_other_phone_refused_only_a_second_agent_grants(now, account, case):
    elder = make_elder(phone="+84987654321")
    keeper = make_account(phone="+84987654321", members=(elder,))
    first = claimed(case, now)
    for _n in range(2):
        asked = let_phone_in(case=case, agent=first, papers=PAPERS, now=now)
        assert asked.status == ClaimStatus.WAITING
        answer_claim(account=keeper, claim=asked, agrees=False, now=now)
    release_case(case=case, agent=first, now=now)
    second = claimed(case, now)
    assert let_phone_in(case=case, agent=second, papers=PAPERS, now=now).status == "granted"
    assert list(household_of(account)) == [elder]


@pytest.mark.parametrize(
    "over", [{"full_name": "Trần Văn Khác"}, {"date_of_birth": "1955"}, {"papers": ()}]
)
def test_a_number_of_somebody_else_lets_nobody_in_and_the_look_is_counted(now, account, case, over):
    make_citizen(**{"date_of_birth": "1954", "papers": (Paper("cccd", NUMBER),), **over})
    with pytest.raises(NoRecordFits):
        let_phone_in(case=case, agent=claimed(case, now), papers=PAPERS, now=now)
    assert not RecordClaim.objects.exists()
    assert LookupCount.objects.get().lookups == 1


def test_only_an_agent_who_holds_the_case_lets_a_phone_in(now, case):
    make_elder(phone="")
    with pytest.raises(CaseNotClaimed):
        let_phone_in(case=case, agent=make_agent(), papers=PAPERS, now=now)
    nurse = make_staff(role=Role.SITE_MANAGER, site=make_site())
    with pytest.raises(NotAllowed):
        let_phone_in(case=case, agent=nurse, papers=PAPERS, now=now)
    assert not RecordClaim.objects.exists()


def test_a_report_about_a_record_does_not_ask_to_be_let_in(now):
    case = make_case(now=now)
    assert not asks_to_be_let_in(case)
    with pytest.raises(NotAllowed):
        let_phone_in(case=case, agent=claimed(case, now), papers=PAPERS, now=now)


def test_the_page_of_the_case_offers_it_and_refuses_beside_the_field(client, account):
    now = timezone.now()
    told = DeskClaim(account, "nguyen thi anh tuyet", "1954", "Mẹ tôi.")
    address = open_at_desk(told, now=now)
    case = Case.objects.get()
    agent = claimed(case, now)
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    page = f"/staff/cases/{address.rstrip('/').rpartition('/')[2]}/"
    assert "Cho số này xem hồ sơ" in client.get(page).content.decode()
    for number in ("12", NUMBER):
        answer = client.post(page, {"action": "let_in", "let_in-id_number": number})
        assert answer.context["forms"]["let_in"].errors["id_number"]
    elder = make_elder(phone="")
    assert client.post(page, {"action": "let_in", "let_in-id_number": NUMBER}).status_code == 302
    assert list(household_of(account)) == [elder]
