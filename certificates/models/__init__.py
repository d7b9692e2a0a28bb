"""Signing keys, the issuance queue with its wires, certificates, and what is published of them."""

from certificates.models.certificate import (
    Certificate,
    CertificateCopy,
    CertificateStatus,
    CopyFormat,
)
from certificates.models.job import (
    IN_BULK,
    PROMISED,
    IssuanceJob,
    JobCause,
    JobState,
    WorkerHeartbeat,
)
from certificates.models.key import ForeignSigner, KeyStatus, SigningKey
from certificates.models.publishing import PublishedFile, RevocationBatch
from certificates.models.sharing import ShareLink
from certificates.models.wires import CertifiedCitizen, QueuedDose

__all__ = [
    "IN_BULK",
    "PROMISED",
    "Certificate",
    "CertificateCopy",
    "CertificateStatus",
    "CertifiedCitizen",
    "CopyFormat",
    "ForeignSigner",
    "IssuanceJob",
    "JobCause",
    "JobState",
    "KeyStatus",
    "PublishedFile",
    "QueuedDose",
    "RevocationBatch",
    "ShareLink",
    "SigningKey",
    "WorkerHeartbeat",
]
