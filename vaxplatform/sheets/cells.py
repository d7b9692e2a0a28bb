"""Reading one cell about a person. Spreadsheets turn numbers into floats, eat leading zeros and
store days as serial numbers; what was meant is taken back only where nothing else can be meant.

Each reader takes a cell as `reader` writes it and answers the value, or raises InvalidInput.
"""

import datetime
import re
from functools import lru_cache
from typing import Any, Final

from vaxplatform.sheets.refusals import CellTooLong, SexUnreadable
from vaxplatform.vietnam import (
    normalise_date_of_birth,
    normalise_id_number,
    normalise_name,
    normalise_phone,
    search_key,
)
from vaxplatform.vietnam.births import BUDDHIST_YEARS
from vaxplatform.vietnam.text import without_separators

FIRST_DAY: Final = datetime.date(1899, 12, 30)  # day 0 of spreadsheets, their leap year of 1900 in
SERIALS: Final = range(2_000, 100_000)  # as days: 1905 to 2173; below it a number is a year
MOST_TEXT: Final = 2_000

_NUMBER: Final = re.compile(r"([0-9]{6,})\.0")  # of a paper or phone, as a float in text
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_SEX: Final = {
    "nam": "male", "male": "male", "m": "male", "0": "male", "trai": "male",
    "nu": "female", "female": "female", "f": "female", "1": "female", "gai": "female",
    "khac": "other", "other": "other",
}  # fmt: skip
_ID_KINDS: Final = {
    "cccd": "cccd", "can cuoc cong dan": "cccd", "can cuoc": "cccd", "ma dinh danh": "cccd",
    "cmnd": "cmnd", "cmt": "cmnd", "chung minh nhan dan": "cmnd", "chung minh thu": "cmnd",
    "ho chieu": "passport", "passport": "passport", "hc": "passport",
}  # fmt: skip


def text_of(cell: Any) -> str:
    """The cell as a person reads it: whole numbers without a fraction, single spaces."""
    if cell is None:
        return ""
    if type(cell) is str:
        return _text(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dict):
        cell = " ".join(str(cell[part]) for part in ("d", "t") if part in cell)
    return _text(str(cell))


@lru_cache(maxsize=5_000)
def _text(cell: str) -> str:
    text = " ".join(_storable(cell).split())
    if found := _NUMBER.fullmatch(text):
        return found[1]
    if len(text) > MOST_TEXT:
        raise CellTooLong
    return text


def _storable(text: str) -> str:
    """Without the characters that no database takes and no keyboard makes."""
    return _UNSTORABLE.sub("", text)


def serial_of(cell: Any) -> int | None:
    """The number in a cell that may be a day's or a year."""
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return int(cell) if SERIALS.start <= cell < SERIALS.stop else None


def read_name(cell: Any) -> str:
    return _name(text_of(cell))


@lru_cache(maxsize=20_000)
def _name(text: str) -> str:
    return normalise_name(text)


def read_birth(cell: Any, *, on: datetime.date) -> str:
    """YYYY[-MM[-DD]] out of a date, its serial number, a year, or text."""
    if isinstance(cell, dict) and "d" in cell:
        return _birth(str(cell["d"]), on)
    if (serial := serial_of(cell)) is not None:
        if serial in BUDDHIST_YEARS:  # as a day it would be of 1906, as a year it is theirs
            return _birth(str(serial), on)
        if serial > on.year:
            return _birth(day_of_serial(serial).isoformat(), on)
    return _birth(text_of(cell), on)


@lru_cache(maxsize=50_000)
def _birth(text: str, on: datetime.date) -> str:
    return normalise_date_of_birth(text, on=on)


def day_of_serial(serial: int) -> datetime.date:
    return FIRST_DAY + datetime.timedelta(days=serial)


def read_sex(cell: Any) -> str:
    sex = _SEX.get(_word(text_of(cell)))
    if sex is None:
        raise SexUnreadable
    return sex


@lru_cache(maxsize=1_000)
def _word(text: str) -> str:
    """A word out of few, as it is looked up."""
    return search_key(text)


def read_phone(cell: Any) -> str:
    """A mobile number; "" where the cell is empty."""
    text = text_of(cell)
    return _phone(text) if text else ""


@lru_cache(maxsize=20_000)
def _phone(text: str) -> str:
    return normalise_phone(text)


def read_id(cell: Any, kind_cell: Any, *, birth: str, sex: str) -> tuple[str, str] | None:
    """Kind and number of an identity paper; None where the cell is empty.

    Without a kind the number tells it. Zeros that a spreadsheet ate are put back where the number
    then fits year of birth and sex (a citizen card's number says both), and never guessed else.
    """
    number = without_separators(text_of(cell)).upper()
    if not number:
        return None
    named = _word(text_of(kind_cell))
    kind = _ID_KINDS.get(named) or _kind_of_number(number)
    if kind == "cccd":
        number = _with_zeros(number, birth=birth, sex=sex) or number
    elif kind == "cmnd" and len(number) == 8 and isinstance(cell, int | float):
        number = number.zfill(9)
    return kind, normalise_id_number(kind, number)


def _kind_of_number(number: str) -> str:
    if not number.isdecimal():
        return "passport"
    return "cmnd" if len(number) in (8, 9) else "cccd"


def _with_zeros(number: str, *, birth: str, sex: str) -> str:
    """The citizen card's number with its one or two lost zeros, or "" where it does not fit."""
    if not number.isdecimal() or len(number) not in (10, 11):
        return ""
    whole = number.zfill(12)
    born_in = 1900 + 100 * (int(whole[3]) // 2) + int(whole[4:6])
    fits = str(born_in) == birth[:4] and sex == ("male", "female")[int(whole[3]) % 2]
    return whole if fits else ""


def read_insurance(cell: Any) -> str:
    """A health insurance number; "" where the cell is empty. A lost zero of ten is put back."""
    text = without_separators(text_of(cell))
    if not text:
        return ""
    if isinstance(cell, int | float) and text.isdecimal() and len(text) in (8, 9):
        text = text.zfill(10)
    return normalise_id_number("bhyt", text)


def read_line(cell: Any, *, limit: int) -> str:
    """A short text. Raises CellTooLong."""
    text = text_of(cell)
    if len(text) > limit:
        raise CellTooLong
    return text
