"""The fields of an import in words: for menus, for what is missing, and beside a reason."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from openpyxl.utils import get_column_letter

from sites.imports.headings import Column
from sites.services.import_answers import sentence_of

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
# Refusals of the dose's own service name its fields; in a sheet they are these.
_SAME_FIELD: Final = {"administered_at": "given_on"}


def missing_sentence(missing: Sequence[str]) -> str:
    """Which fields have no column yet, in words."""
    names = "; ".join(str(FIELD_NAMES[name]) for name in missing)
    return _now("No column is chosen yet for: %(names)s.") % {"names": names}


def column_name(column: Column) -> str:
    """What a column means, for people: "Lot number", or "Lot number (dose 2)"."""
    name, part = column
    if not part:
        return str(FIELD_NAMES[name])
    words = _now("%(field)s (dose %(number)d)")
    return words % {"field": FIELD_NAMES[name], "number": part}


def letter_of(position: int) -> str:
    """The column as spreadsheet programs call it: A, B … AA."""
    letter: str = get_column_letter(position + 1)
    return letter


def field_name(name: str) -> str:
    """The field of a reason in words; "" where it has none of a sheet's."""
    return str(FIELD_NAMES.get(_SAME_FIELD.get(name, name), ""))


def reason_sentence(reason: Mapping[str, Any]) -> str:
    """A stored reason with the field it is about: "Date of birth: this cell is empty." """
    name, sentence = field_name(reason["field"]), sentence_of(reason)
    return f"{name}: {sentence}" if name else sentence
