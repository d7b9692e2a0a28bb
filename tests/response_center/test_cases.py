import datetime
import threading

import pytest
from django.db import connections
from django.utils import timezone, translation

from registration.services.households import NotInHousehold
from response_center import exceptions
from response_center.models import Case, CaseEvent, CaseKind
from response_center.services.cases import (
    answer_case,
    ask_site,
    claim_case,
    escalate,
    reject_case,
    release_case,
    resolve_case,
)
from response_center.services.opening import open_case
from sites.models import Role
from sites.scoping import NotAllowed
from tests.factories import make_account, make_citizen, make_lot, make_site, make_staff, province
from tests.response_center.making import (
    make_agent,
    make_case,
    make_case_at_site,
    make_report,
    told,
)

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def verbs(case):
    return list(CaseEvent.objects.filter(case=case).order_by("pk").values_list("verb", flat=True))


def claimed(case, now, agent=None):
    agent = agent or make_agent()
    claim_case(case=case, agent=agent, now=now)
    return agent


# ── opening ───────────────────────────────────────────────────────────────────────────────────
def test_a_report_is_answered_within_48_hours_and_goes_to_the_province_of_its_site(now):
    case = make_case(site=make_site(province_code="27"), now=now)
    assert case.due_at == now + 48 * HOUR
    assert case.province == province("27")
    assert (case.status, case.level) == ("open", "site")
    assert verbs(case) == ["opened"]


def test_a_report_without_a_site_goes_to_the_province_of_the_person(now):
    assert make_case(citizen=make_citizen(province_id=province("01").pk)).province.code == "01"


def test_nobody_reports_for_a_person_of_another_household(now):
    stranger = make_account()
    with pytest.raises(NotInHousehold):
        open_case(
            report=make_report(citizen=make_citizen(), phone=stranger.phone), by=stranger, now=now
        )


def test_the_same_report_again_names_the_case_that_is_open(now):
    case = make_case(now=now)
    again = make_report(citizen=case.citizen, phone=case.phone, full_name="", date_of_birth="")
    account = case.citizen.households.get().account
    with pytest.raises(exceptions.AlreadyReported) as refusal:
        open_case(report=again, by=account, now=now)
    assert case.number in refusal.value.detail
    assert Case.objects.count() == 1


def test_one_phone_cannot_fill_the_desk(now):
    for dose_number in range(1, 6):
        open_case(report=make_report(dose_number=dose_number), now=now)
    with pytest.raises(exceptions.TooManyOpenCases):
        open_case(report=make_report(dose_number=6), now=now)


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"full_name": ""}, "person_missing"),
        ({"date_of_birth": ""}, "person_missing"),
        ({"kind": CaseKind.QUESTION, "description": "  "}, "words_missing"),
        ({"administered_on": datetime.date(2021, 11, 7)}, "day_in_future"),
        ({"administered_on": datetime.date(2021, 3, 7)}, "day_too_early"),
    ],
)
def test_a_report_that_cannot_be_worked_on_is_refused_and_nothing_is_written(now, over, code):
    with pytest.raises(exceptions.InvalidInput) as refusal:
        open_case(report=make_report(**over), now=now)
    assert refusal.value.code == code
    assert not Case.objects.exists()


def test_a_shot_of_today_may_be_reported_while_it_is_still_yesterday_in_utc():
    evening = datetime.datetime(2021, 11, 6, 17, 30, tzinfo=datetime.UTC)  # 00:30 in Viet Nam
    case = open_case(report=make_report(administered_on=datetime.date(2021, 11, 7)), now=evening)
    assert case.said_administered_on == datetime.date(2021, 11, 7)


# ── claims ────────────────────────────────────────────────────────────────────────────────────
def test_a_second_agent_is_told_who_has_the_case_and_until_when(now):
    case = make_case(now=now)
    first = claimed(case, now)
    with pytest.raises(exceptions.CaseHeld) as refusal:
        claim_case(case=case, agent=make_agent(), now=now + datetime.timedelta(minutes=14))
    assert first.full_name in refusal.value.detail
    assert "10:15" in refusal.value.detail


