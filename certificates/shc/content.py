"""What a card says, read from its bundle for people to see."""

import re
from dataclasses import dataclass
from typing import Any, Final, Protocol

from certificates.shc.codes import product_name
from certificates.shc.limits import MAX_ENTRIES

MAX_TEXT: Final = 200
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9:.+\-Z]{1,30})?)?)?")
_HALF_A_LETTER: Final = re.compile("[\ud800-\udfff]")  # JSON can say it, UTF-8 cannot


class Envelope(Protocol):
    """What is known of a card besides its bundle."""

    @property
    def issuer(self) -> str: ...

    @property
    def kid(self) -> str: ...

    @property
    def not_before(self) -> float: ...


@dataclass(frozen=True, slots=True)
class GivenDose:
    """A vaccination on a card: the day, its code, and the product's name where it is known."""

    given_on: str
    system: str
    code: str
    vaccine: str
    lot: str
    performer: str


@dataclass(frozen=True, slots=True)
class Description:
    """A card in words. `issued` is in seconds; the doses stand in the order of their days."""

    issuer: str
    kid: str
    issued: float
    family_name: str
    given_name: str
    date_of_birth: str
    doses: tuple[GivenDose, ...]


class _Malformed(Exception):
    """A field is missing or not of its kind."""


def describe(subject: Any, envelope: Envelope) -> Description | None:
    """What the card says, or None when it has not the shape of a vaccination card.

    `subject` is its credentialSubject. Resources other than Patient and Immunization are passed
    over; doses that were not completed too.
    """
    try:
        return _described(_resources(_dict(_dict(subject).get("fhirBundle"))), envelope)
    except (_Malformed, ValueError, IndexError):
        return None


def _described(resources: list[tuple[str, dict[str, Any]]], envelope: Envelope) -> Description:
    ((patient_url, patient),) = [
        (url, each) for url, each in resources if each.get("resourceType") == "Patient"
    ]
    doses = [
        _dose(each, patient_url)
        for _url, each in resources
        if each.get("resourceType") == "Immunization" and each.get("status") == "completed"
    ]
    if not doses:
        raise _Malformed
    family, given = _name(patient)
    return Description(
        issuer=envelope.issuer,
        kid=envelope.kid,
        issued=envelope.not_before,
        family_name=family,
        given_name=given,
        date_of_birth=_date(patient.get("birthDate")),
        doses=tuple(sorted(doses, key=lambda dose: dose.given_on)),
    )


def _resources(bundle: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    entries = _list(bundle.get("entry"))
    if bundle.get("resourceType") != "Bundle" or len(entries) > MAX_ENTRIES:
        raise _Malformed
    rows = (_dict(entry) for entry in entries)
    return [(_text(row.get("fullUrl")), _dict(row.get("resource"))) for row in rows]


def _name(patient: dict[str, Any]) -> tuple[str, str]:
    """Family and given name; a card may have a `text` in their place."""
    name = _dict(_list(patient.get("name"))[0])
    given = " ".join(_text(part) for part in _list(name.get("given", [])))
    family = _text(name.get("family") or name.get("text"))
    return family, given


def _dose(resource: dict[str, Any], patient_url: str) -> GivenDose:
    if _dict(resource.get("patient")).get("reference") != patient_url:
        raise _Malformed
    coding = _dict(_list(_dict(resource.get("vaccineCode")).get("coding"))[0])
    system, code = _text(coding.get("system")), _text(coding.get("code"))
    return GivenDose(
        given_on=_date(resource.get("occurrenceDateTime")),
        system=system,
        code=code,
        vaccine=product_name(system, code),
        lot=_text(resource.get("lotNumber", "")),
        performer=_performer(resource.get("performer")),
    )


def _performer(value: Any) -> str:
    if value is None:
        return ""
    actor = _dict(_dict(_list(value)[0]).get("actor"))
    return _text(actor.get("display", ""))


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Malformed
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Malformed
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or _HALF_A_LETTER.search(value):
        raise _Malformed
    return value


def _date(value: Any) -> str:
    text = _text(value)
    if not _DATE.fullmatch(text):
        raise _Malformed
    return text[:10]
