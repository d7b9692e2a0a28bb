"""What readers of SMART Health Cards look up at our address: keys, and which cards are void.

The keys are those of the certificates (docs/adr/0015), served from their public rows. A card is
called back by its `rid` and a time: those signed before it are void, one made later is not. The
list is the same for every key, since a card that was made again may have another key than before.
"""

import datetime
import hashlib
import json
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction
from django.db.models import QuerySet

from certificates.models import (
    Certificate,
    CertificateCopy,
    CertificateStatus,
    CopyFormat,
    JobCause,
    KeyStatus,
    PublishedFile,
    SigningKey,
)
from certificates.shc import card
from certificates.shc.keys import PublicKey, public_jwk

CALLED_BACK: Final = "shc-rids.json"
STILL_TRUE: Final = (JobCause.RENEWED, JobCause.ASKED, JobCause.KEY_COMPROMISED)
"""Ends of a certificate after which what it said is still so."""


def public_key_of(key: SigningKey) -> PublicKey:
    """The key with the `kid` that it has in cards: its thumbprint."""
    return PublicKey.of(_public_key(key.certificate_pem))


def key_set() -> dict[str, Any]:
    """Every key that cards may be believed by: all but the compromised ones, for cards do not
    expire. One that signs no more stays."""
    version = PublishedFile.objects.filter(name=CALLED_BACK).values_list("version", flat=True)
    ctr = version.first()
    rows = SigningKey.objects.exclude(status=KeyStatus.COMPROMISED).order_by("pk")
    return {
        "keys": [
            public_jwk(_public_key(row.certificate_pem), _chain(row), crl_version=ctr)
            for row in rows
        ]
    }


def called_back(kid: str) -> dict[str, Any] | None:
    """The list of void cards under the name of one of our keys; None for other keys, and before
    a worker has written the first list."""
    file = PublishedFile.objects.filter(name=CALLED_BACK).first()
    rows = SigningKey.objects.exclude(status=KeyStatus.COMPROMISED)
    if file is None or kid not in {public_key_of(row).kid for row in rows}:
        return None
    rids = json.loads(bytes(file.content))
    return {"kid": kid, "method": "rid", "ctr": file.version, "rids": rids}


def publish_called_back(now: datetime.datetime) -> int:
    """Chore: write the list of void cards anew if it changed; returns how many files that was."""
    content = json.dumps(_rids()).encode()
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        file, made = PublishedFile.objects.select_for_update().get_or_create(
            name=CALLED_BACK,
            defaults={
                "version": 1,
                "content": content,
                "sha256": digest,
                "published_at": now,
            },
        )
        if made or file.sha256 == digest:
            return int(made)
        file.version += 1
        file.content, file.sha256, file.published_at = content, digest, now
        file.save()
    return 1


def copies_called_back() -> QuerySet[CertificateCopy]:
    """Signed copies that say what is no longer so: a certificate that they cover was corrected or
    revoked, not merely renewed."""
    ended = Certificate.objects.exclude(status=CertificateStatus.LIVE)
    return CertificateCopy.objects.filter(covers__in=ended.exclude(end_reason__in=STILL_TRUE))


def _rids() -> list[str]:
    """`rid.time` of each certificate whose cards, signed before that second, are void.

    The time is that of the last void card: a dose may be voided by a transaction that began
    before the card was signed.
    """
    cards = CertificateCopy.objects.filter(format=CopyFormat.SMART_HEALTH_CARD)
    remade = cards.filter(revoked_before__isnull=False)
    void = dict(remade.values_list("certificate__uvci", "revoked_before"))
    called_back = cards.filter(pk__in=copies_called_back())
    void |= dict(called_back.values_list("certificate__uvci", "signed_at"))
    return sorted(
        f"{card.rid_of(uvci)}.{_second_after(moment)}"
        for uvci, moment in void.items()
        if moment is not None
    )


def _second_after(moment: datetime.datetime) -> int:
    return int(moment.timestamp()) + 1


def _chain(key: SigningKey) -> list[bytes]:
    return [
        _certificate(pem).public_bytes(Encoding.DER) for pem in (key.certificate_pem, key.csca_pem)
    ]


@lru_cache(maxsize=256)
def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _public_key(pem: str) -> ec.EllipticCurvePublicKey:
    key = _certificate(pem).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("our signing keys are on P-256")
    return key
