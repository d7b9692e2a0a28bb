"""Signing keys: made on first use, kept as encrypted files, known to the public by their rows.

Only processes with SIGNING_KEYS_DIR and SIGNING_PASSPHRASE can sign: workers and commands. The
web has neither and raises KeysNotHere. In real service the directory is a secret mount shared by
the workers, and the country authority (csca.key.pem) is taken out of it except to make a key.
"""

import os
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from certificates.exceptions import KeysNotHere
from certificates.hcert import keys, uvci
from certificates.hcert.keys import Signer, SigningKeyError
from certificates.hcert.trust import TrustedKey, TrustList
from certificates.models import Certificate, CertificateStatus, IssuanceJob, JobState
from certificates.models.key import KeyStatus, SigningKey
from certificates.services.clock import database_now
from vaxplatform.health import NotReady

ORGANISATION = "Ministry of Health of Viet Nam"
# A certificate of 12 months must end inside the two years of its key (HCERT, "Keys").
SIGNING_PERIOD = timedelta(days=182)
_LOCK = 7_242_001  # of the advisory lock under which keys are made


def ensure_signing_key(*, now: datetime) -> SigningKey:
    """The key to sign with at `now`; makes the country authority and a key where there is none.

    Safe when several workers start at once: one makes it, the others find it. A key past its
    signing period is retired and followed by a new one. Raises KeysNotHere.
    """
    _place()
    with transaction.atomic():
        _hold_lock()
        active = _usable(now).first()
        return active or _make_key(now=now, status_of_old=KeyStatus.RETIRED)


def rotate_signing_key(*, now: datetime, compromised: bool = False) -> SigningKey:
    """Make a new key and stop signing with the old ones; what they signed stays valid.

    `compromised`: nothing that the old keys signed is valid any more, and every dose certified
    by them is queued for a new certificate. Raises KeysNotHere.
    """
    _place()
    status = KeyStatus.COMPROMISED if compromised else KeyStatus.RETIRED
    with transaction.atomic():
        _hold_lock()
        replaced = list(SigningKey.objects.filter(status=KeyStatus.ACTIVE))
        new = _make_key(now=now, status_of_old=status)
        if compromised:
            _queue_again(replaced)
    return new


def load_signer(*, now: datetime) -> tuple[SigningKey, Signer]:
    """The newest signing key whose file is here, and the signer made of it.

    The private key is read once per process. Raises KeysNotHere.
    """
    directory, password = _place()
    for key in _usable(now):
        if _key_path(directory, key.kid).exists():
            return key, _read_signer(directory, key.kid, password)
    key = ensure_signing_key(now=now)
    if not _key_path(directory, key.kid).exists():
        raise KeysNotHere(
            f"The private key of {key.kid} is not in {directory}. Mount the directory of the "
            "other workers, or run rotate_signing_key here."
        )
    return key, _read_signer(directory, key.kid, password)


def published_keys() -> TrustList:
    """The trust list: every key that may be believed, retired ones included."""
    return _trust_list(KeyStatus.ACTIVE, KeyStatus.RETIRED)


def all_keys() -> TrustList:
    """Every key ever, the compromised too: a verifier says of those that they were called back."""
    return _trust_list(*KeyStatus)


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


def _trust_list(*statuses: str) -> TrustList:
    rows = SigningKey.objects.filter(status__in=statuses)
    return TrustList(
        TrustedKey.from_der(
            _der(row.certificate_pem),
            signature=row.csca_signature,
            timestamp=row.not_before.isoformat(),
        )
        for row in rows
    )


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


def _make_key(*, now: datetime, status_of_old: str) -> SigningKey:
    """Write a new key's files, then its row; the old active keys get `status_of_old`."""
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
    SigningKey.objects.filter(status=KeyStatus.ACTIVE).update(status=status_of_old)
    return SigningKey.objects.create(
        kid=kid,
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


@lru_cache(maxsize=8)
def _read_signer(directory: Path, kid: str, password: bytes) -> Signer:
    try:
        return keys.FileSigner.load(
            _key_path(directory, kid), _certificate_path(directory, kid), password
        )
    except (OSError, SigningKeyError) as error:
        raise KeysNotHere(f"The key {kid} in {directory} cannot be used: {error}") from error


def _queue_again(replaced: list[SigningKey]) -> None:
    """Queue every dose whose live certificate was signed by one of these keys."""
    doses = Certificate.objects.filter(key__in=replaced, status=CertificateStatus.LIVE)
    now = database_now()
    IssuanceJob.objects.filter(dose__in=doses.values("dose"), state=JobState.ISSUED).update(
        state=JobState.PENDING,
        attempts=0,
        due_at=now,
        next_at=now,
        deadline_at=now
        + timedelta(
            seconds=settings.CERTIFICATE_DEADLINE_SECONDS - settings.CERTIFICATE_DELAY_SECONDS
        ),
    )
