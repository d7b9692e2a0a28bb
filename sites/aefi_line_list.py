"""The line list of adverse events: a row each, WHO's core variables as columns."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from sites import aefi_rules
from sites.models import AefiReport
from vaxplatform.vietnam import TIME_ZONE, age_on, day_in_vietnam
from vaxplatform.xlsx import Cell

MOST_ROWS = 20_000  # of one file
HOUR = datetime.timedelta(hours=1)


def _moment(value: datetime.datetime | None) -> str | None:
    """2021-11-06 09:05, in Viet Nam."""
    return f"{timezone.localtime(value, TIME_ZONE):%Y-%m-%d %H:%M}" if value else None


def _day(value: datetime.date | None) -> str | None:
    return value.isoformat() if value else None


def signs_in_words(report: AefiReport) -> str:
    """The ticked signs in the language of the moment."""
    language, known = get_language() or "vi", aefi_rules.symptoms()
    return "; ".join(known[code].label(language) for code in report.symptoms if code in known)


def _age(report: AefiReport) -> int:
    dose = report.dose
    return age_on(dose.citizen.date_of_birth, day_in_vietnam(dose.administered_at))


# code of the column → its heading, and what stands in it
COLUMNS: dict[str, tuple["str | Promise", Callable[[Any], Cell]]] = {
    "report_number": (_("Report number"), lambda r: r.number),
    "reported_at": (_("Reported at"), lambda r: _moment(r.reported_at)),
    "reporter": (_("Reported by"), lambda r: r.reported_by.get_full_name()),
    "site_code": (_("Code of the site"), lambda r: r.dose.site.code),
    "site": (_("Vaccination site"), lambda r: r.dose.site.name),
    "site_province": (_("Province of the site"), lambda r: r.dose.site.province.name),
    "full_name": (_("Full name"), lambda r: r.dose.citizen.full_name),
    "date_of_birth": (_("Date of birth"), lambda r: r.dose.citizen.date_of_birth),
    "age": (_("Age at the dose, in years"), _age),
    "sex": (_("Sex"), lambda r: str(r.dose.citizen.get_sex_display())),
    "residence_province": (_("Province of residence"), lambda r: r.dose.residence_province.name),
    "medical_history": (_("Illnesses and allergies before"), lambda r: r.medical_history),
    "vaccine": (_("Vaccine"), lambda r: r.dose.vaccine.name),
    "lot": (_("Lot number"), lambda r: r.dose.lot.number),
    "lot_expires_on": (_("Lot expires on"), lambda r: _day(r.dose.lot.expires_on)),
    "dose_number": (_("Dose number"), lambda r: r.dose.dose_number),
    "dose_at": (_("Time of the injection"), lambda r: _moment(r.dose.administered_at)),
    "onset_at": (_("Event began at"), lambda r: _moment(r.onset_at)),
    "hours_after_dose": (
        _("Hours from the dose to the event"),
        lambda r: round((r.onset_at - r.dose.administered_at) / HOUR, 1),
    ),
    "noticed_at": (_("Event noticed at"), lambda r: _moment(r.noticed_at)),
    "signs": (_("Signs"), signs_in_words),
    "description": (_("What happened, in words"), lambda r: r.description),
    "anaphylaxis_grade": (_("Grade of anaphylaxis"), lambda r: r.grade),
    "seriousness": (_("Seriousness"), lambda r: str(r.get_seriousness_display())),
    "treatment": (_("Treatment given"), lambda r: r.treatment),
    "taken_to": (_("Taken to (hospital)"), lambda r: r.referred_to),
    "outcome": (_("Outcome"), lambda r: str(r.get_outcome_display())),
    "outcome_on": (_("Day of the outcome"), lambda r: _day(r.outcome_on)),
    "due_at": (_("To be sent on by"), lambda r: _moment(r.due_at)),
    "sent_on_at": (_("Sent on at"), lambda r: _moment(r.sent_on_at)),
}


def headings() -> list[str]:
    """In the language of the moment, for people."""
    return [str(heading) for heading, _value in COLUMNS.values()]


def rows_of(reports: Iterable[AefiReport]) -> Iterator[list[Cell]]:
    for report in reports:
        yield [value(report) for _heading, value in COLUMNS.values()]
