"""Places, priority groups and the medical history questions, from registration/data."""

import datetime
from pathlib import Path

from registration.models import (
    AdministrativeUnit,
    MedicalHistoryQuestion,
    PriorityGroup,
    UnitKind,
    UnitSuccession,
)
from vaxplatform.reference import rows_of
from vaxplatform.vietnam import search_key

DATA = Path(__file__).resolve().parent.parent / "data"
Key = tuple[int, str, str]  # scheme, kind, code


def _date(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _number(text: str) -> int | None:
    return int(text) if text else None


def _ids() -> dict[Key, int]:
    rows = AdministrativeUnit.objects.values_list("scheme", "kind", "code", "pk")
    return {(scheme, kind, code): pk for scheme, kind, code, pk in rows}


def load_places() -> int:
    """The units of 2021 and 2025 and which became which."""
    rows = list(rows_of(DATA / "units.csv"))
    for kind in UnitKind.values:  # parents first
        ids = _ids()
        AdministrativeUnit.objects.bulk_create(
            [
                AdministrativeUnit(
                    scheme=int(row["scheme"]),
                    kind=kind,
                    code=row["code"],
                    name=row["name"],
                    full_name=row["full_name"],
                    search_name=search_key(row["full_name"]),
                    parent_id=ids.get((int(row["scheme"]), row["parent_kind"], row["parent_code"])),
                    valid_from=_date(row["valid_from"]),
                    valid_to=_date(row["valid_to"]),
                    population=_number(row["population"]),
                    population_18_plus=_number(row["population_18_plus"]),
                )
                for row in rows
                if row["kind"] == kind and (int(row["scheme"]), kind, row["code"]) not in ids
            ],
            batch_size=2000,
        )
    _load_successions()
    return len(rows)


def _load_successions() -> None:
    ids = _ids()
    known = set(UnitSuccession.objects.values_list("predecessor_id", "successor_id"))
    pairs = {
        (
            ids[(2021, row["predecessor_kind"], row["predecessor_code"])],
            ids[(2025, row["successor_kind"], row["successor_code"])],
        )
        for row in rows_of(DATA / "unit_successions.csv")
    }
    UnitSuccession.objects.bulk_create(
        [
            UnitSuccession(predecessor_id=predecessor, successor_id=successor)
            for predecessor, successor in sorted(pairs - known)
        ],
        batch_size=5000,
    )


def load_priority_groups() -> int:
    """The 16 groups of Decision 3355/QĐ-BYT."""
    groups = [PriorityGroup(**row) for row in rows_of(DATA / "priority_groups.csv")]
    PriorityGroup.objects.bulk_create(groups, ignore_conflicts=True)
    return len(groups)


def load_medical_history() -> int:
    """The questions of the registration form."""
    questions = [MedicalHistoryQuestion(**row) for row in rows_of(DATA / "medical_history.csv")]
    MedicalHistoryQuestion.objects.bulk_create(questions, ignore_conflicts=True)
    return len(questions)
