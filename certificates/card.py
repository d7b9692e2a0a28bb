"""What a certificate shows: the eleven fields of Decision 5772/QĐ-BYT, in both languages.

They are read from what was signed, so that paper, page and QR code never differ; nationality,
which the format does not carry, comes from the person's record.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from babel import Locale
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from certificates.hcert.verify import VerificationResult, verify
from certificates.models import Certificate
from certificates.services import keys
from vaxplatform import formatting

LANGUAGES = ("vi", "en")

VACCINE_TYPES = {
    "29061000087103": _("Viral vector vaccine"),
    "1119349007": _("mRNA vaccine"),
    "1157024006": _("Inactivated virus vaccine"),
    "1162643001": _("Recombinant protein vaccine"),
    "30141000087107": _("Virus-like particle vaccine"),
    "1187593009": _("DNA vaccine"),
    "28531000087107": _("COVID-19 vaccine"),
    "1119305005": _("COVID-19 vaccine"),
    "J07BX03": _("COVID-19 vaccine"),
}


# Sentences of the document itself, which stands in both languages whatever the page's is.
DOCUMENT = {
    "title": _("COVID-19 vaccination certificate"),
    "show": _("Show this code to the verifier."),
    "printout": _(
        "This printout counts only when the QR code verifies as valid. The verifier scans it "
        "with a certificate reader, or opens the page “Check a certificate”, and compares name "
        "and date of birth with an identity document."
    ),
}


@dataclass(frozen=True)
class Field:
    """A field in both languages; `english` is empty where both values are the same.

    `code` is a second line that is not for reading aloud: a spelling or an identifier. `is_main`:
    it is also shown where there is little room, on a phone and by a link.
    """

    label: str
    english_label: str
    value: str
    english: str = ""
    code: str = ""
    is_code: bool = False
    is_main: bool = False


@dataclass(frozen=True)
class Card:
    """A certificate ready to be shown. `signed` is `hcert.verify`'s description."""

    certificate: Certificate
    signed: dict[str, Any]
    fields: tuple[Field, ...]

    @property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """DOCUMENT in Vietnamese and English."""
        return {name: both(text) for name, text in DOCUMENT.items()}

    @property
    def main_fields(self) -> tuple[Field, ...]:
        """Whose certificate of what it is: name, birth, doses, date, product."""
        return tuple(field for field in self.fields if field.is_main)

    @property
    def number(self) -> int:
        return int(self.signed["entry"]["dn"])

    @property
    def series(self) -> int:
        return int(self.signed["entry"]["sd"])

    @property
    def ring_text(self) -> str:
        return f"{self.number}/{self.series}"

    @property
    def ring(self) -> tuple[str, ...]:
        """The series ring up to this dose; a booster stands beyond its series, alone."""
        if self.number > self.series:
            return ("certified",)
        return ("certified",) * self.number + ("missing",) * (self.series - self.number)


class CertificateUnreadable(Exception):
    """What stands on record is not what we signed; the text is the verifier's reason."""


def card_of(certificate: Certificate) -> Card:
    """The card of a certificate on record (with its dose and citizen).

    Raises CertificateUnreadable where the text on record does not verify.
    """
    result: VerificationResult = verify(certificate.hcert, keys.all_keys(), certificate.issued_at)
    if result.certificate is None:
        raise CertificateUnreadable(result.reason)
    nationality = certificate.dose.citizen.nationality
    return Card(certificate, result.certificate, _fields(result.certificate, nationality))


def both(text: "str | Promise") -> tuple[str, ...]:
    """A text in Vietnamese and English; one that is not for translation, twice."""
    if isinstance(text, str):
        return (text,) * len(LANGUAGES)
    return tuple(_in(language, text) for language in LANGUAGES)


def _in(language: str, text: "str | Promise") -> str:
    with override(language):
        return str(text)


def vaccine_type(code: str) -> "str | Promise":
    return VACCINE_TYPES.get(code, code)


def product_name(signed: dict[str, Any]) -> str:
    return str(signed["labels"]["mp"])


def _fields(signed: dict[str, Any], nationality: str) -> tuple[Field, ...]:
    entry, labels = signed["entry"], signed["labels"]
    return (
        _field(_("Full name"), signed["name"], code=signed["standardised_name"], is_main=True),
        _field(
            _("Date of birth"),
            lambda language: formatting.partial_date(signed["date_of_birth"], language),
            is_main=True,
        ),
        _field(_("Nationality"), lambda language: country_name(nationality, language)),
        _field(_("Disease targeted"), "COVID-19"),
        _field(_("Doses received"), f"{entry['dn']} / {entry['sd']}", is_main=True),
        _field(
            _("Date of vaccination"),
            lambda language: formatting.partial_date(entry["dt"], language),
            is_main=True,
        ),
        _field(_("Dose number"), str(entry["dn"])),
        _field(_("Vaccine"), vaccine_type(entry["vp"])),
        _field(_("Product"), product_name(signed), is_main=True),
        _field(_("Manufacturer"), str(labels["ma"])),
        _field(_("Certificate ID"), signed["uvci"], is_code=True),
    )


def _field(
    label: "str | Promise",
    value: "str | Promise | Callable[[str], str]",
    code: str = "",
    is_code: bool = False,
    is_main: bool = False,
) -> Field:
    vietnamese, english = (
        tuple(value(language) for language in LANGUAGES) if callable(value) else both(value)
    )
    same = vietnamese == english
    in_vietnamese, in_english = both(label)
    return Field(
        in_vietnamese, in_english, vietnamese, "" if same else english, code, is_code, is_main
    )


def country_name(code: str, language: str) -> str:
    """The country of an ISO 3166 code in words; the code itself where nobody knows it."""
    if code == "VN" and language == "en":
        return "Viet Nam"  # as the United Nations and our passports write it
    return str(Locale(language).territories.get(code, code))
