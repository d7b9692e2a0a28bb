"""Public keys as JSON Web Keys (RFC 7517), their thumbprints (RFC 7638), and sets of them."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

COORDINATE_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
MAX_KEYS: Final = 200  # of one set; a reader looks at no more

_ES256: Final = ec.ECDSA(hashes.SHA256())
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")


def encode(data: bytes) -> str:
    """`data` as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of strict base64url: no padding, no other characters, no loose bits.

    Raises ValueError.
    """
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if encode(data) != text:
        raise ValueError("not the one way to write these bytes")
    return data


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key on P-256 that cards are verified with. `kid` is its thumbprint."""

    kid: str
    key: ec.EllipticCurvePublicKey

    @classmethod
    def of(cls, key: ec.EllipticCurvePublicKey) -> "PublicKey":
        """Raises ValueError for a key on another curve."""
        if not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("ES256 needs a key on the curve P-256")
        return cls(thumbprint(key), key)

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` (r and s, 64 bytes) over `data` was made by this key."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            self.key.verify(encode_dss_signature(r, s), data, _ES256)
        except InvalidSignature:
            return False
        return True


def coordinates(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """`x` and `y` as a JSON Web Key has them."""
    numbers = key.public_numbers()
    return {
        name: encode(value.to_bytes(COORDINATE_BYTES, "big"))
        for name, value in (("x", numbers.x), ("y", numbers.y))
    }


def thumbprint(key: ec.EllipticCurvePublicKey) -> str:
    """The `kid`: SHA-256 over the key's required members in their fixed order, base64url."""
    members = {"crv": "P-256", "kty": "EC", **coordinates(key)}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return encode(hashlib.sha256(text.encode("ascii")).digest())


def public_jwk(
    key: ec.EllipticCurvePublicKey, chain: Iterable[bytes] = (), crl_version: int | None = None
) -> dict[str, Any]:
    """The key as an issuer publishes it; `chain` is DER, the key's own certificate first.

    `crl_version` counts the changes of the key's revocation list, where there is one.
    """
    jwk: dict[str, Any] = {
        "kty": "EC",
        "kid": thumbprint(key),
        "use": "sig",
        "alg": "ES256",
        "crv": "P-256",
        **coordinates(key),
    }
    if x5c := [base64.b64encode(der).decode("ascii") for der in chain]:
        jwk["x5c"] = x5c
    if crl_version is not None:
        jwk["crlVersion"] = crl_version
    return jwk


def read_key_set(document: Any) -> dict[str, PublicKey]:
    """The usable signing keys of a JSON Web Key Set by their `kid`; others are passed over.

    A key whose `kid` is not its thumbprint is not one of a card's issuer. Raises ValueError when
    the document is no key set at all.
    """
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list):
        raise ValueError("not a JSON Web Key Set")
    found = (_read_key(jwk) for jwk in keys[:MAX_KEYS])
    return {key.kid: key for key in found if key is not None}


def _read_key(jwk: Any) -> PublicKey | None:
    expected = {"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256"}
    if not isinstance(jwk, Mapping) or any(jwk.get(name) != is_ for name, is_ in expected.items()):
        return None
    try:
        x, y = decode(jwk["x"]), decode(jwk["y"])
        if len(x) != COORDINATE_BYTES or len(y) != COORDINATE_BYTES:
            return None
        point = b"\x04" + x + y
        key = PublicKey.of(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    except (KeyError, TypeError, ValueError):
        return None
    return key if key.kid == jwk.get("kid") else None
