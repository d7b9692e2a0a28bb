"""Writing certificates as another country, a careless one or a forger would; only tests may."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certificates.hcert import base45, cose
from certificates.hcert.trust import TrustedKey, TrustList
from certificates.hcert.verify import Reason, verify

from .conftest import NOW, ONE_YEAR, make_payload

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Signing(Protocol):
    """Whoever signs a message: ours or Foreign."""

    @property
    def kid(self) -> bytes: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class Foreign:
    """A document signer of another country; its key may be of a kind that is not allowed."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def algorithm(self) -> int:
        """The algorithm that its messages name."""
        return cose.PS256 if isinstance(self.key, rsa.RSAPrivateKey) else cose.ES256

    @property
    def trusted(self) -> TrustedKey:
        """The key as it stands in a trust list."""
        return TrustedKey.from_der(self.certificate.public_bytes(Encoding.DER))

    @property
    def kid(self) -> bytes:
        """The key identifier."""
        return self.trusted.kid

    def sign(self, data: bytes) -> bytes:
        """Return the signature as COSE has it: halves side by side, or PSS."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
            return self.key.sign(data, scheme, hashes.SHA256())
        size = (self.key.curve.key_size + 7) // 8
        halves = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"".join(half.to_bytes(size, "big") for half in halves)


@cache
def private_key(algorithm: int, name: str = "") -> PrivateKey:
    """Return a key for an algorithm, the same one each time for one `name`."""
    if algorithm == cose.PS256:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def foreign(
    algorithm: int = cose.ES256,
    *,
    oids: Iterable[str] = (),
    key: PrivateKey | None = None,
    issued: datetime = NOW,
) -> Foreign:
    """Return another country's signer whose certificate has these extended key usages."""
    key = key or private_key(algorithm)
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "XX")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issued - ONE_YEAR)
        .not_valid_after(issued + ONE_YEAR)
    )
    if usages := [x509.ObjectIdentifier(oid) for oid in oids]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return Foreign(builder.sign(key, hashes.SHA256()), key)


def reason(text: str, trust: TrustList, at: datetime = NOW) -> Reason:
    """Return the reason, having checked what must hold of every verdict."""
    result = verify(text, trust, at)
    assert (result.status == "valid") == (result.reason == "ok") == result.is_valid
    if result.is_valid:
        assert result.certificate is not None
    json.dumps(result.as_dict(), allow_nan=False)
    return result.reason


def claims(
    content: Any = None, issued: Any = None, expires: Any = None, **over: Any
) -> dict[Any, Any]:
    """Return signed claims as we would write them, each of them to be replaced."""
    return {
        1: over.get("issuer", "VN"),
        4: int((NOW + ONE_YEAR).timestamp()) if expires is None else seconds(expires),
        6: int(NOW.timestamp()) if issued is None else seconds(issued),
        -260: {1: make_payload() if content is None else content},
    }


def seconds(value: Any) -> Any:
    """Return the seconds of a time, and anything else as it is."""
    return int(value.timestamp()) if isinstance(value, datetime) else value


def message(
    signer: Signing,
    payload: bytes,
    *,
    protected: Any = None,
    unprotected: Any = None,
) -> list[Any]:
    """Return the four parts of a message truly signed by `signer`."""
    algorithm = signer.algorithm if isinstance(signer, Foreign) else cose.ES256
    header = {1: algorithm, 4: signer.kid} if protected is None else protected
    raw = header if isinstance(header, bytes) else cbor2.dumps(header)
    signature = signer.sign(cose.to_be_signed(raw, payload))
    return [raw, unprotected or {}, payload, signature]


def text(parts: Any, tags: tuple[int, ...] = (18,)) -> str:
    """Return the parts as the text of a certificate, inside `tags` (innermost first)."""
    for tag in tags:
        parts = cbor2.CBORTag(tag, parts)
    return packed(cbor2.dumps(parts))


def packed(data: bytes) -> str:
    """Return any bytes compressed and spelled as a certificate."""
    return "HC1:" + base45.encode(zlib.compress(data))


def certificate(signer: Signing, content: Any = None, **over: Any) -> str:
    """Return a truly signed certificate over unusual claims."""
    return text(message(signer, cbor2.dumps(claims(content, **over))))


def content_of(kind: str) -> dict[str, Any]:
    """Return a health content with one vaccination, test or recovery."""
    common = {"tg": "840539006", "co": "VN", "is": "Bộ Y tế", "ci": "URN:UVCI:01:VN:A#B"}
    entries = {
        "v": make_payload()["v"][0],
        "t": common | {"tt": "LP6464-4", "sc": "2021-11-05T08:00:00+07:00", "tr": "260415000"},
        "r": common | {"fr": "2021-08-01", "df": "2021-08-12", "du": "2022-01-28"},
    }
    person = {field: make_payload()[field] for field in ("ver", "nam", "dob")}
    return person | {kind: [entries[kind]]}
