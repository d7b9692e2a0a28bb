"""Work at the desk: districts, hand-over, notes, messages, joining, one answer to many, races."""

import threading
import uuid

import pytest
from django.db import connections
from django.utils import timezone

from registration.models import SmsMessage
from response_center import exceptions
from response_center.models import (
    AnswerTemplate,
    AnswerUse,
    BulkAnswer,
    Case,
    CaseEvent,
    CaseKind,
    CaseUrgency,
)
from response_center.places import district_of
from response_center.rules import PLACEHOLDERS, urgency_of
from response_center.selectors import cases_in_reach, duplicates_of, to_work
from response_center.services.answers import fill, fill_template, templates_for, unknown_places
from response_center.services.bulk import answer_many
from response_center.services.cases import (
    claim_case,
    claim_most_urgent,
    escalate,
    hand_over,
    inform_citizen,
    note_case,
    resolve_case,
)
from response_center.services.merging import merge_cases, split_case
from response_center.services.opening import open_case
from response_center.services.rounds import escalate_overdue_cases
from sites.models import Role
from sites.scoping import NotAllowed, posting_of
from tests.factories import make_account, make_citizen, make_lot, make_site, make_staff
from tests.response_center.making import (
    make_agent,
    make_case,
    make_case_at_site,
    make_district,
    make_report,
    told,
)
from tests.response_center.test_cases import HOUR, claimed, verbs

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return make_district()


@pytest.fixture
def case_of_district(now, district):
    site = make_site(province_code="27", ward=district.children.get())
    case = make_case(site=site, now=now)
    Case.objects.filter(pk=case.pk).update(district=district)
    case.refresh_from_db()
    return case


def make_two(now, **over):
    """Two live cases of one person, from one phone."""
    citizen = make_citizen()
    account = make_account(members=(citizen,))
    return [
        make_case(citizen=citizen, by=account, dose_number=n, now=now + n * HOUR, **over)
        for n in (1, 2)
    ]


# ── what is taken first ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("kind", "facts", "urgency"),
    [
        ("reaction", {"is_serious": True}, CaseUrgency.DANGER),
        ("reaction", {}, CaseUrgency.HIGH),
        ("question", {"is_serious": True}, CaseUrgency.LOW),
        ("no_certificate", {"age": 79}, CaseUrgency.NORMAL),
        ("no_certificate", {"age": 80}, CaseUrgency.HIGH),
        ("question", {"is_overdue": True}, CaseUrgency.HIGH),
        ("wrong_data", {"is_objection": True}, CaseUrgency.HIGH),
        ("complaint", {}, CaseUrgency.NORMAL),
    ],
)
def test_health_in_danger_comes_first_then_age_objections_and_what_is_late(kind, facts, urgency):
    assert urgency_of(kind, **facts) == urgency


def test_what_is_over_48_hours_is_taken_before_what_came_earlier_today(now):
    late, fresh = make_case(now=now), make_case(now=now + 47 * HOUR)
    Case.objects.filter(pk=fresh.pk).update(urgency=CaseUrgency.HIGH)
    escalate_overdue_cases(now + 48 * HOUR)
    taken = claim_most_urgent(rows=Case.objects.all(), agent=make_agent(), now=now + 48 * HOUR)
    assert taken == late
    assert taken.urgency == CaseUrgency.HIGH


# ── districts ─────────────────────────────────────────────────────────────────────────────────
def test_the_district_of_a_case_is_that_of_its_site_else_of_the_persons_home(district):
    ward = district.children.get()
    site, stranger = make_site(ward=ward), make_site()
    citizen = make_citizen()
    citizen.ward = ward
    assert district_of(site=site) == district.pk
    assert district_of(citizen=citizen) == district.pk
    assert district_of(site=stranger, citizen=citizen) is None
    assert district_of() is None


def test_a_case_goes_up_through_its_district_where_somebody_is_posted_there(
    now, district, case_of_district
):
    make_staff(role=Role.DISTRICT_OFFICER, district=district)
    levels = []
    for _step in range(3):
        agent = claimed(case_of_district, now)
        levels.append(escalate(case=case_of_district, agent=agent, reason="Khó", now=now).level)
    assert levels == ["district", "province", "ministry"]


