"""The trust list as a JWK set (RFC 7517), signed as a compact JWS (RFC 7515).

The set names each signing certificate (DSC) with its chain in ``x5c``; ``kid`` is the eight-byte
identifier in standard base64, as trust lists and not as JOSE usually write it, so that a verifier
compares it with the one in a certificate at once. The JWS carries exactly the text of the set;
its header's ``x5c`` holds the certificate of the list's signer and the authority (CSCA) above it.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certificates.hcert.keys import DOCUMENT_SIGNING, Signer
from certificates.hcert.trust import UNREADABLE, TrustedKey

_SIGNATURE_BYTES: Final = 64
_CURVE_BYTES: Final = 32
_ES256: Final = ec.ECDSA(hashes.SHA256())


class SignedListError(ValueError):
    """A signed list that is malformed, or not signed under the authority that is believed."""


def jwk(key: TrustedKey, authority: bytes) -> dict[str, Any]:
    """Return one signing key as a JWK; `authority` is the CSCA's certificate in DER.

    Raises ValueError for a key that certificates may not be signed with.
    """
    common = {
        "use": "sig",
        "kid": key.kid_base64,
        "x5c": [_base64(key.der), _base64(authority)],
        "x5t#S256": _base64url(hashlib.sha256(key.der).digest()),
    }
    if isinstance(key.public_key, ec.EllipticCurvePublicKey):
        point = key.public_key.public_numbers()
        x, y = (number.to_bytes(_CURVE_BYTES, "big") for number in (point.x, point.y))
        own = {"kty": "EC", "crv": "P-256", "alg": "ES256", "x": _base64url(x), "y": _base64url(y)}
        return own | common
    if isinstance(key.public_key, rsa.RSAPublicKey):
        numbers = key.public_key.public_numbers()
        n, e = (_base64url(_shortest(number)) for number in (numbers.n, numbers.e))
        return {"kty": "RSA", "alg": "PS256", "n": n, "e": e} | common
    raise ValueError("a key that certificates may not be signed with")


def jwks(
    trusted: Iterable[tuple[TrustedKey, bytes]], *, version: int, issued: datetime
) -> dict[str, Any]:
    """Return the JWK set of keys, each with its authority's DER, ordered by thumbprint.

    `version` grows with every change of the set; `issued` is aware.
    """
    ordered = sorted(trusted, key=lambda pair: pair[0].thumbprint)
    return {
        "keys": [jwk(key, authority) for key, authority in ordered],
        "version": version,
        "issued": issued.astimezone(UTC).isoformat(timespec="seconds"),
    }


def sign_compact(text: bytes, signer: Signer, chain: Iterable[bytes]) -> bytes:
    """Return the compact JWS over `text`; `chain` is the signer's DER, then that of its CSCA."""
    header = {"alg": "ES256", "x5c": [_base64(certificate) for certificate in chain]}
    start = _base64url(json.dumps(header, separators=(",", ":")).encode()) + "." + _base64url(text)
    return f"{start}.{_base64url(signer.sign(start.encode()))}".encode()


def read_compact(
    data: bytes, authority: x509.Certificate, *, at: datetime
) -> tuple[bytes, x509.Certificate]:
    """Return the text of a compact JWS and the certificate of who signed it.

    The signer must stand directly under `authority`, which the reader believes already, must not
    be an authority itself, and must be valid at the aware time `at`. Raises SignedListError.
    """
    try:
        first, second, third = data.split(b".")
        header = json.loads(_unbase64url(first))
        text, signature = _unbase64url(second), _unbase64url(third)
        chain = header["x5c"]
        signer = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
    except (*UNREADABLE, LookupError, RecursionError) as error:
        raise SignedListError("not a compact JWS with its signer's certificate") from error
    if header.get("alg") != "ES256" or "crit" in header:
        raise SignedListError("signed in another way than ES256")
    _check_signer(signer, authority, at)
    if not _signed_by(signer, data[: len(first) + 1 + len(second)], signature):
        raise SignedListError("the signature does not fit the text")
    return text, signer


def _check_signer(signer: x509.Certificate, authority: x509.Certificate, at: datetime) -> None:
    """Refuse whom the authority did not name to sign lists, or not for now, or to name others.

    A document signer stands under the same authority: whoever stole its key must not be able to
    write the list that calls it back.
    """
    try:
        signer.verify_directly_issued_by(authority)
        is_authority = signer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usages = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        raise SignedListError("the signer may not sign lists") from error
    except (*UNREADABLE, InvalidSignature) as error:
        raise SignedListError("the signer is not under the authority") from error
    now_valid = signer.not_valid_before_utc <= at <= signer.not_valid_after_utc
    if is_authority or DOCUMENT_SIGNING not in usages or not now_valid:
        raise SignedListError("the signer may not sign lists, or not now")


def _signed_by(signer: x509.Certificate, signed: bytes, signature: bytes) -> bool:
    key = signer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != _SIGNATURE_BYTES:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), signed, _ES256)
    except InvalidSignature:
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _unbase64url(text: bytes) -> bytes:
    """Raises ValueError for anything but the one way to write some bytes."""
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    if _base64url(data).encode() != text:
        raise ValueError("not base64url")
    return data


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
