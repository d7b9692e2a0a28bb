"""The card of a person at the check-in desk: who it is, what is due, what speaks against it."""

import datetime
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from registration.models import (
    LIVE_REGISTRATION,
    Citizen,
    IdentityCheck,
    ShotRegistration,
)
from sites.models import AppointmentStatus, Dose, Session, Visit, VisitStatus
from sites.selectors import NextDose, next_dose_of
from sites.services.visits import needs_blood_pressure
from sites.views.desk import PersonLine, person_line
from vaxplatform import formatting
from vaxplatform.components import Check
from vaxplatform.vietnam import day_in_vietnam


@dataclass(frozen=True)
class PersonCard:
    """What the template draws; `visit` where the person is checked in already."""

    token: str
    person: PersonLine
    appointment: str
    group: str
    next_dose: NextDose
    vaccine: str
    site_id: int
    checks: list[Check] = field(default_factory=list)
    visit: Visit | None = None

    @property
    def event_dose(self) -> Dose | None:
        """The last dose, where an event after it is this site's to report."""
        last = self.next_dose.last
        return last if last and last.site_id == self.site_id else None

    @property
    def warns(self) -> bool:
        return any(check.result != "ok" for check in self.checks)


def person_card(
    *, citizen: Citizen, session: Session, token: str, now: datetime.datetime
) -> PersonCard:
    today = day_in_vietnam(now)
    registration = (
        ShotRegistration.objects.filter(citizen=citizen, status__in=LIVE_REGISTRATION)
        .select_related("group")
        .first()
    )
    upcoming = next_dose_of(citizen=citizen, site=session.site, on=today, vaccine=session.vaccine)
    vaccine = session.vaccine or (upcoming.last.vaccine if upcoming.last else None)
    visit = (
        Visit.objects.filter(session=session, citizen=citizen)
        .exclude(status=VisitStatus.CANCELLED)
        .first()
    )
    return PersonCard(
        token=token,
        person=person_line(citizen, on=today),
        appointment=_appointment_words(registration, session),
        group=str(registration.group) if registration else "",
        next_dose=upcoming,
        vaccine=str(vaccine) if vaccine else "",
        site_id=session.site_id,
        checks=list(_checks(citizen, upcoming, today)),
        visit=visit,
    )


def _appointment_words(registration: ShotRegistration | None, session: Session) -> str:
    """What the tag says; "" for somebody who just came."""
    if registration is None:
        return ""
    booked = registration.appointments.filter(status=AppointmentStatus.BOOKED).first()
    if booked is None:
        return _("Registered")
    if booked.session_id == session.pk:
        return _("Has an appointment today")
    return _("Appointment in another session")


def _checks(citizen: Citizen, upcoming: NextDose, today: datetime.date) -> "list[Check]":
    checks = [interval_check(upcoming)]
    identity = IdentityCheck(citizen.identity_check)
    if identity == IdentityCheck.MATCHED:
        checks.append(Check(_("Identity compared with the population database"), _("matches")))
    elif identity in (IdentityCheck.MISMATCHED, IdentityCheck.MALFORMED_ID):
        checks.append(Check(_("Identity"), _("does not match: look at the paper again"), "warn"))
    if needs_blood_pressure(citizen=citizen, answers={}, on=today):
        checks.append(
            Check(_("Over 65, or with a medical history"), _("measure blood pressure"), "warn")
        )
    return checks


def interval_check(upcoming: NextDose) -> Check:
    """The days since the last dose beside what the rule asks for, with the rule's source."""
    if upcoming.last is None:
        return Check(_("No dose on record"), _("this is the first"))
    since = _("Dose %(number)s was %(days)s days ago (%(date)s)") % {
        "number": upcoming.last.dose_number,
        "days": upcoming.days,
        "date": formatting.day(upcoming.last.administered_at),
    }
    if upcoming.interval is None:
        return Check(since, _("no rule allows this vaccine after the last one"), "bad")
    asked = _interval_words(upcoming)
    if upcoming.is_too_soon:
        return Check(since, _("too soon; %(rule)s") % {"rule": asked}, "bad")
    return Check(since, asked, "warn" if upcoming.is_late else "ok")


def _interval_words(upcoming: NextDose) -> str:
    interval = upcoming.interval
    if interval is None:
        return ""
    values = {
        "min": interval.min_days,
        "max": interval.max_days,
        "citation": interval.citation,
    }
    if interval.max_days is None:
        return _("at least %(min)s days are required (%(citation)s)") % values
    return _("%(min)s–%(max)s days are required (%(citation)s)") % values
