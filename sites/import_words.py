"""An import in words: its fields, its reasons, and its cells as people wrote them."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl.utils import get_column_letter

from sites.imports.headings import Column
from sites.imports.rows import Row
from vaxplatform import formatting
from vaxplatform.errors import DomainError, InvalidInput

# Each field of a row by the name that people use.
FIELD_NAMES: Final[Mapping[str, "str | Promise"]] = {
    "full_name": _("Full name"),
    "date_of_birth": _("Date of birth"),
    "sex": _("Sex"),
    "phone": _("Phone number"),
    "id_type": _("Kind of paper"),
    "id_number": _("Number of the paper"),
    "health_insurance_number": _("Health insurance number"),
    "province_name": _("Name of the province"),
    "province_code": _("Code of the province"),
    "district_name": _("Name of the district"),
    "district_code": _("Code of the district"),
    "ward_name": _("Name of the commune or ward"),
    "ward_code": _("Code of the commune or ward"),
    "address": _("Address"),
    "group_code": _("Code of the priority group"),
    "workplace": _("Workplace"),
    "notes": _("Notes"),
    "dose_number": _("Number of the dose"),
    "vaccine": _("Name of the vaccine"),
    "lot_number": _("Lot number"),
    "given_on": _("Day of the injection"),
    "given_at": _("Time of the injection"),
    "vaccinator": _("Who injected"),
    "place": _("Place of the injection"),
}
SAMPLES: Final = 2  # of each column
MOST_SAMPLE: Final = 40  # characters
# Refusals of the dose's own service name its fields; in a sheet they are these.
_SAME_FIELD: Final = {"administered_at": "given_on"}


def missing_sentence(missing: Sequence[str]) -> str:
    """Which fields have no column yet, in words."""
    names = "; ".join(str(FIELD_NAMES[name]) for name in missing)
    return gettext("No column is chosen yet for: %(names)s.") % {"names": names}


def column_name(column: Column) -> str:
    """What a column means, for people: "Lot number", or "Lot number (dose 2)"."""
    name, part = column
    if not part:
        return str(FIELD_NAMES[name])
    words = gettext("%(field)s (dose %(number)d)")
    return words % {"field": FIELD_NAMES[name], "number": part}


def letter_of(position: int) -> str:
    """The column as spreadsheet programs call it: A, B … AA."""
    letter: str = get_column_letter(position + 1)
    return letter


def field_name(name: str) -> str:
    """The field of a reason in words; "" where it has none of a sheet's."""
    return str(FIELD_NAMES.get(_SAME_FIELD.get(name, name), ""))


def _kinds(base: type[DomainError]) -> Iterator[type[DomainError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)


def refusal_of(reason: Mapping[str, Any]) -> DomainError | None:
    """The refusal that a stored reason names, so that it speaks the reader's language."""
    kind = _kind_of(reason["code"])
    return kind(field=reason["field"] or None, **reason["params"]) if kind else None


@lru_cache(maxsize=1_000)
def _kind_of(code: str) -> type[DomainError] | None:
    return next((kind for kind in _kinds(DomainError) if kind.code == code), None)


def reason_sentence(reason: Mapping[str, Any]) -> str:
    """A stored reason; one about a cell names its field: "Date of birth: This cell is empty." """
    refusal = refusal_of(reason)
    if refusal is None:
        return str(reason["code"])
    name = field_name(reason["field"]) if isinstance(refusal, InvalidInput) else ""
    return f"{name}: {refusal.detail}" if name else refusal.detail


def written(cell: Any) -> str:
    """A cell as it stood in the sheet; days as people here write them."""
    if isinstance(cell, dict):
        day = cell.get("d")
        parts = [formatting.day(datetime.date.fromisoformat(day))] if day else []
        clock = cell.get("t", "")[:5]
        return " ".join([*parts, clock] if clock and clock != "00:00" else parts or [clock])
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def samples_of(rows: Sequence[Row]) -> dict[int, list[str]]:
    """Some different cells of each column, by its position."""
    found: dict[int, list[str]] = {}
    for _line, cells in rows:
        for position, cell in enumerate(cells):
            text = " ".join(written(cell).split()) if cell is not None else ""
            known = found.setdefault(position, [])
            if text and text not in known and len(known) < SAMPLES:
                known.append(text if len(text) <= MOST_SAMPLE else f"{text[:MOST_SAMPLE]}…")
    return {position: texts for position, texts in found.items() if texts}
