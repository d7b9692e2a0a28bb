"""Certificates in the staff's records: seen within a posting, changed through services."""

import pytest
from django.test import Client
from django.urls import reverse

from certificates.models import IssuanceJob, JobState
from sites.models import Role
from tests.factories import make_dose, make_site, make_staff

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
def test_a_job_that_needs_a_person_is_tried_again():
    dose = make_dose()
    IssuanceJob.objects.update(state=JobState.NEEDS_REVIEW, attempts=5, last_error="x")
    job = IssuanceJob.objects.get()
    officer = staff()
    assert officer.get(JOBS).status_code == 200
    officer.post(JOBS, chosen("try_again", job))
    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == (JobState.PENDING, 0, "")
    again = officer.post(JOBS, chosen("try_again", job), follow=True)
    assert str(dose) in again.content.decode()


def test_keys_are_read_by_those_who_answer_for_them_and_by_auditors(certificate):
    kid = certificate.key.kid
    assert kid in staff().get(KEYS).content.decode()
    assert kid in staff(Role.AUDITOR).get(KEYS).content.decode()
    assert staff(Role.AGENT).get(KEYS).status_code == 403
    page = reverse("admin:certificates_signingkey_change", args=[certificate.key.pk])
    assert staff().get(page).status_code == 200
