"""The doses in a citizen's health book, the next dose, and the diary after the last one."""

import datetime
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from registration.dose_facts import register_dose_facts
from registration.health_book import Section, register_section
from registration.models import Citizen, DoseKind
from sites.diary_selectors import diary_of
from sites.models import Dose
from sites.rules import due_days
from sites.selectors import doses_of, next_dose_after
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


@dataclass(frozen=True)
class DueLine:
    """The next dose in words; both days None where no rule says when."""

    title: str
    vaccine: str
    citation: str
    from_day: datetime.date | None
    until_day: datetime.date | None
    is_open: bool
    is_late: bool
    is_same_vaccine: bool


def next_section(citizen: Citizen) -> Section | None:
    """From when the next dose may be given, by the rule of the last vaccine and of the province;
    nothing before the first dose."""
    today = day_in_vietnam(timezone.now())
    due = next_dose_after(citizen=citizen, province_id=citizen.province_id, on=today)
    if due.last is None:
        return None
    first, last = due_days(due.interval, given_on=day_in_vietnam(due.last.administered_at))
    kind = DoseKind(due.kind)
    title = (
        _("Dose %(number)d") if kind == DoseKind.PRIMARY else _("Booster dose (dose %(number)d)")
    ) % {"number": due.number}
    line = DueLine(
        title=title,
        vaccine=due.last.vaccine.name,
        citation=due.interval.citation if due.interval else "",
        from_day=first,
        until_day=last,
        is_open=first is not None and first <= today,
        is_late=due.is_late,
        is_same_vaccine=kind == DoseKind.PRIMARY,
    )
    return Section("sites/health_book_next.html", {"due": line}, shows_only=True)


def diary_section(citizen: Citizen) -> Section | None:
    """How the person is, for 28 days after a dose."""
    diary = diary_of(citizen, now=timezone.now())
    return Section("sites/health_book_diary.html", {"diary": diary}) if diary else None


def register() -> None:
    """Called once, when the app is ready."""
    register_section(15, next_section)
    register_section(20, make_section)
    register_section(25, diary_section, aside=True)
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
