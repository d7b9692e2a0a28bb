"""The hashes under which a certificate is called back, as the EU gateway exchanges them.

Each is the first 16 bytes of SHA-256 over the identifier (UCI), over country and identifier
(COUNTRYCODEUCI), or over the signature (SIGNATURE; only its half r for ECDSA, because anyone
can turn s into a second valid signature). For verifiers without a network, all of them stand in
one signed file.
"""

import hashlib
import struct
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

HASH_BYTES: Final = 16
_R_BYTES: Final = 32


def uci_hash(uvci: str) -> bytes:
    """Return the hash of type UCI."""
    return _short_hash(uvci.encode())


def country_uci_hash(country: str, uvci: str) -> bytes:
    """Return the hash of type COUNTRYCODEUCI; `country` is the issuing country's code."""
    return _short_hash((country + uvci).encode())


def signature_hash(signature: bytes, *, ecdsa: bool) -> bytes:
    """Return the hash of type SIGNATURE; `signature` is that of the COSE message."""
    return _short_hash(signature[:_R_BYTES] if ecdsa else signature)


def _short_hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:HASH_BYTES]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a certificate, already verified, can be called back by.

    `kid` is eight bytes, `key_thumbprint` the hexadecimal SHA-256 of the DSC that verified it.
    """

    uvci: str
    country: str
    kid: bytes
    key_thumbprint: str
    signature: bytes
    ecdsa: bool

    def hashes(self) -> dict[str, bytes]:
        """Return the three hashes by the gateway's names of their types."""
        return {
            "UCI": uci_hash(self.uvci),
            "COUNTRYCODEUCI": country_uci_hash(self.country, self.uvci),
            "SIGNATURE": signature_hash(self.signature, ecdsa=self.ecdsa),
        }


# ------------------------------------------------------------------ the compact offline file
# All ended certificates of the country in one signed file, for verifiers without a network:
#
#   4 bytes  "VNRL"                    8 bytes  version, grows with every change
#   1 byte   format, 1                 8 bytes  made at, seconds since 1970
#   1 byte   Rice parameter k          8 bytes  fresh until, seconds since 1970
#   1 byte   bits of a hash, 48
#   1 byte   0                         then the hashes, sorted, each as its difference to the one
#   4 bytes  count                     before (the first to 0), Rice-coded, padded with zero bits;
#                                      then 64 bytes: ES256 over all before, r and s
#
# All numbers are big-endian. A hash is the first 48 bits of SHA-256 over the identifier (UVCI).
# A Rice code of d is d >> k in unary (so many ones and a zero), then the k low bits of d.

OFFLINE_HASH_BITS: Final = 48
LEAST_RICE: Final = 16
"""No list of up to 2^32 hashes needs a smaller k; with it, what is read takes at most four times
the memory of the file."""
_MOST_RICE: Final = OFFLINE_HASH_BITS - 1
_MAGIC: Final = b"VNRL"
_FORMAT: Final = 1
_HEADER: Final = struct.Struct(">4sBBBBIQQQ")
_SIGNATURE_BYTES: Final = 64
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z
_CHUNK: Final = 4096
_CODES_AT_ONCE: Final = 32


class OfflineListError(ValueError):
    """The bytes are no offline list, or not one signed by the key given; believe nothing of it."""


