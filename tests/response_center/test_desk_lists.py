"""The desk's other pages: lists narrowed, the hotline, one answer to many, texts on a case."""

import pytest

from registration.models import RecordAccess
from response_center.models import AnswerTemplate, BulkAnswer, Case, CaseUrgency
from response_center.services.cases import claim_case
from sites.models import Role
from tests.factories import make_account, make_citizen, make_site, make_staff, province
from tests.response_center.making import make_agent, make_case, make_district, told
from tests.response_center.test_desk_pages import address, sign_in

__all__ = ["sign_in"]
pytestmark = pytest.mark.django_db


def numbers(page):
    return [line.case.number for line in page.context["lines"]]


# ── lists ─────────────────────────────────────────────────────────────────────────────────────
def test_a_list_is_narrowed_and_its_counts_with_it(sign_in):
    urgent = make_case(kind="reaction", description="Sốt", site=make_site(province_code="27"))
    make_case(site=make_site(province_code="01"))
    Case.objects.filter(pk=urgent.pk).update(urgency=CaseUrgency.DANGER)
    browser = sign_in(make_agent())
    for query in ("kind=reaction", "urgency=1", "province=27", "kind=reaction&level=site"):
        page = browser.get(f"/staff/cases/?{query}")
        assert numbers(page) == [urgent.number], query
        assert "(1)" in page.context["tabs"][0].text
    assert numbers(browser.get("/staff/cases/?province=27&level=ministry")) == []


@pytest.mark.parametrize("query", ["kind=x", "urgency=9", "province=zz&district=1", "level=%00"])
def test_a_filter_that_cannot_be_read_narrows_nothing(sign_in, query):
    case = make_case()
    page = sign_in(make_agent()).get(f"/staff/cases/?{query}")
    assert numbers(page) == [case.number]


def test_the_levels_say_how_many_cases_each_has(sign_in):
    for level in ("site", "site", "province"):
        Case.objects.filter(pk=make_case().pk).update(level=level)
    page = sign_in(make_agent()).get("/staff/cases/?level=province")
    texts = [level.text for level in page.context["levels"]]
    assert len(texts) == 3
    assert texts[1].endswith("(2)")
    assert page.context["levels"][2].current


def test_a_district_officer_has_a_list_of_what_came_up_to_the_district(sign_in):
    district = make_district()
    mine, below = make_case(), make_case()
    Case.objects.update(district=district)
    Case.objects.filter(pk=mine.pk).update(level="district")
    browser = sign_in(make_staff(role=Role.DISTRICT_OFFICER, district=district))
    assert numbers(browser.get("/staff/cases/")) == [mine.number]
    assert set(numbers(browser.get("/staff/cases/?queue=all"))) == {mine.number, below.number}
    taken = browser.post("/staff/cases/")
    assert taken.url == address(mine)


def test_a_case_is_found_by_the_end_of_its_phone_which_stands_in_no_address(sign_in):
    case, other = make_case(), make_case()
    Case.objects.filter(pk=case.pk).update(phone="+84900001234")
    Case.objects.filter(pk=other.pk).update(phone="+84900005678")
    browser = sign_in(make_agent())
    found = browser.post("/staff/cases/", {"find": "1", "text": "1234"})
    assert found.url == address(case)
    nothing = browser.post("/staff/cases/", {"find": "1", "text": "0909 999 999"})
    assert nothing.context["lines"] == []
    assert (
        "text" in browser.post("/staff/cases/", {"find": "1", "text": "12"}).context["find"].errors
    )


def test_a_site_finds_no_case_of_others_by_phone(sign_in):
    case = make_case()
    browser = sign_in(make_staff(site=make_site()))
    page = browser.post("/staff/cases/", {"find": "1", "text": case.phone})
    assert page.context["lines"] == []


# ── the case page's work ──────────────────────────────────────────────────────────────────────
def test_a_text_is_chosen_without_script_and_fills_its_field(sign_in):
    case, agent = make_case(site=make_site()), make_agent()
    claim_case(case=case, agent=agent, now=case.opened_at)
    page = sign_in(agent).get(f"{address(case)}?text=ask-paper").content.decode()
    assert "Nhờ điểm tiêm tìm trong danh sách giấy ngày" in page
    assert "{person}" not in page


