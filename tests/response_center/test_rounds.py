"""What the desk does by itself."""

import datetime
import threading

import pytest
from django.db import connections
from django.utils import timezone

from certificates.models import IssuanceJob, JobState
from certificates.services.issuance import issue_due
from response_center.invariants import (
    resolved_without_certificate,
    stuck_certificates_without_case,
)
from response_center.models import Case, CaseEvent, CaseKind, CaseLevel
from response_center.services.cases import claim_case, escalate, retry_certificate
from response_center.services.rounds import (
    close_answered_cases,
    escalate_overdue_cases,
    open_cases_for_stuck_certificates,
)
from sites.scoping import NotAllowed
from sites.services.doses import void_dose
from tests.factories import make_dose, make_lot, make_site
from tests.response_center.making import make_agent, make_case, make_case_at_site

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def stick(dose):
    """As a worker leaves a job after its last attempt."""
    long_ago = timezone.now() - HOUR
    IssuanceJob.objects.filter(dose=dose).update(
        state=JobState.NEEDS_REVIEW, attempts=5, next_at=long_ago
    )


@pytest.fixture
def stuck():
    dose = make_dose(administered_at=timezone.now() - datetime.timedelta(days=1))
    stick(dose)
    return dose


# ── stuck certificates ────────────────────────────────────────────────────────────────────────
def test_a_stuck_certificate_has_a_case_at_the_ministry_before_anybody_asks(stuck):
    assert len(stuck_certificates_without_case()) == 1
    assert open_cases_for_stuck_certificates(timezone.now()) == 1
    case = Case.objects.get()
    assert (case.kind, case.level, case.dose) == ("stuck_certificate", "ministry", stuck)
    assert (case.citizen, case.site) == (stuck.citizen, stuck.site)
    assert open_cases_for_stuck_certificates(timezone.now()) == 0
    assert stuck_certificates_without_case() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_open_one_case_for_a_stuck_certificate():
    stick(make_dose(administered_at=timezone.now() - datetime.timedelta(days=1)))
    barrier, opened = threading.Barrier(3), []

    def work():
        try:
            barrier.wait()
            opened.append(open_cases_for_stuck_certificates(timezone.now()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(opened) == Case.objects.count() == CaseEvent.objects.count() == 1


def test_a_mended_certificate_is_tried_again_and_its_case_closes(stuck, signing_keys):
    open_cases_for_stuck_certificates(timezone.now())
    case, agent = Case.objects.get(), make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    retry_certificate(case=case, agent=agent, now=timezone.now())
    assert case.status == "awaiting"
    assert issue_due() == 1
    assert close_answered_cases(timezone.now()) == 1
    case.refresh_from_db()
    assert case.status == "resolved"


def test_a_certificate_that_fails_again_brings_its_case_back(stuck):
    open_cases_for_stuck_certificates(timezone.now())
    case, agent = Case.objects.get(), make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    retry_certificate(case=case, agent=agent, now=timezone.now())
    stick(stuck)
    close_answered_cases(timezone.now())
    case.refresh_from_db()
    assert case.status == "open"
    assert Case.objects.count() == 1


def test_only_the_case_of_a_stuck_certificate_tries_again(now):
    case, agent = make_case(now=now), make_agent()
    claim_case(case=case, agent=agent, now=now)
    with pytest.raises(NotAllowed):
        retry_certificate(case=case, agent=agent, now=now)


def test_a_voided_dose_ends_the_case_of_its_stuck_certificate(stuck):
    open_cases_for_stuck_certificates(timezone.now())
    void_dose(dose=stuck, reason="nhập hai lần")
    close_answered_cases(timezone.now())
    assert Case.objects.get().status == "resolved"


# ── overdue ───────────────────────────────────────────────────────────────────────────────────
def test_an_unanswered_case_goes_to_the_province_after_48_hours_and_then_to_the_ministry(now):
    case = make_case(site=make_site(), now=now)
    assert escalate_overdue_cases(now + 47 * HOUR) == 0
    assert escalate_overdue_cases(now + 48 * HOUR) == 1
    case.refresh_from_db()
    assert (case.level, case.due_at) == (CaseLevel.PROVINCE, now + 48 * HOUR)
    assert escalate_overdue_cases(now + 71 * HOUR) == 0
    assert escalate_overdue_cases(now + 72 * HOUR) == 1
    assert escalate_overdue_cases(now + 999 * HOUR) == 0
    case.refresh_from_db()
    assert case.level == CaseLevel.MINISTRY
    assert list(case.events.values_list("verb", flat=True)) == ["opened", "escalated", "escalated"]


def test_a_site_that_does_not_answer_loses_the_case_to_its_province(now):
    case = make_case_at_site(lot=make_lot(site=make_site()), now=now)
    escalate_overdue_cases(now + 48 * HOUR)
    case.refresh_from_db()
    assert (case.status, case.level) == ("open", "province")


def test_a_case_that_an_agent_holds_is_left_to_the_agent(now):
    case, agent = make_case(now=now), make_agent()
    claim_case(case=case, agent=agent, now=now + 48 * HOUR)
    assert escalate_overdue_cases(now + 48 * HOUR) == 0
    assert escalate_overdue_cases(now + 48 * HOUR + datetime.timedelta(minutes=15)) == 1
    case.refresh_from_db()
    assert case.claimed_by is None


def test_a_case_passed_up_by_an_agent_is_not_passed_twice(now):
    case, agent = make_case(site=make_site(), now=now), make_agent()
    claim_case(case=case, agent=agent, now=now)
    escalate(case=case, agent=agent, reason="Cần Sở Y tế xem", now=now)
    assert escalate_overdue_cases(now + 48 * HOUR) == 0


# ── invariants ────────────────────────────────────────────────────────────────────────────────
def test_a_case_closed_without_its_certificate_is_named(now):
    dose = make_dose(administered_at=timezone.now() - datetime.timedelta(days=1))
    case = make_case(citizen=dose.citizen, now=now)
    assert resolved_without_certificate() == []
    Case.objects.filter(pk=case.pk).update(dose=dose, status="resolved", closed_at=now)
    assert resolved_without_certificate() == [case.number]


def test_a_certificate_stuck_a_moment_ago_is_not_yet_a_violation(stuck):
    IssuanceJob.objects.filter(dose=stuck).update(next_at=timezone.now())
    assert stuck_certificates_without_case() == []


def test_a_stuck_certificate_is_named_when_its_case_was_closed_in_words(stuck):
    open_cases_for_stuck_certificates(timezone.now())
    Case.objects.filter(kind=CaseKind.STUCK_CERTIFICATE).update(
        status="resolved", closed_at=timezone.now()
    )
    assert stuck_certificates_without_case() == [str(stuck.public_id)]
    assert open_cases_for_stuck_certificates(timezone.now()) == 1