def test_a_district_without_an_officer_is_passed_over(now, district, case_of_district):
    officer = make_staff(role=Role.DISTRICT_OFFICER, district=district)
    officer.is_active = False
    officer.save()
    agent = claimed(case_of_district, now)
    assert escalate(case=case_of_district, agent=agent, reason="Khó", now=now).level == "province"


def test_each_level_has_a_day_before_an_overdue_case_goes_on(now, district, case_of_district):
    make_staff(role=Role.DISTRICT_OFFICER, district=district)
    levels = []
    for hours in (47, 48, 71, 72, 95, 96, 500):
        escalate_overdue_cases(now + hours * HOUR)
        case_of_district.refresh_from_db()
        levels.append(case_of_district.level)
    expected = ["site", "district", "district", "province", "province", "ministry", "ministry"]
    assert levels == expected


def test_a_district_officer_sees_the_district_and_works_what_came_up_to_it(
    now, district, case_of_district
):
    officer = make_staff(role=Role.DISTRICT_OFFICER, district=district)
    other = make_case(site=make_site(province_code="27"), now=now)
    seen = cases_in_reach(posting_of(officer))
    assert list(seen) == [case_of_district]
    assert other not in seen
    assert not to_work(seen, posting_of(officer)).exists()
    with pytest.raises(NotAllowed):
        claim_case(case=case_of_district, agent=officer, now=now)
    agent = claimed(case_of_district, now)
    escalate(case=case_of_district, agent=agent, reason="Khó", now=now)
    claim_case(case=case_of_district, agent=officer, now=now)
    resolve_case(
        case=case_of_district, agent=officer, answer="Đã có.", cause="not_entered", now=now
    )
    assert (case_of_district.status, case_of_district.cause) == ("resolved", "not_entered")


# ── hand-over, notes, messages ────────────────────────────────────────────────────────────────
def test_a_case_is_handed_to_a_colleague_who_has_two_hours_to_see_it(now):
    case, colleague = make_case(now=now), make_agent()
    agent = claimed(case, now)
    hand_over(case=case, agent=agent, to=colleague, note="Đã gọi điểm tiêm.", now=now)
    assert (case.claimed_by, case.claimed_until) == (colleague, now + 2 * HOUR)
    last = case.events.last()
    assert (last.verb, last.is_public) == ("handed_over", False)
    assert colleague.full_name in last.note
    with pytest.raises(exceptions.CaseHeld):
        claim_case(case=case, agent=agent, now=now + HOUR)


def test_a_case_is_handed_to_nobody_who_could_not_work_it(now):
    case = make_case(site=make_site(), now=now)
    agent = claimed(case, now)
    nurse = make_staff(site=case.site)
    for colleague in (agent, nurse):
        with pytest.raises(exceptions.CannotTakeOver):
            hand_over(case=case, agent=agent, to=colleague, note="Nhờ xem", now=now)
    case.refresh_from_db()
    assert case.claimed_by == agent


def test_a_note_needs_no_claim_and_is_never_shown_to_the_citizen(now):
    case = make_case(now=now)
    note_case(case=case, by=make_agent(), words="Người nhà gọi lại lúc 15 giờ.", now=now)
    assert not case.events.filter(verb="noted", is_public=True).exists()
    assert told(case) == []
    with pytest.raises(NotAllowed):
        note_case(case=case, by=make_staff(site=make_site()), words="x", now=now)


def test_a_message_to_the_person_leaves_the_case_with_its_agent(now):
    case = make_case(now=now)
    agent = claimed(case, now)
    inform_citizen(case=case, agent=agent, words="Nhờ bạn gửi ảnh phiếu tiêm.", now=now)
    assert (case.status, case.claimed_by, case.first_answer_at) == ("open", agent, now)
    assert case.events.filter(verb="informed", is_public=True).exists()
    assert len(told(case)) == 1


# ── the same report twice ─────────────────────────────────────────────────────────────────────
def test_joined_reports_keep_the_earliest_time_and_the_highest_urgency(now):
    first, second = make_two(now)
    Case.objects.filter(pk=first.pk).update(urgency=CaseUrgency.HIGH)
    agent = claimed(second, now + 3 * HOUR)
    assert list(duplicates_of(Case.objects.all(), second)) == [first]
    merge_cases(cases=[first], into=second, by=agent, now=now + 3 * HOUR)
    first.refresh_from_db()
    assert (first.status, first.merged_into) == ("merged", second)
    assert (second.due_at, second.urgency) == (first.due_at, CaseUrgency.HIGH)
    assert verbs(first)[-1] == verbs(second)[-1] == "merged"