def test_a_claim_ends_by_itself_after_15_minutes(now):
    case = make_case(now=now)
    claimed(case, now)
    later = now + datetime.timedelta(minutes=15)
    second = claimed(case, later)
    assert case.claimed_by == second


def test_holding_longer_is_one_claim_in_the_log(now):
    case = make_case(now=now)
    agent = claimed(case, now)
    claim_case(case=case, agent=agent, now=now + datetime.timedelta(minutes=10))
    assert case.claimed_until == now + datetime.timedelta(minutes=25)
    assert verbs(case) == ["opened", "claimed"]


def test_a_released_case_is_free_for_the_next(now):
    case = make_case(now=now)
    release_case(case=case, agent=claimed(case, now), now=now)
    claimed(case, now)
    assert verbs(case) == ["opened", "claimed", "released", "claimed"]


@pytest.mark.django_db(transaction=True)
def test_of_two_agents_who_take_a_case_at_once_one_has_it():
    case, now = make_case(), timezone.now()
    agents = [make_agent() for _n in range(4)]
    barrier, outcomes = threading.Barrier(len(agents)), []

    def take(agent):
        try:
            barrier.wait()
            claim_case(case=Case.objects.get(pk=case.pk), agent=agent, now=now)
            outcomes.append("claimed")
        except exceptions.CaseHeld:
            outcomes.append("held")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["claimed", "held", "held", "held"]
    assert verbs(case) == ["opened", "claimed"]


def test_nothing_is_done_with_a_case_that_is_not_held(now):
    case = make_case(now=now)
    agent = claimed(case, now)
    over = now + datetime.timedelta(minutes=16)
    for act in (
        lambda: resolve_case(case=case, agent=agent, answer="Đã xong", now=over),
        lambda: ask_site(case=case, agent=agent, question="?", site=make_site(), now=over),
        lambda: escalate(case=case, agent=agent, reason="Khó", now=over),
    ):
        with pytest.raises(exceptions.CaseNotClaimed):
            act()
    assert verbs(case) == ["opened", "claimed"]


def test_a_site_recorder_takes_no_case_of_the_desk(now):
    site = make_site()
    case = make_case(site=site, now=now)
    with pytest.raises(NotAllowed):
        claim_case(case=case, agent=make_staff(site=site), now=now)


def test_a_province_officer_works_what_came_up_to_the_province_and_nothing_else(now):
    case = make_case(site=make_site(province_code="27"), now=now)
    officer = make_staff(role=Role.PROVINCE_OFFICER, province=province("27"))
    with pytest.raises(NotAllowed):
        claim_case(case=case, agent=officer, now=now)
    escalate(case=case, agent=claimed(case, now), reason="Trạm không trả lời", now=now)
    claim_case(case=case, agent=officer, now=now)
    other = make_staff(role=Role.PROVINCE_OFFICER, province=province("01"))
    with pytest.raises(NotAllowed):
        claim_case(case=case, agent=other, now=now)


# ── the site ──────────────────────────────────────────────────────────────────────────────────
def test_the_site_answers_and_the_citizen_is_told_without_a_word_of_health(now):
    lot = make_lot(site=make_site())
    case = make_case_at_site(lot=lot, now=now)
    nurse = make_staff(site=lot.site)
    answer_case(case=case, by=nurse, answer="Không thấy phiếu ngày đó.", now=now + HOUR)
    assert case.status == "open"
    assert case.first_answer_at == now + HOUR
    (text,) = told(case)
    assert case.number in text
    assert "phiếu" not in text
    assert "://" not in text


def test_another_site_cannot_answer(now):
    case = make_case_at_site(lot=make_lot(site=make_site()), now=now)
    with pytest.raises(NotAllowed):
        answer_case(case=case, by=make_staff(site=make_site()), answer="Có", now=now)


