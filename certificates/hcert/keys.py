"""Signing keys: the country's CSCA, its document signers (DSC), key files and signers.

The CSCA lives offline and signs only DSCs. A DSC is valid for two years and its private key
is used for at most six months, so that a certificate of twelve months ends inside it. Whoever
signs certificates sees only the `Signer` interface; today a key comes from an encrypted file,
a hardware module can take its place.
"""

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

KID_BYTES: Final = 8
CSCA_YEARS: Final = 4
DSC_YEARS: Final = 2
USAGE_ARCS: Final = ("1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1")
"""Parent of the extended key usages of DSCs, today's and the one used first."""
USAGES: Final = {"t": 1, "v": 2, "r": 3}
"""Last number of the usage: test, vaccination, recovery."""
DOCUMENT_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")

_ES256: Final = ec.ECDSA(hashes.SHA256())
_YEAR: Final = timedelta(days=365)


class SigningKeyError(ValueError):
    """A key file or certificate cannot be used for signing."""


class Signer(Protocol):
    """What signs certificates. `kid` names the DSC; all of it is fixed for a signer's life."""

    @property
    def kid(self) -> bytes:
        """First eight bytes of SHA-256 over the DSC."""

    @property
    def not_before(self) -> datetime:
        """Start of the DSC's validity."""

    @property
    def not_after(self) -> datetime:
        """End of the DSC's validity."""

    def sign(self, data: bytes) -> bytes:
        """Return the ES256 signature over `data`: r and s, 64 bytes."""


def kid(certificate_der: bytes) -> bytes:
    """Return the key identifier of a DSC: the first eight bytes of SHA-256 over its DER."""
    return hashlib.sha256(certificate_der).digest()[:KID_BYTES]


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A signer whose private key was read from an encrypted file into this process."""

    certificate: x509.Certificate
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    kid: bytes = field(init=False)
    not_before: datetime = field(init=False)
    not_after: datetime = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.private_key.curve, ec.SECP256R1):
            raise SigningKeyError("ES256 needs a key on the curve P-256")
        if self.private_key.public_key() != self.certificate.public_key():
            raise SigningKeyError("key and certificate do not belong together")
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        object.__setattr__(self, "kid", kid(der))
        object.__setattr__(self, "not_before", self.certificate.not_valid_before_utc)
        object.__setattr__(self, "not_after", self.certificate.not_valid_after_utc)

    @classmethod
    def load(cls, key_path: Path, certificate_path: Path, password: bytes) -> "FileSigner":
        """Read key and certificate. Raises SigningKeyError, or OSError when a file is missing."""
        try:
            certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        except ValueError as error:
            raise SigningKeyError("the certificate file cannot be read") from error
        return cls(certificate=certificate, private_key=load_private_key(key_path, password))

    def sign(self, data: bytes) -> bytes:
        """Return the ES256 signature over `data`: r and s, 64 bytes."""
        r, s = decode_dss_signature(self.private_key.sign(data, _ES256))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def new_private_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def make_csca(
    *, key: ec.EllipticCurvePrivateKey, now: datetime, country: str, organisation: str
) -> x509.Certificate:
    """Return the self-signed certificate of the country's signing authority, for four years."""
    name = _name(country, organisation, f"CSCA DCC {country}")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = _key_usage(certificates=True)
    return (
        _builder(subject=name, issuer=name, now=now, years=CSCA_YEARS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def make_dsc(
    *,
    key: ec.EllipticCurvePublicKey,
    csca: x509.Certificate,
    csca_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    country: str,
    organisation: str,
    kinds: Iterable[str] = ("v",),
) -> x509.Certificate:
    """Return a document signer's certificate for two years, for the `kinds` of content.

    `kinds` holds letters of `USAGES`; with none the key may sign any content.
    """
    subject = _name(country, organisation, f"DSC DCC {country} {now:%Y%m%d%H%M%S}")
    usages = [x509.ObjectIdentifier(f"{USAGE_ARCS[0]}.{USAGES[kind]}") for kind in kinds]
    return _under(csca, csca_key, key=key, subject=subject, now=now, usages=usages)


def make_list_signer(
    *,
    key: ec.EllipticCurvePublicKey,
    csca: x509.Certificate,
    csca_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    country: str,
    organisation: str,
) -> x509.Certificate:
    """Return the certificate, for two years, of who signs the lists that verifiers download.

    Its usage is the signing of documents (RFC 9336) and none of a DSC's, so that nobody takes
    what it signs for a health certificate.
    """
    subject = _name(country, organisation, f"List signer DCC {country} {now:%Y%m%d%H%M%S}")
    return _under(csca, csca_key, key=key, subject=subject, now=now, usages=[DOCUMENT_SIGNING])


def _under(
    csca: x509.Certificate,
    csca_key: ec.EllipticCurvePrivateKey,
    *,
    key: ec.EllipticCurvePublicKey,
    subject: x509.Name,
    now: datetime,
    usages: list[x509.ObjectIdentifier],
) -> x509.Certificate:
    """Return a certificate of two years under the authority, for signing only."""
    builder = (
        _builder(subject=subject, issuer=csca.subject, now=now, years=DSC_YEARS)
        .public_key(key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(csca_key.public_key()),
            critical=False,
        )
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(csca_key, hashes.SHA256())


def trust_list_signature(
    *, dsc: x509.Certificate, csca: x509.Certificate, csca_key: ec.EllipticCurvePrivateKey
) -> str:
    """Return the authority's word for a DSC: a detached CMS signature over its DER, base64.

    It is made where the CSCA key is, together with the DSC, and published in the trust list.
    """
    signed = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(dsc.public_bytes(serialization.Encoding.DER))
        .add_signer(csca, csca_key, hashes.SHA256())
        .sign(
            serialization.Encoding.DER,
            [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary],
        )
    )
    return base64.b64encode(signed).decode("ascii")


def save_private_key(path: Path, key: ec.EllipticCurvePrivateKey, password: bytes) -> None:
    """Write `key` encrypted to a new file that only its owner can read.

    Raises FileExistsError rather than overwrite a key, ValueError for an empty password.
    """
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)


def load_private_key(path: Path, password: bytes) -> ec.EllipticCurvePrivateKey:
    """Read an encrypted P-256 key. Raises SigningKeyError for a wrong password or another key."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password)
    except (ValueError, TypeError) as error:
        raise SigningKeyError("the key file cannot be read with this password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SigningKeyError("the file holds another kind of key")
    return key


def certificate_pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _name(country: str, organisation: str, common_name: str) -> x509.Name:
    """Return a distinguished name."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    *, subject: x509.Name, issuer: x509.Name, now: datetime, years: int
) -> x509.CertificateBuilder:
    """Return a certificate of `years` from `now` on, with a random serial number."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + years * _YEAR)
    )


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    """Return the usage of a key that signs certificates, or documents."""
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
