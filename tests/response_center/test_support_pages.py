"""Reporting and following, as a browser sees it: with an account and without."""

import datetime
import re

import pytest
from django.test import Client
from django.utils import timezone

from registration.models import OneTimeCode, SmsMessage
from response_center.models import Case
from response_center.services.cases import ask_site, claim_case, reject_case
from tests.factories import make_account, make_citizen, make_dose, make_site
from tests.response_center.making import make_agent, make_case

pytestmark = pytest.mark.django_db
PHONE = "+84912345678"


@pytest.fixture
def citizen():
    return make_citizen()


@pytest.fixture
def signed_in(client, citizen):
    client.force_login(
        make_account(phone=PHONE, members=(citizen,)),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


@pytest.fixture
def codes(monkeypatch):
    """The codes that are sent, by phone: the text is blanked once it has gone out."""
    sent = {}

    def keep(*, phone, text, is_code=False, now=None):
        if is_code:
            sent[phone] = re.search(r"\d{6}", text)[0]
        return SmsMessage(phone=phone, text=text)

    monkeypatch.setattr("registration.services.codes.queue_sms", keep)
    return sent


STRANGER = {
    "full_name": "Đinh Thị Lụa",
    "date_of_birth_year": "1954",
    "dose_number": "2",
    "administered_on_day": "3",
    "administered_on_month": "11",
    "administered_on_year": "2021",
    "phone": "0912 345 678",
}


def report_without_account(client, codes, **over):
    """Through the form and the code page; returns the last answer."""
    answer = client.post("/support/report/no-certificate/", {**STRANGER, **over})
    assert answer.url == "/support/confirm/"
    return client.post("/support/confirm/", {"code": codes[PHONE]})


# ── with an account ───────────────────────────────────────────────────────────────────────────
def test_what_is_on_record_is_said_before_anybody_writes_a_report(signed_in, citizen):
    make_dose(citizen=citizen)
    page = signed_in.get("/support/").content.decode()
    assert citizen.full_name in page
    assert "Mũi\xa01" in page


def test_a_household_reports_in_one_step_and_follows_the_case(signed_in, citizen):
    make_site(name="Trạm Y tế xã Nậm Hoa", province_code="11")
    answer = signed_in.post(
        "/support/report/no-certificate/",
        {"person": str(citizen.public_id), "site_name": "nam hoa", "dose_number": "1"},
        follow=True,
    )
    case = Case.objects.get()
    assert answer.redirect_chain == [(f"/support/cases/{case.number}/", 302)]
    assert (case.citizen, case.phone, case.said_dose_number) == (citizen, PHONE, 1)
    assert case.site.name == "Trạm Y tế xã Nậm Hoa"
    assert case.number in answer.content.decode()


def test_a_person_of_another_household_cannot_be_named(signed_in):
    answer = signed_in.post(
        "/support/report/no-certificate/", {"person": str(make_citizen().public_id)}
    )
    assert answer.status_code == 200
    assert not Case.objects.exists()


def test_a_site_name_that_fits_several_comes_back_as_cards(signed_in, citizen):
    sites = [make_site(name=f"Trạm Y tế xã Sông Mây {n}") for n in (1, 2)]
    values = {"person": str(citizen.public_id), "site_name": "sông mây"}
    page = signed_in.post("/support/report/no-certificate/", values)
    assert all(site.name in page.content.decode() for site in sites)
    signed_in.post("/support/report/no-certificate/", {**values, "site": str(sites[1].public_id)})
    assert Case.objects.get().site == sites[1]


def test_the_same_report_again_leads_to_the_case_that_is_open(signed_in, citizen):
    for _twice in range(2):
        answer = signed_in.post(
            "/support/report/no-certificate/",
            {"person": str(citizen.public_id), "dose_number": "1"},
        )
    assert answer.url == f"/support/cases/{Case.objects.get().number}/"


def test_a_link_from_another_page_fills_the_form_in(signed_in, citizen):
    page = signed_in.get(f"/support/?person={citizen.public_id}&dose=2").content.decode()
    assert f"/support/report/no-certificate/?person={citizen.public_id}&amp;dose=2" in page
    form = signed_in.get("/support/report/no-certificate/?dose=2").context["form"]
    assert form["dose_number"].value() == "2"


def test_a_rejected_case_says_why_and_what_to_do(signed_in, citizen):
    case = make_case(citizen=citizen)
    agent = make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    reject_case(
        case=case,
        by=agent,
        reason="evidence_unreadable",
        words="Hãy chụp lại cho rõ <b>dấu</b>.",
        now=timezone.now(),
    )
    page = signed_in.get(f"/support/cases/{case.number}/").content.decode()
    assert "Hãy chụp lại cho rõ &lt;b&gt;dấu&lt;/b&gt;." in page
    assert "không đọc được" in page


def test_what_agents_write_to_sites_is_not_shown_to_citizens(signed_in, citizen):
    case = make_case(citizen=citizen, site=make_site())
    agent = make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    ask_site(case=case, agent=agent, question="Nghi nhập trùng người.", now=timezone.now())
    page = signed_in.get(f"/support/cases/{case.number}/").content.decode()
    assert case.site.name in page
    assert "Nghi nhập trùng" not in page
    assert agent.full_name not in page


def test_the_health_book_shows_the_open_reports_of_the_person(signed_in, citizen):
    case = make_case(citizen=citizen)
    assert case.number in signed_in.get(f"/account/people/{citizen.public_id}/").content.decode()


# ── without an account ────────────────────────────────────────────────────────────────────────
def test_somebody_without_an_account_reports_with_a_code_and_follows_the_case(client, codes):
    answer = report_without_account(client, codes)
    case = Case.objects.get()
    assert answer.url == f"/support/cases/{case.number}/"
    assert (case.phone, case.said_full_name, case.citizen) == (PHONE, "Đinh Thị Lụa", None)
    assert client.get(answer.url).status_code == 200


def test_nothing_is_opened_before_the_code_is_right(client, codes):
    client.post("/support/report/no-certificate/", STRANGER)
    wrong = "000000" if codes[PHONE] != "000000" else "111111"
    page = client.post("/support/confirm/", {"code": wrong})
    assert page.status_code == 200
    assert not Case.objects.exists()
    client.post("/support/confirm/", {"code": codes[PHONE]})
    assert Case.objects.count() == 1


def test_a_code_of_one_browser_opens_nothing_in_another(client, codes):
    client.post("/support/report/no-certificate/", STRANGER)
    other = Client()
    assert other.post("/support/confirm/", {"code": codes[PHONE]}).url == "/support/"
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "over",
    [
        {"phone": "12345"},
        {"full_name": ""},
        {"date_of_birth_year": "2564"},
        {"administered_on_day": "31"},
        {"administered_on_year": "2999"},
        {"administered_on_year": "x" * 500},
        {"dose_number": "77"},
        {"vaccine": "EU/0/00/0000"},
        {"province": "999999"},
        {"site_name": "không có nơi nào như vậy"},
        {"description": "x" * 10_000},
        {"full_name": "A\u202eB" * 4000},
    ],
)
def test_bad_input_is_answered_with_the_field_and_no_code_is_sent(client, codes, over):
    page = client.post("/support/report/no-certificate/", {**STRANGER, **over})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert codes == {}


