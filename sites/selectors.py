"""Reading sessions, visits, lots and doses: ready querysets and small facts for pages."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from registration.models import Citizen
from sites.models import (
    Dose,
    DoseStatus,
    IntervalRule,
    Lot,
    Session,
    SessionStatus,
    Site,
    Vaccine,
    Visit,
    VisitStatus,
)
from sites.rules import GivenDose, Interval, doses_by_vaccine, interval_between, next_dose
from vaxplatform.vietnam import day_in_vietnam

PERSON = ("citizen", "citizen__province")


def doses_of(citizen: Citizen) -> QuerySet[Dose]:
    """The recorded doses of a person, first first, with what a page shows of them."""
    return (
        Dose.objects.filter(citizen=citizen, status=DoseStatus.RECORDED)
        .select_related("vaccine", "lot", "site", "site__province")
        .order_by("dose_number")
    )


def history_of(citizen: Citizen) -> list[GivenDose]:
    """The same as the rules want it."""
    return [
        GivenDose(
            dose.dose_number,
            dose.dose_kind,
            dose.vaccine_id,
            day_in_vietnam(dose.administered_at),
        )
        for dose in doses_of(citizen)
    ]


@dataclass(frozen=True)
class NextDose:
    """What to propose for a person's next dose, and what the rules say of the interval.

    `days` since the last dose and `interval` are None before the first dose; `interval` also where
    no rule allows the vaccine after the last one.
    """

    number: int
    kind: str
    last: Dose | None = None
    days: int | None = None
    interval: Interval | None = None

    @property
    def is_too_soon(self) -> bool:
        return (
            self.days is not None
            and self.interval is not None
            and self.days < self.interval.min_days
        )

    @property
    def is_late(self) -> bool:
        """Later than advised; still to be given."""
        return (
            self.days is not None
            and self.interval is not None
            and self.interval.max_days is not None
            and self.days > self.interval.max_days
        )


def next_dose_of(
    *, citizen: Citizen, site: Site, on: datetime.date, vaccine: Vaccine | None = None
) -> NextDose:
    """The next dose of a person at a site; without `vaccine` that of the last dose."""
    return next_dose_after(citizen=citizen, province_id=site.province_id, on=on, vaccine=vaccine)


def next_dose_after(
    *, citizen: Citizen, province_id: int, on: datetime.date, vaccine: Vaccine | None = None
) -> NextDose:
    """The same by the rules of a province."""
    doses = list(doses_of(citizen))
    number, kind = next_dose(
        history=history_of(citizen), primary_doses=doses_by_vaccine(Vaccine.objects.all())
    )
    if not doses:
        return NextDose(number, kind)
    last = doses[-1]
    interval = interval_between(
        rules=IntervalRule.objects.in_force_on(on),
        first_vaccine_id=last.vaccine_id,
        next_vaccine_id=vaccine.pk if vaccine else last.vaccine_id,
        dose_kind=kind,
        province_id=province_id,
        on=on,
    )
    days = (on - day_in_vietnam(last.administered_at)).days
    return NextDose(number, kind, last, days, interval)


def sessions_on(*, site: Site, on: datetime.date) -> QuerySet[Session]:
    """The sessions of a site on a day, in the order of the day."""
    return (
        Session.objects.filter(site=site, held_on=on)
        .select_related("site", "vaccine", "campaign")
        .order_by("pk")
    )


def open_sessions_on(*, site: Site, on: datetime.date) -> QuerySet[Session]:
    return sessions_on(site=site, on=on).filter(status=SessionStatus.OPEN)


def visits_of(session: Session, *statuses: VisitStatus) -> QuerySet[Visit]:
    """The visits of a session in these states, by ticket, with the person at hand."""
    return (
        Visit.objects.filter(session=session, status__in=statuses)
        .select_related(*PERSON)
        .order_by("number")
    )


@dataclass(frozen=True)
class SessionCounts:
    """People of a session by where they are now."""

    arrived: int
    waiting_for_screening: int
    waiting_for_shot: int
    observed: int
    gone: int


def counts_of(session: Session) -> SessionCounts:
    """One query; a cancelled check-in never arrived."""
    live = Q(status=VisitStatus.CANCELLED)
    found = Visit.objects.filter(session=session).aggregate(
        arrived=Count("pk", filter=~live),
        waiting_for_screening=Count("pk", filter=Q(status=VisitStatus.CHECKED_IN)),
        waiting_for_shot=Count("pk", filter=Q(status=VisitStatus.CLEARED)),
        observed=Count("pk", filter=Q(status=VisitStatus.OBSERVED)),
        gone=Count("pk", filter=Q(status__in=(VisitStatus.DISCHARGED, VisitStatus.TURNED_AWAY))),
    )
    return SessionCounts(**found)


def lots_of(site: Site) -> QuerySet[Lot]:
    """A site's lots with the product, the one that expires first at the top."""
    return Lot.objects.filter(site=site).select_related("vaccine", "site").order_by("expires_on")


def usable_lots(*, session: Session, on: datetime.date) -> QuerySet[Lot]:
    """Lots from which a dose may be given in this session, nearest expiry first."""
    lots = lots_of(session.site).filter(
        expires_on__gte=on,
        recalled_at__isnull=True,
        doses_received__gt=F("doses_used") + F("doses_wasted"),
    )
    return lots.filter(vaccine=session.vaccine_id) if session.vaccine_id else lots


def unusable_lots(*, session: Session, on: datetime.date) -> QuerySet[Lot]:
    """Lots with doses left that may not be used: expired or recalled."""
    return lots_of(session.site).filter(
        Q(expires_on__lt=on) | Q(recalled_at__isnull=False),
        doses_received__gt=F("doses_used") + F("doses_wasted"),
    )
