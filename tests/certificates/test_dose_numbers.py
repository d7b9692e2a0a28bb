"""What `dn` and `sd` say of each kind of dose and product (HCERT, "Dose numbers"), and what becomes
of a dose whose vaccine cannot be certified."""

import datetime

import pytest
from django.utils import timezone

from certificates.causes import CAUSES
from certificates.hcert import valuesets
from certificates.hcert.verify import verify
from certificates.models import Certificate, IssuanceJob, JobState
from certificates.services import issuance, keys
from certificates.services.clock import database_now
from certificates.services.issuance import drain_due
from response_center.models import Case
from response_center.services.cases import claim_case, retry_certificate
from response_center.services.rounds import close_answered_cases, open_cases_for_stuck_certificates
from sites.models import Dose, Vaccine
from tests.factories import (
    ABDALA,
    ASTRAZENECA,
    COMIRNATY,
    JANSSEN,
    make_citizen,
    make_dose,
    make_lot,
    make_site,
)
from tests.response_center.making import make_agent

DAY = datetime.timedelta(days=1)
VERO_CELL = "BBIBP-CorV"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_keys")]

A, C, J, B, V = ASTRAZENECA, COMIRNATY, JANSSEN, ABDALA, VERO_CELL
primary, additional, booster = "primary", "additional", "booster"


def certified(*given: tuple[str, str]) -> list[str]:
    """Give these doses (product, kind) to one person, half a year apart; "dn/sd" of each."""
    citizen, site = make_citizen(), make_site()
    first = timezone.now() - 180 * DAY * len(given)
    doses = [
        make_dose(
            lot=make_lot(site=site, code=product),
            citizen=citizen,
            dose_number=number,
            dose_kind=kind,
            administered_at=first + 180 * DAY * (number - 1),
            source="paper",
        )
        for number, (product, kind) in enumerate(given, start=1)
    ]
    drain_due()
    entries = [_entry(dose) for dose in doses]
    assert [entry["mp"] for entry in entries] == [product for product, _kind in given]
    for entry in entries:
        assert valuesets.triple_is_known(entry["mp"], entry["ma"], entry["vp"])
    return [f"{entry['dn']}/{entry['sd']}" for entry in entries]


def _entry(dose: Dose) -> dict:
    certificate = Certificate.objects.get(dose=dose, status="live")
    result = verify(certificate.hcert, keys.published_keys(), certificate.issued_at)
    assert result.is_valid
    return result.certificate["entry"]


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        pytest.param([(A, primary)], ["1/2"], id="the first of two"),
        pytest.param([(A, primary), (A, primary)], ["1/2", "2/2"], id="a series of two"),
        pytest.param([(A, primary), (C, primary)], ["1/2", "2/2"], id="a mixed series"),
        pytest.param(
            [(V, primary), (V, primary), (C, booster)],
            ["1/2", "2/2", "3/3"],
            id="a booster of another product after a series of two",
        ),
        pytest.param(
            [(A, primary), (A, primary), (A, additional)],
            ["1/2", "2/2", "3/3"],
            id="an additional dose after a series of two",
        ),
        pytest.param(
            [(A, primary), (A, primary), (C, additional), (C, booster)],
            ["1/2", "2/2", "3/3", "4/4"],
            id="a booster after an additional dose",
        ),
        pytest.param(
            [(C, primary), (C, primary), (C, booster), (C, booster)],
            ["1/2", "2/2", "3/3", "4/4"],
            id="a second booster",
        ),
        pytest.param([(J, primary)], ["1/1"], id="a series of one"),
        pytest.param([(J, primary), (J, booster)], ["1/1", "2/1"], id="a booster after one"),
        pytest.param(
            [(J, primary), (C, booster), (C, booster)],
            ["1/1", "2/1", "3/1"],
            id="two boosters of another product after one",
        ),
        pytest.param(
            [(J, primary), (C, primary)], ["1/1", "2/2"], id="a mixed series that began with one"
        ),
        pytest.param(
            [(B, primary), (B, primary), (B, primary)],
            ["1/3", "2/3", "3/3"],
            id="a series of three",
        ),
        pytest.param(
            [(B, primary), (B, primary), (B, primary), (C, booster)],
            ["1/3", "2/3", "3/3", "4/4"],
            id="a booster after a series of three",
        ),
        pytest.param(
            [(B, primary), (C, primary)], ["1/3", "2/2"], id="a mixed series that began with three"
        ),
    ],
)
def test_doses_are_numbered_as_verifiers_count_them(given, numbers):
    assert certified(*given) == numbers


@pytest.mark.parametrize(
    "wrong",
    [
        {"holder_code": "ORG-100030215"},
        {"prophylaxis_code": "1119349007"},
        {"code": "EU/9/99/9999"},
    ],
    ids=["holder", "type", "product"],
)
def test_a_vaccine_whose_codes_do_not_belong_together_becomes_a_case_and_then_a_certificate(wrong):
    dose, other = make_dose(), make_dose(lot=make_lot(site=make_site(), code=COMIRNATY))
    vaccine = Vaccine.objects.filter(pk=dose.vaccine_id)
    right = vaccine.values(*wrong).get()
    vaccine.update(**wrong)
    for _attempt in range(issuance.MAX_ATTEMPTS):
        drain_due()
        IssuanceJob.objects.filter(dose=dose, state="pending").update(next_at=database_now())
    assert Certificate.objects.get().dose == other
    job = IssuanceJob.objects.get(dose=dose)
    assert job.state == JobState.NEEDS_REVIEW
    assert job.last_error in CAUSES

    now = timezone.now()
    assert open_cases_for_stuck_certificates(now) == 1
    case = Case.objects.get()
    assert (case.kind, case.dose) == ("stuck_certificate", dose)

    vaccine.update(**right)
    agent = make_agent()
    claim_case(case=case, agent=agent, now=now)
    retry_certificate(case=case, agent=agent, now=now)
    assert drain_due() == 1
    assert close_answered_cases(timezone.now()) == 1
    case.refresh_from_db()
    assert case.status == "resolved"
