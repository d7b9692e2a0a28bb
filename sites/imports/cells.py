"""Reading one cell about a dose; those about a person are read by `vaxplatform.sheets.cells`.

Each reader takes a cell as `reader` writes it and answers the value, or raises InvalidInput.
"""

import datetime
import re
from functools import lru_cache
from typing import Any, Final

from sites import exceptions
from vaxplatform.sheets.cells import (  # noqa: F401 - one place to read the cells of a row with
    FIRST_DAY,
    day_of_serial,
    read_birth,
    read_id,
    read_insurance,
    read_line,
    read_name,
    read_phone,
    read_sex,
    serial_of,
    text_of,
)
from vaxplatform.vietnam import search_key
from vaxplatform.vietnam.births import BUDDHIST_OFFSET, BUDDHIST_YEARS
from vaxplatform.vietnam.text import ascii_digits

NOON: Final = "12:00:00"  # of a dose whose hour nobody wrote down

_DAY: Final = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_CLOCK: Final = re.compile(r"(\d{1,2})\s*[:hg.]\s*(\d{2})?(?:\s*[:p.]\s*\d{2})?\s*")
_ADDITIONAL: Final = ("bo sung", "additional")
_BOOSTER: Final = ("nhac", "booster")


def read_day(cell: Any) -> datetime.date:
    """The day of a dose, out of a date, its serial number, or text with the day first."""
    if isinstance(cell, dict) and "d" in cell:
        return _day(str(cell["d"]))
    if (serial := serial_of(cell)) is not None:
        return day_of_serial(serial)
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
