"""From a recorded dose to its certificate: the queue, the workers, and what may happen between."""

import datetime
import threading
import time
import uuid

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from certificates.exceptions import NothingToRetry
from certificates.hcert.verify import verify
from certificates.models import (
    Certificate,
    CertificateStatus,
    IssuanceJob,
    JobCause,
    JobState,
    SigningKey,
)
from certificates.services import issuance, keys
from certificates.services.clock import database_now
from certificates.services.drain import queue_what_is_missing, watch_recent
from certificates.services.issuance import drain_due, issue_due, try_again
from certificates.services.revocation import revoke_certificate
from registration.models import Citizen
from sites.models import Dose
from sites.services.doses import record_doses, void_dose
from tests.factories import JANSSEN, make_citizen, make_dose, make_item, make_lot, make_site

HOUR = datetime.timedelta(hours=1)


pytestmark = pytest.mark.usefixtures("signing_keys")


def the_certificate(dose: Dose) -> Certificate:
    return Certificate.objects.get(dose=dose, status=CertificateStatus.LIVE)


def said_by(certificate: Certificate) -> dict:
    result = verify(certificate.hcert, keys.published_keys(), certificate.issued_at)
    assert result.is_valid, result.reason
    return result.certificate


def make_doses(count: int) -> list[Dose]:
    lot = make_lot(site=make_site(), doses=count)
    items = [make_item(lot=lot) for _ in range(count)]
    outcomes = record_doses(items=items, site=lot.site, now=timezone.now())
    return [outcome.dose for outcome in outcomes]


def end_the_lease(dose: Dose) -> None:
    IssuanceJob.objects.filter(dose=dose).update(next_at=database_now())


def poison(dose: Dose) -> None:
    """A name that no document can spell, as an older system might have left it."""
    Citizen.objects.filter(pk=dose.citizen_id).update(full_name="王小明")


# ── the line ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_a_dose_becomes_a_certificate_that_says_what_the_dose_says():
    dose = make_dose()
    assert issue_due() == 1
    certificate = the_certificate(dose)
    said = said_by(certificate)
    assert said["name"] == dose.citizen.full_name
    assert said["standardised_name"] == "NGUYEN<<THI<ANH<TUYET"
    assert said["date_of_birth"] == "1987-03-12"
    assert said["uvci"] == certificate.uvci
    entry = said["entry"]
    assert (entry["dn"], entry["sd"], entry["mp"]) == (1, 2, "EU/1/21/1529")
    assert entry["dt"] == timezone.localdate(dose.administered_at).isoformat()
    assert said["expires_at"] == certificate.expires_at.isoformat()
    job = IssuanceJob.objects.get(dose=dose)
    assert (job.state, job.attempts) == (JobState.ISSUED, 1)
    assert job.due_at <= certificate.issued_at <= job.deadline_at
    assert issue_due() == 0


@pytest.mark.django_db
def test_nothing_comes_out_before_thirty_minutes_have_passed():
    dose = make_dose(administered_at=timezone.now() - datetime.timedelta(minutes=29))
    assert drain_due() == 0
    assert IssuanceJob.objects.get(dose=dose).attempts == 0


@pytest.mark.django_db
def test_the_window_of_the_connection_is_the_window_of_the_queue():
    with connection.cursor() as cursor:
        cursor.execute("SET vax.certificate_delay_seconds = 30")
        cursor.execute("SET vax.certificate_deadline_seconds = 60")
    try:
        given_at = timezone.now() - datetime.timedelta(seconds=10)
        job = make_dose(administered_at=given_at).issuance
        assert job.due_at == given_at + datetime.timedelta(seconds=30)
        assert job.deadline_at == given_at + datetime.timedelta(seconds=60)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET vax.certificate_delay_seconds = 1800")
            cursor.execute("SET vax.certificate_deadline_seconds = 3600")


@pytest.mark.django_db
def test_a_job_pulled_forward_by_hand_still_waits_until_it_is_due():
    dose = make_dose(administered_at=timezone.now())
    IssuanceJob.objects.filter(dose=dose).update(next_at=database_now() - HOUR)
    assert issue_due() == 0


@pytest.mark.django_db
def test_a_booster_is_numbered_after_the_series_it_follows():
    citizen = make_citizen()
    lot = make_lot(site=make_site(), code=JANSSEN)
    now = timezone.now()
    make_dose(lot=lot, citizen=citizen, administered_at=now - 200 * 24 * HOUR)
    booster = make_dose(
        lot=lot, citizen=citizen, dose_number=2, dose_kind="booster", administered_at=now - HOUR
    )
    drain_due()
    entry = said_by(the_certificate(booster))["entry"]
    assert (entry["dn"], entry["sd"]) == (2, 1)


