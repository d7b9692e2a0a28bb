"""Dates of birth, which may be a year or a month only, and ages on a day."""

import re
from calendar import monthrange
from datetime import date

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput
from vaxplatform.vietnam.text import ascii_digits

EARLIEST_YEAR = 1900
BUDDHIST_OFFSET = 543  # years
BUDDHIST_YEARS = range(EARLIEST_YEAR + BUDDHIST_OFFSET, 2700)
ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
DAY_FIRST = re.compile(r"(?:(?:(\d{1,2})[/.\-])?(\d{1,2})[/.\-])?(\d{2,4})")


class InvalidDateOfBirth(InvalidInput):
    """Not a date a living person can be born on."""

    code = "invalid_date_of_birth"
    message = _("Enter the date of birth as day, month and year, for example 06/11/1987.")
    field = "date_of_birth"


class YearNeedsFourDigits(InvalidDateOfBirth):
    code = "year_needs_four_digits"
    message = _("Enter all four digits of the year of birth.")


class BuddhistYear(InvalidDateOfBirth):
    code = "buddhist_year"
    message = _("%(year)s is a year of the Buddhist calendar. Enter it as %(christian_year)s.")


class BornTooEarly(InvalidDateOfBirth):
    code = "born_too_early"
    message = _("The year of birth must be 1900 or later.")


class BornInTheFuture(InvalidDateOfBirth):
    code = "born_in_the_future"
    message = _("The date of birth is in the future.")


class MonthOutOfRange(InvalidDateOfBirth):
    code = "month_out_of_range"
    message = _("The month of birth must be from 1 to 12.")


class NoSuchDay(InvalidDateOfBirth):
    code = "no_such_day"
    message = _("Month %(month)s of %(year)s has no day %(day)s.")


class DayWithoutMonth(InvalidDateOfBirth):
    code = "day_without_month"
    message = _("Enter the month too, or leave the day empty.")


def parse_date_of_birth(
    year: str | int,
    month: str | int | None = None,
    day: str | int | None = None,
    *,
    on: date,
    field: str = "date_of_birth",
) -> str:
    """Give "YYYY", "YYYY-MM" or "YYYY-MM-DD" out of three inputs; month and day may be empty.

    `on`: the day in Viet Nam of the asking; a birth after it is refused. Raises InvalidDateOfBirth.
    """
    y, m, d = (_number(part, field) for part in (year, month, day))
    if y is None:
        raise InvalidDateOfBirth(field=field)
    _check_year(y, on, field)
    if m is None:
        if d is not None:
            raise DayWithoutMonth(field=field)
        return f"{y:04d}"
    if not 1 <= m <= 12:
        raise MonthOutOfRange(field=field)
    if d is not None and not 1 <= d <= monthrange(y, m)[1]:
        raise NoSuchDay(field=field, day=d, month=m, year=y)
    if date(y, m, d or 1) > on:
        raise BornInTheFuture(field=field)
    return f"{y:04d}-{m:02d}" if d is None else f"{y:04d}-{m:02d}-{d:02d}"


def _number(part: str | int | None, field: str) -> int | None:
    text = ascii_digits(str(part if part is not None else "")).strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise InvalidDateOfBirth(field=field)
    return int(text)


def _check_year(year: int, on: date, field: str) -> None:
    if year < 100:
        raise YearNeedsFourDigits(field=field)
    if year in BUDDHIST_YEARS:
        raise BuddhistYear(field=field, year=year, christian_year=year - BUDDHIST_OFFSET)
    if year < EARLIEST_YEAR:
        raise BornTooEarly(field=field)
    if year > on.year:
        raise BornInTheFuture(field=field)


def normalise_date_of_birth(text: str, *, on: date, field: str = "date_of_birth") -> str:
    """The same out of one text: "1987-11-06", "06/11/1987", "6.11.1987", "11/1987", "1987"."""
    plain = ascii_digits(text).strip()
    if iso := ISO.fullmatch(plain):
        return parse_date_of_birth(iso[1], iso[2], iso[3], on=on, field=field)
    if found := DAY_FIRST.fullmatch(re.sub(r"\s*([/.\-])\s*", r"\1", plain)):
        return parse_date_of_birth(found[3], found[2], found[1], on=on, field=field)
    raise InvalidDateOfBirth(field=field)


def birth_span(date_of_birth: str) -> tuple[date, date]:
    """The first and last day the person can be born on; equal when the whole date is known."""
    year, *rest = map(int, date_of_birth.split("-"))
    if not rest:
        return date(year, 1, 1), date(year, 12, 31)
    month = rest[0]
    if len(rest) == 1:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, month, rest[1]), date(year, month, rest[1])


def age_on(date_of_birth: str, on: date) -> int:
    """Whole years of age on a day.

    A partial date counts as its last day, the youngest the person can be, so that a gap in the
    record never lets someone pass a minimum age. Born on 29 February, one turns a year older on
    1 March of a common year. 0 before and in the first year.
    """
    born = birth_span(date_of_birth)[1]
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return max(years, 0)