def test_whoever_sent_a_joined_report_from_another_phone_is_told_of_the_answer(now):
    citizen = make_citizen()
    first, second = (make_case(citizen=citizen, dose_number=n, now=now) for n in (1, 2))
    agent = claimed(first, now)
    merge_cases(cases=[second], into=first, by=agent, now=now)
    resolve_case(case=first, agent=agent, answer="Đã có.", now=now)
    assert [first.number in text for text in told(first)] == [True]
    assert [second.number in text for text in told(second)] == [True]


def test_reports_of_another_person_and_phone_are_not_joined(now):
    mine, other = make_case(now=now), make_case(now=now)
    agent = claimed(mine, now)
    with pytest.raises(exceptions.NotTheSameReport):
        merge_cases(cases=[other], into=mine, by=agent, now=now)
    with pytest.raises(exceptions.NothingToJoin):
        merge_cases(cases=[mine], into=mine, by=agent, now=now)


def test_reports_are_joined_by_who_holds_the_one_that_goes_on_and_not_under_others_hands(now):
    first, second = make_two(now)
    with pytest.raises(exceptions.CaseNotClaimed):
        merge_cases(cases=[first], into=second, by=make_agent(), now=now)
    claimed(first, now)
    agent = claimed(second, now)
    with pytest.raises(exceptions.CaseHeld):
        merge_cases(cases=[first], into=second, by=agent, now=now)


def test_a_report_taken_apart_again_is_as_it_was(now):
    first, second = make_two(now)
    due_at = first.due_at
    merge_cases(cases=[first], into=second, by=claimed(second, now), now=now)
    first.refresh_from_db()
    split_case(case=first, by=make_agent(), now=now)
    assert (first.status, first.merged_into, first.closed_at) == ("open", None, None)
    assert (first.due_at, first.reopened) == (due_at, 1)
    with pytest.raises(exceptions.CaseNotJoined):
        split_case(case=first, by=make_agent(), now=now)


# ── texts ─────────────────────────────────────────────────────────────────────────────────────
def test_every_text_names_only_facts_that_a_case_has_and_stands_in_both_languages():
    rows = AnswerTemplate.objects.all()
    assert {row.use for row in rows} == set(AnswerUse.values)
    for row in rows:
        assert not unknown_places(row.text_vi) + unknown_places(row.text_en), row.code
        assert row.text_vi != row.text_en
        assert set(row.kinds.split()) <= set(CaseKind.values), row.code


def test_a_text_is_filled_in_the_citizens_language_and_leaves_no_gap(now):
    template = AnswerTemplate.objects.get(code="site-backlog")
    case = make_case(now=now, language="en")
    text = fill_template(template, case)
    assert text.startswith("the vaccination site")
    assert "{" not in text
    everything = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert "{" not in fill(everything, case, "vi")
    assert fill("{unknown} {", case, "vi") == "{unknown} {"


def test_texts_are_offered_for_their_kind_of_case(now):
    reaction = make_case(kind=CaseKind.REACTION, description="Sốt", now=now)
    codes = {row.code for row in templates_for(reaction)}
    assert "mild-reaction" in codes
    assert "site-backlog" not in codes


# ── one answer to many ────────────────────────────────────────────────────────────────────────
def answer(rows, now, by=None, **over):
    values = {"cause": "site_backlog", "text_vi": "Về {number}.", "text_en": "On {number}."}
    return answer_many(
        cases=rows, by=by or make_agent(), now=now, **{"closes": True, **values, **over}
    )


def test_one_answer_goes_to_each_in_their_language_with_their_number(now):
    vi, en = make_case(now=now), make_case(now=now, language="en")
    done = answer(Case.objects.all(), now)
    assert set(done.cases.all()) == {vi, en}
    notes = dict(CaseEvent.objects.filter(verb="resolved").values_list("case", "note"))
    assert notes == {vi.pk: f"Về {vi.number}.", en.pk: f"On {en.number}."}
    vi.refresh_from_db()
    assert (vi.status, vi.cause, vi.closed_at, vi.first_answer_at) == (
        *("resolved", "site_backlog"), now, now,
    )  # fmt: skip
    assert len(told(vi)) == len(told(en)) == 1