@pytest.mark.django_db
def test_a_booster_is_certified_again_when_its_series_is_entered_after_it():
    citizen = make_citizen()
    lot = make_lot(site=make_site(), code=JANSSEN)
    now = timezone.now()
    booster = make_dose(
        lot=lot, citizen=citizen, dose_number=3, dose_kind="booster", administered_at=now - HOUR
    )
    drain_due()
    assert said_by(the_certificate(booster))["entry"]["sd"] == 3
    make_dose(lot=lot, citizen=citizen, administered_at=now - 200 * 24 * HOUR, source="paper")
    Dose.objects.filter(dose_number=1).update(recorded_at=database_now())
    assert watch_recent(now) == 1
    assert IssuanceJob.objects.get(dose=booster).cause == JobCause.CORRECTED
    drain_due()
    assert said_by(the_certificate(booster))["entry"]["sd"] == 1
    assert watch_recent(now) == 0


# ── every way into the table of doses is a way into the queue ─────────────────────────────────
@pytest.mark.django_db
def test_bulk_create_and_raw_sql_fill_the_queue():
    first = make_dose()
    lot = make_lot(site=first.site)
    copies = [
        Dose(
            citizen=make_citizen(),
            dose_number=1,
            dose_kind="primary",
            vaccine=lot.vaccine,
            lot=lot,
            site=first.site,
            residence_province=first.residence_province,
            administered_at=first.administered_at,
            vaccinator="Lê Thị Mẫu",
            source="paper",
            idempotency_key=uuid.uuid4(),
            request_digest=b"0" * 32,
        )
        for _ in range(3)
    ]
    Dose.objects.bulk_create(copies)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vaccination_sites_dose (public_id, citizen_id, dose_number, dose_kind,"
            " vaccine_id, lot_id, site_id, residence_province_id, administered_at, vaccinator,"
            " source, status, void_reason, idempotency_key, request_digest)"
            " SELECT gen_random_uuid(), %s, 1, dose_kind, vaccine_id, lot_id, site_id,"
            " residence_province_id, administered_at, vaccinator, source, status, '',"
            " gen_random_uuid(), request_digest FROM vaccination_sites_dose WHERE id = %s",
            [make_citizen().pk, first.pk],
        )
    assert IssuanceJob.objects.count() == 5
    assert drain_due() == 5


@pytest.mark.django_db
def test_a_dose_that_slipped_past_the_trigger_is_found_within_the_minute():
    dose = make_dose()
    IssuanceJob.objects.all().delete()
    assert watch_recent(timezone.now()) == 1
    assert drain_due() == 1
    Certificate.objects.filter(dose=dose).update(
        status="superseded", ended_at=database_now(), end_reason="a hand in the table"
    )
    assert queue_what_is_missing(since=None) == 1
    assert drain_due() == 1
    assert queue_what_is_missing(since=None) == 0


# ── corrections, voiding, revocation ──────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_a_corrected_name_supersedes_the_certificate_with_a_new_one():
    dose = make_dose()
    drain_due()
    first = the_certificate(dose)
    dose.citizen.full_name = "Nguyễn Thị Ánh Tuyền"
    dose.citizen.save()
    assert the_certificate(dose) == first  # the old one counts until the new one is here
    assert drain_due() == 1
    first.refresh_from_db()
    assert (first.status, first.end_reason) == (CertificateStatus.SUPERSEDED, "corrected")
    assert IssuanceJob.objects.get(dose=dose).cause == JobCause.CORRECTED
    assert said_by(the_certificate(dose))["name"] == "Nguyễn Thị Ánh Tuyền"


@pytest.mark.django_db
def test_what_was_corrected_before_its_first_certificate_still_waits_for_the_first():
    dose, stuck = make_dose(), make_dose()
    IssuanceJob.objects.filter(dose=stuck).update(state=JobState.NEEDS_REVIEW, attempts=5)
    Citizen.objects.update(full_name="Nguyễn Thị Ánh Tuyền")
    assert drain_due() == 2
    for job in IssuanceJob.objects.filter(dose__in=[dose, stuck]):
        assert (job.state, job.cause) == (JobState.ISSUED, JobCause.FIRST)


