"""Signing keys: made on first use, kept as encrypted files, known to the public by their rows.

Only processes with SIGNING_KEYS_DIR and SIGNING_PASSPHRASE can sign: workers and commands. The
web has neither and raises KeysNotHere. In real service the directory is a secret mount shared by
the workers, and the country authority (csca.key.pem) is taken out of it except to make a key.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pghistory
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from certificates.exceptions import KeyNotFound, KeysNotHere, ReasonMissing
from certificates.hcert import keys, uvci
from certificates.hcert.keys import Signer, SigningKeyError
from certificates.hcert.trust import TrustedKey, TrustList
from certificates.models import Certificate, CertificateStatus
from certificates.models.certificate import RENEWED
from certificates.models.key import KeyStatus, SigningKey
from certificates.services.clock import database_now
from certificates.services.groups import NO_GROUP, signing_groups
from certificates.services.key_files import (
    ORGANISATION,
    country_authority,
    hold_key_lock,
    key_directory,
    save_certificate,
    save_key,
)
from vaxplatform.health import NotReady

# A certificate of 12 months must end inside the two years of its key (HCERT, "Keys").
SIGNING_PERIOD = timedelta(days=182)


def ensure_signing_key(*, now: datetime, group: str = NO_GROUP) -> SigningKey:
    """The key to sign a group's doses with at `now`; makes it, and the country authority, where
    there is none.

    Safe when several workers start at once: one makes it, the others find it. A key past its
    signing period is retired and followed by a new one. Raises KeysNotHere.
    """
    key_directory()
    with transaction.atomic():
        hold_key_lock()
        active = _usable(now).filter(group=group).first()
        return active or _make_key(now=now, group=group)


def rotate_signing_key(*, now: datetime, group: str = NO_GROUP) -> SigningKey:
    """Make a new key for a group and stop signing with its old one; what that signed stays valid.

    Raises KeysNotHere.
    """
    key_directory()
    with transaction.atomic():
        hold_key_lock()
        return _make_key(now=now, group=group)


def call_key_back(*, kid: str, reason: str, now: datetime) -> SigningKey:
    """Mark a key as compromised, at once and for ever; its group goes on with another.

    Nothing that it signed is valid any more; certificates.services.compromise replaces it. Waits
    for the workers that are signing with it at this moment, a set's time. Doing it again changes
    nothing. Raises ReasonMissing, KeyNotFound or KeysNotHere; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissing
    key_directory()
    with transaction.atomic(), pghistory.context(reason=reason.strip()):
        hold_key_lock()
        key = SigningKey.objects.select_for_update(no_key=True).filter(kid=kid).first()
        if key is None:
            raise KeyNotFound
        if key.status != KeyStatus.COMPROMISED:
            key.status = KeyStatus.COMPROMISED
            key.save(update_fields=["status"])
        if not _usable(now).filter(group=key.group).exists():
            _make_key(now=now, group=key.group)
    return key


def load_signer(*, now: datetime, group: str = NO_GROUP) -> tuple[SigningKey, Signer]:
    """The newest signing key of a group whose file is here, and the signer made of it.

    The private key is read once per process. Raises KeysNotHere.
    """
    directory, password = key_directory()
    for key in _usable(now).filter(group=group):
        if _key_path(directory, key.kid).exists():
            return key, _read_signer(directory, key.kid, password)
    key = ensure_signing_key(now=now, group=group)
    if not _key_path(directory, key.kid).exists():
        raise KeysNotHere(
            f"The private key of {key.kid} is not in {directory}. Mount the directory of the "
            "other workers, or run rotate_signing_key here."
        )
    return key, _read_signer(directory, key.kid, password)


def ensure_signers(*, now: datetime) -> None:
    """Make sure that this process can sign for every group. Raises KeysNotHere."""
    directory, _password = key_directory()
    at_hand = {key.group for key in _usable(now) if _key_path(directory, key.kid).exists()}
    for group in signing_groups():
        if group not in at_hand:
            load_signer(now=now, group=group)


def hold_signers(*, now: datetime) -> dict[str, tuple[SigningKey, Signer]]:
    """Group → key and signer, held until the transaction ends: a key that is called back meanwhile
    waits for what is being signed with it, so that nothing of it escapes the call.

    Groups whose key is not here are missing. Raises KeysNotHere.
    """
    directory, password = key_directory()
    held: dict[str, tuple[SigningKey, Signer]] = {}
    for key in SigningKey.objects.raw(_HOLD_USABLE, [now, now]):
        if key.group not in held and _key_path(directory, key.kid).exists():
            held[key.group] = key, _read_signer(directory, key.kid, password)
    return held


