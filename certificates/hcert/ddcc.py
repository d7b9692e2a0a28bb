"""The World Health Organization's core data set for vaccination (DDCC:VS), in the same container.

A certificate of this kind has its content under the number 3 of the claim -260, where the EU's
stands under 1 (WHO SMART Trust, HCERT specification, "DDCC Vaccination claim", proposed). Fields
are those of the logical model "DDCC Core Data Set for Vaccination Status" 1.0.0, written as
FHIR writes codings and identifiers in JSON; one object, as WHO's own validator reads it.

Both say the same of a dose, so one is made from the other: writing adds lot, place and validity;
reading gives the content that the EU's schema knows, and all checks that follow are the same.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from certificates.hcert import names

SUBCLAIM: Final = 3
VERSION: Final = "1.0.0"
SNOMED_CT: Final = "http://snomed.info/sct"
BRANDS: Final = "https://ec.europa.eu/health/documents/community-register/html/"
HOLDERS: Final = "https://id.uvci.eu/valuesets/vaccine-mah-manf.json"
COUNTRIES: Final = "urn:iso:std:iso:3166"
ALPHA_3: Final = {"VN": "VNM"}
"""The model prefers three letters; of other countries they are kept as they come."""

_ALPHA_2: Final = {three: two for two, three in ALPHA_3.items()}
_CONTENT_VERSION: Final = "1.3.0"


def core_data_set(
    content: Mapping[str, Any], *, lot: str, centre: str, issued_at: datetime, expires_at: datetime
) -> dict[str, Any]:
    """The core data set of the vaccination in a health content; the identifier stays the same."""
    (entry,) = content["v"]
    name = content["nam"]
    return {
        "name": " ".join(name[part] for part in ("fn", "gn") if name.get(part)),
        "birthDate": content["dob"],
        "certificate": {
            "issuer": {"identifier": {"value": entry["is"]}},
            "hcid": {"value": entry["ci"]},
            "version": VERSION,
            "period": {"start": _moment(issued_at), "end": _moment(expires_at)},
        },
        "vaccination": _vaccination(entry, lot, centre),
    }


def _vaccination(entry: Mapping[str, Any], lot: str, centre: str) -> dict[str, Any]:
    return {
        "vaccine": {"system": SNOMED_CT, "code": entry["vp"]},
        "brand": {"system": BRANDS, "code": entry["mp"]},
        "maholder": {"system": HOLDERS, "code": entry["ma"]},
        "lot": lot,
        "date": entry["dt"],
        "dose": entry["dn"],
        "totalDoses": entry["sd"],
        "country": {"system": COUNTRIES, "code": ALPHA_3.get(entry["co"], entry["co"])},
        "centre": centre,
        "disease": {"system": SNOMED_CT, "code": entry["tg"]},
    }


def health_content(value: Any) -> dict[str, Any] | None:
    """The health content that a core data set stands for, or None where it has not its shape.

    What the fields hold is not checked here: the schema does. A name in one piece is taken as
    the family name; doses in all that are not said are those so far.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    try:
        name = _text(value["name"])
        return {
            "ver": _CONTENT_VERSION,
            "dob": value["birthDate"],
            "nam": {"fn": name, "fnt": names.transliterate(name)},
            "v": [_entry(value["vaccination"], value["certificate"])],
        }
    except (AttributeError, KeyError, TypeError):
        return None


def _entry(given: Any, certificate: Any) -> dict[str, Any]:
    """The entry of a vaccination. Raises what looking into another shape raises."""
    holder = given["maholder"] if "maholder" in given else given["manufacturer"]
    return {
        "tg": given["disease"]["code"],
        "vp": given["vaccine"]["code"],
        "mp": given["brand"]["code"],
        "ma": holder["code"],
        "dn": given["dose"],
        "sd": given.get("totalDoses", given["dose"]),
        "dt": _text(given["date"])[:10],
        "co": _alpha_2(given["country"]["code"]),
        "is": certificate["issuer"]["identifier"]["value"],
        "ci": certificate["hcid"]["value"],
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _alpha_2(country: Any) -> Any:
    return _ALPHA_2.get(country, country) if isinstance(country, str) else country


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
