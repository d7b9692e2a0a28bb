"""The health content of a vaccination certificate: the map that is signed as ``dgc``.

Field names are those of the certificate schema (``v`` vaccination, ``mp`` product and so on);
what is built here satisfies schema 1.3.0 and everything later in 1.3.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from certificates.hcert import names, valuesets

SCHEMA_VERSION: Final = "1.3.0"
MAX_TEXT: Final = 80
"""Characters that the schema gives to the issuer and the identifier."""

_DATE_OF_BIRTH: Final = re.compile(
    r"(19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
)


class PayloadError(ValueError):
    """These facts cannot be certified; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The person: name as written, split into family and given part, and date of birth.

    `date_of_birth` is ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``, as much as is known.
    """

    family_name: str
    given_name: str
    date_of_birth: str

    @classmethod
    def vietnamese(cls, full_name: str, date_of_birth: str) -> "Subject":
        """Return the person of a Vietnamese name, whose first word is the family name."""
        family, given = names.split_vietnamese_name(full_name)
        return cls(family_name=family, given_name=given, date_of_birth=date_of_birth)


@dataclass(frozen=True, slots=True)
class VaccinationEntry:
    """One dose. `dose_date` is the day in Viet Nam, never shifted to UTC.

    `product`, `holder`, `prophylaxis` are the codes `mp`, `ma`, `vp` and must belong together;
    `dose_number` and `series_doses` come from `valuesets.dose_numbers`.
    """

    product: str
    holder: str
    prophylaxis: str
    dose_number: int
    series_doses: int
    dose_date: date
    issuer: str
    uvci: str
    country: str = "VN"
    disease: str = valuesets.COVID_19

    def as_fields(self) -> dict[str, str | int]:
        """Return the entry under the schema's field names. Raises PayloadError."""
        if not valuesets.triple_is_known(self.product, self.holder, self.prophylaxis):
            raise PayloadError("product, holder and type of vaccine do not belong together")
        if self.dose_number < 1 or self.series_doses < 1:
            raise PayloadError("doses are counted from one")
        if not 0 < len(self.issuer) <= MAX_TEXT or not 0 < len(self.uvci) <= MAX_TEXT:
            raise PayloadError("issuer and identifier have 1 to 80 characters")
        return {
            "tg": self.disease,
            "vp": self.prophylaxis,
            "mp": self.product,
            "ma": self.holder,
            "dn": self.dose_number,
            "sd": self.series_doses,
            "dt": date.isoformat(self.dose_date),  # a datetime must not leak its time
            "co": self.country,
            "is": self.issuer,
            "ci": self.uvci,
        }


def vaccination_payload(*, subject: Subject, entry: VaccinationEntry) -> dict[str, Any]:
    """Return the health content for one dose of one person.

    Raises PayloadError when the name has no letter of a machine-readable document, the date of
    birth is not one, or the vaccine codes do not belong together.
    """
    if not _DATE_OF_BIRTH.fullmatch(subject.date_of_birth):
        raise PayloadError("a date of birth is a year, a year and month, or a date from 1900 on")
    return {
        "ver": SCHEMA_VERSION,
        "nam": _name_fields(subject),
        "dob": subject.date_of_birth,
        "v": [entry.as_fields()],
    }


def _name_fields(subject: Subject) -> dict[str, str]:
    """Return the name as written and as spelled; the given part only where there is one."""
    spelled_family = names.transliterate(subject.family_name)
    if not spelled_family:
        raise PayloadError("a family name needs at least one Latin letter")
    fields = {"fn": _written(subject.family_name), "fnt": spelled_family}
    spelled_given = names.transliterate(subject.given_name)
    if spelled_given:
        fields["gn"] = _written(subject.given_name)
        fields["gnt"] = spelled_given
    return fields


def _written(name: str) -> str:
    """Return the name composed (NFC) and within the schema's length."""
    return unicodedata.normalize("NFC", name)[: names.MAX_LENGTH].strip()
