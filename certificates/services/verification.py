"""Judging a certificate against our own keys and revocations."""

from datetime import datetime

from certificates.hcert.revocation import Identity
from certificates.hcert.verify import VerificationResult, verify
from certificates.models import Certificate, CertificateStatus
from certificates.services import keys


def check_certificate(*, text: str, at: datetime) -> VerificationResult:
    """The verdict on any text as of `at`; nothing of it is stored.

    A certificate that was replaced counts as revoked: its holder has a newer one. Of a compromised
    key nothing else is said: whoever has it may have made up the rest.
    """
    compromised = keys.compromised_kids()

    def is_key_revoked(identity: Identity) -> bool:
        return identity.kid.hex() in compromised

    return verify(
        text,
        keys.all_keys(),
        at,
        is_revoked=lambda identity: not is_key_revoked(identity) and _has_ended(identity),
        is_key_revoked=is_key_revoked,
    )


def _has_ended(identity: Identity) -> bool:
    return (
        Certificate.objects.filter(uvci=identity.uvci)
        .exclude(status=CertificateStatus.LIVE)
        .exists()
    )