def test_an_unknown_kind_of_report_does_not_exist(client):
    assert client.get("/support/report/stuck-certificate/").status_code == 404
    assert client.get("/support/report/nonsense/").status_code == 404


# ── following ─────────────────────────────────────────────────────────────────────────────────
def test_a_known_and_an_unknown_number_are_answered_alike_without_proof(client, codes):
    known = make_case().number
    answers = []
    for number in (known, "PA-2222-22"):
        page = client.get(f"/support/cases/{number}/")
        answers.append((page.status_code, page.url.replace(number, "N")))
    assert answers[0] == answers[1] == (302, "/support/follow/?number=N")


def test_the_answer_to_asking_for_a_code_does_not_tell_whether_the_case_exists(codes):
    known = make_case()
    answers = set()
    for n, number in enumerate((known.number, "PA-2222-22")):
        browser = Client()
        answer = browser.post("/support/follow/", {"phone": f"09123456{n}8", "number": number})
        answers.add((answer.status_code, answer.url))
    assert answers == {(302, "/support/follow/code/")}
    assert len(codes) == 2


def test_a_proven_phone_sees_its_own_cases_and_no_other(client, codes):
    report_without_account(client, codes)
    mine, other = Case.objects.get(), make_case()
    browser = Client()
    OneTimeCode.objects.all().delete()
    browser.post("/support/follow/", {"phone": "0912345678", "number": mine.number})
    answer = browser.post("/support/follow/code/", {"code": codes[PHONE]})
    assert answer.url == f"/support/cases/{mine.number}/"
    assert browser.get(answer.url).status_code == 200
    assert browser.get(f"/support/cases/{other.number}/").status_code == 302


def test_the_proof_of_a_phone_ends_after_half_an_hour(client, codes, monkeypatch):
    answer = report_without_account(client, codes)
    later = timezone.now() + datetime.timedelta(minutes=31)
    monkeypatch.setattr("response_center.views.support.timezone.now", lambda: later)
    assert client.get(answer.url).status_code == 302


def test_another_household_cannot_open_the_case(signed_in):
    assert signed_in.get(f"/support/cases/{make_case().number}/").status_code == 302


def test_personal_pages_are_kept_by_no_cache(signed_in, citizen):
    case = make_case(citizen=citizen)
    assert "no-store" in signed_in.get(f"/support/cases/{case.number}/")["Cache-Control"]
