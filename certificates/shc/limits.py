"""The sizes of a card, for its writer and its reader."""

from typing import Final

MAX_JWS: Final = 1195
"""Characters that fit one QR code of version 22 at level L, the largest that the framework allows
(it stays readable at 40 mm); a longer card would need several codes, which it deprecates."""
MAX_JWS_LEVEL_M: Final = 927
"""The same at level M, which forgives more dirt and glare."""
MAX_INFLATED: Final = 32 * 1024
"""Bytes of a payload that a reader unpacks; a card of one code has some 2,000."""
MAX_ENTRIES: Final = 100
"""Resources in a bundle that a reader looks at."""
