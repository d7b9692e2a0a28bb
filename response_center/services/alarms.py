"""Somebody takes note of an alarm of the command board and says what is being done."""

import datetime

from django.db import transaction

from registration.models import Account, AdministrativeUnit
from response_center import exceptions
from response_center.models import AlarmAcknowledgement
from sites.models import Role
from sites.scoping import NotAllowed, require_role

HOLDS_HOURS = (1, 4, 12, 24)
MAY_ACKNOWLEDGE = (Role.PROVINCE_OFFICER, Role.NATIONAL_OFFICER, Role.ADMIN)
NOTE_LENGTH = 300


@transaction.atomic
def acknowledge(
    *,
    alarm: str,
    province: AdministrativeUnit | None,
    size: int,
    by: Account,
    hours: int,
    note: str,
    now: datetime.datetime,
) -> AlarmAcknowledgement:
    """The alarm of this place is in hand for `hours`, or until it counts more than `size`.

    Raises NotAllowed, HoursNotOffered or WordsMissing."""
    posting = require_role(by, MAY_ACKNOWLEDGE)
    if posting.province_id is not None and (province is None or province.pk != posting.province_id):
        raise NotAllowed
    if hours not in HOLDS_HOURS:
        raise exceptions.HoursNotOffered
    words = " ".join(note.split())[:NOTE_LENGTH]
    if not words:
        raise exceptions.WordsMissing
    return AlarmAcknowledgement.objects.create(
        alarm=alarm,
        province=province,
        size=size,
        acknowledged_by=by,
        acknowledged_at=now,
        holds_until=now + datetime.timedelta(hours=hours),
        note=words,
    )
