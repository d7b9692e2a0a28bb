"""Reading a card, whoever made it: from any text to a verdict.

The reader is strict and bounded: no input costs more than the sizes in `limits` allow, and none
raises. Each refusal has a stable code; the checks run in this order and stop at the first that
fails:

==================  =======================================================================
``too_long``        more than one QR code of version 22 can hold
``not_a_card``      neither ``shc:/`` and digits nor a compact JWS
``chunked``         one of several codes of a larger card, which the framework gave up
``digits``          digits that stand for no text
``header``          a header other than ES256 with raw DEFLATE and a `kid`
``inflate``         not DEFLATE, cut off, followed by other bytes, or too large when unpacked
``payload``         not JSON, a name twice, or claims missing or malformed
``unknown_issuer``  nobody whom the reader trusts
``unknown_key``     the issuer has no key with this `kid`
``signature``       the signature is not by that key over this content
``not_yet_valid``   issued later than now (five minutes are forgiven)
``expired``         its validity, where it has one, is over
``content``         not a health card of one person with at least one completed vaccination
``revoked``         this card was called back
==================  =======================================================================

A valid card has the reason ``ok``. It proves what was issued, not who holds it: compare with an
identity document. Nor does it say whether the doses are enough for anybody's rules.
"""

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from certificates.shc import content
from certificates.shc.card import PREFIX, SMALLEST_ORDINAL, TYPES
from certificates.shc.keys import PublicKey, decode
from certificates.shc.limits import MAX_INFLATED, MAX_JWS

CLOCK_SKEW_SECONDS: Final = 300
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z
_JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_RID: Final = re.compile(r"[A-Za-z0-9_-]{1,24}")

Issuers = Mapping[str, Mapping[str, PublicKey]]
"""The trusted issuers: address without a closing slash → their keys by `kid`."""


class Reason(StrEnum):
    """Why a card was refused, in the order of the checks."""

    TOO_LONG = "too_long"
    NOT_A_CARD = "not_a_card"
    CHUNKED = "chunked"
    DIGITS = "digits"
    HEADER = "header"
    INFLATE = "inflate"
    PAYLOAD = "payload"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    CONTENT = "content"
    REVOKED = "revoked"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class CardResult:
    """The verdict. `card` says what was signed, never what was merely claimed: it is None until
    the signature and the shape are known to be good."""

    reason: Reason
    card: content.Description | None = None

    @property
    def is_valid(self) -> bool:
        """Whether every check passed."""
        return self.reason is Reason.OK


