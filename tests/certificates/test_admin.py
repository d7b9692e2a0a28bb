"""Certificates in the staff's records: seen within a posting, changed through services."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from certificates.causes import CAUSES
from certificates.hcert.keys import certificate_pem
from certificates.models import ForeignSigner, IssuanceJob, JobCause, JobState
from certificates.services.foreign import import_signers
from certificates.services.issuance import drain_due
from registration.models import Citizen
from sites.models import Role
from tests.certificates.test_foreign_signers import foreign_signer, pem
from tests.factories import make_dose, make_lot, make_site, make_staff, province

CERTIFICATES = reverse("admin:certificates_certificate_changelist")
JOBS = reverse("admin:certificates_issuancejob_changelist")
KEYS = reverse("admin:certificates_signingkey_changelist")


def staff(role=Role.NATIONAL_OFFICER, **place) -> Client:
    client = Client()
    client.force_login(
        make_staff(role=role, **place), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def chosen(action: str, row, **more) -> dict:
    return {"action": action, "_selected_action": [row.pk], **more}


def test_a_site_sees_its_own_certificates_only(certificate):
    here = staff(Role.SITE_MANAGER, site=certificate.dose.site)
    elsewhere = staff(Role.SITE_MANAGER, site=make_site())
    assert certificate.uvci in here.get(CERTIFICATES).content.decode()
    assert certificate.uvci not in elsewhere.get(CERTIFICATES).content.decode()
    one = reverse("admin:certificates_certificate_change", args=[certificate.pk])
    assert here.get(one).status_code == 200
    assert elsewhere.get(one).status_code == 302


def test_a_revocation_asks_for_its_reason_first(certificate):
    officer = staff()
    asked = officer.post(CERTIFICATES, chosen("revoke", certificate)).content.decode()
    assert 'name="reason"' in asked
    certificate.refresh_from_db()
    assert certificate.status == "live"
    officer.post(CERTIFICATES, chosen("revoke", certificate, reason=" "))
    certificate.refresh_from_db()
    assert certificate.status == "live"
    officer.post(CERTIFICATES, chosen("revoke", certificate, reason="Cấp nhầm người"))
    certificate.refresh_from_db()
    assert (certificate.status, certificate.end_reason) == ("revoked", "Cấp nhầm người")


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR])
def test_who_may_only_read_cannot_revoke(role, certificate):
    staff(role).post(CERTIFICATES, chosen("revoke", certificate, reason="x"))
    certificate.refresh_from_db()
    assert certificate.status == "live"


@pytest.mark.django_db
def test_a_job_that_needs_a_person_is_tried_again_when_somebody_says_what_was_mended():
    dose = make_dose()
    IssuanceJob.objects.update(state=JobState.NEEDS_REVIEW, attempts=5, last_error="worker_lost")
    job = IssuanceJob.objects.get()
    officer = staff()
    assert officer.get(JOBS).status_code == 200
    for more in ({}, {"reason": " "}):
        asked = officer.post(JOBS, chosen("try_again", job, **more)).content.decode()
        assert 'name="reason"' in asked
        assert str(CAUSES["worker_lost"]) in asked
        job.refresh_from_db()
        assert job.state == JobState.NEEDS_REVIEW
    officer.post(JOBS, chosen("try_again", job, reason="Máy cấp đã chạy lại"))
    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == (JobState.PENDING, 0, "")
    logged = LogEntry.objects.get()
    assert (logged.object_id, logged.change_message) == (str(job.pk), "Máy cấp đã chạy lại")
    again = officer.post(JOBS, chosen("try_again", job, reason="Thử lại"), follow=True)
    assert str(dose) in again.content.decode()
    assert LogEntry.objects.count() == 1


@pytest.mark.django_db
def test_jobs_are_found_by_state_cause_reason_and_province():
    hanoi, elsewhere = (
        make_dose(lot=make_lot(site=make_site(province_code=code))) for code in ("01", "79")
    )
    IssuanceJob.objects.filter(dose=hanoi).update(
        state=JobState.NEEDS_REVIEW, cause=JobCause.CORRECTED, last_error="worker_lost"
    )
    national = staff()

    def found(query, client=national):
        return set(
            client.get(f"{JOBS}?{query}").context["cl"].queryset.values_list("pk", flat=True)
        )

    assert found("province=79") == {elsewhere.pk}
    assert found("province=nơi+nào") == set()
    assert found("why_not=worker_lost") == {hanoi.pk}
    assert found("state__exact=needs_review") == found("cause__exact=corrected") == {hanoi.pk}
    page = national.get(JOBS).content.decode()
    assert str(CAUSES["worker_lost"]) in page
    officer = staff(Role.PROVINCE_OFFICER, province=province("79"))
    assert found("", officer) == {elsewhere.pk}
    assert found("province=01", officer) <= {elsewhere.pk}


@pytest.mark.django_db
def test_rows_are_titled_in_the_readers_language_without_a_persons_name(certificate):
    dose = certificate.dose
    officer = staff()
    for name, row in (
        ("certificates_certificate", certificate),
        ("certificates_issuancejob", dose.issuance),
        ("vaccination_sites_dose", dose),
    ):
        url = reverse(f"admin:{name}_change", args=[row.pk])
        assert str(row) in officer.get(url).content.decode()
        assert dose.citizen.full_name not in str(row)
    assert (str(dose), str(certificate)) == (
        f"Mũi tiêm {dose.public_id}",
        f"Chứng nhận {certificate.public_id}",
    )
    with override("en"):
        assert str(dose) == f"Dose {dose.public_id}"


def test_why_a_certificate_is_owed_and_why_one_ended_stand_in_the_records(certificate):
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(full_name="Nguyễn Thị Tuyết")
    officer, owed = staff(), "Đã sửa thông tin mũi tiêm hoặc người tiêm"
    assert f">{owed}</td>" in officer.get(JOBS).content.decode()
    drain_due()
    page = reverse("admin:certificates_certificate_change", args=[certificate.pk])
    assert owed in officer.get(page).content.decode()


def test_keys_are_read_by_those_who_answer_for_them_and_by_auditors(certificate):
    kid = certificate.key.kid
    assert kid in staff().get(KEYS).content.decode()
    assert kid in staff(Role.AUDITOR).get(KEYS).content.decode()
    assert staff(Role.AGENT).get(KEYS).status_code == 403
    page = reverse("admin:certificates_signingkey_change", args=[certificate.key.pk])
    assert staff().get(page).status_code == 200


def test_foreign_signers_are_read_by_who_answers_for_keys_and_changed_by_nobody(db):
    weak = ec.generate_private_key(ec.SECP384R1())
    import_signers(text=pem(foreign_signer(kinds=("t",))) + certificate_of(weak), country="DE")
    signer, unsafe = ForeignSigner.objects.order_by("pk")
    page = reverse("admin:certificates_foreignsigner_changelist")
    assert signer.kid in staff().get(page).content.decode()
    assert signer.kid in staff(Role.AUDITOR).get(page).content.decode()
    assert staff(Role.AGENT).get(page).status_code == 403
    one = reverse("admin:certificates_foreignsigner_change", args=[signer.pk])
    assert "xét nghiệm" in staff().get(one).content.decode()
    staff().post(one, {"country": "FR"})
    signer.refresh_from_db()
    assert signer.country == "DE"
    other = reverse("admin:certificates_foreignsigner_change", args=[unsafe.pk])
    assert staff().get(other).status_code == 200
    assert staff().get(reverse("admin:certificates_foreignsigner_add")).status_code == 403


def certificate_of(key) -> str:
    """A self-signed certificate of a key on a curve that certificates may not be signed with."""
    now = timezone.now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "DE")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 5, now, now + timedelta(days=9))
    return certificate_pem(builder.sign(key, hashes.SHA256()))
