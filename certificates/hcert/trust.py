"""The list of signing certificates (DSCs) that a verifier believes.

It is read from PEM, or from a list like that of the EU gateway: objects with ``kid``,
``timestamp``, ``country``, ``certificateType``, ``thumbprint``, ``signature`` and ``rawData``
(DER in base64), either bare in an array or under ``certificates``. A list is believed as a
whole: whoever fetches it must know where it came from.
"""

import base64
import binascii
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from certificates.hcert import cose, keys

MIN_RSA_BITS: Final = 2048
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the cryptography library raises for foreign certificates that are built oddly; it reads
their parts when they are asked for, so each part may raise."""

_USAGE_KINDS: Final = {
    f"{arc}.{last}": kind for arc in keys.USAGE_ARCS for kind, last in keys.USAGES.items()
}
_ES256: Final = ec.ECDSA(hashes.SHA256())
_PS256: Final = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)


class TrustListError(ValueError):
    """The list cannot be read; nothing of it should be believed."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One DSC. `kinds` holds the letters v, t, r it may sign; when empty it may sign all.

    `public_key` is None for a key that certificates may not be signed with (EC other than
    P-256, RSA under 2048 bits, anything else). `signature` is the upload signature of the list.
    """

    kid: bytes
    der: bytes
    thumbprint: str
    country: str
    kinds: frozenset[str]
    not_before: datetime
    not_after: datetime
    public_key: PublicKey | None
    signature: str = ""
    timestamp: str = ""

    @classmethod
    def from_der(cls, der: bytes, *, signature: str = "", timestamp: str = "") -> "TrustedKey":
        """Return the key in a DSC. Raises TrustListError when it is no certificate."""
        try:
            certificate = x509.load_der_x509_certificate(der)
            subject = certificate.subject or certificate.issuer
            country = subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
            not_before, not_after = (
                certificate.not_valid_before_utc,
                certificate.not_valid_after_utc,
            )
        except UNREADABLE as error:
            raise TrustListError("not an X.509 certificate") from error
        return cls(
            kid=keys.kid(der),
            der=der,
            thumbprint=hashlib.sha256(der).hexdigest(),
            country=str(country[0].value) if country else "",
            kinds=_kinds(certificate),
            not_before=not_before,
            not_after=not_after,
            public_key=_usable_key(certificate),
            signature=signature,
            timestamp=timestamp,
        )

    @property
    def kid_base64(self) -> str:
        """The key identifier as trust lists write it."""
        return base64.b64encode(self.kid).decode("ascii")

    def verifies(self, message: cose.Message) -> bool:
        """Tell whether this key made the signature, by the algorithm the message names."""
        data, signature, key = message.to_be_signed(), message.signature, self.public_key
        try:
            if message.algorithm == cose.ES256 and isinstance(key, ec.EllipticCurvePublicKey):
                if len(signature) != cose.SIGNATURE_BYTES:
                    return False
                r, s = signature[:32], signature[32:]
                key.verify(_der_signature(r, s), data, _ES256)
                return True
            if message.algorithm == cose.PS256 and isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, data, _PS256, hashes.SHA256())
                return True
        except (InvalidSignature, ValueError, UnsupportedAlgorithm):
            return False
        return False

    def as_item(self) -> dict[str, str]:
        """Return the key as an item of a gateway list."""
        return {
            "kid": self.kid_base64,
            "timestamp": self.timestamp or self.not_before.astimezone(UTC).isoformat(),
            "country": self.country,
            "certificateType": "DSC",
            "thumbprint": self.thumbprint,
            "signature": self.signature,
            "rawData": base64.b64encode(self.der).decode("ascii"),
        }


class TrustList:
    """DSCs by their kid; several may share one, and each is tried."""

    def __init__(self, trusted: Iterable[TrustedKey] = ()) -> None:
        by_kid: defaultdict[bytes, list[TrustedKey]] = defaultdict(list)
        for key in {key.thumbprint: key for key in trusted}.values():
            by_kid[key.kid].append(key)
        self._by_kid = {kid: tuple(same) for kid, same in by_kid.items()}

    def __len__(self) -> int:
        return sum(len(same) for same in self._by_kid.values())

    def __iter__(self) -> Iterator[TrustedKey]:
        for same in self._by_kid.values():
            yield from same

    def find(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """Return the keys with this identifier."""
        return self._by_kid.get(kid, ())

    @classmethod
    def load(cls, text: str) -> "TrustList":
        """Read PEM or JSON, whichever `text` is. Raises TrustListError."""
        return cls.from_pem(text) if "-----BEGIN" in text else cls.from_json(text)

    @classmethod
    def from_pem(cls, text: str) -> "TrustList":
        """Read every certificate in PEM text. Raises TrustListError."""
        try:
            certificates = x509.load_pem_x509_certificates(text.encode())
        except UNREADABLE as error:
            raise TrustListError("no certificate in the PEM text") from error
        encoding = serialization.Encoding.DER
        return cls(TrustedKey.from_der(item.public_bytes(encoding)) for item in certificates)

    @classmethod
    def from_json(cls, text: str) -> "TrustList":
        """Read a list like the EU gateway's; other types than DSC are passed over.

        Raises TrustListError, also when a kid or thumbprint is not that of its certificate.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TrustListError("not JSON") from error
        items = data.get("certificates") if isinstance(data, dict) else data
        if not isinstance(items, list):
            raise TrustListError("no list of certificates")
        return cls(_from_item(item) for item in items if _is_dsc(item))

    def to_json(self) -> str:
        """Return the list like the EU gateway's, ordered by kid."""
        items = sorted((key.as_item() for key in self), key=lambda item: item["thumbprint"])
        return json.dumps({"certificates": items}, indent=1)


