"""Writing a card: payload, signature, the text of its QR code, and the file for a wallet."""

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from certificates.shc import bundle
from certificates.shc.bundle import CardDose, CardError, Person
from certificates.shc.keys import encode
from certificates.shc.limits import MAX_JWS, MAX_JWS_LEVEL_M

PREFIX: Final = "shc:/"
TYPES: Final = (
    "https://smarthealth.cards#health-card",
    "https://smarthealth.cards#immunization",
    "https://smarthealth.cards#covid19",
)
FILE_TYPE: Final = "application/smart-health-card"
FILE_EXTENSION: Final = "smart-health-card"
RID_BYTES: Final = 8
SMALLEST_ORDINAL: Final = 45  # of "-", the lowest character in a JWS

# What is left out, least needed first, until a card fits into one QR code.
_DETAILS: Final[tuple[dict[str, bool], ...]] = (
    {"lots": True, "performers": True},
    {"lots": True, "performers": False},
    {"lots": False, "performers": False},
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: the public address without a closing slash, the key's `kid`, and the signature.

    `sign` returns the ES256 signature over its argument: r and s, 64 bytes.
    """

    url: str
    kid: str
    sign: Callable[[bytes], bytes]


def issue(
    person: Person, doses: Sequence[CardDose], *, issuer: Issuer, issued_at: datetime, rid: str
) -> str:
    """The card as a compact JWS that fits one QR code; `rid` names it in a revocation list.

    The vaccinating places, then the lots, are left out where it would not fit. Raises CardError:
    those of `make_bundle`, and ``too_long`` for more doses than one code can hold.
    """
    for detail in _DETAILS:
        content = bundle.make_bundle(person, doses, **detail)
        payload = make_payload(content, issuer=issuer.url, issued_at=issued_at, rid=rid)
        signing_input = f"{_header(issuer.kid)}.{encode(_deflate(payload))}"
        if len(signing_input) + 1 + 86 <= MAX_JWS:  # 64 bytes of signature are 86 characters
            signature = issuer.sign(signing_input.encode("ascii"))
            return f"{signing_input}.{encode(signature)}"
    raise CardError("too_long")


def make_payload(content: dict[str, Any], *, issuer: str, issued_at: datetime, rid: str) -> bytes:
    """The claims, minified. A card says facts, which do not expire, so it has no end."""
    claims = {
        "iss": issuer,
        "nbf": int(issued_at.timestamp()),
        "vc": {
            "type": list(TYPES),
            "credentialSubject": {
                "fhirVersion": bundle.FHIR_VERSION,
                "fhirBundle": content,
            },
            "rid": rid,
        },
    }
    return minified(claims).encode()


def minified(value: Any) -> str:
    """JSON without a space that could be left out."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def rid_of(identifier: str) -> str:
    """A card's short name for revocation lists, from an identifier that nobody can guess."""
    return encode(hashlib.sha256(identifier.encode()).digest()[:RID_BYTES])


def qr_text(jws: str) -> str:
    """What the QR code holds: the scheme, then two digits for each character of the card."""
    return PREFIX + "".join(f"{ord(character) - SMALLEST_ORDINAL:02d}" for character in jws)


def qr_level(jws: str) -> str:
    """The error correction at which the code stays within version 22."""
    return "M" if len(jws) <= MAX_JWS_LEVEL_M else "L"


def card_file(jws: str) -> str:
    """The file that a wallet opens."""
    return minified({"verifiableCredential": [jws]})


def _header(kid: str) -> str:
    return encode(minified({"zip": "DEF", "alg": "ES256", "kid": kid}).encode("ascii"))


def _deflate(data: bytes) -> bytes:
    """Raw DEFLATE (RFC 1951), without the header and checksum of zlib."""
    packer = zlib.compressobj(level=9, method=zlib.DEFLATED, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()
