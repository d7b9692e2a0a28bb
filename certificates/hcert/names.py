"""Names as they are written, and as a machine-readable document spells them (ICAO 9303-3).

The standardised name of a certificate holds only A to Z and the filler ``<``. Vietnamese
letters lose their marks (Nguyễn → NGUYEN); Đ has no decomposition in Unicode and is mapped
by name. Spaces and hyphens become fillers, apostrophes and full stops vanish.
"""

import unicodedata
from typing import Final

MAX_LENGTH: Final = 80
"""Characters that the certificate schema gives to each name field."""

_MULTIPLE: Final = {
    # Letters that ICAO 9303-3, section 6, writes with other or with several letters.
    "Ä": "AE", "Å": "AA", "Æ": "AE", "Ö": "OE", "Ø": "OE", "Œ": "OE", "Ü": "UE",
    "ß": "SS", "ẞ": "SS", "Þ": "TH", "Đ": "D", "Ð": "D", "Ħ": "H", "Ł": "L", "Ŀ": "L",
    "Ŋ": "N", "Ŧ": "T", "Ĳ": "IJ", "ĸ": "Q",
}  # fmt: skip
_FILLERS: Final = " \u00a0\t\n\r-\u2010\u2011\u2012\u2013\u2014<"


class _Table(dict[int, str]):
    """Translation of one composed upper-case letter, worked out once and remembered."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if letter in _FILLERS:
            spelled = "<"
        elif letter in _MULTIPLE:
            spelled = _MULTIPLE[letter]
        else:
            base = unicodedata.normalize("NFD", letter)[0]
            spelled = base if "A" <= base <= "Z" else ""
        if len(self) < 4096:
            self[code] = spelled
        return spelled


_TABLE: Final = _Table()


def transliterate(text: str) -> str:
    """Return `text` in the letters of a machine-readable document: ``^[A-Z<]*$``, at most 80.

    Letters of other scripts have no spelling here and are left out; the result may be empty.
    Runs of fillers become one, and none stands at either end.
    """
    composed = unicodedata.normalize("NFC", text).upper()
    spelled = composed.translate(_TABLE)
    words = [word for word in spelled.split("<") if word]
    return "<".join(words)[:MAX_LENGTH].rstrip("<")


def split_vietnamese_name(full_name: str) -> tuple[str, str]:
    """Return (family name, the rest): the first word of a Vietnamese name is the family name.

    A name of one word is returned as the family name with an empty rest, because the
    certificate schema 1.3.0 demands a standardised family name and not a given one.
    """
    words = unicodedata.normalize("NFC", full_name).split()
    if not words:
        return "", ""
    return words[0], " ".join(words[1:])
