"""Signing keys: made on first use, kept as encrypted files, known to the public by their rows.

Only processes with SIGNING_KEYS_DIR and SIGNING_PASSPHRASE can sign: workers and commands. The
web has neither and raises KeysNotHere. In real service the directory is a secret mount shared by
the workers, and the country authority (csca.key.pem) is taken out of it except to make a key.
"""

import os
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pghistory
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from certificates.exceptions import KeyNotFound, KeysNotHere, ReasonMissing
from certificates.hcert import keys, uvci
from certificates.hcert.keys import Signer, SigningKeyError
from certificates.hcert.trust import TrustedKey, TrustList
from certificates.models import Certificate, CertificateStatus
from certificates.models.key import KeyStatus, SigningKey
from certificates.services.clock import database_now
from certificates.services.groups import NO_GROUP, signing_groups
from vaxplatform.health import NotReady

ORGANISATION = "Ministry of Health of Viet Nam"
# A certificate of 12 months must end inside the two years of its key (HCERT, "Keys").
SIGNING_PERIOD = timedelta(days=182)
_LOCK = 7_242_001  # of the advisory lock under which keys are made


def ensure_signing_key(*, now: datetime, group: str = NO_GROUP) -> SigningKey:
    """The key to sign a group's doses with at `now`; makes it, and the country authority, where
    there is none.

    Safe when several workers start at once: one makes it, the others find it. A key past its
    signing period is retired and followed by a new one. Raises KeysNotHere.
    """
    _place()
    with transaction.atomic():
        _hold_lock()
        active = _usable(now).filter(group=group).first()
        return active or _make_key(now=now, group=group)


def rotate_signing_key(*, now: datetime, group: str = NO_GROUP) -> SigningKey:
    """Make a new key for a group and stop signing with its old one; what that signed stays valid.

    Raises KeysNotHere.
    """
    _place()
    with transaction.atomic():
        _hold_lock()
        return _make_key(now=now, group=group)


def call_key_back(*, kid: str, reason: str, now: datetime) -> SigningKey:
    """Mark a key as compromised, at once and for ever; its group goes on with another.

    Nothing that it signed is valid any more; certificates.services.compromise replaces it. Waits
    for the workers that are signing with it at this moment, a set's time. Doing it again changes
    nothing. Raises ReasonMissing, KeyNotFound or KeysNotHere; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissing
    _place()
    with transaction.atomic(), pghistory.context(reason=reason.strip()):
        _hold_lock()
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
    directory, password = _place()
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
    directory, _password = _place()
    at_hand = {key.group for key in _usable(now) if _key_path(directory, key.kid).exists()}
    for group in signing_groups():
        if group not in at_hand:
            load_signer(now=now, group=group)


def hold_signers(*, now: datetime) -> dict[str, tuple[SigningKey, Signer]]:
    """Group → key and signer, held until the transaction ends: a key that is called back meanwhile
    waits for what is being signed with it, so that nothing of it escapes the call.

    Groups whose key is not here are missing. Raises KeysNotHere.
    """
    directory, password = _place()
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
    unexpired = Certificate.objects.filter(
        key=OuterRef("pk"), status=CertificateStatus.LIVE, expires_at__gt=Now()
    )
    return SigningKey.objects.filter(
        Q(status=KeyStatus.ACTIVE, not_after__gt=Now())
        | Q(Exists(unexpired), status=KeyStatus.RETIRED)
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


def _place() -> tuple[Path, bytes]:
    """Directory and password of the key files. Raises KeysNotHere."""
    if not settings.SIGNING_KEYS_DIR or not settings.SIGNING_PASSPHRASE:
        raise KeysNotHere(
            "This process may not sign: SIGNING_KEYS_DIR and SIGNING_PASSPHRASE are not set. "
            "Only workers and management commands get them, never the web."
        )
    return Path(settings.SIGNING_KEYS_DIR), settings.SIGNING_PASSPHRASE.encode()


def _hold_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _make_key(*, now: datetime, group: str) -> SigningKey:
    """Write a new key's files, then its row; the group's old key is retired."""
    directory, password = _place()
    csca, csca_key = _authority(directory, password, now)
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
    _save_certificate(_certificate_path(directory, kid), certificate)
    _save_key(_key_path(directory, kid), private_key, password)
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


def _authority(
    directory: Path, password: bytes, now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The country authority that outlives a key made now; made where there is none yet."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate_path, key_path = directory / "csca.pem", directory / "csca.key.pem"
    try:
        if certificate_path.exists():
            csca = x509.load_pem_x509_certificate(certificate_path.read_bytes())
            if csca.not_valid_after_utc > now + timedelta(days=365 * keys.DSC_YEARS):
                return csca, keys.load_private_key(key_path, password)
            for path in (certificate_path, key_path):
                path.replace(path.with_name(f"{csca.serial_number:x}.{path.name}"))
    except FileNotFoundError as error:
        raise KeysNotHere(f"The country authority's key is not here: {key_path}") from error
    except SigningKeyError as error:
        raise KeysNotHere(f"{key_path}: {error}") from error
    key = keys.new_private_key()
    csca = keys.make_csca(key=key, now=now, country=uvci.COUNTRY, organisation=ORGANISATION)
    key_path.unlink(missing_ok=True)  # of an attempt that died before its certificate was written
    _save_key(key_path, key, password)
    _save_certificate(certificate_path, csca)
    return csca, key


def _save_key(path: Path, key: ec.EllipticCurvePrivateKey, password: bytes) -> None:
    """Write the key and see it on the disk: a row without its key would stop every worker."""
    keys.save_private_key(path, key, password)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _save_certificate(path: Path, certificate: x509.Certificate) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(keys.certificate_pem(certificate))
        file.flush()
        os.fsync(file.fileno())


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
