"""The FHIR R4 bundle of a card: one Patient, and one Immunization for each dose.

The fields are those of the guide's profiles for data minimisation: no identifiers, no sex, no
address, no display texts. Dose numbers are not part of it; who reads a card counts the doses on
it, so a card carries the earlier doses of the series too.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from certificates.shc.codes import vaccines

FHIR_VERSION: Final = "4.0.1"
MAX_LOT: Final = 20  # characters; more is not a lot number, says the guide
MAX_PERFORMER: Final = 80

_DATE_OF_BIRTH: Final = re.compile(
    r"(19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
)


class CardError(ValueError):
    """These facts cannot be written on a card; the text is a stable code that says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """The holder. `date_of_birth` is ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``."""

    family_name: str
    given_name: str
    date_of_birth: str


@dataclass(frozen=True, slots=True)
class CardDose:
    """A dose: the EU product code (`mp`), the day in Viet Nam, and what may be left out."""

    product: str
    given_on: date
    lot: str = ""
    performer: str = ""


def make_bundle(
    person: Person, doses: Sequence[CardDose], *, lots: bool = True, performers: bool = True
) -> dict[str, Any]:
    """The bundle, in the order of the doses; lots and performers only where wanted.

    Raises CardError: ``date_of_birth``, ``name``, ``no_dose`` or ``vaccine_without_code``.
    """
    if not doses:
        raise CardError("no_dose")
    resources = [_patient(person)]
    resources += [_immunization(dose, lots=lots, performers=performers) for dose in doses]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"resource:{number}", "resource": resource}
            for number, resource in enumerate(resources)
        ],
    }


def _patient(person: Person) -> dict[str, Any]:
    if not _DATE_OF_BIRTH.fullmatch(person.date_of_birth):
        raise CardError("date_of_birth")
    family, given = _written(person.family_name), _written(person.given_name)
    if not family:
        raise CardError("name")
    name: dict[str, Any] = {"family": family}
    if given:
        name["given"] = [given]
    return {"resourceType": "Patient", "name": [name], "birthDate": person.date_of_birth}


def _immunization(dose: CardDose, *, lots: bool, performers: bool) -> dict[str, Any]:
    vaccine = vaccines().get(dose.product)
    if vaccine is None:
        raise CardError("vaccine_without_code")
    resource: dict[str, Any] = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": vaccine.system, "code": vaccine.code}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": date.isoformat(dose.given_on),  # a datetime must not leak its time
    }
    lot, performer = dose.lot.strip(), _written(dose.performer)[:MAX_PERFORMER].strip()
    if performers and performer:
        resource["performer"] = [{"actor": {"display": performer}}]
    if lots and 0 < len(lot) <= MAX_LOT:
        resource["lotNumber"] = lot
    return resource


def _written(text: str) -> str:
    """Composed (NFC), so that a name is spelled the same on every card."""
    return unicodedata.normalize("NFC", text).strip()