def test_a_duplicate_is_joined_on_the_page_and_taken_apart_on_its_own(sign_in):
    citizen = make_citizen()
    account, agent = make_account(members=(citizen,)), make_agent()
    first, second = (make_case(citizen=citizen, by=account, dose_number=n) for n in (1, 2))
    claim_case(case=first, agent=agent, now=first.opened_at)
    browser = sign_in(agent)
    form = browser.get(address(first)).context["forms"]["merge"]
    assert form.initial["cases"] == [second.pk]
    browser.post(address(first), {"action": "merge", "merge-cases": [second.pk]})
    second.refresh_from_db()
    assert second.merged_into == first
    assert browser.get(address(second)).context["allowed"] == ("split", "note")
    browser.post(address(second), {"action": "split"})
    second.refresh_from_db()
    assert second.status == "open"


def test_a_case_is_handed_over_and_noted_on_its_page(sign_in):
    case, agent, colleague = make_case(), make_agent(), make_agent()
    claim_case(case=case, agent=agent, now=case.opened_at)
    browser = sign_in(agent)
    browser.post(address(case), {"action": "note", "note-words": "Gọi lại chiều nay"})
    values = {"hand_over-colleague": colleague.posting.pk, "hand_over-words": "Nhờ bạn"}
    browser.post(address(case), {"action": "hand_over", **values})
    case.refresh_from_db()
    assert case.claimed_by == colleague
    assert [event.verb for event in case.events.order_by("-pk")[:2]] == ["handed_over", "noted"]


# ── one answer to many ────────────────────────────────────────────────────────────────────────
MANY = "/staff/cases/answer-many/"


def test_many_are_answered_after_a_preview_in_both_languages(sign_in):
    site = make_site(province_code="27")
    cases, other = [make_case(site=site) for _n in range(2)], make_case()
    browser = sign_in(make_agent())
    page = browser.get(f"{MANY}?site={site.code}&text=site-backlog")
    assert page.context["count"] == 2
    form = page.context["answer"]
    values = {**form.initial, "closes": "on"}
    preview = browser.post(f"{MANY}?site={site.code}", values)
    assert site.name in preview.context["preview"]["vi"]
    assert not BulkAnswer.objects.exists()
    for _click in range(2):
        assert browser.post(f"{MANY}?site={site.code}", {**values, "send": "1"}).status_code in (
            *(200, 302),
        )
    assert BulkAnswer.objects.get().cases.count() == 2
    assert all(len(told(case)) == 1 for case in cases)
    other.refresh_from_db()
    assert other.status == "open"


def test_an_answer_to_everybody_is_never_meant(sign_in):
    make_case()
    page = sign_in(make_agent()).get(f"{MANY}?site=")
    assert page.context["which"].errors
    assert "is_chosen" not in page.context


def test_a_text_with_a_place_that_stands_for_nothing_is_not_sent(sign_in):
    make_case()
    values = {"cause": "outage", "text_vi": "Chào {ten}", "text_en": "Hello", "send": "1"}
    page = sign_in(make_agent()).post(f"{MANY}?kind=no_certificate", values)
    assert "text_vi" in page.context["form"].errors
    assert not BulkAnswer.objects.exists()


def test_sites_do_not_answer_many_and_a_province_what_came_up_to_it(sign_in):
    case = make_case(site=make_site(province_code="27"))
    assert sign_in(make_staff(site=make_site())).get(MANY).status_code == 403
    officer = make_staff(role=Role.PROVINCE_OFFICER, province=province("27"))
    query = f"{MANY}?kind=no_certificate"
    assert sign_in(officer).get(query).context["count"] == 0
    Case.objects.filter(pk=case.pk).update(level="province")
    assert sign_in(officer).get(query).context["count"] == 1


# ── the hotline ───────────────────────────────────────────────────────────────────────────────
NEW = "/staff/cases/new/"


