"""Each invariant is broken once, to see it caught."""

import datetime

import pytest
from django.db import connection

from certificates.hcert.issue import CertificateBatchSigner
from certificates.metrics import CertificateCollector
from certificates.models import Certificate, IssuanceJob, JobState
from certificates.services import compromise, keys, renewal
from certificates.services.clock import database_now
from certificates.services.issuance import certified_content, drain_due
from registration.models import Citizen
from sites.models import Dose
from tests.factories import make_dose
from vaxplatform.invariants import INVARIANTS

OURS = [
    "every_recorded_dose_has_a_job_or_a_live_certificate",
    "no_dose_has_two_live_certificates",
    "no_voided_dose_has_a_live_certificate",
    "issued_jobs_have_a_live_certificate",
    "no_certificate_waits_a_day_past_its_deadline",
    "no_certificate_was_issued_early",
    "certificates_say_what_their_doses_say",
    "certificates_of_a_lost_key_are_issued_again",
    "certificates_are_renewed_before_they_end",
    "no_certificate_outlives_its_key",
]
HOUR = datetime.timedelta(hours=1)


def broken() -> list[str]:
    return [name for name in OURS if INVARIANTS[name].violations()]


def without_triggers(sql: str, *values) -> None:
    """A hand in the tables that the wires do not see."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE vaccination_sites_dose DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE registration_citizen DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        cursor.execute("ALTER TABLE vaccination_sites_dose ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE registration_citizen ENABLE TRIGGER USER")


def test_all_hold_for_waiting_issued_replaced_and_voided_doses(certificate):
    make_dose(administered_at=database_now())
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(full_name="Nguyễn Thị Tuyết")
    assert broken() == []
    drain_due()
    Dose.objects.filter(pk=make_dose().pk).update(status="voided", void_reason="Nhập nhầm")
    assert broken() == []


@pytest.mark.django_db
def test_a_dose_without_a_job_is_found():
    make_dose()
    IssuanceJob.objects.all().delete()
    assert broken() == [OURS[0]]


def test_a_second_live_certificate_is_found_where_the_index_is_gone(certificate):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_live_certificate_per_dose")
    Certificate.objects.create(
        dose=certificate.dose,
        uvci=certificate.uvci + "X",
        hcert=certificate.hcert,
        key=certificate.key,
        issued_at=certificate.issued_at,
        expires_at=certificate.expires_at,
    )
    assert broken() == [OURS[1], OURS[6]]


def test_a_live_certificate_of_a_voided_dose_is_found(certificate):
    without_triggers(
        "UPDATE vaccination_sites_dose SET status = 'voided', void_reason = 'x' WHERE id = %s",
        certificate.dose_id,
    )
    assert OURS[2] in broken()


def test_an_issued_job_without_a_certificate_is_found(certificate):
    Certificate.objects.update(status="revoked", ended_at=database_now(), end_reason="x")
    assert broken() == [OURS[3]]


@pytest.mark.django_db
def test_a_certificate_forgotten_for_a_day_is_found():
    make_dose()
    IssuanceJob.objects.update(
        due_at=database_now() - 26 * HOUR, deadline_at=database_now() - 25 * HOUR
    )
    assert broken() == [OURS[4]]


def test_a_certificate_issued_before_its_time_is_found(certificate):
    IssuanceJob.objects.update(due_at=database_now() + HOUR, deadline_at=database_now() + 2 * HOUR)
    assert broken() == [OURS[5]]


def test_a_certificate_that_says_something_else_than_its_dose_is_found(certificate):
    without_triggers(
        "UPDATE registration_citizen SET full_name = 'Trần Thị B' WHERE id = %s",
        certificate.dose.citizen_id,
    )
    assert broken() == [OURS[6]]


def test_a_certificate_that_nobody_signed_is_found(certificate):
    Certificate.objects.update(hcert=certificate.hcert[:-3] + "AAA")
    assert broken() == [OURS[6]]


def test_a_certificate_signed_with_our_key_for_another_identifier_is_found(certificate):
    (content,) = certified_content([certificate.dose_id]).values()
    _key, signer = keys.load_signer(now=database_now())
    forged = CertificateBatchSigner(signer).sign(
        content, issued_at=certificate.issued_at, expires_at=certificate.expires_at
    )
    Certificate.objects.update(hcert=forged)
    assert broken() == [OURS[6]]


def test_a_certificate_of_a_lost_key_that_nobody_queued_is_found(certificate):
    keys.call_key_back(kid=certificate.key.kid, reason="Mất máy ký", now=database_now())
    assert broken() == [OURS[7]]
    compromise.reissue_what_was_left(database_now())
    assert broken() == []


def test_a_certificate_that_ended_and_was_not_renewed_is_found(certificate):
    year = 365 * 24 * HOUR
    Certificate.objects.update(issued_at=database_now() - year, expires_at=database_now() - HOUR)
    IssuanceJob.objects.update(due_at=database_now() - year)
    assert OURS[8] in broken()
    renewal.renew_what_ends(database_now())
    assert broken() == []


def test_a_certificate_that_outlives_its_key_is_found(certificate):
    Certificate.objects.update(expires_at=certificate.key.not_after + HOUR)
    assert broken() == [OURS[9]]


def figures() -> dict[str, float]:
    found = {}
    for metric in CertificateCollector().collect():
        found |= {
            sample.name + sample.labels.get("le", ""): sample.value for sample in metric.samples
        }
    return found


def test_the_figures_tell_what_is_late_in_work_and_forgotten(certificate):
    late, forgotten = make_dose(), make_dose()
    IssuanceJob.objects.filter(dose=late).update(
        due_at=database_now() - HOUR, deadline_at=database_now() - HOUR / 2, attempts=1
    )
    IssuanceJob.objects.filter(dose=forgotten).delete()
    said = figures()
    assert said["vax_certificates_oldest_due_seconds"] >= 3600 - 60
    assert said["vax_certificates_past_deadline"] == 1
    assert said["vax_certificates_in_work"] == 1
    assert said["vax_doses_without_job"] == 1
    assert said["vax_certificates_needing_review"] == 0
    assert said["vax_certificate_wait_last_hour_seconds_bucket+Inf"] == 1
    IssuanceJob.objects.filter(dose=late).update(state=JobState.NEEDS_REVIEW)
    assert figures()["vax_certificates_needing_review"] == 1
