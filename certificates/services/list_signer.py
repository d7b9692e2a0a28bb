"""The signer of the lists that verifiers download: a key file beside the document signers'.

Its certificate stands under the country authority, has no usage of a document signer and is in no
trust list: what it signs can never pass for a health certificate. Only processes that may sign
can read it. The certificate's file holds the authority's after its own, so that the chain stays
whole when the authority is succeeded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from django.db import transaction

from certificates.exceptions import KeysNotHere
from certificates.hcert import keys as hcert_keys
from certificates.hcert import uvci
from certificates.hcert.keys import FileSigner, SigningKeyError
from certificates.services.key_files import (
    ORGANISATION,
    country_authority,
    hold_key_lock,
    key_directory,
    save_certificate,
    save_key,
)

log = structlog.get_logger(__name__)

SUCCEEDED_BEFORE_END = timedelta(days=60)


@dataclass(frozen=True)
class ListSigner:
    """Who signs lists; `chain` is its certificate and the authority's, in DER."""

    signer: FileSigner
    authority: x509.Certificate

    @property
    def chain(self) -> tuple[bytes, bytes]:
        return _der(self.signer.certificate), _der(self.authority)


def load_list_signer(*, now: datetime) -> ListSigner:
    """The signer of lists at `now`, made where there is none and succeeded before it ends.

    Where the authority's key is not at hand, the old one goes on until its end. Raises
    KeysNotHere in a process that may not sign, or when there is neither.
    """
    directory, password = key_directory()
    current = _newest(directory, now)
    if current is None or current.not_valid_after_utc - now <= SUCCEEDED_BEFORE_END:
        try:
            current = _make_once(now=now, after=current)
        except KeysNotHere:
            if current is None:
                raise
            log.warning("list_signer_ends_soon", ends=current.not_valid_after_utc.isoformat())
    return _read(directory, _kid(current), password)


def rotate_list_signer(*, now: datetime) -> ListSigner:
    """Make a new signer of lists now. Raises KeysNotHere."""
    directory, password = key_directory()
    return _read(directory, _kid(_make_once(now=now, after=_newest(directory, now))), password)


def _make_once(*, now: datetime, after: x509.Certificate | None) -> x509.Certificate:
    """Make the successor of `after`, or find the one that another worker has just made."""
    directory, password = key_directory()
    with transaction.atomic():
        hold_key_lock()
        newest = _newest(directory, now)
        if newest is not None and newest != after:
            return newest
        return _make(directory, password, now)


def _make(directory: Path, password: bytes, now: datetime) -> x509.Certificate:
    csca, csca_key = country_authority(directory, password, now)
    private_key = hcert_keys.new_private_key()
    certificate = hcert_keys.make_list_signer(
        key=private_key.public_key(),
        csca=csca,
        csca_key=csca_key,
        now=now,
        country=uvci.COUNTRY,
        organisation=ORGANISATION,
    )
    kid = _kid(certificate)
    # The key first: what has a certificate can sign.
    save_key(_key_path(directory, kid), private_key, password)
    save_certificate(_path(directory, kid), certificate)
    with _path(directory, kid).open("a") as file:
        file.write(hcert_keys.certificate_pem(csca))
    return certificate


def _newest(directory: Path, now: datetime) -> x509.Certificate | None:
    """The newest certificate of a list signer that is valid now and whose chain and key are here;
    one whose writer died midway does not count."""
    found: list[tuple[datetime, int, x509.Certificate]] = []
    for path in directory.glob("list-*.pem"):
        if path.name.endswith(".key.pem"):
            continue
        chain = _chain(path)
        if len(chain) == 2 and _key_path(directory, _kid(chain[0])).exists():
            found.append((chain[0].not_valid_before_utc, path.stat().st_mtime_ns, chain[0]))
    valid = [each for each in found if each[0] <= now < each[2].not_valid_after_utc]
    return max(valid, key=lambda each: each[:2])[2] if valid else None


def _chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError:
        return []


@lru_cache(maxsize=4)
def _read(directory: Path, kid: str, password: bytes) -> ListSigner:
    """The signer from its files; the private key is read once per process."""
    try:
        signer = FileSigner.load(_key_path(directory, kid), _path(directory, kid), password)
        _own, authority = _chain(_path(directory, kid))
    except (OSError, ValueError, SigningKeyError) as error:
        raise KeysNotHere(
            f"The list signer {kid} in {directory} cannot be used: {error}"
        ) from error
    return ListSigner(signer=signer, authority=authority)


def _kid(certificate: x509.Certificate) -> str:
    return hcert_keys.kid(_der(certificate)).hex()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _key_path(directory: Path, kid: str) -> Path:
    return directory / f"list-{kid}.key.pem"


def _path(directory: Path, kid: str) -> Path:
    return directory / f"list-{kid}.pem"
