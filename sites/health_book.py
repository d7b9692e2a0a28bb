"""The doses in a citizen's health book."""

import datetime
from dataclasses import dataclass

from registration.dose_facts import register_dose_facts
from registration.health_book import Section, register_section
from registration.models import Citizen, DoseKind
from sites.models import Dose
from sites.selectors import doses_of
from vaxplatform.vietnam import day_in_vietnam


@dataclass(frozen=True)
class BookLine:
    """A dose with "2 of 2"; `of` is None for doses after the primary series."""

    dose: Dose
    of: int | None


def make_section(citizen: Citizen) -> Section | None:
    """The recorded doses, first first; nothing where there is none."""
    lines = [
        BookLine(dose, dose.vaccine.primary_doses if dose.dose_kind == DoseKind.PRIMARY else None)
        for dose in doses_of(citizen)
    ]
    if not lines:
        return None
    return Section("sites/health_book_doses.html", {"lines": lines}, shows_only=True)


def register() -> None:
    """Called once, when the app is ready."""
    register_section(20, make_section)
    register_dose_facts(count=_count, is_given=_is_given)


def _count(citizen: Citizen) -> int:
    return doses_of(citizen).count()


def _is_given(citizen: Citizen, day: datetime.date, lot_number: str) -> bool:
    """Lot numbers as people copy them from the slip: case and spaces aside."""
    wanted = _plain(lot_number)
    return any(
        day_in_vietnam(dose.administered_at) == day and _plain(dose.lot.number) == wanted
        for dose in doses_of(citizen)
    )


def _plain(lot_number: str) -> str:
    return "".join(c for c in lot_number.upper() if c.isalnum())