def test_the_province_may_answer_for_its_site(now):
    case = make_case_at_site(lot=make_lot(site=make_site(province_code="27")), now=now)
    officer = make_staff(role=Role.PROVINCE_OFFICER, province=province("27"))
    answer_case(case=case, by=officer, answer="Trạm đã chuyển sổ về huyện.", now=now)
    assert case.status == "open"


def test_a_second_answer_of_the_site_comes_too_late(now):
    lot = make_lot(site=make_site())
    case = make_case_at_site(lot=lot, now=now)
    nurse = make_staff(site=lot.site)
    answer_case(case=case, by=nurse, answer="Có phiếu.", now=now)
    with pytest.raises(exceptions.CaseHasMoved):
        answer_case(case=case, by=nurse, answer="Có phiếu.", now=now)
    assert len(told(case)) == 1


def test_a_case_without_a_site_needs_one_to_be_asked(now):
    case = make_case(now=now)
    agent = claimed(case, now)
    with pytest.raises(exceptions.CaseHasNoSite):
        ask_site(case=case, agent=agent, question="Có phiếu không?", now=now)
    site = make_site(province_code="27")
    ask_site(case=case, agent=agent, question="Có phiếu không?", site=site, now=now)
    assert (case.site, case.province, case.claimed_by) == (site, site.province, None)


# ── the end ───────────────────────────────────────────────────────────────────────────────────
def test_a_resolved_case_has_an_answer_and_the_citizen_is_told_in_their_language(now):
    case = make_case(now=now, language="en")
    with translation.override("vi"):
        resolve_case(case=case, agent=claimed(case, now), answer="Done.", now=now)
    assert (case.status, case.closed_at) == ("resolved", now)
    (text,) = told(case)
    assert text.startswith("Vaccination: your report")


@pytest.mark.parametrize(
    ("reason", "words", "code"),
    [("", "Chụp lại", "reason_missing"), ("nonsense", "Chụp lại", "reason_missing"),
     ("evidence_unreadable", " ", "words_missing")],
)  # fmt: skip
def test_a_rejection_names_its_reason_and_what_can_be_done(now, reason, words, code):
    case = make_case(now=now)
    agent = claimed(case, now)
    with pytest.raises(exceptions.InvalidInput) as refusal:
        reject_case(case=case, by=agent, reason=reason, words=words, now=now)
    assert refusal.value.code == code
    case.refresh_from_db()
    assert case.status == "open"


def test_the_site_may_reject_what_is_not_in_its_list(now):
    lot = make_lot(site=make_site())
    case = make_case_at_site(lot=lot, now=now)
    nurse = make_staff(site=lot.site)
    reject_case(
        case=case, by=nurse, reason="no_such_dose", words="Hãy hỏi trạm y tế phường.", now=now
    )
    assert (case.status, case.rejection_reason) == ("rejected", "no_such_dose")
    assert verbs(case)[-1] == "rejected"
    assert len(told(case)) == 1


def test_a_closed_case_stays_closed(now):
    case = make_case(now=now)
    agent = claimed(case, now)
    resolve_case(case=case, agent=agent, answer="Đã có.", now=now)
    with pytest.raises(exceptions.CaseClosed):
        claim_case(case=case, agent=agent, now=now)


def test_a_case_goes_up_level_by_level_and_keeps_its_promised_time(now):
    case = make_case(site=make_site(), now=now)
    levels = []
    for _step in range(2):
        escalate(case=case, agent=claimed(case, now), reason="Chưa rõ", now=now)
        levels.append(case.level)
    assert levels == ["province", "ministry"]
    assert case.due_at == now + 48 * HOUR
    with pytest.raises(exceptions.AlreadyAtTheTop):
        escalate(case=case, agent=claimed(case, now), reason="Chưa rõ", now=now)
