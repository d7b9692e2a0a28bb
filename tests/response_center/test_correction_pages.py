"""Corrections as the desk sees them: the form, the list for a second person, the decision."""

import html
import uuid

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from registration.models import RecordAccess
from registration.services.citizens import Paper, find_or_create_citizen
from response_center.models import (
    Case,
    CaseKind,
    Correction,
    CorrectionLine,
)
from response_center.services.cases import claim_case
from response_center.services.corrections import propose_correction
from response_center.services.opening import open_case
from sites.models import Role
from tests.factories import make_citizen, make_details, make_dose, make_lot, make_site, make_staff
from tests.response_center.making import (
    make_agent,
    make_case,
    make_case_at_site,
    make_report,
    told,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(client):
    def as_(account):
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_


def held_case(agent, **over):
    case = make_case(kind=CaseKind.WRONG_DATA, description="Sai tên", **over)
    claim_case(case=case, agent=agent, now=timezone.now())
    return case


def waiting(lines=None, agent=None, **over):
    agent = agent or make_agent()
    case = held_case(agent, **over)
    return propose_correction(
        case=case,
        lines=lines or {"full_name": "Lê Thị Mẫu"},
        grounds="Căn cước ghi rõ.",
        by=agent,
        now=timezone.now(),
    )


def address(case):
    return f"/staff/cases/{case.number}/correct/"


def test_what_the_person_asks_for_stands_beside_the_record_and_in_the_form(sign_in):
    agent = make_agent()
    case = held_case(agent, citizen=make_citizen(full_name="Nguyễn Thị Anh"))
    asked = Correction.objects.create(case=case, citizen=case.citizen)
    CorrectionLine.objects.create(
        correction=asked, field="full_name", old="Nguyễn Thị Anh", new="Nguyễn Thị Ánh"
    )
    browser = sign_in(agent)
    page = browser.get(f"/staff/cases/{case.number}/").content.decode()
    assert "<del>Anh</del>" in page
    assert "<ins>Ánh</ins>" in page
    assert address(case) in page
    form = browser.get(address(case)).content.decode()
    assert 'value="Nguyễn Thị Ánh"' in form
    answer = browser.post(address(case), {"full_name": "Nguyễn Thị Ánh", "grounds": "Căn cước."})
    assert answer.status_code == 302
    statuses = Correction.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["withdrawn", "proposed"]


@pytest.mark.parametrize(
    "typed",
    [
        {"full_name": "Lê <b>Mẫu</b>"},
        {"full_name": "x" * 10_000},
        {"full_name": "Lê\u200bThị"},
        {"date_of_birth": "31/02/1980"},
        {"id_number": "1" * 29},
        {"sex": "<script>"},
        {"grounds": ""},
        {},
        {"dose_owner": "other", "owner_paper": "079000000000"},
    ],
)
def test_what_cannot_be_read_comes_back_with_a_sentence(sign_in, typed):
    agent = make_agent()
    dose = make_dose(source="paper")
    case = held_case(agent, citizen=dose.citizen)
    answer = sign_in(agent).post(address(case), {"grounds": "Giấy tờ.", **typed})
    assert answer.status_code == 200
    (sentence,) = [str(each) for group in answer.context["form"].errors.values() for each in group]
    assert sentence in html.unescape(answer.content.decode())
    assert not Correction.objects.exists()


def test_a_dose_goes_to_the_person_whose_number_was_typed_and_that_look_is_on_record(sign_in):
    agent = make_agent()
    dose = make_dose(source="paper")
    other = find_or_create_citizen(
        details=make_details(full_name="Trịnh Văn Kia", papers=(Paper("cccd", "079187000001"),))
    )
    case = held_case(agent, citizen=dose.citizen)
    typed = {"grounds": "Phiếu tiêm.", "dose_owner": "other", "owner_paper": "079187000001"}
    assert sign_in(agent).post(address(case), typed).status_code == 302
    line = CorrectionLine.objects.get()
    assert (line.field, line.new) == ("dose_owner", str(other.public_id))
    assert RecordAccess.objects.filter(citizen=other, account=agent).exists()
    page = sign_in(agent).get(f"/staff/cases/{case.number}/").content.decode()
    assert other.full_name not in strip_tags(page)
    second = make_agent()
    decision = f"/staff/corrections/{Correction.objects.get().public_id}/"
    assert other.full_name in strip_tags(sign_in(second).get(decision).content.decode())
    assert RecordAccess.objects.filter(citizen=other, account=second).exists()


def test_only_who_holds_the_case_proposes(sign_in):
    case = held_case(make_agent())
    answer = sign_in(make_agent()).post(address(case), {"sex": "other", "grounds": "Giấy tờ."})
    assert answer.status_code == 200
    assert not Correction.objects.exists()


def test_a_report_that_names_nobody_on_record_is_given_its_person_first(sign_in):
    agent = make_agent()
    report = make_report(kind=CaseKind.WRONG_DATA, description="Sai", site=make_site())
    case = open_case(report=report, now=timezone.now())
    claim_case(case=case, agent=agent, now=timezone.now())
    person = find_or_create_citizen(details=make_details(papers=(Paper("cccd", "079187000001"),)))
    browser = sign_in(agent)
    page = browser.post(address(case), {"action": "find", "query": "079187000001"})
    assert person.full_name in page.content.decode()
    answer = browser.post(address(case), {"action": "name", "person": str(person.public_id)})
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.citizen == person
    for strange in ("x", str(uuid.uuid4())):
        Case.objects.filter(pk=case.pk).update(citizen=None)
        posted = browser.post(address(case), {"action": "name", "person": strange})
        assert posted.status_code == 404


# ── the second person ─────────────────────────────────────────────────────────────────────────
def test_the_list_and_the_page_lead_a_second_person_to_the_decision(sign_in):
    correction = waiting()
    second = make_agent()
    browser = sign_in(second)
    page = f"/staff/corrections/{correction.public_id}/"
    assert page in browser.get("/staff/corrections/").content.decode()
    assert 'value="apply"' in browser.get(page).content.decode()
    assert RecordAccess.objects.filter(account=second).exists()
    assert browser.post(page, {"action": "apply"}).status_code == 302
    correction.refresh_from_db()
    assert (correction.status, correction.decided_by) == ("applied", second)
    assert len(told(correction.case)) == 1
    again = browser.post(page, {"action": "apply"})
    assert again.status_code == 200
    assert 'value="apply"' not in again.content.decode()


def test_who_proposed_may_only_take_it_back(sign_in):
    agent = make_agent()
    correction = waiting(agent=agent)
    browser = sign_in(agent)
    page = f"/staff/corrections/{correction.public_id}/"
    shown = browser.get(page).content.decode()
    assert 'value="withdraw"' in shown
    assert 'value="apply"' not in shown
    assert browser.post(page, {"action": "apply"}).status_code == 200
    correction.refresh_from_db()
    assert correction.status == "proposed"
    assert browser.post(page, {"action": "withdraw"}).status_code == 302
    correction.refresh_from_db()
    assert correction.status == "withdrawn"


def test_a_refusal_needs_its_reason_and_words(sign_in):
    correction = waiting()
    browser = sign_in(make_agent())
    page = f"/staff/corrections/{correction.public_id}/"
    assert browser.post(page, {"action": "refuse", "words": "Ảnh mờ"}).status_code == 200
    typed = {"action": "refuse", "reason": "evidence_unreadable", "words": "Ảnh mờ"}
    assert browser.post(page, typed).status_code == 302
    correction.refresh_from_db()
    assert (correction.status, correction.refusal_reason) == ("refused", "evidence_unreadable")


def test_corrections_out_of_reach_are_not_there(sign_in):
    correction = waiting(site=make_site(province_code="27"))
    page = f"/staff/corrections/{correction.public_id}/"
    recorder = make_staff(role=Role.SITE_RECORDER, site=make_site())
    assert sign_in(recorder).get(page).status_code == 404
    assert sign_in(recorder).post(page, {"action": "apply"}).status_code == 404
    auditor = sign_in(make_staff(role=Role.AUDITOR))
    assert 'value="apply"' not in auditor.get(page).content.decode()


# ── the site has no such dose ─────────────────────────────────────────────────────────────────
def test_a_site_refuses_a_dose_with_a_reason_and_the_person_is_told(sign_in):
    lot = make_lot(site=make_site())
    case = make_case_at_site(lot=lot)
    browser = sign_in(make_staff(site=lot.site))
    page = f"/staff/cases/{case.number}/"
    assert 'value="no_dose"' in browser.get(page).content.decode()
    assert browser.post(page, {"action": "no_dose", "no_dose-words": "x"}).status_code == 200
    typed = {
        "action": "no_dose",
        "no_dose-reason": "no_such_dose",
        "no_dose-words": "Danh sách ngày 03/11 không có tên.",
    }
    assert browser.post(page, typed).status_code == 302
    case.refresh_from_db()
    assert (case.status, case.rejection_reason, case.cause) == (
        "rejected",
        "no_such_dose",
        "no_dose",
    )
    assert len(told(case)) == 1