def offline_value(uvci: str) -> int:
    """Return the 48-bit number under which an identifier stands in the offline file."""
    return int.from_bytes(hashlib.sha256(uvci.encode()).digest()[: OFFLINE_HASH_BITS // 8], "big")


@dataclass(frozen=True, slots=True)
class OfflineList:
    """A read offline file. `uvci in offline_list` tells whether a certificate has ended.

    An identifier that is not in the list is taken for one with a chance of its length in 2^48.
    `values` is sorted; the times are whole seconds in UTC.
    """

    values: Sequence[int]
    version: int
    made_at: datetime
    fresh_until: datetime

    def __contains__(self, uvci: object) -> bool:
        if not isinstance(uvci, str):
            return False
        value = offline_value(uvci)
        place = bisect_left(self.values, value)
        return place < len(self.values) and self.values[place] == value

    def __len__(self) -> int:
        return len(self.values)


def write_offline(
    values: Iterable[int],
    *,
    version: int,
    made_at: datetime,
    fresh_until: datetime,
    sign: Callable[[bytes], bytes],
) -> bytes:
    """Return the signed offline file of 48-bit `values` (any order, a repeated one counts once).

    `sign` returns r and s, 64 bytes. The times are aware, written in whole seconds. Raises
    ValueError for what the format cannot hold.
    """
    ordered = sorted(set(values))
    if ordered and not 0 <= ordered[0] <= ordered[-1] < 1 << OFFLINE_HASH_BITS:
        raise ValueError("a value of more than 48 bits")
    k = _rice_parameter(len(ordered))
    times = (int(made_at.timestamp()), int(fresh_until.timestamp()))
    try:
        header = _HEADER.pack(
            _MAGIC, _FORMAT, k, OFFLINE_HASH_BITS, 0, len(ordered), version, *times
        )
    except struct.error as error:
        raise ValueError("a number that its field cannot hold") from error
    content = header + _rice_encode(ordered, k)
    signature = sign(content)
    if len(signature) != _SIGNATURE_BYTES:
        raise ValueError("an ES256 signature has 64 bytes")
    return content + signature


def read_offline(data: bytes, signer: ec.EllipticCurvePublicKey) -> OfflineList:
    """Return what an offline file says, if it was signed by `signer` and is exactly well formed.

    The signature is looked at before anything else is believed. Raises OfflineListError.
    """
    if len(data) < _HEADER.size + _SIGNATURE_BYTES:
        raise OfflineListError("shorter than header and signature")
    content, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    if not _is_signed(content, signature, signer):
        raise OfflineListError("not signed by this key")
    magic, form, k, bits, zero, count, version, made, fresh = _HEADER.unpack_from(content)
    if (magic, form, bits, zero) != (_MAGIC, _FORMAT, OFFLINE_HASH_BITS, 0):
        raise OfflineListError("another format")
    if not LEAST_RICE <= k <= _MOST_RICE:
        raise OfflineListError("a Rice parameter out of its range")
    if not made <= fresh <= _LAST_SECOND:
        raise OfflineListError("times out of their range or order")
    return OfflineList(
        values=_rice_decode(content[_HEADER.size :], k, count),
        version=version,
        made_at=datetime.fromtimestamp(made, tz=UTC),
        fresh_until=datetime.fromtimestamp(fresh, tz=UTC),
    )


def _is_signed(content: bytes, signature: bytes, signer: ec.EllipticCurvePublicKey) -> bool:
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        signer.verify(encode_dss_signature(r, s), content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _rice_parameter(count: int) -> int:
    """Return the k for `count` values spread evenly: about ln 2 of their mean difference."""
    if not count:
        return _MOST_RICE
    fitting = ((1 << OFFLINE_HASH_BITS) * 69 // 100 // count).bit_length() - 1
    return min(max(fitting, LEAST_RICE), _MOST_RICE)


def _rice_encode(ordered: Sequence[int], k: int) -> bytes:
    """Return the codes of the differences, padded with zero bits to whole bytes."""
    packed, before, low = bytearray(), 0, (1 << k) - 1
    bits, width = 0, 0  # what is not packed yet, and how many bits that is
    for start in range(0, len(ordered), _CODES_AT_ONCE):
        for value in ordered[start : start + _CODES_AT_ONCE]:
            difference, before = value - before, value
            ones = difference >> k
            code = ((1 << ones) - 1) << (k + 1) | difference & low
            bits = bits << (ones + 1 + k) | code
            width += ones + 1 + k
        left = width % 8
        packed += (bits >> left).to_bytes(width // 8, "big")
        bits, width = bits & ((1 << left) - 1), left
    if width:
        packed.append(bits << (8 - width))
    return bytes(packed)


def _rice_decode(body: bytes, k: int, count: int) -> "array[int]":
    """Return the values coded in `body`, which holds exactly them. Raises OfflineListError."""
    if count * (k + 1) > len(body) * 8:
        raise OfflineListError("fewer bytes than the count needs")
    values, bits, value = array("Q"), _Bits(body), 0
    for number in range(count):
        difference = bits.unary() << k | bits.number(k)
        value += difference
        if value >> OFFLINE_HASH_BITS or (number and not difference):
            raise OfflineListError("values that are too large or not rising")
        values.append(value)
    bits.end()
    return values


class _Bits:
    """The bits of some bytes, read in order, as text of one chunk at a time."""

    __slots__ = ("_at", "_bits", "_data", "_next")

    def __init__(self, data: bytes) -> None:
        self._data, self._next, self._bits, self._at = data, 0, "", 0

    def unary(self) -> int:
        """Return how many ones come before the next zero."""
        ones = 0
        while (zero := self._bits.find("0", self._at)) < 0:
            ones += len(self._bits) - self._at
            self._at = len(self._bits)
            self._read()
        ones += zero - self._at
        self._at = zero + 1
        return ones

    def number(self, width: int) -> int:
        """Return the number in the next `width` bits, most significant first."""
        while len(self._bits) - self._at < width:
            self._read()
        start, self._at = self._at, self._at + width
        return int(self._bits[start : self._at], 2)

    def end(self) -> None:
        """See that only the padding of the last byte is left, and that it is zero."""
        left = self._bits[self._at :]
        if self._next < len(self._data) or len(left) > 7 or "1" in left:
            raise OfflineListError("more than the values")

    def _read(self) -> None:
        chunk = self._data[self._next : self._next + _CHUNK]
        if not chunk:
            raise OfflineListError("cut off")
        self._next += len(chunk)
        more = format(int.from_bytes(chunk, "big"), f"0{len(chunk) * 8}b")
        self._bits, self._at = self._bits[self._at :] + more, 0
