"""Numbers, shares, days and times as people in Viet Nam and readers of English write them.

Pure functions; `language` is "vi" or "en", and the active language where it is left out. Number and
unit are tied with U+00A0. An aware datetime is shown in the current time zone, Viet Nam's.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.translation import get_language

NBSP = "\u00a0"
NO_DATA = "–"
Number = int | float | Decimal

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def is_english(language: str | None = None) -> bool:
    """Whether to write as English readers do; every other language is written as Vietnamese."""
    return (language or get_language() or "vi").startswith("en")


def number(value: Number | None, decimals: int = 0, language: str | None = None) -> str:
    """1234567 → "1.234.567" (vi), "1,234,567" (en); halves are rounded up; no value is a dash."""
    if value is None:
        return NO_DATA
    step = Decimal(1).scaleb(-decimals)
    text = f"{Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP):,f}"
    if text.strip("-0,.") == "":
        text = text.lstrip("-")
    if is_english(language):
        return text
    return text.translate(str.maketrans(",.", ".,"))


def signed(value: int | None, language: str | None = None) -> str:
    """12 → "+12", -3 → "−3", 0 → "0": a change."""
    if not value:
        return number(value, 0, language)
    return ("+" if value > 0 else "−") + number(abs(value), 0, language)


def percent(value: Number | None, decimals: int = 1, language: str | None = None) -> str:
    """96.4 (already in hundredths) → "96,4 %" (vi), "96.4%" (en)."""
    if value is None:
        return NO_DATA
    sign = "%" if is_english(language) else f"{NBSP}%"
    return number(value, decimals, language) + sign


def millions(value: Number | None, decimals: int = 1, language: str | None = None) -> str:
    """93153849 → "93,2" (vi), "93.2" (en); the word for million is the caller's."""
    if value is None:
        return NO_DATA
    return number(Decimal(str(value)) / 1_000_000, decimals, language)


def share(part: Number | None, whole: Number | None) -> Decimal | None:
    """`part` of `whole` in hundredths, never clipped at 100; None where there is no denominator."""
    if part is None or not whole:
        return None
    return Decimal(str(part)) * 100 / Decimal(str(whole))


def _local(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def day(value: date | datetime | None, language: str | None = None) -> str:
    """06/11/2021 (vi), 6 November 2021 (en)."""
    if value is None:
        return NO_DATA
    local = _local(value)
    if is_english(language):
        return f"{local.day}{NBSP}{MONTHS[local.month - 1]}{NBSP}{local.year}"
    return f"{local:%d/%m}/{local.year:04d}"


def short_day(value: date | datetime | None, language: str | None = None) -> str:
    """06/11 (vi), 6 Nov (en): only where the year stands nearby."""
    if value is None:
        return NO_DATA
    local = _local(value)
    if is_english(language):
        return f"{local.day}{NBSP}{MONTHS[local.month - 1][:3]}"
    return f"{local:%d/%m}"


def clock(value: datetime | None) -> str:
    """24-hour clock, 10:02."""
    return NO_DATA if value is None else f"{_local(value):%H:%M}"


def moment(value: datetime | None, language: str | None = None) -> str:
    """06/11/2021, 10:02."""
    return NO_DATA if value is None else f"{day(value, language)}, {clock(value)}"


def day_range(first: date, last: date, language: str | None = None) -> str:
    """08/11 – 10/11/2021; one day stands alone; two years are both written."""
    if first == last:
        return day(first, language)
    start = short_day(first, language) if first.year == last.year else day(first, language)
    return f"{start} – {day(last, language)}"


def partial_date(value: str | None, language: str | None = None) -> str:
    """A date of which only the year may be known: "1954", "1954-03" or "1954-03-27".

    What is no date, as in a certificate of another country ("1954-00-00"), is written as it is.
    """
    if not value:
        return NO_DATA
    parts = value.split("-")
    try:
        whole = date(*map(int, (parts + ["1", "1"])[:3]))
    except ValueError:
        return value
    if len(parts) == 3:
        return day(whole, language)
    if len(parts) == 2 and is_english(language):
        return f"{MONTHS[whole.month - 1]}{NBSP}{parts[0]}"
    return "/".join(reversed(parts))
