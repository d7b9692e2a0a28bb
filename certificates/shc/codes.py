"""Vaccine products in the code systems that a card may use; the data names its sources."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

SYSTEMS: Final = {
    "cvx": "http://hl7.org/fhir/sid/cvx",
    "sct": "http://snomed.info/sct",
    "icd11": "http://id.who.int/icd/release/11/mms",
}
"""Short name in our data → URI in a card."""


@dataclass(frozen=True, slots=True)
class Vaccine:
    """A product's one code. `system` is the URI, `name` is for people."""

    system: str
    code: str
    name: str


@cache
def vaccines() -> dict[str, Vaccine]:
    """EU product code (`mp`) → its code on a card."""
    path = Path(__file__).with_name("data") / "vaccines.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["mp"]: Vaccine(SYSTEMS[row["system"]], row["code"], row["name"])
            for row in csv.DictReader(file)
        }


def product_name(system: str, code: str) -> str:
    """The name of a code for people, or the code itself where our table does not know it."""
    known = (v.name for v in vaccines().values() if (v.system, v.code) == (system, code))
    return next(known, code)