def _is_dsc(item: Any) -> bool:
    """Tell whether an item of the list is a document signer; a missing type counts as one."""
    if not isinstance(item, dict):
        raise TrustListError("an item that is not an object")
    return bool(item.get("certificateType", "DSC") == "DSC")


def _from_item(item: dict[str, Any]) -> TrustedKey:
    """Return the key of one item of a gateway list."""
    try:
        der = base64.b64decode(item["rawData"], validate=True)
    except (LookupError, TypeError, ValueError, binascii.Error) as error:
        raise TrustListError("an item without its certificate") from error
    key = TrustedKey.from_der(
        der,
        signature=str(item.get("signature") or ""),
        timestamp=str(item.get("timestamp") or ""),
    )
    if str(item.get("kid") or key.kid_base64) != key.kid_base64:
        raise TrustListError("a kid that is not that of its certificate")
    if str(item.get("thumbprint") or key.thumbprint).lower() != key.thumbprint:
        raise TrustListError("a thumbprint that is not that of its certificate")
    return key


def _kinds(certificate: x509.Certificate) -> frozenset[str]:
    """Return the letters of the contents the certificate is for, none meaning all.

    Foreign certificates carry odd extensions that cannot be parsed as a whole (one upstream
    vector has an empty usage list); then the encoded usages are looked for in the bytes.
    """
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        found = {usage.dotted_string for usage in usages}
    except x509.ExtensionNotFound:
        return frozenset()
    except UNREADABLE:
        raw = certificate.tbs_certificate_bytes
        found = {oid for oid in _USAGE_KINDS if _encoded_oid(oid) in raw}
    return frozenset(_USAGE_KINDS[oid] for oid in found if oid in _USAGE_KINDS)


def _encoded_oid(dotted: str) -> bytes:
    """Return an object identifier in DER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    body = bytes((40 * first + second,))
    for part in rest:
        groups = [part & 0x7F]
        while part := part >> 7:
            groups.append(0x80 | part & 0x7F)
        body += bytes(reversed(groups))
    return bytes((0x06, len(body))) + body


def _usable_key(certificate: x509.Certificate) -> PublicKey | None:
    """Return the public key when certificates may be signed with it."""
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return key
    return None


def _der_signature(r: bytes, s: bytes) -> bytes:
    """Return the halves of an ECDSA signature in DER."""
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