# Django knows no FOR SHARE: workers do not wait for each other, a change of the key does for them.
_HOLD_USABLE = """
    SELECT * FROM certificates_signingkey
     WHERE status = 'active' AND not_before <= %s AND sign_until > %s
     ORDER BY not_before DESC, id DESC FOR SHARE
"""


def believed_keys() -> QuerySet[SigningKey]:
    """The keys that may be believed: those that sign, and the retired until the last of their
    certificates has expired. A compromised one left at once."""
    unexpired = Certificate.objects.filter(key=OuterRef("pk"), expires_at__gt=Now())
    live = unexpired.filter(status=CertificateStatus.LIVE)  # each with an index of its own
    return SigningKey.objects.filter(
        Q(status=KeyStatus.ACTIVE, not_after__gt=Now())
        | Q(Exists(live) | Exists(unexpired.filter(RENEWED)), status=KeyStatus.RETIRED)
    ).order_by("pk")


def published_keys() -> TrustList:
    """The trust list: every key that may be believed."""
    return _trust_list(believed_keys())


def all_keys() -> TrustList:
    """Every key ever, the compromised too: a verifier says of those that they were called back."""
    return _trust_list(SigningKey.objects.all())


def compromised_kids() -> set[str]:
    return set(
        SigningKey.objects.filter(status=KeyStatus.COMPROMISED).values_list("kid", flat=True)
    )


def check_signing_key() -> None:
    """Readiness, from the public row alone: some key may sign now. Raises NotReady."""
    if not SigningKey.objects.exists():
        raise NotReady("no worker has made a signing key yet")
    if not _usable(database_now()).exists():
        raise NotReady("no signing key may sign now")


def _trust_list(rows: QuerySet[SigningKey]) -> TrustList:
    return TrustList(
        _trusted(pem, signature, not_before.isoformat())
        for pem, signature, not_before in rows.values_list(
            "certificate_pem", "csca_signature", "not_before"
        )
    )


@lru_cache(maxsize=256)
def _trusted(pem: str, signature: str, timestamp: str) -> TrustedKey:
    """The public key in a row; parsed once per process for as long as the row says the same."""
    return TrustedKey.from_der(_der(pem), signature=signature, timestamp=timestamp)


def _der(pem: str) -> bytes:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return certificate.public_bytes(serialization.Encoding.DER)


def _usable(now: datetime) -> QuerySet[SigningKey]:
    return SigningKey.objects.filter(
        status=KeyStatus.ACTIVE, not_before__lte=now, sign_until__gt=now
    ).order_by("-not_before", "-pk")


def _make_key(*, now: datetime, group: str) -> SigningKey:
    """Write a new key's files, then its row; the group's old key is retired."""
    directory, password = key_directory()
    csca, csca_key = country_authority(directory, password, now)
    private_key = keys.new_private_key()
    certificate = keys.make_dsc(
        key=private_key.public_key(),
        csca=csca,
        csca_key=csca_key,
        now=now,
        country=uvci.COUNTRY,
        organisation=ORGANISATION,
    )
    kid = keys.kid(certificate.public_bytes(serialization.Encoding.DER)).hex()
    save_certificate(_certificate_path(directory, kid), certificate)
    save_key(_key_path(directory, kid), private_key, password)
    SigningKey.objects.filter(status=KeyStatus.ACTIVE, group=group).update(status=KeyStatus.RETIRED)
    return SigningKey.objects.create(
        kid=kid,
        group=group,
        certificate_pem=keys.certificate_pem(certificate),
        csca_pem=keys.certificate_pem(csca),
        csca_signature=keys.trust_list_signature(dsc=certificate, csca=csca, csca_key=csca_key),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sign_until=certificate.not_valid_before_utc + SIGNING_PERIOD,
    )


def _key_path(directory: Path, kid: str) -> Path:
    return directory / f"dsc-{kid}.key.pem"


def _certificate_path(directory: Path, kid: str) -> Path:
    return directory / f"dsc-{kid}.pem"


@lru_cache(maxsize=64)
def _read_signer(directory: Path, kid: str, password: bytes) -> Signer:
    try:
        return keys.FileSigner.load(
            _key_path(directory, kid), _certificate_path(directory, kid), password
        )
    except (OSError, SigningKeyError) as error:
        raise KeysNotHere(f"The key {kid} in {directory} cannot be used: {error}") from error