@pytest.mark.django_db
def test_a_correction_that_failed_keeps_its_cause_when_it_is_tried_again():
    dose = make_dose()
    drain_due()
    first = the_certificate(dose)
    poison(dose)
    IssuanceJob.objects.filter(dose=dose).update(state=JobState.NEEDS_REVIEW, attempts=5)
    Dose.objects.filter(pk=dose.pk).update(vaccinator="Trần Văn Mẫu")  # concerns no certificate
    job = IssuanceJob.objects.get(dose=dose)
    try_again(job=job)
    job.refresh_from_db()
    assert (job.state, job.cause) == (JobState.PENDING, JobCause.CORRECTED)
    assert the_certificate(dose) == first


@pytest.mark.django_db
def test_a_change_that_no_certificate_shows_does_not_issue_again():
    dose = make_dose()
    drain_due()
    dose.citizen.address = "12 Lý Thường Kiệt"
    dose.citizen.save()
    Dose.objects.filter(pk=dose.pk).update(vaccinator="Trần Văn Mẫu")
    assert drain_due() == 0


@pytest.mark.django_db
def test_a_voided_dose_loses_its_certificate_and_gets_no_other():
    dose = make_dose()
    waiting = make_dose()
    drain_due(limit=1)
    void_dose(dose=dose, reason="Nhập nhầm người")
    void_dose(dose=waiting, reason="Nhập nhầm người")
    drain_due()
    assert not Certificate.objects.filter(status=CertificateStatus.LIVE).exists()
    assert set(IssuanceJob.objects.values_list("state", flat=True)) == {JobState.CANCELLED}


@pytest.mark.django_db
def test_a_revoked_certificate_is_followed_by_another_only_when_a_person_says_so():
    dose = make_dose()
    drain_due()
    revoke_certificate(uvci=the_certificate(dose).uvci, reason="Cấp nhầm người")
    dose.citizen.full_name = "Nguyễn Thị Tuyết"
    dose.citizen.save()
    assert drain_due() == 0
    assert queue_what_is_missing(since=None) == 0
    job = IssuanceJob.objects.get(dose=dose)
    try_again(job=job)
    assert drain_due() == 1
    job.refresh_from_db()
    assert job.cause == JobCause.ASKED
    with pytest.raises(NothingToRetry):
        try_again(job=job)


# ── things that break ─────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_after_a_worker_died_another_issues_once_when_the_lease_has_ended():
    dose = make_dose()
    claim = issuance._claim(500)  # and then the power went
    assert list(claim.tokens) == [dose.pk]
    assert drain_due() == 0
    end_the_lease(dose)
    assert drain_due() == 1
    assert Certificate.objects.count() == 1
    assert IssuanceJob.objects.get(dose=dose).attempts == 2


def work_on(claim: issuance.Claim) -> int:
    keys.ensure_signers(now=database_now())
    return issuance._issue_batch(claim)


@pytest.mark.django_db
def test_a_claim_takes_no_more_than_its_limit_whatever_the_planner_thinks():
    make_doses(4)
    with connection.cursor() as cursor:
        for method in ("hashagg", "sort", "material", "hashjoin", "mergejoin", "memoize"):
            cursor.execute(f"SET LOCAL enable_{method} = off")
    assert len(issuance._claim(1).tokens) == 1
    assert len(issuance._claim(2).tokens) == 2


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_leaves_the_dose_to_the_one_who_took_it():
    dose = make_dose()
    slow = issuance._claim(500)
    end_the_lease(dose)
    quick = issuance._claim(500)
    assert list(quick.tokens) == list(slow.tokens)
    assert work_on(slow) == 0
    assert work_on(quick) == 1
    assert Certificate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_job_that_somebody_held_for_a_moment_is_looked_at_again():
    dose = make_dose()
    claim = issuance._claim(500)
    held = threading.Event()

    def hold():
        with transaction.atomic():
            IssuanceJob.objects.select_for_update().get(pk=dose.pk)
            held.set()
            time.sleep(0.05)

    def work():
        held.wait(10)
        assert work_on(claim) == 1

    in_threads(hold, work)


@pytest.mark.django_db
def test_a_dose_that_kills_its_workers_takes_no_other_dose_with_it():
    doses = make_doses(3)
    issuance._claim(500)
    for dose in doses:
        end_the_lease(dose)
    assert len(issuance._claim(500).tokens) == 1
    IssuanceJob.objects.update(attempts=1, next_at=database_now() + HOUR)
    for _attempt in range(issuance.MAX_ATTEMPTS - 1):
        end_the_lease(doses[0])
        assert list(issuance._claim(500).tokens) == [doses[0].pk]
    for dose in doses:
        end_the_lease(dose)
    assert drain_due() == 2
    job = IssuanceJob.objects.get(dose=doses[0])
    assert (job.state, job.last_error) == (JobState.NEEDS_REVIEW, "worker_lost")


