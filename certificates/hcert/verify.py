"""Reading and judging a certificate that someone shows.

`verify` takes any text whatever and never raises for it; each refusal has a stable code. The
checks run in this order and stop at the first that fails:

====================  =====================================================================
``too_long``          more characters than the largest QR code can hold
``not_a_certificate`` the text does not begin with ``HC1:``
``base45``            a character or length that base45 does not have
``inflate``           not zlib, cut off, followed by other bytes, or too large when unpacked
``cbor``              not CBOR, too deep, a key twice, bytes left over
``cose``              not a COSE_Sign1 message
``alg``               another algorithm than ES256 and PS256, or none
``unknown_key``       no trusted signing certificate has this kid
``key``               the trusted certificate holds a key that must not be used (P-384, RSA-1024)
``signature``         the signature is not by that key over this content
``cwt``               the signed claims lack times, or have them in another form
``not_yet_valid``     issued later than now (five minutes are forgiven)
``expired``           its own validity has ended (five minutes are forgiven)
``key_expired``       the signing certificate was not valid when it was used, or is not now
``key_usage``         the signing certificate is for another kind of content
``content``           not exactly one vaccination, test or recovery
``schema``            a field missing or malformed
``revoked``           this certificate was called back
``key_revoked``       all certificates of this signing key were called back
====================  =====================================================================

A valid certificate has the reason ``ok``. Sentences for people are made by the caller. A valid
certificate proves what was issued, not who holds it: compare with an identity document. Nor does
it say that a border or a door accepts it: a positive test, a recovery outside its dates or half
a series are authentic all the same, and rules of acceptance are applied to `certificate` after.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from certificates.hcert import base45, cbor, cose, ddcc, issue, schema
from certificates.hcert.describe import KINDS, describe
from certificates.hcert.revocation import Identity
from certificates.hcert.trust import TrustedKey, TrustList

MAX_CHARACTERS: Final = 4296
"""Alphanumeric characters in a QR code of version 40-L, the largest there is."""
MAX_INFLATED: Final = 64 * 1024
CLOCK_SKEW_SECONDS: Final = 300
_LAST_SECOND: Final = 253_370_764_799
"""9998-12-31T23:59:59Z: a time that has a date in every time zone."""
_MAX_ISSUER: Final = 80


class Reason(StrEnum):
    """Why a certificate was refused, in the order of the checks."""

    TOO_LONG = "too_long"
    NOT_A_CERTIFICATE = "not_a_certificate"
    BASE45 = "base45"
    INFLATE = "inflate"
    CBOR = "cbor"
    COSE = "cose"
    ALG = "alg"
    UNKNOWN_KEY = "unknown_key"
    KEY = "key"
    SIGNATURE = "signature"
    CWT = "cwt"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    KEY_EXPIRED = "key_expired"
    KEY_USAGE = "key_usage"
    CONTENT = "content"
    SCHEMA = "schema"
    REVOKED = "revoked"
    KEY_REVOKED = "key_revoked"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """The verdict. `certificate` says what was signed, never what was merely claimed.

    It is None until the signature and the shape are known to be good; an expired or revoked
    certificate is shown with its content, so that a person can see what they hold. Its form:
    ``kind`` (vaccination, test, recovery), ``name``, ``family_name``, ``given_name``,
    ``standardised_name``, ``date_of_birth``, ``uvci``, ``issuer`` (country), ``issued_by``,
    ``issued_at``, ``expires_at`` (ISO 8601, UTC), ``version``, ``kid`` (hexadecimal),
    ``entry`` (the schema's fields) and ``labels`` (names of codes, by field).
    """

    status: Literal["valid", "invalid"]
    reason: Reason
    certificate: dict[str, Any] | None = None

    @property
    def is_valid(self) -> bool:
        """Whether every check passed."""
        return self.reason is Reason.OK

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict ready for JSON."""
        return {
            "status": self.status,
            "reason": self.reason.value,
            "certificate": self.certificate,
        }


class Refused(Exception):  # noqa: N818 - a verdict, not an error
    """A check failed; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """The signed claims: country, times in seconds, and the health content as it came."""

    issuer: str
    issued: float
    expires: float
    content: Any


def verify(
    text: str,
    trust_list: TrustList,
    at: datetime,
    is_revoked: Callable[[Identity], bool] | None = None,
    is_key_revoked: Callable[[Identity], bool] | None = None,
) -> VerificationResult:
    """Judge `text` as of the aware time `at`.

    The two callables are asked about certificates that passed all else, and only about those.
    """
    if at.tzinfo is None:
        raise ValueError("the time of verification must be aware")
    certificate: dict[str, Any] | None = None
    try:
        message = read_message(text)
        key = _signing_key(message, trust_list)
        claims = read_claims(message.payload)
        certificate = _description(claims, key)
        _check_times(claims, key, at.timestamp())
        _check_content(claims.content, key, well_formed=certificate is not None)
        identity = _identity(claims, message, key)
        if is_revoked is not None and is_revoked(identity):
            raise Refused(Reason.REVOKED)
        if is_key_revoked is not None and is_key_revoked(identity):
            raise Refused(Reason.KEY_REVOKED)
    except Refused as refusal:
        return VerificationResult("invalid", refusal.reason, certificate)
    return VerificationResult("valid", Reason.OK, certificate)


def read_message(text: str) -> cose.Message:
    """Return the signed message in `text`, nothing of it verified. Raises Refused.

    A line break at either end is forgiven; a space is not, for it may be a base45 digit.
    """
    text = text.strip("\r\n\t")
    if len(text) > MAX_CHARACTERS:
        raise Refused(Reason.TOO_LONG)
    if not text.startswith(issue.PREFIX):
        raise Refused(Reason.NOT_A_CERTIFICATE)
    try:
        packed = base45.decode(text[len(issue.PREFIX) :])
    except base45.Base45Error:
        raise Refused(Reason.BASE45) from None
    try:
        return cose.parse(_inflate(packed))
    except cbor.CborError:
        raise Refused(Reason.CBOR) from None
    except cose.CoseError:
        raise Refused(Reason.COSE) from None


def read_claims(payload: bytes) -> Claims:
    """Return the claims in the payload of a message whose signature is good. Raises Refused."""
    try:
        claims = cbor.loads(payload)
    except cbor.CborError:
        raise Refused(Reason.CWT) from None
    if isinstance(claims, cbor.Tagged) and claims.tag == cose.CWT_TAG:
        claims = claims.value
    if not isinstance(claims, dict):
        raise Refused(Reason.CWT)
    issuer = claims.get(issue.CLAIM_ISSUER, "")
    hcert = claims.get(issue.CLAIM_HCERT)
    if not isinstance(issuer, str) or len(issuer) > _MAX_ISSUER or not schema.is_plain(issuer):
        raise Refused(Reason.CWT)
    return Claims(
        issuer=issuer,
        issued=_seconds(claims.get(issue.CLAIM_ISSUED)),
        expires=_seconds(claims.get(issue.CLAIM_EXPIRES)),
        content=_content(hcert) if isinstance(hcert, dict) else None,
    )


def _content(hcert: dict[Any, Any]) -> Any:
    """What the EU's claim holds; where there is none, what WHO's stands for."""
    if issue.SUBCLAIM_EU_DCC in hcert:
        return hcert[issue.SUBCLAIM_EU_DCC]
    return ddcc.health_content(hcert.get(ddcc.SUBCLAIM))


def _inflate(packed: bytes) -> bytes:
    """Return the unpacked bytes; never more than the limit are produced."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, MAX_INFLATED)
    except zlib.error:
        raise Refused(Reason.INFLATE) from None
    if not unpacker.eof or unpacker.unused_data:
        raise Refused(Reason.INFLATE)
    return data


def _signing_key(message: cose.Message, trust_list: TrustList) -> TrustedKey:
    """Return the trusted key that made the signature."""
    if type(message.algorithm) is not int or message.algorithm not in (cose.ES256, cose.PS256):
        raise Refused(Reason.ALG)
    candidates = trust_list.find(message.kid) if isinstance(message.kid, bytes) else ()
    if not candidates:
        raise Refused(Reason.UNKNOWN_KEY)
    usable = [key for key in candidates if key.public_key is not None]
    if not usable:
        raise Refused(Reason.KEY)
    for key in usable:
        if key.verifies(message):
            return key
    raise Refused(Reason.SIGNATURE)


def _seconds(value: Any) -> float:
    """Return a time claim; some countries write a fraction, so floats are read too."""
    if type(value) not in (int, float) or not 0 <= value <= _LAST_SECOND:  # nor is NaN in there
        raise Refused(Reason.CWT)
    return float(value)


def _check_times(claims: Claims, key: TrustedKey, now: float) -> None:
    """Refuse a certificate outside its own validity or that of its signing certificate."""
    if now < claims.issued - CLOCK_SKEW_SECONDS:
        raise Refused(Reason.NOT_YET_VALID)
    if now > claims.expires + CLOCK_SKEW_SECONDS:
        raise Refused(Reason.EXPIRED)
    opens = key.not_before.timestamp() - CLOCK_SKEW_SECONDS
    closes = key.not_after.timestamp() + CLOCK_SKEW_SECONDS
    if claims.issued < opens or now > closes:
        raise Refused(Reason.KEY_EXPIRED)


def _check_content(content: Any, key: TrustedKey, *, well_formed: bool) -> None:
    """Refuse what the key is not for, what is not one entry, and what is not `well_formed`."""
    if not isinstance(content, dict):
        raise Refused(Reason.CONTENT)
    present = [kind for kind in KINDS if content.get(kind)]
    if key.kinds and not key.kinds.issuperset(present):
        raise Refused(Reason.KEY_USAGE)
    if not schema.has_single_entry(content):
        raise Refused(Reason.CONTENT)
    if not well_formed:
        raise Refused(Reason.SCHEMA)


def _description(claims: Claims, key: TrustedKey) -> dict[str, Any] | None:
    """Return what the certificate says, or None when it has not the shape to say it."""
    content = claims.content
    if not schema.has_single_entry(content) or not schema.is_valid(content):
        return None
    return describe(
        content,
        issuer=claims.issuer,
        issued=claims.issued,
        expires=claims.expires,
        kid=key.kid,
    )


def _identity(claims: Claims, message: cose.Message, key: TrustedKey) -> Identity:
    """Return what the certificate, whose content is well formed, can be called back by."""
    entry = next(claims.content[kind][0] for kind in KINDS if kind in claims.content)
    return Identity(
        uvci=entry["ci"],
        country=claims.issuer,
        kid=key.kid,
        key_thumbprint=key.thumbprint,
        signature=message.signature,
        ecdsa=message.algorithm == cose.ES256,
    )
