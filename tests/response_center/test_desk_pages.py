"""The case desk as its people see it: who sees what, one action a POST, refusals in words."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certificates.models import IssuanceJob, JobState
from registration.models import RecordAccess
from response_center.models import Case, CaseKind
from response_center.services.cases import ask_site, claim_case
from response_center.services.opening import open_case
from response_center.services.rounds import open_cases_for_stuck_certificates
from sites.models import Dose, Role
from tests.factories import make_dose, make_lot, make_site, make_staff, province
from tests.response_center.making import make_agent, make_case, make_case_at_site, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    return make_lot(site=make_site(province_code="27"))


@pytest.fixture
def sign_in(client):
    def as_(account):
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_


def address(case):
    return f"/staff/cases/{case.number}/"


# ── who sees what ─────────────────────────────────────────────────────────────────────────────
def test_strangers_and_citizens_are_sent_to_the_staff_sign_in(client, sign_in):
    case = make_case()
    for browser in (client, sign_in(case.citizen.households.get().account)):
        answer = browser.get(address(case))
        assert answer.status_code == 302
        assert answer.url.startswith("/staff/login/")


def test_a_site_sees_the_cases_it_was_asked_about_and_no_other(sign_in, lot):
    mine = make_case_at_site(lot=lot)
    not_asked = make_case(site=lot.site)
    elsewhere = make_case_at_site(lot=make_lot(site=make_site()))
    browser = sign_in(make_staff(site=lot.site))
    page = browser.get("/staff/cases/").content.decode()
    assert mine.number in page
    assert not_asked.number not in page
    assert elsewhere.number not in page
    assert browser.get(address(mine)).status_code == 200
    assert browser.get(address(not_asked)).status_code == 404
    assert browser.get(address(elsewhere)).status_code == 404
    assert browser.post(address(elsewhere), {"action": "answer"}).status_code == 404


def test_a_province_sees_its_own_cases(sign_in, lot):
    mine, other = make_case(site=lot.site), make_case(site=make_site(province_code="01"))
    browser = sign_in(make_staff(role=Role.PROVINCE_OFFICER, province=province("27")))
    assert browser.get(address(mine)).status_code == 200
    assert browser.get(address(other)).status_code == 404
    page = browser.get("/staff/cases/?queue=all").content.decode()
    assert mine.number in page
    assert other.number not in page


def test_a_disabled_login_loses_the_desk_at_once(sign_in):
    agent = make_agent()
    browser = sign_in(agent)
    assert browser.get("/staff/cases/").status_code == 200
    agent.is_active = False
    agent.save()
    assert browser.get("/staff/cases/").status_code == 302


def test_an_auditor_reads_and_does_nothing(sign_in):
    case = make_case()
    browser = sign_in(make_staff(role=Role.AUDITOR))
    assert browser.get(address(case)).status_code == 200
    browser.post(address(case), {"action": "claim"})
    case.refresh_from_db()
    assert case.claimed_by is None


def test_who_opens_a_case_is_in_the_log_that_the_person_reads(sign_in):
    case, agent = make_case(), make_agent()
    sign_in(agent).get(address(case))
    access = RecordAccess.objects.get(citizen=case.citizen)
    assert (access.account, access.purpose) == (agent, "case")


# ── the queue ─────────────────────────────────────────────────────────────────────────────────
def test_the_most_urgent_case_stands_first(sign_in):
    now = timezone.now()
    fresh = make_case(now=now)
    old = make_case(now=now - datetime.timedelta(hours=50))
    page = sign_in(make_agent()).get("/staff/cases/").content.decode()
    assert page.index(old.number) < page.index(fresh.number)


def test_taking_the_most_urgent_passes_over_what_others_hold(sign_in):
    now = timezone.now()
    held = make_case(now=now - datetime.timedelta(hours=50))
    free = make_case(now=now)
    claim_case(case=held, agent=make_agent(), now=now)
    agent = make_agent()
    answer = sign_in(agent).post("/staff/cases/")
    assert answer.url == address(free)
    free.refresh_from_db()
    assert free.claimed_by == agent


def test_the_lists_of_the_desk_hold_what_they_say(sign_in, lot):
    now, agent = timezone.now(), make_agent()
    mine = make_case(now=now)
    claim_case(case=mine, agent=agent, now=now)
    at_site = make_case_at_site(lot=lot)
    late = make_case(now=now - datetime.timedelta(hours=49))
    browser = sign_in(agent)
    for queue, numbers in {
        "mine": {mine.number},
        "with-site": {at_site.number},
        "overdue": {late.number},
        "all": {mine.number, at_site.number, late.number},
        "closed": set(),
        "nonsense": {mine.number, late.number},
    }.items():
        lines = browser.get(f"/staff/cases/?queue={queue}").context["lines"]
        assert {line.case.number for line in lines} == numbers, queue


def test_the_queue_asks_as_few_queries_for_many_cases_as_for_one(sign_in):
    make_case(site=make_site())
    browser = sign_in(make_agent())
    with CaptureQueriesContext(connection) as for_one:
        browser.get("/staff/cases/")
    for _n in range(12):
        make_case(site=make_site())
    with CaptureQueriesContext(connection) as for_many:
        browser.get("/staff/cases/")
    assert len(for_many) == len(for_one)


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30])
def test_a_page_that_is_not_there_shows_a_page_that_is(sign_in, page):
    make_case()
    assert sign_in(make_agent()).get(f"/staff/cases/?page={page}").status_code == 200


def test_a_case_is_found_by_its_number_however_typed(sign_in):
    case = make_case()
    answer = sign_in(make_agent()).get("/staff/cases/", {"number": case.number.lower()})
    assert answer.url == address(case)


# ── actions ───────────────────────────────────────────────────────────────────────────────────
def test_an_agent_takes_asks_and_the_site_answers(sign_in, lot):
    case, agent, nurse = make_case(site=lot.site), make_agent(), make_staff(site=lot.site)
    browser = sign_in(agent)
    browser.post(address(case), {"action": "claim"})
    answer = browser.post(address(case), {"action": "ask", "ask-words": "Có phiếu không?"})
    assert answer.status_code == 302
    browser = sign_in(nurse)
    assert "Có phiếu không?" in browser.get(address(case)).content.decode()
    answer = browser.post(address(case), {"action": "answer", "answer-words": "Không thấy."})
    assert answer.url == "/staff/cases/"
    case.refresh_from_db()
    assert case.status == "open"


def test_a_case_without_a_site_asks_for_one(sign_in, lot):
    case, agent = make_case(), make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    browser, words = sign_in(agent), {"action": "ask", "ask-words": "Có phiếu không?"}
    page = browser.post(address(case), words)
    assert page.context["form"].errors["site_name"]
    page = browser.post(address(case), {**words, "ask-site_name": "không có nơi này"})
    assert page.context["form"].errors["site_name"]
    browser.post(address(case), {**words, "ask-site_name": lot.site.code})
    case.refresh_from_db()
    assert (case.site, case.status) == (lot.site, "with_site")


def test_an_empty_answer_brings_the_page_back_with_the_field(sign_in):
    case, agent = make_case(), make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    page = sign_in(agent).post(address(case), {"action": "resolve", "resolve-words": " "})
    assert page.status_code == 200
    assert page.context["form"].errors["words"]
    case.refresh_from_db()
    assert case.status == "open"


def test_a_rejection_without_a_reason_is_not_made(sign_in):
    case, agent = make_case(), make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    page = sign_in(agent).post(address(case), {"action": "reject", "reject-words": "Vì thế"})
    assert page.context["form"].errors["reason"]
    case.refresh_from_db()
    assert case.status == "open"


def test_a_held_case_says_by_whom(sign_in):
    case, other = make_case(), make_agent()
    claim_case(case=case, agent=other, now=timezone.now())
    answer = sign_in(make_agent()).post(address(case), {"action": "claim"}, follow=True)
    assert other.full_name in answer.content.decode()


def test_an_unknown_action_does_not_exist(sign_in):
    case = make_case()
    assert sign_in(make_agent()).post(address(case), {"action": "delete"}).status_code == 404


def test_a_stuck_certificate_is_not_closed_with_words(sign_in):
    dose, agent = make_dose(), make_agent()
    IssuanceJob.objects.filter(dose=dose).update(state=JobState.NEEDS_REVIEW)
    open_cases_for_stuck_certificates(timezone.now())
    case = Case.objects.get()
    claim_case(case=case, agent=agent, now=timezone.now())
    page = sign_in(agent).get(address(case))
    assert set(page.context["allowed"]) == {
        *("claim", "release", "retry", "ask", "hand_over", "note"),
    }
    assert {fact.said for fact in page.context["facts"]} == {"–"}
    assert sign_in(agent).post(address(case), {"action": "retry"}).status_code == 302
    assert IssuanceJob.objects.get(dose=dose).state == JobState.PENDING


def test_nothing_is_passed_up_from_the_ministry(sign_in):
    case, agent = make_case(), make_agent()
    for _level in range(2):
        claim_case(case=case, agent=agent, now=timezone.now())
        assert "escalate" in sign_in(agent).get(address(case)).context["allowed"]
        sign_in(agent).post(address(case), {"action": "escalate", "escalate-words": "Khó"})
    claim_case(case=case, agent=agent, now=timezone.now())
    assert "escalate" not in sign_in(agent).get(address(case)).context["allowed"]


# ── the missing dose ──────────────────────────────────────────────────────────────────────────
def paper_of(lot, **over):
    given = timezone.localdate() - datetime.timedelta(days=3)
    return {
        "action": "confirm",
        "confirm-lot": lot.pk,
        "confirm-administered_on": f"{given:%d/%m/%Y}",
        "confirm-administered_time": "9:05",
        "confirm-dose_number": "1",
        "confirm-dose_kind": "primary",
        "confirm-vaccinator": "Lê Thị Mẫu",
        **over,
    }


def test_the_site_confirms_the_dose_with_what_the_citizen_said_filled_in(sign_in, lot):
    given = timezone.localdate() - datetime.timedelta(days=3)
    case = make_case_at_site(lot=lot, administered_on=given)
    browser = sign_in(make_staff(site=lot.site))
    form = browser.get(address(case)).context["forms"]["confirm"]
    assert form["administered_on"].value() == f"{given:%d/%m/%Y}"
    assert form["lot"].value() == lot.pk
    answer = browser.post(address(case), paper_of(lot))
    assert answer.url == address(case)
    dose = Dose.objects.get()
    assert timezone.localtime(dose.administered_at).strftime("%H:%M") == "09:05"
    again = browser.post(address(case), paper_of(lot))
    assert again.status_code == 302
    assert Dose.objects.count() == 1


def test_the_site_says_who_a_stranger_is(sign_in, lot):
    agent, now = make_agent(), timezone.now()
    case = open_case(report=make_report(site=lot.site), now=now)
    claim_case(case=case, agent=agent, now=now)
    ask_site(case=case, agent=agent, question="?", now=now)
    browser = sign_in(make_staff(site=lot.site))
    page = browser.post(address(case), paper_of(lot))
    assert page.context["form"].errors.keys() == {"full_name", "date_of_birth", "sex"}
    person = {
        "confirm-full_name": "Đinh Thị Lụa",
        "confirm-date_of_birth_year": "1954",
        "confirm-sex": "female",
    }
    assert browser.post(address(case), paper_of(lot, **person)).status_code == 302
    assert Dose.objects.get().citizen.phone == case.phone


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"confirm-administered_on": "31/02/2021"}, "administered_on"),
        ({"confirm-administered_on": "06/11/2999"}, None),
        ({"confirm-administered_time": "25:00"}, "administered_time"),
        ({"confirm-dose_number": "-1"}, "dose_number"),
        ({"confirm-dose_number": "NaN"}, "dose_number"),
        ({"confirm-lot": "999999"}, "lot"),
        ({"confirm-vaccinator": ""}, "vaccinator"),
    ],
)
def test_a_dose_that_cannot_be_is_refused_beside_its_field(sign_in, lot, over, field):
    case = make_case_at_site(lot=lot)
    page = sign_in(make_staff(site=lot.site)).post(address(case), paper_of(lot, **over))
    assert page.status_code == 200
    errors = page.context["form"].errors
    assert errors if field is None else field in errors
    assert not Dose.objects.exists()


def test_a_doctor_answers_and_is_not_offered_to_enter_paper(sign_in, lot):
    case = make_case_at_site(lot=lot)
    page = sign_in(make_staff(role=Role.SITE_DOCTOR, site=lot.site)).get(address(case))
    assert set(page.context["allowed"]) == {"answer", "no_dose", "note"}


def test_a_reaction_is_not_confirmed_as_a_dose(sign_in, lot):
    case = make_case_at_site(lot=lot, kind=CaseKind.REACTION, description="Sốt cao.")
    browser = sign_in(make_staff(site=lot.site))
    assert "confirm" not in browser.get(address(case)).context["allowed"]


# ── the staff records ─────────────────────────────────────────────────────────────────────────
def test_cases_in_the_staff_records_are_scoped_and_cannot_be_changed(sign_in, lot):
    mine, other = make_case_at_site(lot=lot), make_case()
    browser = sign_in(make_staff(role=Role.SITE_MANAGER, site=lot.site))
    listed = browser.get("/staff/response_center/case/").content.decode()
    assert mine.number in listed
    assert other.number not in listed
    assert browser.get(f"/staff/response_center/case/{mine.pk}/change/").status_code == 200
    assert browser.get(f"/staff/response_center/case/{other.pk}/change/").status_code != 200
    assert browser.get("/staff/response_center/case/add/").status_code == 403
    browser.post(f"/staff/response_center/case/{mine.pk}/change/", {"status": "resolved"})
    assert Case.objects.get(pk=mine.pk).status == "with_site"
