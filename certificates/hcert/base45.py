"""Base45 (RFC 9285): two bytes become three characters of the QR code's alphanumeric set.

Encoding looks each pair of bytes up in a table of all 65,536 triplets, built on first use
(about 20 ms and 4 MB, once per process). Decoding is strict: no lower case, no stripped
spaces (a space is a digit here), no value that an encoder could not have written.
"""

import array
import struct
from functools import cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

_INVALID = 255
_VALUES = bytes(
    ALPHABET.index(chr(code)) if chr(code) in ALPHABET else _INVALID for code in range(256)
)
_BIG_ENDIAN = struct.pack("=H", 1) == struct.pack(">H", 1)


class Base45Error(ValueError):
    """The text is not base45."""


@cache
def _triplets() -> list[str]:
    """Return the three characters of each 16-bit number, low digit first."""
    pairs = [low + high for high in ALPHABET for low in ALPHABET]
    return [pairs[number % 2025] + ALPHABET[number // 2025] for number in range(65536)]


def encode(data: bytes) -> str:
    """Return `data` as base45 text; an odd last byte becomes two characters."""
    whole = len(data) // 2
    numbers = struct.unpack_from(f">{whole}H", data)
    text = "".join(map(_triplets().__getitem__, numbers))
    if len(data) % 2:
        text += _triplets()[data[-1]][:2]
    return text


def decode(text: str) -> bytes:
    """Return the bytes that `text` stands for. Raises Base45Error for anything irregular."""
    try:
        digits = text.encode("ascii").translate(_VALUES)
    except UnicodeEncodeError:
        raise Base45Error("a character outside the alphabet") from None
    if _INVALID in digits:
        raise Base45Error("a character outside the alphabet")
    rest = len(digits) % 3
    if rest == 1:
        raise Base45Error("a length no encoder writes")
    end = len(digits) - rest
    numbers = [
        low + 45 * middle + 2025 * high
        for low, middle, high in zip(digits[0:end:3], digits[1:end:3], digits[2:end:3], strict=True)
    ]
    if numbers and max(numbers) > 0xFFFF:
        raise Base45Error("a triplet above two bytes")
    data = array.array("H", numbers)
    if not _BIG_ENDIAN:
        data.byteswap()
    return data.tobytes() + _last_byte(digits[end:])


def _last_byte(digits: bytes) -> bytes:
    """Return the byte of a closing pair of digits, or nothing when there is none."""
    if not digits:
        return b""
    number = digits[0] + 45 * digits[1]
    if number > 0xFF:
        raise Base45Error("a closing pair above one byte")
    return bytes((number,))
