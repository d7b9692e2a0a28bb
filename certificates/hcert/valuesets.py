"""Codes of the certificate: vaccine products, their holders and types; dose numbers.

The data is in ``data/valuesets.json``, which names its source.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

COVID_19: Final = "840539006"
"""SNOMED CT code of the disease, the only one these certificates are about."""


@dataclass(frozen=True, slots=True)
class Product:
    """A vaccine product (`mp`) with its holder (`ma`) and the admitted types (`vp`).

    The first of `prophylaxis` is the most specific type and the one we issue.
    """

    code: str
    name: str
    holder: str
    prophylaxis: tuple[str, ...]
    active: bool


@cache
def _data() -> dict[str, Any]:
    """Return the data file; read once per process."""
    path = Path(__file__).with_name("data") / "valuesets.json"
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


@cache
def products() -> dict[str, Product]:
    """Return every product by its code, the deprecated ones included."""
    return {
        code: Product(
            code=code,
            name=row["name"],
            holder=row["holder"],
            prophylaxis=tuple(row["prophylaxis"]),
            active=row["active"],
        )
        for code, row in _data()["products"].items()
    }


def triple_is_known(mp: str, ma: str, vp: str) -> bool:
    """Tell whether product, holder and type belong together and may still be issued."""
    product = products().get(mp)
    if product is None or not product.active:
        return False
    return product.holder == ma and vp in product.prophylaxis


def label(kind: str, code: str) -> str:
    """Return the name of `code`, or the code itself when the value set does not know it.

    `kind` is one of products, holders, prophylaxis, diseases, test_types, test_results.
    """
    row = _data()[kind].get(code)
    if row is None:
        return code
    return str(row["name"] if kind == "products" else row)


def dose_numbers(kind: str, number: int, primary_doses: int) -> tuple[int, int]:
    """Return (`dn`, `sd`): the dose's number and the doses of the series, as certified.

    `kind` is ``primary``, ``additional`` or ``booster``; `number` counts all doses of the
    person; `primary_doses` is the length of the primary series. A dose beyond the series is
    written so that a verifier can tell it from the end of another series: 3/3 after two doses,
    but 2/1 after one dose (Implementing Decision (EU) 2021/2301). An additional dose is written
    like a booster. Raises ValueError for a number that cannot be.
    """
    if number < 1 or primary_doses < 1:
        raise ValueError("doses are counted from one")
    if kind == "primary":
        if number > primary_doses:
            raise ValueError("a primary dose beyond the primary series")
        return number, primary_doses
    if kind not in ("additional", "booster"):
        raise ValueError(f"an unknown kind of dose: {kind}")
    if number <= primary_doses:
        raise ValueError("a dose after the series must have a number above the series")
    return number, 1 if primary_doses == 1 else number
