"""The hashes under which a certificate is called back, as the EU gateway exchanges them.

Each is the first 16 bytes of SHA-256 over the identifier (UCI), over country and identifier
(COUNTRYCODEUCI), or over the signature (SIGNATURE; only its half r for ECDSA, because anyone
can turn s into a second valid signature).
"""

import hashlib
from dataclasses import dataclass
from typing import Final

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
