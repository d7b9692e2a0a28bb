"""The directory of key files: who may use it, the country authority in it, and how files get there.

Only processes with SIGNING_KEYS_DIR and SIGNING_PASSPHRASE may; the web has neither.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection

from certificates.exceptions import KeysNotHere
from certificates.hcert import keys, uvci
from certificates.hcert.keys import SigningKeyError

ORGANISATION = "Ministry of Health of Viet Nam"
_LOCK = 7_242_001  # of the advisory lock under which keys are made


def key_directory() -> tuple[Path, bytes]:
    """Directory and password of the key files. Raises KeysNotHere."""
    if not settings.SIGNING_KEYS_DIR or not settings.SIGNING_PASSPHRASE:
        raise KeysNotHere(
            "This process may not sign: SIGNING_KEYS_DIR and SIGNING_PASSPHRASE are not set. "
            "Only workers and management commands get them, never the web."
        )
    return Path(settings.SIGNING_KEYS_DIR), settings.SIGNING_PASSPHRASE.encode()


def hold_key_lock() -> None:
    """Until the transaction ends, nobody else makes keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def country_authority(
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
    save_key(key_path, key, password)
    save_certificate(certificate_path, csca)
    return csca, key


def save_key(path: Path, key: ec.EllipticCurvePrivateKey, password: bytes) -> None:
    """Write the key and see it on the disk: a row without its key would stop every worker."""
    keys.save_private_key(path, key, password)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def save_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Write the certificate to a new file and see it on the disk."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(keys.certificate_pem(certificate))
        file.flush()
        os.fsync(file.fileno())
