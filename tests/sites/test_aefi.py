"""Adverse events: who reports them, when the clock runs, and when a lot stands out."""

import datetime

import pytest
from django.utils import timezone

from sites import aefi_rules, aefi_selectors
from sites.aefi_exceptions import (
    EventReported,
    NothingToSendOn,
    OnsetImpossible,
    SignsMissing,
    SignUnknown,
)
from sites.models import AefiReport, Role
from sites.scoping import NotAllowed
from sites.services.aefi import report_aefi, send_on, update_outcome
from tests.factories import make_site, make_staff
from tests.sites.making import Desk, at_once

DAY = datetime.timedelta(days=1)


@pytest.fixture
def desk(db):
    return Desk()


@pytest.fixture
def dose(desk):
    return desk.inject(desk.clear()).dose


def report(desk, dose, **over):
    now = over.pop("now", timezone.now())
    values = {"onset_at": now, "symptoms": ["fever"], "by": desk.recorder, "now": now, **over}
    return report_aefi(dose=dose, **values)


@pytest.mark.parametrize(
    ("signs", "grade"),
    [
        ([], 0),
        (["fever", "headache"], 0),
        (["hives"], 1),
        (["hives", "angioedema"], 1),
        (["tight_chest"], 0),
        (["hives", "vomiting"], 2),
        (["shock"], 3),
        (["hives", "arrest"], 4),
    ],
)
def test_signs_propose_a_grade(signs, grade):
    assert aefi_rules.proposed_grade(signs) == grade


def test_the_chance_of_a_count_agrees_with_the_sum_by_hand():
    assert aefi_rules.chance_of_at_least(3, expected=1) == pytest.approx(1 - 2.5 / 2.718281828459)
    assert aefi_rules.chance_of_at_least(0, expected=0) == 1


@pytest.mark.parametrize(
    ("reports", "doses", "other_reports", "other_doses", "signal"),
    [
        (2, 100, 0, 100_000, False),
        (3, 100, 10, 100_000, True),
        (3, 100, 0, 0, False),
        (10, 1000, 100, 10_000, False),
        (20, 1000, 100, 10_000, True),
    ],
)
def test_a_lot_stands_out_only_above_the_others(reports, doses, other_reports, other_doses, signal):
    found = aefi_rules.is_signal(
        reports=reports, doses=doses, other_reports=other_reports, other_doses=other_doses
    )
    assert found is signal


def test_a_plain_event_has_no_clock(desk, dose):
    assert report(desk, dose).due_at is None


@pytest.mark.parametrize("over", [{"grade": 3}, {"seriousness": "hospitalised"}])
def test_a_serious_event_is_to_be_sent_on_within_a_day_of_its_notice(desk, dose, over):
    made = report(desk, dose, **over)
    assert made.due_at == made.noticed_at + DAY


def test_an_event_is_reported_once(desk, dose):
    first = report(desk, dose)
    with pytest.raises(EventReported) as refused:
        report(desk, dose, by=desk.doctor)
    assert first.number in refused.value.detail


def test_bad_input_is_refused(desk, dose):
    now = timezone.now()
    with pytest.raises(SignsMissing):
        report(desk, dose, symptoms=[], description="  ")
    with pytest.raises(SignUnknown):
        report(desk, dose, symptoms=["love"])
    with pytest.raises(OnsetImpossible):
        report(desk, dose, now=now, onset_at=dose.administered_at - DAY)
    with pytest.raises(OnsetImpossible):
        report(desk, dose, now=now, onset_at=now + DAY)
    assert not AefiReport.objects.exists()


def test_another_site_cannot_report_on_a_dose(desk, dose):
    with pytest.raises(NotAllowed):
        report(desk, dose, by=make_staff(site=make_site()))


def test_an_event_that_turns_serious_starts_the_clock(desk, dose):
    later = timezone.now() + DAY
    made = update_outcome(report=report(desk, dose), outcome="death", by=desk.doctor, now=later)
    assert (made.seriousness, made.due_at) == ("death", later + DAY)


def test_only_an_official_sends_on_and_once(desk, dose):
    made, now = report(desk, dose, grade=3), timezone.now()
    official = make_staff(role=Role.NATIONAL_OFFICER)
    with pytest.raises(NotAllowed):
        send_on(report=made, by=desk.manager, now=now)
    send_on(report=made, by=official, now=now)
    with pytest.raises(NothingToSendOn):
        send_on(report=made, by=official, now=now)


def test_overdue_are_those_past_their_clock_and_not_sent_on(desk, dose):
    made, now = report(desk, dose, grade=3), timezone.now()
    assert list(aefi_selectors.overdue(now=now)) == []
    assert list(aefi_selectors.overdue(now=now + 2 * DAY)) == [made]
    send_on(report=made, by=make_staff(role=Role.NATIONAL_OFFICER), now=now)
    assert list(aefi_selectors.overdue(now=now + 2 * DAY)) == []


def test_reports_are_counted_by_lot(desk, dose):
    report(desk, dose, grade=3)
    now = timezone.now()
    (lot,) = aefi_selectors.aefi_by_lot(now=now)
    assert (lot.lot_number, lot.doses, lot.reports, lot.serious) == (desk.lot.number, 1, 1, 1)
    assert lot.per_100_000 == 100_000
    assert aefi_selectors.lot_signals(now=now) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_report_the_same_event_at_once_one_is_told():
    desk = Desk()
    dose = desk.inject(desk.clear()).dose
    answers = at_once(2, lambda _n: report(desk, dose).number)
    assert answers.count("event_reported") == 1
    assert AefiReport.objects.count() == 1
