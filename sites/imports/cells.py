"""Reading one cell. Spreadsheets turn numbers into floats, eat leading zeros and store days as
serial numbers; what was meant is taken back only where nothing else can be meant.

Each reader takes a cell as `reader` writes it and answers the value, or raises InvalidInput.
"""

import datetime
import re
from functools import lru_cache
from typing import Any, Final

from sites import exceptions
from vaxplatform.vietnam import (
    normalise_date_of_birth,
    normalise_id_number,
    normalise_name,
    normalise_phone,
    search_key,
)
from vaxplatform.vietnam.births import BUDDHIST_OFFSET, BUDDHIST_YEARS
from vaxplatform.vietnam.text import ascii_digits, without_separators

FIRST_DAY: Final = datetime.date(1899, 12, 30)  # day 0 of spreadsheets, their leap year of 1900 in
SERIALS: Final = range(2_000, 100_000)  # as days: 1905 to 2173; below it a number is a year
NOON: Final = "12:00:00"  # of a dose whose hour nobody wrote down
MOST_TEXT: Final = 2_000

_DAY: Final = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_CLOCK: Final = re.compile(r"(\d{1,2})\s*[:hg.]\s*(\d{2})?(?:\s*[:p.]\s*\d{2})?\s*")
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
_ADDITIONAL: Final = ("bo sung", "additional")
_BOOSTER: Final = ("nhac", "booster")


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
        raise exceptions.CellTooLong
    return text


def _storable(text: str) -> str:
    """Without the characters that no database takes and no keyboard makes."""
    return _UNSTORABLE.sub("", text)


def _serial(cell: Any) -> int | None:
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
    if (serial := _serial(cell)) is not None:
        if serial in BUDDHIST_YEARS:  # as a day it would be of 1906, as a year it is theirs
            return _birth(str(serial), on)
        if serial > on.year:
            return _birth(_day_of_serial(serial).isoformat(), on)
    return _birth(text_of(cell), on)


@lru_cache(maxsize=50_000)
def _birth(text: str, on: datetime.date) -> str:
    return normalise_date_of_birth(text, on=on)


def read_day(cell: Any) -> datetime.date:
    """The day of a dose, out of a date, its serial number, or text with the day first."""
    if isinstance(cell, dict) and "d" in cell:
        return _day(str(cell["d"]))
    if (serial := _serial(cell)) is not None:
        return _day_of_serial(serial)
    return _day(text_of(cell))


@lru_cache(maxsize=5_000)
def _day(text: str) -> datetime.date:
    plain = ascii_digits(text)
    if found := _ISO_DAY.fullmatch(plain):
        year, month, day = map(int, found.groups())
    elif found := _DAY.match(plain):
        day, month, year = map(int, found.groups())
    else:
        raise exceptions.DoseDayUnreadable
    if year in BUDDHIST_YEARS:
        raise exceptions.DoseYearIsBuddhist(year=year, christian_year=year - BUDDHIST_OFFSET)
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise exceptions.DoseDayUnreadable from None


def _day_of_serial(serial: int) -> datetime.date:
    return FIRST_DAY + datetime.timedelta(days=serial)


def read_clock(cell: Any) -> datetime.time:
    """The hour of a dose; noon where there is none."""
    if isinstance(cell, dict) and "t" in cell:
        return _clock(str(cell["t"]))
    if isinstance(cell, float) and 0 <= cell < 1:  # a part of a day
        minutes = round(cell * 24 * 60) % (24 * 60)
        return datetime.time(minutes // 60, minutes % 60)
    return _clock(text_of(cell))


@lru_cache(maxsize=2_000)
def _clock(text: str) -> datetime.time:
    if not text:
        return datetime.time.fromisoformat(NOON)
    found = _CLOCK.fullmatch(text.lower())
    try:
        if found:
            return datetime.time(int(found[1]), int(found[2] or 0))
    except ValueError:
        pass
    raise exceptions.DoseClockUnreadable


def read_sex(cell: Any) -> str:
    sex = _SEX.get(_word(text_of(cell)))
    if sex is None:
        raise exceptions.SexUnreadable
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


def read_dose_number(cell: Any) -> tuple[int, str]:
    """The number, and the kind where the cell names it: "2", "Mũi 3 (nhắc lại)", "bổ sung 3"."""
    return _dose_number(text_of(cell))


@lru_cache(maxsize=1_000)
def _dose_number(text: str) -> tuple[int, str]:
    key, found = search_key(text), re.search(r"-?[0-9]+", ascii_digits(text))
    if not found or not 1 <= int(found[0]) <= 9:
        raise exceptions.DoseNumberUnreadable
    if any(word in key for word in _ADDITIONAL):
        return int(found[0]), "additional"
    return int(found[0]), "booster" if any(word in key for word in _BOOSTER) else ""


def read_line(cell: Any, *, limit: int) -> str:
    """A short text. Raises CellTooLong."""
    text = text_of(cell)
    if len(text) > limit:
        raise exceptions.CellTooLong
    return text