@pytest.mark.django_db
def test_a_dose_that_cannot_be_certified_goes_to_a_person_while_the_others_come_out():
    bad, *good = make_doses(4)
    poison(bad)
    assert drain_due() == 3
    for attempt in range(2, issuance.MAX_ATTEMPTS + 1):
        job = IssuanceJob.objects.get(dose=bad)
        assert job.state == JobState.PENDING
        assert job.next_at > database_now()
        end_the_lease(bad)
        drain_due()
        assert IssuanceJob.objects.get(dose=bad).attempts == attempt
    job = IssuanceJob.objects.get(dose=bad)
    assert job.state == JobState.NEEDS_REVIEW
    assert job.last_error == "a family name needs at least one Latin letter"
    Citizen.objects.filter(pk=bad.citizen_id).update(full_name="Vương Tiểu Minh")
    assert drain_due() == 1
    assert said_by(the_certificate(bad))["family_name"] == "Vương"


@pytest.mark.django_db
def test_the_reason_on_record_never_holds_what_a_person_is_called(monkeypatch):
    dose = make_dose()

    def breaks(**_facts):
        raise RuntimeError(dose.citizen.full_name)

    monkeypatch.setattr("certificates.services.payload.health_content", breaks)
    assert drain_due() == 0
    assert IssuanceJob.objects.get(dose=dose).last_error == "RuntimeError"


# ── races, with real transactions ─────────────────────────────────────────────────────────────
def in_threads(*works):
    errors = []

    def run(work):
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_issue_each_certificate_once():
    make_doses(120)
    keys.ensure_signing_key(now=database_now())
    counts = []
    in_threads(*[lambda: counts.append(drain_due(limit=10))] * 4)
    assert sum(counts) == 120
    assert Certificate.objects.count() == 120
    assert Certificate.objects.values("dose").distinct().count() == 120


@pytest.mark.django_db(transaction=True)
def test_workers_that_start_together_make_one_signing_key():
    in_threads(*[lambda: keys.ensure_signing_key(now=database_now())] * 4)
    assert SigningKey.objects.count() == 1


def meets_the_worker(monkeypatch, change):
    """Issue what is due while another transaction makes `change` between reading and writing."""
    started, really_sign = threading.Event(), issuance._Signers.sign

    def sign(self, *facts):
        started.set()
        waiting.wait(10)
        return really_sign(self, *facts)

    waiting = threading.Event()
    monkeypatch.setattr(issuance._Signers, "sign", sign)

    def interfere():
        started.wait(10)
        threading.Timer(0.3, waiting.set).start()  # by then `change` waits for the worker's rows
        change()

    in_threads(issue_due, interfere)
    monkeypatch.setattr(issuance._Signers, "sign", really_sign)


@pytest.mark.django_db(transaction=True)
def test_a_dose_voided_while_it_is_signed_has_no_live_certificate(monkeypatch):
    dose = make_dose()
    meets_the_worker(monkeypatch, lambda: void_dose(dose=dose, reason="Nhập nhầm người"))
    certificate = Certificate.objects.get(dose=dose)
    assert (certificate.status, certificate.end_reason) == ("revoked", "dose_voided")
    assert drain_due() == 0


@pytest.mark.django_db(transaction=True)
def test_a_correction_that_lands_while_the_old_name_is_signed_is_not_lost(monkeypatch):
    dose = make_dose()

    def correct():
        citizen = Citizen.objects.get(pk=dose.citizen_id)
        citizen.full_name = "Nguyễn Thị Ánh Tuyền"
        citizen.save()

    meets_the_worker(monkeypatch, correct)
    assert said_by(the_certificate(dose))["name"] == "Nguyễn Thị Ánh Tuyết"
    assert drain_due() == 1
    assert said_by(the_certificate(dose))["name"] == "Nguyễn Thị Ánh Tuyền"


@pytest.mark.django_db(transaction=True)
def test_a_voiding_not_yet_committed_stops_the_worker_from_issuing():
    dose = make_dose()
    keys.ensure_signing_key(now=database_now())
    with transaction.atomic():
        void_dose(dose=dose, reason="Nhập nhầm người")
        in_threads(drain_due)
    assert drain_due() == 0
    assert not Certificate.objects.exists()
