import datetime

import pytest
from django.utils import timezone

from certificates.services.issuance import drain_due
from response_center.models import CaseKind, CaseStatus
from response_center.services.cases import claim_case
from response_center.services.rounds import close_answered_cases
from response_center.services.typed_doses import link_typed_doses
from tests.factories import make_citizen, make_dose, make_lot, make_site
from tests.response_center.making import make_agent, make_case, make_case_at_site, told

pytestmark = pytest.mark.django_db


def hours_ago(hours):
    return timezone.now() - datetime.timedelta(hours=hours)


def test_a_dose_typed_into_the_site_s_list_ends_the_report_with_its_certificate(signing_keys):
    lot = make_lot(site=make_site())
    case = make_case_at_site(lot=lot, now=hours_ago(5))
    make_dose(lot=lot, citizen=case.citizen, source="paper", administered_at=hours_ago(48))
    assert link_typed_doses(timezone.now()) == 1
    case.refresh_from_db()
    assert case.status == CaseStatus.AWAITING
    assert link_typed_doses(timezone.now()) == 0
    assert drain_due() == 1
    assert close_answered_cases(timezone.now()) == 1
    case.refresh_from_db()
    assert (case.status, len(told(case))) == ("resolved", 1)


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ({"dose_number": 2}, {}),
        ({"dose_number": None, "kind": CaseKind.QUESTION, "description": "Hỏi"}, {}),
        ({}, {"citizen": None}),
    ],
)
def test_another_dose_is_not_taken_for_the_one_that_is_missing(said, given):
    lot = make_lot(site=make_site())
    case = make_case(site=lot.site, now=hours_ago(5), **said)
    values = {"citizen": case.citizen, "source": "paper", "administered_at": hours_ago(48)}
    make_dose(lot=lot, **{**values, **({"citizen": make_citizen()} if given else {})})
    assert link_typed_doses(timezone.now()) == 0


def test_a_dose_that_was_on_record_before_the_report_is_not_the_missing_one():
    citizen = make_citizen()
    make_dose(citizen=citizen, source="paper", administered_at=hours_ago(48))
    make_case(citizen=citizen, now=timezone.now() + datetime.timedelta(minutes=1))
    assert link_typed_doses(timezone.now()) == 0


def test_a_report_that_an_agent_holds_is_left_to_the_agent():
    case = make_case(now=hours_ago(5))
    claim_case(case=case, agent=make_agent(), now=timezone.now())
    make_dose(citizen=case.citizen, source="paper", administered_at=hours_ago(48))
    assert link_typed_doses(timezone.now()) == 0
    assert link_typed_doses(timezone.now() + datetime.timedelta(minutes=16)) == 1
