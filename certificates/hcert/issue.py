"""From health content to the signed text.

The fast path of the whole platform: the key is loaded once per batch, constant bytes come from
a template, and each certificate costs one signature and a few table look-ups.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import cbor2

from certificates.hcert import base45, cose
from certificates.hcert.keys import Signer

PREFIX: Final = "HC1:"
ISSUER: Final = "VN"
CLAIM_ISSUER: Final = 1
CLAIM_EXPIRES: Final = 4
CLAIM_ISSUED: Final = 6
CLAIM_HCERT: Final = -260
SUBCLAIM_EU_DCC: Final = 1

_COMPRESSION_LEVEL: Final = 9


class IssueError(ValueError):
    """The validity asked for does not fit the signing certificate."""


class CertificateBatchSigner:
    """Signs any number of certificates with one key that was loaded before."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._template = cose.Template(signer.kid)
        self._not_before = signer.not_before.timestamp()
        self._not_after = signer.not_after.timestamp()

    @property
    def kid(self) -> bytes:
        """The key identifier that goes into every certificate of this batch."""
        return self._signer.kid

    def sign(
        self,
        payload: Mapping[str, Any],
        *,
        issued_at: datetime,
        expires_at: datetime,
        subclaim: int = SUBCLAIM_EU_DCC,
    ) -> str:
        """Return the ``HC1:`` text for one health content, or what another `subclaim` holds.

        Both times are aware and are cut to whole seconds. Raises IssueError when they do not
        lie, in this order, inside the validity of the signing certificate.
        """
        issued, expires = int(issued_at.timestamp()), int(expires_at.timestamp())
        if not self._not_before <= issued < expires <= self._not_after:
            raise IssueError("the certificate would not lie inside its signing certificate")
        claims = cbor2.dumps(
            {
                CLAIM_ISSUER: ISSUER,
                CLAIM_EXPIRES: expires,
                CLAIM_ISSUED: issued,
                CLAIM_HCERT: {subclaim: payload},
            }
        )
        signature = self._signer.sign(self._template.to_be_signed(claims))
        message = self._template.message(claims, signature)
        return PREFIX + base45.encode(zlib.compress(message, _COMPRESSION_LEVEL))


def sign_certificate(
    payload: Mapping[str, Any], signer: Signer, issued_at: datetime, expires_at: datetime
) -> str:
    """Return the ``HC1:`` text for one health content; see CertificateBatchSigner.sign."""
    return CertificateBatchSigner(signer).sign(payload, issued_at=issued_at, expires_at=expires_at)
