"""Certificates are renewed before they end, and nobody waits because of it."""

import datetime

import pytest
from django.db import connection, transaction
from django.utils import timezone

from certificates.metrics import CertificateCollector
from certificates.models import Certificate, CertificateStatus, IssuanceJob, JobCause, JobState
from certificates.models.key import KeyStatus, SigningKey
from certificates.selectors import AnswerKind, certificate_answer
from certificates.services import issuance, keys, publishing, renewal
from certificates.services.clock import database_now
from certificates.services.issuance import drain_due, issue_due
from certificates.services.renewal import renew_what_ends
from certificates.services.revocation import revoke_certificate
from certificates.services.verification import check_certificate
from registration.models import Citizen
from response_center.selectors.board import certificate_queue
from sites.models import Dose
from sites.services.doses import void_dose
from tests.factories import make_dose

DAY = datetime.timedelta(days=1)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_keys")]


def live(dose: Dose) -> Certificate:
    return Certificate.objects.get(dose=dose, status=CertificateStatus.LIVE)


def issued_long_ago(*, ends_in: datetime.timedelta) -> Dose:
    dose = make_dose()
    drain_due()
    let_end(dose, ends_in)
    return dose


def let_end(dose: Dose, ends_in: datetime.timedelta) -> None:
    expires_at = database_now() + ends_in
    Certificate.objects.filter(dose=dose, status="live").update(
        issued_at=expires_at - 365 * DAY, expires_at=expires_at
    )
    IssuanceJob.objects.filter(dose=dose).update(due_at=expires_at - 365 * DAY)


def test_a_certificate_is_renewed_in_its_last_thirty_days_and_counts_until_then():
    dose, other = issued_long_ago(ends_in=29 * DAY), issued_long_ago(ends_in=31 * DAY)
    old = live(dose)
    assert renew_what_ends(timezone.now()) == 1
    job = IssuanceJob.objects.get(dose=dose)
    assert (job.state, job.cause, job.deadline_at) == ("pending", "renewed", old.expires_at)
    assert live(dose) == old
    assert drain_due() == 1
    old.refresh_from_db()
    new = live(dose)
    assert (old.status, old.end_reason) == ("superseded", "renewed")
    assert old.ended_at == new.issued_at
    assert new.expires_at > database_now() + 360 * DAY
    assert new.expires_at <= new.key.not_after
    assert renew_what_ends(timezone.now()) == 0
    assert live(other).issued_at < database_now() - 300 * DAY


def verdict(certificate: Certificate) -> str:
    return check_certificate(text=certificate.hcert, at=database_now()).reason.value


def renewed_dose() -> tuple[Dose, Certificate]:
    """A dose whose certificate was renewed a moment ago, and the one before it."""
    dose = issued_long_ago(ends_in=300 * DAY)
    old = live(dose)
    job = IssuanceJob.objects.filter(dose=dose)
    job.update(state=JobState.PENDING, cause=JobCause.RENEWED, next_at=database_now())
    assert drain_due() == 1
    assert live(dose) != old
    return dose, old


def test_a_renewed_certificate_is_believed_until_its_own_end_for_it_stands_on_paper():
    _dose, old = renewed_dose()
    assert verdict(old) == "ok"
    assert publishing.batch_ended() == 0
    SigningKey.objects.update(status=KeyStatus.RETIRED)
    assert old.key in keys.believed_keys()


def test_a_correction_a_voiding_and_a_revocation_end_the_renewed_ones_too():
    dose, corrected = renewed_dose()
    Citizen.objects.filter(pk=dose.citizen_id).update(full_name="Nguyễn Thị Ánh Tuyệt")
    assert drain_due() == 1
    voided_dose, voided = renewed_dose()
    void_dose(dose=voided_dose, reason="Nhập nhầm người")
    revoked_dose, revoked = renewed_dose()
    revoke_certificate(uvci=live(revoked_dose).uvci, reason="Người dân báo mất")
    for old, status, reason in (
        (corrected, "superseded", "corrected"),
        (voided, "revoked", "dose_voided"),
        (revoked, "revoked", "Người dân báo mất"),
    ):
        old.refresh_from_db()
        assert (old.status, old.end_reason) == (status, reason)
        assert verdict(old) == "revoked"


def test_a_renewed_certificate_that_is_revoked_itself_takes_the_live_one_with_it():
    dose, old = renewed_dose()
    revoke_certificate(uvci=old.uvci, reason="Giấy bị mất")
    assert not Certificate.objects.believed().filter(dose=dose).exists()


def test_nothing_is_renewed_for_a_voided_dose_a_revoked_certificate_or_one_with_a_person():
    voided, revoked, stuck = (issued_long_ago(ends_in=5 * DAY) for _ in range(3))
    void_dose(dose=voided, reason="Nhập nhầm người")
    revoke_certificate(uvci=live(revoked).uvci, reason="Cấp nhầm người")
    IssuanceJob.objects.filter(dose=stuck).update(state=JobState.NEEDS_REVIEW)
    assert renew_what_ends(timezone.now()) == 0
    assert drain_due() == 0


def test_one_that_has_ended_already_is_renewed_too():
    dose = issued_long_ago(ends_in=-2 * DAY)
    assert renew_what_ends(timezone.now()) == 1
    assert drain_due() == 1
    assert live(dose).expires_at > database_now()


def test_one_that_ends_soon_because_its_key_does_is_not_renewed_again_and_again():
    dose = make_dose()
    drain_due()
    Certificate.objects.filter(dose=dose).update(expires_at=database_now() + 5 * DAY)
    assert renew_what_ends(timezone.now()) == 0


