"""Names of people: kept as they are written, found as they are typed."""

import re
import unicodedata
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput

MAX_LENGTH = 100  # characters
RAW_LIMIT = 1_000  # longer input is refused unread
MAX_STACKED_MARKS = 2
APOSTROPHES = "'’‘ʼ`´"
# ’ and ' stay as typed; look-alikes of an apostrophe and of a hyphen become the plain ones.
PLAIN = str.maketrans({"‘": "'", "ʼ": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "–": "-"})
PUNCTUATION = frozenset(" '’-.")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_PUNCTUATION = re.compile(r"[\W_]+")
# Letters that NFD leaves whole. ð is what old fonts give for đ.
BASE_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i"})


class InvalidName(InvalidInput):
    """A name that cannot be a person's."""

    code = "invalid_name"
    message = _("Enter a name in letters.")
    field = "full_name"


class NameMissing(InvalidName):
    code = "name_missing"
    message = _("Enter the full name.")


class NameTooLong(InvalidName):
    code = "name_too_long"
    message = _("A name has at most %(limit)d characters.")


class NameHasDigits(InvalidName):
    code = "name_has_digits"
    message = _("A name has no digits.")


class NameHasInvisibleCharacters(InvalidName):
    code = "name_has_invisible_characters"
    message = _("This name holds an invisible character. Type it again by hand.")


class NameHasSymbols(InvalidName):
    code = "name_has_symbols"
    message = _("A name cannot hold the character %(character)s.")


def normalise_name(text: str, *, field: str = "full_name") -> str:
    """The name in NFC, with single spaces, accents and case as written; 1 to 100 characters.

    Letters of any script, apostrophes, hyphens and dots are names; one word is enough. Raises
    InvalidName (or one of its kinds) for anything else.
    """
    if len(text) > RAW_LIMIT:
        raise NameTooLong(field=field, limit=MAX_LENGTH)
    name = unicodedata.normalize("NFC", " ".join(text.split())).translate(PLAIN)
    if not name:
        raise NameMissing(field=field)
    for character in name:
        _check_character(character, field)
    if len(name) > MAX_LENGTH:
        raise NameTooLong(field=field, limit=MAX_LENGTH)
    if not name[0].isalpha() or _longest_stack(name) > MAX_STACKED_MARKS:
        raise InvalidName(field=field)
    return name


def _check_character(character: str, field: str) -> None:
    category = unicodedata.category(character)
    if category[0] in "LM" or character in PUNCTUATION:
        return
    if category[0] == "N":
        raise NameHasDigits(field=field)
    if category[0] in "CZ":
        raise NameHasInvisibleCharacters(field=field)
    raise NameHasSymbols(field=field, character=character)


def _longest_stack(name: str) -> int:
    """The longest run of combining marks that NFC could not join to a letter."""
    longest = run = 0
    for character in name:
        run = run + 1 if unicodedata.category(character) == "Mn" else 0
        longest = max(longest, run)
    return longest


@lru_cache(maxsize=4_096)
def search_key(text: str) -> str:
    """What a name is found by: lower case without accents, đ as d, apostrophes dropped, other
    punctuation as a space, single spaces. Never refuses: it serves what people type in a search."""
    lowered = unicodedata.normalize("NFC", text).lower()
    bare = "".join(
        c for c in unicodedata.normalize("NFD", lowered) if unicodedata.category(c) != "Mn"
    ).translate(BASE_LETTERS)
    bare = _APOSTROPHE.sub("", unicodedata.normalize("NFC", bare))
    return " ".join(_PUNCTUATION.sub(" ", bare).split())
