"""The doses in a citizen's health book."""

from dataclasses import dataclass

from registration.health_book import Section, register_section
from registration.models import Citizen, DoseKind
from sites.models import Dose
from sites.selectors import doses_of


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
    return Section("sites/health_book_doses.html", {"lines": lines}) if lines else None


def register() -> None:
    """Called once, when the app is ready."""
    register_section(20, make_section)