class Refused(Exception):  # noqa: N818 - a verdict, not an error
    """A check failed; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signed:
    """A card taken apart, nothing of it verified."""

    kid: str
    signing_input: bytes
    signature: bytes
    issuer: str
    not_before: float
    expires: float
    vc: dict[str, Any]

    @property
    def rid(self) -> str:
        """Its name in a revocation list; empty where it has none."""
        rid = self.vc.get("rid")
        return rid if isinstance(rid, str) and _RID.fullmatch(rid) else ""


def verify(
    text: str,
    issuers: Issuers,
    at: datetime,
    is_revoked: Callable[[Signed], bool] | None = None,
) -> CardResult:
    """Judge `text`, of a QR code (``shc:/…``) or a JWS, as of the aware time `at`.

    `is_revoked` is asked about cards that passed all else, and only about those.
    """
    if at.tzinfo is None:
        raise ValueError("the time of verification must be aware")
    described: content.Description | None = None
    try:
        card = read_card(text)
        _check_signature(card, issuers)
        if _is_health_card(card.vc):
            described = content.describe(card.vc.get("credentialSubject"), card)
        _check_times(card, at.timestamp())
        if described is None:
            raise Refused(Reason.CONTENT)
        if is_revoked is not None and is_revoked(card):
            raise Refused(Reason.REVOKED)
    except Refused as refusal:
        return CardResult(refusal.reason, described)
    return CardResult(Reason.OK, described)


def read_card(text: str) -> Signed:
    """The parts of the card in `text`, nothing of them verified. Raises Refused."""
    jws = read_jws(text)
    header, payload, signature = jws.split(".")
    kid = _read_header(header)
    claims = _read_json(_inflate(_decoded(payload)), Reason.PAYLOAD)
    issuer, vc = claims.get("iss"), claims.get("vc")
    if not isinstance(issuer, str) or not isinstance(vc, dict):
        raise Refused(Reason.PAYLOAD)
    return Signed(
        kid=kid,
        signing_input=f"{header}.{payload}".encode("ascii"),
        signature=_decoded(signature),
        issuer=issuer,
        not_before=_seconds(claims.get("nbf")),
        expires=_seconds(claims.get("exp", _LAST_SECOND)),
        vc=vc,
    )


def read_jws(text: str) -> str:
    """The compact JWS in the text of a QR code, or the text itself. Raises Refused."""
    text = text.strip("\r\n\t ")
    if len(text) > len(PREFIX) + 2 * MAX_JWS:
        raise Refused(Reason.TOO_LONG)
    if text[: len(PREFIX)].lower() == PREFIX:
        text = _from_digits(text[len(PREFIX) :])
    if len(text) > MAX_JWS:
        raise Refused(Reason.TOO_LONG)
    if not _JWS.fullmatch(text):
        raise Refused(Reason.NOT_A_CARD)
    return text


def _from_digits(digits: str) -> str:
    if "/" in digits:
        raise Refused(Reason.CHUNKED)
    if len(digits) % 2 or not digits.isascii() or not digits.isdigit():
        raise Refused(Reason.DIGITS)
    pairs = (digits[place : place + 2] for place in range(0, len(digits), 2))
    return "".join(chr(int(pair) + SMALLEST_ORDINAL) for pair in pairs)


def _read_header(text: str) -> str:
    """The `kid` of a header that is as it must be."""
    try:
        header = _read_json(decode(text), Reason.HEADER)
    except ValueError:
        raise Refused(Reason.HEADER) from None
    kid = header.get("kid")
    if header.get("alg") != "ES256" or header.get("zip") != "DEF" or "crit" in header:
        raise Refused(Reason.HEADER)
    if not isinstance(kid, str):
        raise Refused(Reason.HEADER)
    return kid


def _decoded(text: str) -> bytes:
    try:
        return decode(text)
    except ValueError:
        raise Refused(Reason.NOT_A_CARD) from None


def _inflate(packed: bytes) -> bytes:
    """The unpacked bytes; never more than the limit are produced."""
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(packed, MAX_INFLATED)
    except zlib.error:
        raise Refused(Reason.INFLATE) from None
    if not unpacker.eof or unpacker.unused_data:
        raise Refused(Reason.INFLATE)
    return data


def _read_json(data: bytes, reason: Reason) -> dict[str, Any]:
    """The object in `data`: no name twice, no NaN, not deeper than Python reads."""
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_unique_names, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise Refused(reason) from None
    if not isinstance(value, dict):
        raise Refused(reason)
    return value


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _seconds(value: Any) -> float:
    """A time claim; some issuers write a fraction."""
    if type(value) not in (int, float) or not 0 <= value <= _LAST_SECOND:
        raise Refused(Reason.PAYLOAD)
    return float(value)


def _check_signature(card: Signed, issuers: Issuers) -> None:
    keys = issuers.get(card.issuer)
    if keys is None:
        raise Refused(Reason.UNKNOWN_ISSUER)
    key = keys.get(card.kid)
    if key is None:
        raise Refused(Reason.UNKNOWN_KEY)
    if not key.verifies(card.signature, card.signing_input):
        raise Refused(Reason.SIGNATURE)


def _is_health_card(vc: dict[str, Any]) -> bool:
    types = vc.get("type")
    return isinstance(types, list) and TYPES[0] in types


def _check_times(card: Signed, now: float) -> None:
    if now < card.not_before - CLOCK_SKEW_SECONDS:
        raise Refused(Reason.NOT_YET_VALID)
    if now > card.expires:
        raise Refused(Reason.EXPIRED)
