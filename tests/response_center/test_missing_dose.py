"""A case from the report to the certificate: the site finds the dose in its paper."""

import datetime
import threading

import pytest
from django.db import connections
from django.utils import timezone

from certificates.models import Certificate, IssuanceJob
from certificates.services.issuance import issue_due
from registration.models import Citizen
from response_center import exceptions
from response_center.models import Case, CaseEvent, CaseKind
from response_center.services.cases import answer_case, ask_site, claim_case
from response_center.services.missing_dose import confirm_dose
from response_center.services.opening import open_case
from response_center.services.rounds import close_answered_cases
from sites.exceptions import IdempotencyKeyReused, LotExhausted, LotUnknown
from sites.models import Dose, Lot, Role
from sites.scoping import NotAllowed
from sites.services.doses import void_dose
from tests.factories import make_details, make_lot, make_site, make_staff
from tests.response_center.making import (
    make_agent,
    make_case_at_site,
    make_paper,
    make_report,
    told,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    return make_lot(site=make_site(), doses=10)


@pytest.fixture
def recorder(lot):
    return make_staff(site=lot.site)


def verbs(case):
    return list(CaseEvent.objects.filter(case=case).order_by("pk").values_list("verb", flat=True))


def test_a_missing_dose_is_confirmed_certified_and_its_case_closes_by_itself(
    lot, recorder, signing_keys
):
    case = make_case_at_site(lot=lot)
    dose = confirm_dose(case=case, by=recorder, paper=make_paper(lot=lot), now=timezone.now())
    assert (case.status, case.dose, dose.source) == ("awaiting", dose, "paper")
    assert dose.citizen == case.citizen
    assert dose.recorded_by == recorder
    assert told(case) == []
    assert close_answered_cases(timezone.now()) == 0

    assert issue_due() == 1
    assert close_answered_cases(timezone.now()) == 1
    case.refresh_from_db()
    assert case.status == "resolved"
    assert Certificate.objects.get(dose=dose).status == "live"
    assert verbs(case) == ["opened", "claimed", "asked_site", "dose_confirmed", "resolved"]
    (text,) = told(case)
    assert case.number in text
    assert close_answered_cases(timezone.now()) == 0


def test_confirming_twice_is_one_dose_and_one_line_in_the_log(lot, recorder):
    case, paper = make_case_at_site(lot=lot), make_paper(lot=lot)
    first = confirm_dose(case=case, by=recorder, paper=paper, now=timezone.now())
    again = confirm_dose(case=case, by=recorder, paper=paper, now=timezone.now())
    assert first == again
    assert verbs(case).count("dose_confirmed") == 1
    assert Lot.objects.get(pk=lot.pk).doses_used == 1


def test_another_dose_under_the_same_case_is_refused(lot, recorder):
    case = make_case_at_site(lot=lot)
    confirm_dose(case=case, by=recorder, paper=make_paper(lot=lot), now=timezone.now())
    with pytest.raises(IdempotencyKeyReused):
        confirm_dose(
            case=case, by=recorder, paper=make_paper(lot=lot, dose_number=2), now=timezone.now()
        )
    assert Dose.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_recorders_who_confirm_at_once_record_one_dose():
    lot = make_lot(site=make_site(), doses=10)
    case, paper = make_case_at_site(lot=lot), make_paper(lot=lot)
    staff = [make_staff(site=lot.site) for _n in range(4)]
    barrier, doses = threading.Barrier(len(staff)), []

    def confirm(recorder):
        try:
            own = Case.objects.get(pk=case.pk)
            barrier.wait()
            doses.append(confirm_dose(case=own, by=recorder, paper=paper, now=timezone.now()).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=confirm, args=(recorder,)) for recorder in staff]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(doses) == 4
    assert len(set(doses)) == Dose.objects.count() == 1
    assert verbs(case).count("dose_confirmed") == 1


def test_a_refused_dose_leaves_the_case_where_it_is(recorder, lot):
    empty = make_lot(site=lot.site, doses=1, doses_used=1)
    case = make_case_at_site(lot=lot)
    with pytest.raises(LotExhausted):
        confirm_dose(case=case, by=recorder, paper=make_paper(lot=empty), now=timezone.now())
    case.refresh_from_db()
    assert (case.status, case.dose) == ("with_site", None)
    assert not Dose.objects.exists()


