"""From the JSON of `POST doses/` to dose items: a thousand at once, in a fifth of a second."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from registration.models import AdministrativeUnit, Citizen, DoseKind, Sex, UnitKind
from registration.selectors import units_by_code
from registration.services.citizens import CitizenDetails, Paper
from sites.api.fields import (
    Errors,
    Reader,
    Wrong,
    choice,
    identifier,
    moment,
    normalised,
    text,
    whole_number,
)
from sites.models import ApiClient, DoseSource
from sites.services.doses import DoseItem
from sites.services.people import visible_to_client
from vaxplatform.vietnam import (
    day_in_vietnam,
    normalise_date_of_birth,
    normalise_id_number,
    normalise_name,
    normalise_phone,
)

PAPER_KINDS = ("cccd", "cmnd", "passport")
ID_TYPES = (*PAPER_KINDS, "none")
MOST_ITEMS = 1_000


@dataclass(frozen=True)
class Invalid:
    """An item that cannot be recorded as it is: fields to sentences."""

    errors: Errors


class _Known:
    """What the items of one request name, fetched at once: places, and people by id."""

    def __init__(self, items: Sequence[Any], client: ApiClient, now: datetime.datetime) -> None:
        people = [i["citizen"] for i in items if isinstance(i, dict) and _is_map(i.get("citizen"))]
        self.provinces = units_by_code(
            kind=UnitKind.PROVINCE, codes=_texts(p.get("province_code") for p in people)
        )
        self.wards = units_by_code(
            kind=UnitKind.WARD, codes=_texts(p.get("ward_code") for p in people)
        )
        ids = {i for i in (_uuid(item) for item in items) if i}
        self.citizens = (
            visible_to_client(
                client=client, people=Citizen.objects.filter(public_id__in=ids), now=now
            )
            if ids
            else {}
        )


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(values: Any) -> set[str]:
    """What can be a code at all: anything else never reaches the database."""
    return {v for v in values if isinstance(v, str) and v.isascii() and v.isalnum() and len(v) < 9}


def _uuid(item: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(item["citizen_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def read_items(
    items: Sequence[Any], *, client: ApiClient, now: datetime.datetime
) -> list[DoseItem | Invalid]:
    """One DoseItem or Invalid for each item, in order. `now` bounds dates of birth only."""
    known = _Known(items, client, now)
    return [_read_item(item, known, day_in_vietnam(now)) for item in items]


def read_details(
    data: Any, *, errors: Errors, on: datetime.date, prefix: str = ""
) -> CitizenDetails | None:
    """The person of another endpoint's body; None where something is wrong."""
    if not isinstance(data, dict):
        errors.add(prefix.rstrip(".") or "citizen", _("This must be an object."))
        return None
    codes = (_texts([data.get("province_code")]), _texts([data.get("ward_code")]))
    places = (
        units_by_code(kind=UnitKind.PROVINCE, codes=codes[0]),
        units_by_code(kind=UnitKind.WARD, codes=codes[1]),
    )
    return _read_details(data, errors, places, on, prefix)


Units = Mapping[str, AdministrativeUnit]


def _read_item(data: Any, known: _Known, on: datetime.date) -> DoseItem | Invalid:
    errors = Errors()
    if not isinstance(data, dict):
        errors.add("non_field_errors", _("Each dose must be an object."))
        return Invalid(errors)
    reader = Reader(data, errors)
    values = {
        "idempotency_key": reader.read("idempotency_key", identifier),
        "dose_number": reader.read("dose_number", whole_number(1, 9)),
        "dose_kind": reader.read("dose_kind", choice(DoseKind.values)),
        "vaccine_code": reader.read("vaccine", text(40)),
        "lot_number": reader.read("lot_number", text(30)),
        "administered_at": reader.read("administered_at", moment),
        "vaccinator": reader.read("vaccinator", text(100)),
        "source": reader.read("source", choice(DoseSource.values), default=DoseSource.LIVE.value),
    }
    citizen = _read_citizen(data, errors, known, on)
    if errors or citizen is None:
        return Invalid(errors)
    return DoseItem(citizen=citizen, digest=_digest(values, citizen), **values)


def _read_citizen(
    data: dict[str, Any], errors: Errors, known: _Known, on: datetime.date
) -> CitizenDetails | Citizen | None:
    if data.get("citizen_id") is None:
        if not isinstance(data.get("citizen"), dict):
            errors.add("citizen", _("Give the person as an object, or citizen_id."))
            return None
        return _read_details(
            data["citizen"], errors, (known.provinces, known.wards), on, "citizen."
        )
    if data.get("citizen") is not None:
        errors.add("citizen_id", _("Give citizen or citizen_id, not both."))
        return None
    found = Reader(data, errors).read("citizen_id", identifier)
    citizen = known.citizens.get(str(found)) if found else None
    if found and citizen is None:
        errors.add("citizen_id", _("There is no such person among those of your site."))
    return citizen


def _read_details(
    data: dict[str, Any],
    errors: Errors,
    places: tuple[Units, Units],
    on: datetime.date,
    prefix: str,
) -> CitizenDetails | None:
    before = sum(map(len, errors.values()))
    reader = Reader(data, errors, prefix)
    born = normalised(lambda value: normalise_date_of_birth(value, on=on))
    province = reader.read("province_code", lambda value: _unit(value, places[0]))
    ward = reader.read("ward_code", lambda value: _unit(value, places[1]), default=None)
    if province and ward and not _lies_in(ward, province):
        errors.add(f"{prefix}ward_code", _("This ward is not in this province."))
    values = {
        "full_name": reader.read("full_name", normalised(normalise_name)),
        "date_of_birth": reader.read("date_of_birth", born),
        "sex": reader.read("sex", choice(Sex.values)),
        "phone": reader.read("phone", normalised(normalise_phone), default=""),
        "address": reader.read("address", text(200), default=""),
        "papers": _read_papers(reader),
    }
    if sum(map(len, errors.values())) > before:
        return None
    return CitizenDetails(province_id=province.pk, ward_id=ward.pk if ward else None, **values)


def _unit(value: Any, units: Units) -> AdministrativeUnit:
    unit = units.get(value) if isinstance(value, str) else None
    if unit is None:
        raise Wrong(_("There is no place with this code."))
    return unit


def _lies_in(ward: AdministrativeUnit, province: AdministrativeUnit) -> bool:
    """Wards of 2021 hang under districts, those of 2025 under provinces."""
    above = ward.parent
    return above is not None and province.pk in (above.pk, above.parent_id)


def _read_papers(reader: Reader) -> tuple[Paper, ...]:
    papers = []
    kind = reader.read("id_type", choice(ID_TYPES))
    if kind in PAPER_KINDS:
        number = reader.read("id_number", normalised(lambda v: normalise_id_number(kind, v)))
        if number:
            papers.append(Paper(kind, number))
    insurance = reader.read(
        "health_insurance_number",
        normalised(lambda value: normalise_id_number("bhyt", value)),
        default=None,
    )
    if insurance:
        papers.append(Paper("bhyt", insurance))
    return tuple(papers)


def _digest(values: dict[str, Any], citizen: CitizenDetails | Citizen) -> bytes:
    """SHA-256 of the item as it was understood: spelling and unknown fields make no difference."""
    facts = {key: str(value) for key, value in values.items()}
    if isinstance(citizen, Citizen):
        facts["citizen_id"] = str(citizen.public_id)
    else:
        facts["citizen"] = asdict(citizen)  # type: ignore[assignment]
    body = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(body.encode()).digest()
