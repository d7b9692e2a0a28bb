"""Digits as people, scanners and spreadsheets write them."""

import re
import unicodedata

SEPARATORS = re.compile(r"[\s.\-()‐‑–]+")


def ascii_digits(text: str) -> str:
    """Every decimal digit (full-width, Arabic-Indic …) as 0–9 and full-width signs as plain ones;
    other characters stay."""
    return text if text.isascii() else "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if "！" <= character <= "～":  # the full-width block mirrors ASCII
        return chr(ord(character) - 0xFEE0)
    return character


def without_separators(text: str) -> str:
    """Plain digits and no spaces, dots, hyphens or brackets."""
    return SEPARATORS.sub("", ascii_digits(text))
