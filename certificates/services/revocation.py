"""Calling certificates back."""

from django.db import transaction

from certificates.exceptions import CertificateNotFound, CertificateNotLive, ReasonMissing
from certificates.models import Certificate, CertificateStatus, IssuanceJob, JobState
from certificates.services.clock import database_now


@transaction.atomic
def revoke_certificate(*, uvci: str, reason: str) -> Certificate:
    """End a certificate, and the renewed ones before it. None follows it until a person says so
    (`try_again`).

    Raises ReasonMissing, CertificateNotFound or CertificateNotLive.
    """
    if not reason.strip():
        raise ReasonMissing
    certificate = Certificate.objects.filter(uvci=uvci.strip()).first()
    if certificate is None:
        raise CertificateNotFound
    # The job first, as everybody does: a worker that is replacing the certificate now is waited
    # for, and a correction already queued does not bring it back.
    job = IssuanceJob.objects.filter(pk=certificate.dose_id)
    job.update(state=JobState.CANCELLED, last_error="certificate_revoked")
    believed = Certificate.objects.believed()
    if not believed.filter(pk=certificate.pk).exists():
        raise CertificateNotLive
    believed.filter(dose=certificate.dose_id).update(
        status=CertificateStatus.REVOKED, ended_at=database_now(), end_reason=reason.strip()[:200]
    )
    certificate.refresh_from_db()
    return certificate
