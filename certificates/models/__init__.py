"""Signing keys, the issuance queue with its wires, and certificates."""

from certificates.models.certificate import Certificate, CertificateStatus
from certificates.models.job import IssuanceJob, JobState, WorkerHeartbeat
from certificates.models.key import KeyStatus, SigningKey
from certificates.models.wires import CertifiedCitizen, QueuedDose

__all__ = [
    "Certificate",
    "CertificateStatus",
    "CertifiedCitizen",
    "IssuanceJob",
    "JobState",
    "KeyStatus",
    "QueuedDose",
    "SigningKey",
    "WorkerHeartbeat",
]