def test_renewals_are_queued_in_sets_the_first_to_end_first_and_never_as_one_heap(monkeypatch):
    doses = [make_dose() for _ in range(5)]
    drain_due()
    for number, dose in enumerate(doses):
        let_end(dose, (20 - number) * DAY)
    monkeypatch.setattr(renewal, "SET", 2)
    monkeypatch.setattr(renewal, "WAITING_AT_MOST", 4)
    assert renew_what_ends(timezone.now()) == 4
    assert IssuanceJob.objects.get(state=JobState.ISSUED).dose == doses[0]
    assert renew_what_ends(timezone.now()) == 0
    assert drain_due() == 4
    assert renew_what_ends(timezone.now()) == 1


def test_a_dose_corrected_while_it_waits_for_its_renewal_is_a_correction():
    dose = issued_long_ago(ends_in=9 * DAY)
    renew_what_ends(timezone.now())
    Citizen.objects.filter(pk=dose.citizen_id).update(full_name="Nguyễn Thị Ánh Tuyền")
    old = live(dose)
    assert drain_due() == 1
    old.refresh_from_db()
    assert old.end_reason == "corrected"
    assert drain_due() == 0


def test_the_health_book_says_nothing_of_a_renewal_and_the_figures_do_not_call_it_late():
    dose = issued_long_ago(ends_in=9 * DAY)
    renew_what_ends(timezone.now())
    IssuanceJob.objects.update(due_at=database_now() - DAY)
    answer = certificate_answer(Dose.objects.get(pk=dose.pk), timezone.now())
    assert (answer.kind, answer.is_being_replaced) == (AnswerKind.READY, False)
    queue = certificate_queue(now=timezone.now())
    assert (queue.due, queue.oldest_due_at, queue.past_deadline) == (0, None, 0)
    figures = figures_now()
    assert figures["vax_certificates_oldest_due_seconds"] == 0
    assert figures["vax_certificates_past_deadline"] == 0
    assert figures["vax_certificates_to_replace"] == 1
    drain_due()
    assert figures_now()["vax_certificate_wait_last_hour_seconds_gcount"] == 0
    make_dose()
    drain_due()
    assert figures_now()["vax_certificate_wait_last_hour_seconds_gcount"] == 1


def figures_now() -> dict[str, float]:
    metrics = CertificateCollector().collect()
    return {sample.name: sample.value for metric in metrics for sample in metric.samples}


# ── who goes first ────────────────────────────────────────────────────────────────────────────
def test_people_who_wait_go_before_renewals_however_long_those_have_been_due():
    renewed = issued_long_ago(ends_in=9 * DAY)
    renew_what_ends(timezone.now())
    IssuanceJob.objects.filter(dose=renewed).update(due_at=database_now() - DAY)
    first, second = make_dose(), make_dose()
    for dose in (first, second):
        assert issue_due(limit=1) == 1
        assert live(dose)
    assert IssuanceJob.objects.get(dose=renewed).state == JobState.PENDING
    assert issue_due(limit=1) == 1
    assert live(renewed).issued_at > database_now() - DAY


def test_of_those_that_come_in_bulk_the_one_promised_first_goes_first():
    renewed, lost = issued_long_ago(ends_in=9 * DAY), issued_long_ago(ends_in=200 * DAY)
    renew_what_ends(timezone.now())
    IssuanceJob.objects.filter(dose=lost).update(
        state=JobState.PENDING,
        cause=JobCause.KEY_COMPROMISED,
        attempts=0,
        due_at=database_now(),
        next_at=database_now(),
        deadline_at=database_now() + DAY,
    )
    assert list(issuance._claim(1).tokens) == [lost.pk]
    assert list(issuance._claim(1).tokens) == [renewed.pk]


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (issuance._CLAIM_PROMISED, "job_promised_by_due_at"),
        (issuance._CLAIM_TRIED, "job_tried_by_next_at"),
        (issuance._CLAIM_IN_BULK, "job_in_bulk_by_deadline"),
    ],
)
def test_a_claim_reads_the_head_of_its_own_queue_however_much_waits_in_the_others(statement, index):
    with transaction.atomic(), connection.cursor() as cursor:
        _many_jobs(waiting=20_000)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", {"lease": 45, "limit": 5})
        (plan,) = cursor.fetchone()[0]
        transaction.set_rollback(True)  # their doses do not exist
    nodes = list(_nodes(plan["Plan"]))
    assert index in {node.get("Index Name") for node in nodes}
    assert "Seq Scan" not in {node["Node Type"] for node in nodes}
    assert sum(node.get("Rows Removed by Filter", 0) for node in nodes) < 20


def _nodes(plan: dict):
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _many_jobs(*, waiting: int) -> None:
    """`waiting` jobs in each queue: promised but not due for hours, tried and waiting for their
    next attempt, and renewals; with five of each kind to take now."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # doses are no concern here
        cursor.execute(
            """
            INSERT INTO certificates_issuancejob
                   (dose_id, state, cause, attempts, due_at, next_at, deadline_at)
            SELECT -n, 'pending', cause, attempts, at, at, at + interval '1 hour'
              FROM generate_series(1, 3 * %(waiting)s) n,
                   LATERAL (SELECT CASE n %% 3 WHEN 2 THEN 'renewed' ELSE 'first' END AS cause,
                                   CASE n %% 3 WHEN 1 THEN 1 ELSE 0 END AS attempts,
                                   now() + CASE WHEN n > 15 AND n %% 3 < 2 THEN interval '3 hours'
                                                ELSE interval '-1 hour' END AS at) kind
            """,
            {"waiting": waiting},
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE certificates_issuancejob")