def caller(citizen, phone):
    year, month, day = citizen.date_of_birth.split("-")
    return {
        "full_name": citizen.full_name,
        "date_of_birth_day": day,
        "date_of_birth_month": month,
        "date_of_birth_year": year,
        "phone": phone,
        "language": "en",
    }


def test_a_caller_is_told_how_it_stands_and_the_look_up_is_on_record(sign_in):
    citizen = make_citizen(date_of_birth="1987-03-12")
    account, agent = make_account(members=(citizen,)), make_agent()
    page = sign_in(agent).post(NEW, {**caller(citizen, account.phone), "step": "look"})
    assert [person["name"] for person in page.context["people"]] == [citizen.full_name]
    assert RecordAccess.objects.filter(citizen=citizen, account=agent, purpose="case").exists()


def test_from_another_phone_nothing_is_read_out_about_anybody(sign_in):
    citizen = make_citizen(date_of_birth="1987-03-12")
    browser = sign_in(make_agent())
    known = browser.post(NEW, {**caller(citizen, "0912345678"), "step": "look"})
    assert known.context["people"] == []
    assert not RecordAccess.objects.filter(citizen=citizen).exists()


def test_a_report_is_written_down_for_a_caller_and_held_by_the_agent(sign_in):
    citizen = make_citizen(date_of_birth="1987-03-12")
    account, agent = make_account(members=(citizen,)), make_agent()
    values = {**caller(citizen, account.phone), "kind": "question", "step": "send"}
    browser = sign_in(agent)
    assert browser.post(NEW, values).context["form"].errors
    answer = browser.post(NEW, {**values, "description": "Khi nào có chứng nhận?"})
    case = Case.objects.get()
    assert answer.url == address(case)
    assert (case.channel, case.opened_by, case.claimed_by) == ("hotline", agent, agent)
    assert (case.citizen, case.phone, case.language) == (citizen, account.phone, "en")
    assert case.urgency == CaseUrgency.LOW
    again = browser.post(NEW, {**values, "description": "Khi nào?"})
    assert "form" in again.context


def test_a_caller_who_is_not_on_record_is_written_down_by_name(sign_in):
    citizen = make_citizen(date_of_birth="1987-03-12")
    values = {**caller(citizen, "0912345678"), "kind": "no_certificate", "step": "send"}
    sign_in(make_agent()).post(NEW, values)
    case = Case.objects.get()
    assert (case.citizen, case.said_full_name) == (None, citizen.full_name)


@pytest.mark.parametrize("step", ["", "x", "look"])
def test_the_hotline_asks_for_what_is_missing(sign_in, step):
    page = sign_in(make_agent()).post(NEW, {"step": step})
    assert page.status_code == 200
    assert "people" not in page.context


def test_only_agents_open_cases_for_callers(sign_in):
    for account in (
        make_staff(site=make_site()),
        make_staff(role=Role.PROVINCE_OFFICER, province=province("27")),
    ):
        assert sign_in(account).get(NEW).status_code == 403


# ── texts in the back office ──────────────────────────────────────────────────────────────────
def test_officials_keep_the_texts_and_a_place_that_stands_for_nothing_is_refused(sign_in):
    browser = sign_in(make_staff(role=Role.NATIONAL_OFFICER))
    url = "/staff/response_center/answertemplate/add/"
    values = {
        "code": "new-text",
        "use": "resolve",
        "kinds": ["question", "complaint"],
        "title_vi": "Mới",
        "title_en": "New",
        "text_vi": "Mã {number}",
        "text_en": "{nummer}",
        "position": "5",
        "is_active": "on",
        "cause": "",
    }
    assert browser.post(url, values).status_code == 200
    assert browser.post(url, {**values, "text_en": "{number}"}).status_code == 302
    assert AnswerTemplate.objects.get(code="new-text").kinds == "question complaint"
    assert sign_in(make_agent()).post(url, values).status_code == 403
    assert sign_in(make_agent()).get("/staff/response_center/bulkanswer/").status_code == 200