def test_a_lot_of_another_site_is_refused(lot, recorder):
    case = make_case_at_site(lot=lot)
    foreign = make_lot(site=make_site())
    with pytest.raises(LotUnknown):
        confirm_dose(case=case, by=recorder, paper=make_paper(lot=foreign), now=timezone.now())


@pytest.mark.parametrize("role", [Role.SITE_DOCTOR, Role.AGENT])
def test_only_those_who_enter_paper_doses_confirm(lot, role):
    place = {"site": lot.site} if role == Role.SITE_DOCTOR else {}
    case = make_case_at_site(lot=lot)
    with pytest.raises(NotAllowed):
        confirm_dose(
            case=case,
            by=make_staff(role=role, **place),
            paper=make_paper(lot=lot),
            now=timezone.now(),
        )


def test_a_recorder_of_another_site_cannot_confirm(lot):
    case = make_case_at_site(lot=lot)
    stranger = make_staff(site=make_site())
    with pytest.raises(NotAllowed):
        confirm_dose(case=case, by=stranger, paper=make_paper(lot=lot), now=timezone.now())


def test_a_case_that_went_back_to_the_desk_is_not_confirmed(lot, recorder):
    case = make_case_at_site(lot=lot)
    answer_case(case=case, by=recorder, answer="Không có.", now=timezone.now())
    with pytest.raises(exceptions.CaseHasMoved):
        confirm_dose(case=case, by=recorder, paper=make_paper(lot=lot), now=timezone.now())


def test_a_question_has_no_dose_to_confirm(lot, recorder):
    case = make_case_at_site(lot=lot, kind=CaseKind.QUESTION, description="Mũi 2 khi nào?")
    with pytest.raises(exceptions.NotAboutAMissingDose):
        confirm_dose(case=case, by=recorder, paper=make_paper(lot=lot), now=timezone.now())


# ── somebody without an account ───────────────────────────────────────────────────────────────
@pytest.fixture
def case_of_a_stranger(lot):
    now, agent = timezone.now(), make_agent()
    case = open_case(report=make_report(site=lot.site), now=now)
    claim_case(case=case, agent=agent, now=now)
    return ask_site(case=case, agent=agent, question="Có phiếu không?", now=now)


def test_the_paper_says_who_a_stranger_is(case_of_a_stranger, lot, recorder):
    person = make_details(full_name="Đinh Thị Lụa", date_of_birth="1954", papers=())
    paper = make_paper(lot=lot, person=person)
    dose = confirm_dose(case=case_of_a_stranger, by=recorder, paper=paper, now=timezone.now())
    assert dose.citizen.full_name == "Đinh Thị Lụa"
    assert case_of_a_stranger.citizen == dose.citizen


def test_without_a_person_the_dose_of_a_stranger_is_refused(case_of_a_stranger, lot, recorder):
    with pytest.raises(exceptions.PersonMissing):
        confirm_dose(
            case=case_of_a_stranger, by=recorder, paper=make_paper(lot=lot), now=timezone.now()
        )
    assert not Citizen.objects.exists()


# ── what may happen after ─────────────────────────────────────────────────────────────────────
def test_a_confirmed_dose_that_is_voided_brings_the_case_back_and_may_be_confirmed_anew(
    lot, recorder
):
    case = make_case_at_site(lot=lot)
    dose = confirm_dose(case=case, by=recorder, paper=make_paper(lot=lot), now=timezone.now())
    void_dose(dose=dose, reason="nhầm người")
    assert close_answered_cases(timezone.now()) == 1
    case.refresh_from_db()
    assert (case.status, case.dose) == ("open", None)

    agent = make_agent()
    claim_case(case=case, agent=agent, now=timezone.now())
    ask_site(case=case, agent=agent, question="Xin xem lại.", now=timezone.now())
    later = make_paper(lot=lot, administered_at=timezone.now() - datetime.timedelta(days=1))
    second = confirm_dose(case=case, by=recorder, paper=later, now=timezone.now())
    assert second.pk != dose.pk
    assert IssuanceJob.objects.get(dose=second).state == "pending"
