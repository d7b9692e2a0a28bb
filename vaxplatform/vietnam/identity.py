"""Identity numbers: CCCD, CMND, passport and health insurance (BHYT).

Lengths of the passport and of the BHYT number are tolerant: 5 to 20 letters and digits, and ten
digits or the older fifteen characters (two letters and thirteen digits).
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _

from vaxplatform.errors import InvalidInput
from vaxplatform.vietnam.names import InvalidName, normalise_name
from vaxplatform.vietnam.text import without_separators

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

RAW_LIMIT = 60
QR_LIMIT = 1_000
CCCD_DIGITS = 12
CMND_DIGITS = 9
SEX_WORDS: dict[str, Literal["male", "female"]] = {"nam": "male", "nữ": "female"}


class InvalidIdNumber(InvalidInput):
    """Not a number of this kind of paper."""

    code = "invalid_id_number"
    message = _("Enter the number as it stands on the paper.")
    field = "id_number"


class UnknownIdKind(InvalidIdNumber):
    code = "unknown_id_kind"
    message = _("Choose a citizen card, an old identity card or a passport.")
    field = "id_type"


class IdNumberMissing(InvalidIdNumber):
    code = "id_number_missing"
    message = _("Enter the number of the paper.")


class CccdNeedsTwelveDigits(InvalidIdNumber):
    code = "cccd_needs_twelve_digits"
    message = _("A citizen card number has all of 12 digits. You entered %(entered)d.")


class CccdHasOtherCharacters(InvalidIdNumber):
    code = "cccd_has_other_characters"
    message = _("A citizen card number has digits only.")


class CmndNeedsNineDigits(InvalidIdNumber):
    code = "cmnd_needs_nine_digits"
    message = _("An old identity card number has all of 9 digits. You entered %(entered)d.")


class CmndHasOtherCharacters(InvalidIdNumber):
    code = "cmnd_has_other_characters"
    message = _("An old identity card number has digits only.")


class InvalidPassportNumber(InvalidIdNumber):
    code = "invalid_passport_number"
    message = _("A passport number has 5 to 20 letters and digits, for example C1234567.")


class InvalidInsuranceNumber(InvalidIdNumber):
    code = "invalid_insurance_number"
    message = _(
        "A health insurance number has 10 digits, or 15 characters that begin with two letters."
    )
    field = "health_insurance_number"


def normalise_id_number(kind: str, text: str, *, field: str | None = None) -> str:
    """The number without separators, letters upper-case. `kind`: cccd, cmnd, passport or bhyt.

    A lost leading zero is not guessed back: the sentence says how many digits were entered.
    Raises InvalidIdNumber (or one of its kinds).
    """
    if kind not in {"cccd", "cmnd", "passport", "bhyt"}:
        raise UnknownIdKind
    if len(text) > RAW_LIMIT:
        raise InvalidIdNumber(field=field)
    number = without_separators(text).upper()
    if not number:
        raise IdNumberMissing(field=field)
    if refusal := _refusal(kind, number, field):
        raise refusal
    return number


def _refusal(kind: str, number: str, field: str | None) -> InvalidIdNumber | None:
    digits_only = re.fullmatch("[0-9]+", number) is not None
    if kind == "cccd" and not digits_only:
        return CccdHasOtherCharacters(field=field)
    if kind == "cccd" and len(number) != CCCD_DIGITS:
        return CccdNeedsTwelveDigits(field=field, entered=len(number))
    if kind == "cmnd" and not digits_only:
        return CmndHasOtherCharacters(field=field)
    if kind == "cmnd" and len(number) != CMND_DIGITS:
        return CmndNeedsNineDigits(field=field, entered=len(number))
    if kind == "passport" and not re.fullmatch("[A-Z0-9]{5,20}", number):
        return InvalidPassportNumber(field=field)
    if kind == "bhyt" and not re.fullmatch("[0-9]{10}|[A-Z]{2}[0-9]{13}", number):
        return InvalidInsuranceNumber(field=field)
    return None


@dataclass(frozen=True)
class CccdFinding:
    """A doubt about a citizen card number, to be shown and never to refuse."""

    code: str
    message: "str | _StrPromise"


def cccd_warnings(number: str, date_of_birth: str, sex: str) -> list[CccdFinding]:
    """Where the number's century, sex and year digits differ from what was given.

    Digit 4 is century and sex (0 and 1: 1900s male and female, 2 and 3: 2000s …), digits 5 and 6
    the year. Corrections of sex or year may leave an old number in use, hence a warning only.
    `number`: 12 digits; `sex` "other" is not compared.
    """
    century_and_sex = int(number[3])
    born_in = 1900 + 100 * (century_and_sex // 2) + int(number[4:6])
    findings = []
    if born_in != int(date_of_birth[:4]):
        findings.append(
            CccdFinding("cccd_year_differs", _("The card number is of another year of birth."))
        )
    if sex in {"male", "female"} and sex != ("male", "female")[century_and_sex % 2]:
        findings.append(CccdFinding("cccd_sex_differs", _("The card number is of the other sex.")))
    return findings


@dataclass(frozen=True)
class CccdScan:
    """What the QR code of a chip card says. Dates are "YYYY-MM-DD" and a date; empty texts and
    None where the card is silent."""

    number: str
    old_number: str
    full_name: str
    date_of_birth: str
    sex: Literal["male", "female"] | None
    address: str
    issued_on: date | None


def parse_cccd_qr(text: str) -> CccdScan | None:
    """Read `CCCD|old CMND|name|DDMMYYYY|sex|residence|issued DDMMYYYY`; newer cards append fields.

    None when it is anything else: a scanner reads whatever is held before it.
    """
    parts = [part.strip() for part in text.strip().split("|")]
    if len(text) > QR_LIMIT or len(parts) < 6:
        return None
    born_on = _compact_date(parts[3])
    try:
        number = normalise_id_number("cccd", parts[0])
        old_number = normalise_id_number("cmnd", parts[1]) if parts[1] else ""
        full_name = normalise_name(parts[2])
    except (InvalidIdNumber, InvalidName):
        return None
    if born_on is None:
        return None
    return CccdScan(
        number=number,
        old_number=old_number,
        full_name=full_name,
        date_of_birth=born_on.isoformat(),
        sex=SEX_WORDS.get(parts[4].casefold()),
        address=" ".join(parts[5].split()),
        issued_on=_compact_date(parts[6]) if len(parts) > 6 else None,
    )


def _compact_date(text: str) -> date | None:
    if not re.fullmatch("[0-9]{8}", text):
        return None
    try:
        return date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def mask_id(number: str) -> str:
    """`001187012345` → `001187•••345`, `012345678` → `01•••678`, short numbers not at all."""
    if len(number) >= CCCD_DIGITS:
        return f"{number[:6]}•••{number[-3:]}"
    return f"{number[:2]}•••{number[-3:]}" if len(number) >= 8 else "•••"
