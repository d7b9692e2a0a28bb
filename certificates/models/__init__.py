"""Signing keys, the issuance queue with its wires, certificates, and what is published of them."""

from certificates.models.certificate import (
    Certificate,
    CertificateCopy,
    CertificateStatus,
    CopyFormat,
)
from certificates.models.changes import (
    CertificateChange,
    ChangeFeed,
    ChangeKind,
    WatchedCertificate,
    Webhook,
    WebhookState,
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
    "CertificateChange",
    "CertificateCopy",
    "CertificateStatus",
    "CertifiedCitizen",
    "ChangeFeed",
    "ChangeKind",
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
    "WatchedCertificate",
    "Webhook",
    "WebhookState",
    "WorkerHeartbeat",
]
