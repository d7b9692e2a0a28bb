"""Phones: Vietnamese mobile numbers in one spelling, E.164."""

import re
from functools import cache
from typing import Any

import phonenumbers
from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput
from vaxplatform.vietnam.text import without_separators

COUNTRY_CODE = 84
RAW_LIMIT = 40
NATIONAL_DIGITS = 9  # of a mobile number, without its leading 0
# The move of 11-digit numbers to ten digits, September to November 2018.
MOVED_PREFIXES = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38",
    "169": "39",
    "186": "56", "188": "58",
    "199": "59",
}  # fmt: skip


class InvalidPhone(InvalidInput):
    """Not a Vietnamese mobile number."""

    code = "invalid_phone"
    message = _("Enter a Vietnamese mobile number, for example 0912 345 678.")
    field = "phone"


class PhoneHasWrongLength(InvalidPhone):
    code = "phone_has_wrong_length"
    message = _("A mobile number has 10 digits. You entered %(entered)d.")


def normalise_phone(text: str, *, field: str = "phone") -> str:
    """`+84` and nine digits, whatever the spelling: 0912 345 678, +84 912.345.678, 84912345678,
    a spreadsheet's 912345678, full-width digits, an 11-digit number of before 2018.

    Raises InvalidPhone; other countries and landlines are refused too, as no code can reach them.
    """
    if len(text) > RAW_LIMIT:
        raise InvalidPhone(field=field)
    typed = without_separators(text)
    national = _national(typed)
    if not national.isdecimal():
        raise InvalidPhone(field=field)
    if len(national) == NATIONAL_DIGITS + 1:
        national = MOVED_PREFIXES.get(national[:3], national[:3]) + national[3:]
    if len(national) != NATIONAL_DIGITS:
        raise _length_refusal(typed, national, field)
    number = f"+{COUNTRY_CODE}{national}"
    if not is_vietnamese_mobile(number):
        raise InvalidPhone(field=field)
    return number


def _national(typed: str) -> str:
    """The number without country code and leading zero; another country's keeps its `+`."""
    typed = "+" + typed[2:] if typed.startswith("00") else typed
    if typed.startswith("+84"):
        return typed[3:].removeprefix("0")
    if typed.startswith("84") and len(typed) >= 2 + NATIONAL_DIGITS:
        return typed[2:].removeprefix("0")
    return typed.removeprefix("0")


def _length_refusal(typed: str, national: str, field: str) -> InvalidPhone:
    if typed.startswith("0") and not typed.startswith("00"):
        return PhoneHasWrongLength(field=field, entered=len(typed))
    return InvalidPhone(field=field)


def is_vietnamese_mobile(number: str) -> bool:
    """Whether an E.164 number is a mobile in use in Viet Nam's numbering plan."""
    return number.startswith(f"+{COUNTRY_CODE}") and (
        _mobile_pattern().fullmatch(number, 1 + len(str(COUNTRY_CODE))) is not None
    )


@cache
def _mobile_pattern() -> re.Pattern[str]:
    """The library's pattern of our mobile numbers; asking the library itself for each number
    takes forty times as long, which a file of a hundred thousand rows feels."""
    metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region("VN")
    return re.compile(metadata.mobile.national_number_pattern, re.ASCII)


def mask_phone(number: str) -> str:
    """`+84912345678` → `091•••678`: enough for its owner to know it."""
    national = "0" + number.removeprefix("+84") if number.startswith("+84") else number
    return f"{national[:3]}•••{national[-3:]}" if len(national) >= 9 else "•••"
