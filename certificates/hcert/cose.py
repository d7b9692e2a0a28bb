"""COSE_Sign1 (RFC 9052): the signed envelope, its writing by template and its reading.

Writing: for one key everything but payload and signature is the same every time, so the
constant bytes are prepared once and joined. Reading: what arrives is hostile; the protected
header is used byte by byte as it came, for that is what was signed.
"""

from dataclasses import dataclass
from typing import Any, Final

import cbor2

from certificates.hcert import cbor

ES256: Final = -7
PS256: Final = -37
SIGNATURE_BYTES: Final = 64
"""An ES256 signature: r and s, 32 bytes each."""

_ALG: Final = 1
_CRITICAL: Final = 2
_KID: Final = 4
_COSE_SIGN1_TAG: Final = 18
CWT_TAG: Final = 61
_SIG_STRUCTURE: Final = b"\x84\x6aSignature1"
_NO_EXTERNAL_DATA: Final = b"\x40"


class CoseError(ValueError):
    """The bytes are not a COSE_Sign1 message that a certificate may be."""


def byte_string(data: bytes) -> bytes:
    """Return `data` as a CBOR byte string (under 4 GiB)."""
    length = len(data)
    if length < 24:
        return bytes((0x40 | length,)) + data
    if length < 256:
        return bytes((0x58, length)) + data
    if length < 65_536:
        return b"\x59" + length.to_bytes(2, "big") + data
    return b"\x5a" + length.to_bytes(4, "big") + data


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return the bytes that a COSE_Sign1 signature is made over (RFC 9052, section 4.4)."""
    return b"".join(
        (_SIG_STRUCTURE, byte_string(protected), _NO_EXTERNAL_DATA, byte_string(payload))
    )


class Template:
    """The constant parts of all messages signed with one ES256 key."""

    __slots__ = ("_message_start", "_signed_start")

    def __init__(self, kid: bytes) -> None:
        protected = byte_string(cbor2.dumps({_ALG: ES256, _KID: kid}))
        self._signed_start = _SIG_STRUCTURE + protected + _NO_EXTERNAL_DATA
        self._message_start = b"\xd2\x84" + protected + b"\xa0"

    def to_be_signed(self, payload: bytes) -> bytes:
        """Return the bytes to sign for `payload`."""
        return self._signed_start + byte_string(payload)

    def message(self, payload: bytes, signature: bytes) -> bytes:
        """Return the tagged message; `signature` is r and s, 64 bytes."""
        return b"".join(
            (self._message_start, byte_string(payload), b"\x58\x40", signature),
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was read. `algorithm` and `kid` are claims of its writer, unchecked."""

    protected: bytes
    payload: bytes
    signature: bytes
    algorithm: Any
    kid: Any

    def to_be_signed(self) -> bytes:
        """Return the bytes that the signature must be over."""
        return to_be_signed(self.protected, self.payload)


def parse(data: bytes) -> Message:
    """Return the message in `data`, with or without its COSE and CWT tags.

    Algorithm and kid are looked for in the protected header first, then in the other one: some
    countries sign neither. Whoever changes an unsigned one gains nothing, for the key that is
    then looked up must fit the algorithm and the signature.
    Raises cbor.CborError or CoseError.
    """
    value = cbor.loads(data)
    for tag in (CWT_TAG, _COSE_SIGN1_TAG):
        if isinstance(value, cbor.Tagged) and value.tag == tag:
            value = value.value
    if not isinstance(value, list) or len(value) != 4:
        raise CoseError("not an array of four")
    protected, unprotected, payload, signature = value
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
        raise CoseError("a part that is not bytes")
    if not isinstance(unprotected, dict):
        raise CoseError("a header that is not a map")
    header = cbor.loads(protected) if protected else {}
    if not isinstance(header, dict):
        raise CoseError("a header that is not a map")
    if _CRITICAL in header:  # RFC 9052, 3.1: who does not understand it must refuse
        raise CoseError("a critical header")
    return Message(
        protected=protected if header else b"",
        payload=payload,
        signature=signature,
        algorithm=header.get(_ALG, unprotected.get(_ALG)),
        kid=header.get(_KID, unprotected.get(_KID)),
    )
