"""Another day, another place, or no shot after all: what a household changes of a registration.

registration knows no appointments: `sites` hands in, with `register_release`, how a seat is given
up. A registration with a seat gives it up first, and waits for another one.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registration.models import Account, AdministrativeUnit, RegistrationStatus, ShotRegistration
from registration.services.households import require_member
from registration.services.registrations import check_day
from registration.services.sms import queue_sms
from vaxplatform import formatting
from vaxplatform.errors import DomainError

CAN_BE_CHANGED = (RegistrationStatus.SUBMITTED, RegistrationStatus.APPROVED)
GIVES_UP_A_SEAT = (*CAN_BE_CHANGED, RegistrationStatus.SCHEDULED)

Release = Callable[..., None]
_RELEASES: list[Release] = []


class CannotBeCancelled(DomainError):
    code = "cannot_be_cancelled"
    message = _("This registration can no longer be cancelled here. Tell the vaccination site.")


class CannotBeChanged(DomainError):
    code = "cannot_be_changed"
    message = _("This registration can no longer be changed here. Tell the vaccination site.")


@dataclass(frozen=True)
class ChangedWish:
    """What a household may change. `place`: where, None for where the person lives."""

    wanted_on: datetime.date
    wanted_half: str
    place: AdministrativeUnit | None


def register_release(release: Release) -> None:
    """`release(registration=…, now=…)` gives up the seat that a registration has, if any."""
    _RELEASES.append(release)


def can_be_changed(registration: ShotRegistration) -> bool:
    """Whether the household may still change or cancel it."""
    return registration.status in GIVES_UP_A_SEAT


@transaction.atomic
def cancel_registration(
    *, account: Account, registration: ShotRegistration, now: datetime.datetime
) -> None:
    """Take a registration back; a seat is given up. Cancelling twice is one cancelling.

    Raises NotInHousehold or CannotBeCancelled.
    """
    require_member(account=account, citizen=registration.citizen)
    cancelled = _update(registration, now=now, status=RegistrationStatus.CANCELLED)
    registration.refresh_from_db()
    if not cancelled and registration.status != RegistrationStatus.CANCELLED:
        raise CannotBeCancelled


@transaction.atomic
def change_registration(
    *, account: Account, registration: ShotRegistration, wish: ChangedWish, now: datetime.datetime
) -> None:
    """Another day, half of the day or place. A seat is given up, for it was for the old wish; the
    phone is told. The same wish again changes nothing and keeps the seat.

    Raises NotInHousehold, DayCannotBeWished or CannotBeChanged.
    """
    require_member(account=account, citizen=registration.citizen)
    if not _differs(registration, wish):
        return
    if wish.wanted_on != registration.wanted_on:
        check_day(wish.wanted_on, now=now)
    changed = _update(
        registration,
        now=now,
        wanted_on=wish.wanted_on,
        wanted_half=wish.wanted_half,
        wanted_place=wish.place,
    )
    if not changed:
        raise CannotBeChanged
    registration.refresh_from_db()
    _tell(account=account, registration=registration, now=now)


def _differs(registration: ShotRegistration, wish: ChangedWish) -> bool:
    known = (registration.wanted_on, registration.wanted_half, registration.wanted_place_id)
    return known != (wish.wanted_on, wish.wanted_half, wish.place.pk if wish.place else None)


def _update(registration: ShotRegistration, *, now: datetime.datetime, **values: Any) -> int:
    """Seat first, as the sites do it; then the row, if it may still be changed."""
    for release in _RELEASES:
        release(registration=registration, now=now)
    rows = ShotRegistration.objects.filter(pk=registration.pk, status__in=CAN_BE_CHANGED)
    return rows.update(**values)


def _tell(*, account: Account, registration: ShotRegistration, now: datetime.datetime) -> None:
    if account.phone is None:
        return
    with translation.override(account.language):
        text = gettext(
            "Registration %(code)s is changed: %(day)s. Its state stands in your health book."
        )
        values = {"code": registration.code, "day": formatting.day(registration.wanted_on)}
        queue_sms(phone=account.phone, text=text % values, now=now)
