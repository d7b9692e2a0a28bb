"""Unique vaccination certificate identifiers (UVCI), form 3 with a check character.

``URN:UVCI:01:VN:<opaque>#<check>``: the opaque part is random and says nothing about person
or dose. The check character is Luhn modulo 38 over everything before the ``#`` (guidelines on
verifiable vaccination certificates, eHealth Network, annex 2).
"""

import base64
import secrets
from typing import Final

COUNTRY: Final = "VN"
PREFIX: Final = f"URN:UVCI:01:{COUNTRY}:"
RANDOM_BYTES: Final = 15
"""120 random bits make 24 characters: no two alike, none to be guessed, and a small QR code."""

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"
_BASE: Final = len(_ALPHABET)
_UNKNOWN: Final = 255
_VALUES: Final = bytes(
    _ALPHABET.index(chr(code)) if chr(code) in _ALPHABET else _UNKNOWN for code in range(256)
)
_DOUBLED: Final = bytes(
    (2 * value) // _BASE + (2 * value) % _BASE if value < _BASE else _UNKNOWN
    for value in range(256)
)


def new_uvci(random_bytes: bytes | None = None) -> str:
    """Return a new identifier with its check character.

    `random_bytes` (15 of them) may be given where the caller must know the outcome.
    """
    opaque = secrets.token_bytes(RANDOM_BYTES) if random_bytes is None else random_bytes
    if len(opaque) != RANDOM_BYTES:
        raise ValueError(f"an identifier takes {RANDOM_BYTES} random bytes")
    body = PREFIX + base64.b32encode(opaque).decode("ascii")
    return f"{body}#{check_character(body)}"


def check_character(body: str) -> str:
    """Return the check character of `body`, which is all before the ``#``.

    Raises ValueError when `body` holds a character outside A–Z, 0–9, ``/`` and ``:``.
    """
    try:
        values = body.encode("ascii").translate(_VALUES)
    except UnicodeEncodeError:
        values = bytes((_UNKNOWN,))
    if _UNKNOWN in values:
        raise ValueError("a character outside the identifier's alphabet")
    total = sum(values[-1::-2].translate(_DOUBLED)) + sum(values[-2::-2])
    return _ALPHABET[-total % _BASE]


def check(uvci: str) -> bool:
    """Tell whether `uvci` ends in ``#`` and the right check character."""
    body, mark, character = uvci.rpartition("#")
    if not mark or not body:
        return False
    try:
        return check_character(body) == character
    except ValueError:
        return False