def test_the_same_answer_sent_twice_is_sent_once(now):
    case, key = make_case(now=now), uuid.uuid4()
    first = answer(Case.objects.all(), now, closes=False, key=key)
    assert answer(Case.objects.all(), now, closes=False, key=key) == first
    case.refresh_from_db()
    assert case.status == "open"
    assert len(told(case)) == 1


def test_an_answer_to_many_leaves_what_somebody_holds_and_what_is_closed(now):
    held, free = make_case(now=now), make_case(now=now)
    claimed(held, now)
    assert list(answer(Case.objects.all(), now).cases.all()) == [free]
    with pytest.raises(exceptions.NobodyToAnswer):
        answer(Case.objects.all(), now)
    assert BulkAnswer.objects.count() == 1


@pytest.mark.parametrize(
    ("over", "code"),
    [({"cause": ""}, "reason_missing"), ({"text_vi": " "}, "words_missing"),
     ({"text_en": ""}, "words_missing")],
)  # fmt: skip
def test_an_answer_to_many_has_a_cause_and_both_languages(now, over, code):
    make_case(now=now)
    with pytest.raises(exceptions.InvalidInput) as refusal:
        answer(Case.objects.all(), now, **over)
    assert refusal.value.code == code


def test_a_site_answers_no_more_than_what_it_was_asked(now):
    make_case(now=now)
    with pytest.raises(NotAllowed):
        answer(Case.objects.all(), now, by=make_staff(site=make_site()))
    assert not SmsMessage.objects.filter(is_code=False).exists()


# ── two at once ───────────────────────────────────────────────────────────────────────────────
def at_once(*works):
    """Run the works in threads that start together; what each returned or refused with."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        try:
            start.wait()
            results[place] = work()
        except exceptions.DomainError as refusal:
            results[place] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def fresh(case):
    return Case.objects.get(pk=case.pk)


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_take_the_most_urgent_at_once_get_two_cases():
    now = timezone.now()
    cases = {make_case(now=now).pk for _n in range(2)}
    agents = [make_agent(), make_agent()]
    taken = at_once(
        *(
            lambda agent=agent: claim_most_urgent(rows=Case.objects.all(), agent=agent, now=now).pk
            for agent in agents
        )
    )
    assert set(taken) == cases


@pytest.mark.django_db(transaction=True)
def test_a_case_that_goes_up_while_it_is_taken_is_either_held_or_passed_on():
    opened = timezone.now() - 50 * HOUR
    now = timezone.now()
    case, agent = make_case(site=make_site(), now=opened), make_agent()
    _claim, moved = at_once(
        lambda: claim_case(case=fresh(case), agent=agent, now=now).pk,
        lambda: escalate_overdue_cases(now),
    )
    case.refresh_from_db()
    assert (case.level == "province") == (moved == 1)
    assert verbs(case).count("escalated") == moved


@pytest.mark.django_db(transaction=True)
def test_a_report_that_is_answered_while_it_is_joined_ends_once():
    now = timezone.now()
    first, second = make_two(now - 5 * HOUR)
    agent = make_agent()
    for case in (first, second):
        claim_case(case=case, agent=agent, now=now)
    results = at_once(
        lambda: merge_cases(cases=[fresh(first)], into=fresh(second), by=agent, now=now).pk,
        lambda: resolve_case(case=fresh(first), agent=agent, answer="Đã có.", now=now).pk,
    )
    first.refresh_from_db()
    assert results.count("case_closed") == 1
    assert first.status in ("merged", "resolved")
    assert len({"merged", "resolved"} & set(verbs(first))) == 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_to_many_sent_by_two_at_once_reaches_each_person_once():
    now, agent = timezone.now(), make_agent()
    cases = [make_case(now=now) for _n in range(4)]
    at_once(*(lambda: answer(Case.objects.all(), now, by=agent).pk for _n in range(2)))
    assert all(len(told(case)) == 1 for case in cases)


def test_a_stranger_who_reported_by_phone_is_suggested_as_the_same(now):
    first = open_case(report=make_report(dose_number=1), now=now)
    second = open_case(report=make_report(dose_number=2), now=now)
    assert list(duplicates_of(Case.objects.all(), first)) == [second]
    at_site = make_case_at_site(lot=make_lot(site=make_site()), now=now)
    assert at_site not in duplicates_of(Case.objects.all(), first)
