"""A case as its staff page shows it: what was said beside what is on record, and the log."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certificates.causes import cause_in_words
from registration.models import IdentityCheck
from response_center.corrected import Part, parts
from response_center.models import Case, CaseEvent, CaseKind
from response_center.selectors.corrections import (
    differences,
    ended_corrections,
    live_correction,
)
from response_center.views.show import answers_of, entry_in_words
from sites.models import Dose
from sites.selectors import doses_of
from vaxplatform import formatting
from vaxplatform.components import Check
from vaxplatform.vietnam import day_in_vietnam, search_key

Text = str | Promise


@dataclass(frozen=True)
class Fact:
    """One fact as told and as on record; `state`: same, differs, or open where one is missing."""

    label: Text
    said: str
    recorded: str
    state: str

    @property
    def is_known(self) -> bool:
        """Whether anybody says anything about it."""
        return {self.said, self.recorded} != {formatting.NO_DATA}

    @property
    def said_parts(self) -> list[Part]:
        return self._parts()[1]

    @property
    def recorded_parts(self) -> list[Part]:
        return self._parts()[0]

    def _parts(self) -> tuple[list[Part], list[Part]]:
        """Both texts in pieces, marked where they differ; whole where one is missing."""
        if self.state == "differs":
            return parts(self.recorded, self.said)
        return [Part(self.recorded, False)], [Part(self.said, False)]


def _fact(label: Text, said: str, recorded: str, *, same: bool | None = None) -> Fact:
    if not said or not recorded:
        state = "open"
    else:
        is_same = search_key(said) == search_key(recorded) if same is None else same
        state = "same" if is_same else "differs"
    return Fact(label, said or formatting.NO_DATA, recorded or formatting.NO_DATA, state)


def dose_meant(case: Case, doses: Sequence[Dose]) -> Dose | None:
    """The recorded dose that the case is about: its own, else by number, else by day."""
    if case.dose is not None:
        return case.dose
    for dose in doses:
        if case.said_dose_number == dose.dose_number:
            return dose
    for dose in doses:
        if case.said_administered_on == day_in_vietnam(dose.administered_at):
            return dose
    return None


def _day(value: datetime.date | None) -> str:
    return formatting.day(value) if value else ""


def facts_of(case: Case, dose: Dose | None) -> list[Fact]:
    """Said and recorded, side by side."""
    citizen = case.citizen
    # A household names its person by choosing them; of a stuck certificate nobody said anything.
    told = case.kind != CaseKind.STUCK_CERTIFICATE
    said_name = case.said_full_name or (citizen.full_name if citizen and told else "")
    said_birth = case.said_date_of_birth or (citizen.date_of_birth if citizen and told else "")
    given_on = day_in_vietnam(dose.administered_at) if dose else None
    facts = [
        _fact(_("Full name"), said_name, citizen.full_name if citizen else ""),
        _fact(
            _("Date of birth"),
            formatting.partial_date(said_birth) if said_birth else "",
            formatting.partial_date(citizen.date_of_birth) if citizen else "",
        ),
        _fact(
            _("Dose"),
            str(case.said_dose_number or ""),
            str(dose.dose_number) if dose else "",
        ),
        _fact(_("Day of the shot"), _day(case.said_administered_on), _day(given_on)),
        _fact(
            _("Vaccine"),
            str(case.said_vaccine or ""),
            str(dose.vaccine) if dose else "",
            same=bool(dose and case.said_vaccine_id == dose.vaccine_id),
        ),
        _fact(_("Lot number"), case.said_lot_number, dose.lot.number if dose else ""),
        _fact(
            _("Vaccination site"),
            case.site.name if case.site and told else "",
            dose.site.name if dose else "",
            same=bool(dose and case.site_id == dose.site_id),
        ),
    ]
    return [fact for fact in facts if fact.is_known]


def diagnosis_of(case: Case, doses: Sequence[Dose], now: datetime.datetime) -> list[Check]:
    """What the machine finds, before anybody asks a site."""
    checks: list[Check] = []
    if case.citizen is None:
        checks.append(Check(_("This report names nobody on record"), "", "warn"))
    else:
        checks += answers_of(case.citizen, now)
        identity = {IdentityCheck.MATCHED: "ok", IdentityCheck.MISMATCHED: "bad"}
        checks.append(
            Check(
                _("Check against the population database"),
                case.citizen.get_identity_check_display(),
                identity.get(IdentityCheck(case.citizen.identity_check), "wait"),  # type: ignore[arg-type]
            )
        )
    if case.site is not None:
        on_platform = case.site.on_platform
        checks.append(
            Check(
                _("How the site works"),
                _("on the platform") if on_platform else _("on paper, enters doses later"),
                "ok" if on_platform else "warn",
            )
        )
    awaited = entry_in_words(case, now)
    if awaited:
        checks.append(Check(_("Doses still on paper"), awaited, "wait"))
    job = getattr(case.dose, "issuance", None) if case.dose else None
    if job is not None and job.last_error:
        checks.append(Check(_("Why the certificate failed"), cause_in_words(job.last_error), "bad"))
    return checks


def log_of(case: Case) -> list[CaseEvent]:
    """All steps, the latest first."""
    return list(case.events.select_related("by").order_by("-at", "-pk"))


def mending_of(case: Case) -> dict[str, Any]:
    """Evidence, and what is asked for, proposed or done to the record."""
    asked = live_correction(case)
    return {
        "evidence": list(case.evidence.filter(forgotten_at=None)),
        "asked": asked,
        "asked_lines": differences(asked, masked=True) if asked else [],
        "corrected": [
            {"correction": each, "lines": differences(each, masked=True)}
            for each in ended_corrections(case)
        ],
    }


def case_facts(case: Case, now: datetime.datetime) -> dict[str, Any]:
    """The part of the page's context that says how things are."""
    doses = list(doses_of(case.citizen)) if case.citizen else []
    dose = dose_meant(case, doses)
    return {
        "facts": facts_of(case, dose),
        "dose": dose,
        "checks": diagnosis_of(case, doses, now),
        "log": log_of(case),
        **mending_of(case),
    }
