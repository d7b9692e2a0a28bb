"""Planning sessions, and the seats in them: never one more than there are."""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from registration.models import RegistrationStatus, ShotRegistration
from sites import exceptions
from sites.models import (
    Appointment,
    AppointmentStatus,
    Campaign,
    Session,
    SessionStatus,
    Site,
    Vaccine,
)
from vaxplatform.vietnam import day_in_vietnam

BOOKABLE = (RegistrationStatus.SUBMITTED, RegistrationStatus.APPROVED)


def plan_session(
    *,
    site: Site,
    held_on: datetime.date,
    part: str,
    seats: int,
    vaccine: Vaccine | None = None,
    campaign: Campaign | None = None,
) -> Session:
    """Plan half a day, or a day, of vaccination. Raises SessionExists or SiteNotActive."""
    if not site.is_active:
        raise exceptions.SiteNotActive
    try:
        with transaction.atomic():
            return Session.objects.create(
                site=site,
                held_on=held_on,
                part=part,
                seats=seats,
                vaccine=vaccine,
                campaign=campaign,
            )
    except IntegrityError as error:
        raise exceptions.SessionExists from error


@transaction.atomic
def open_session(*, session: Session, now: datetime.datetime) -> Session:
    """Begin the session on its day; open again one that was closed too early that day.

    Raises SessionNotOpen on any other day, or SiteNotActive.
    """
    session = _locked(session)
    if not session.site.is_active:
        raise exceptions.SiteNotActive
    if session.held_on != day_in_vietnam(now):
        raise exceptions.SessionNotOpen
    session.status = SessionStatus.OPEN
    session.save(update_fields=["status"])
    return session


@transaction.atomic
def close_session(*, session: Session, now: datetime.datetime) -> Session:
    """End the session: nobody is checked in any more, booked appointments count as missed.

    Who is inside goes on through screening, injection and observation.
    """
    session = _locked(session)
    session.status = SessionStatus.CLOSED
    session.save(update_fields=["status"])
    missed = Appointment.objects.filter(session=session, status=AppointmentStatus.BOOKED)
    ShotRegistration.objects.filter(
        pk__in=missed.values("registration"), status=RegistrationStatus.SCHEDULED
    ).update(status=RegistrationStatus.APPROVED)
    missed.update(status=AppointmentStatus.MISSED)
    return session


def _locked(session: Session) -> Session:
    return (
        Session.objects.select_for_update(no_key=True, of=("self",))
        .select_related("site")
        .get(pk=session.pk)
    )


@transaction.atomic
def book_appointment(
    *, session: Session, registration: ShotRegistration, now: datetime.datetime
) -> Appointment:
    """Take a seat for a registration. The same booking again answers the same appointment.

    Raises SiteNotActive, SessionOver, SessionFull, AlreadyBooked or RegistrationNotLive. Two
    clients for the last seat: the row's counter decides, one of them gets SessionFull.
    """
    if not session.site.is_active:
        raise exceptions.SiteNotActive
    registration = ShotRegistration.objects.select_for_update(no_key=True).get(pk=registration.pk)
    booked = Appointment.objects.filter(
        registration=registration, status=AppointmentStatus.BOOKED
    ).first()
    if booked is not None:
        if booked.session_id == session.pk:
            return booked
        raise exceptions.AlreadyBooked
    if registration.status not in BOOKABLE:
        raise exceptions.RegistrationNotLive
    appointment = Appointment.objects.create(
        session=session, registration=registration, booked_at=now
    )
    registration.status = RegistrationStatus.SCHEDULED
    registration.save(update_fields=["status"])
    # Conditions on the row itself only: a join would become a subquery, which PostgreSQL does not
    # look at again after it has waited for the row.
    taken = Session.objects.filter(
        pk=session.pk,
        held_on__gte=day_in_vietnam(now),
        status__in=(SessionStatus.PLANNED, SessionStatus.OPEN),
        seats_taken__lt=F("seats"),
    ).update(seats_taken=F("seats_taken") + 1)
    if not taken:
        raise _why_no_seat(session, now)
    return appointment


def _why_no_seat(session: Session, now: datetime.datetime) -> Exception:
    session.refresh_from_db()
    over = session.held_on < day_in_vietnam(now) or session.status == SessionStatus.CLOSED
    return exceptions.SessionOver() if over else exceptions.SessionFull()


@transaction.atomic
def cancel_appointment(*, appointment: Appointment, now: datetime.datetime) -> Appointment:
    """Give the seat up; the registration waits for another. The same again changes nothing.

    Raises AppointmentNotBooked once the appointment was kept or missed.
    """
    moved = Appointment.objects.filter(pk=appointment.pk, status=AppointmentStatus.BOOKED).update(
        status=AppointmentStatus.CANCELLED
    )
    appointment.refresh_from_db()
    if not moved:
        if appointment.status == AppointmentStatus.CANCELLED:
            return appointment
        raise exceptions.AppointmentNotBooked
    ShotRegistration.objects.filter(
        pk=appointment.registration_id, status=RegistrationStatus.SCHEDULED
    ).update(status=RegistrationStatus.APPROVED)
    give_seat_back(session_id=appointment.session_id)
    return appointment


@transaction.atomic
def give_up_seat(*, registration: ShotRegistration, now: datetime.datetime) -> None:
    """The household changed its mind: the booked seat of a registration, if any, is free again."""
    booked = Appointment.objects.filter(registration=registration, status=AppointmentStatus.BOOKED)
    for appointment in booked:
        cancel_appointment(appointment=appointment, now=now)


def give_seat_back(*, session_id: int) -> None:
    """Count one live appointment less."""
    Session.objects.filter(pk=session_id, seats_taken__gt=0).update(
        seats_taken=F("seats_taken") - 1
    )
