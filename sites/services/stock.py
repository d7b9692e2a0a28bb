"""Stock of a site: what came in, what was wasted, and lots that nobody may use any more."""

import datetime
import uuid

from django.db import transaction
from django.db.models import F, QuerySet

from registration.models import Account
from sites import exceptions
from sites.models import Lot, MovementKind, Site, StockMovement, Vaccine

MOST_DOSES = 1_000_000  # in one movement: more is a slip of the finger
REASON_LIMIT = 200  # characters
LOT_NUMBER_LIMIT = 30  # characters


def _check_doses(doses: int) -> None:
    if not 1 <= doses <= MOST_DOSES:
        raise exceptions.NoDosesGiven


def _write(movement: StockMovement, key: uuid.UUID | None) -> bool:
    """Write the movement unless its key is on record; returns whether it was written now."""
    if key is None:
        movement.save()
        return True
    facts = {"lot", "kind", "doses", "reason", "by", "at"}
    _movement, is_new = StockMovement.objects.get_or_create(
        idempotency_key=key, defaults={name: getattr(movement, name) for name in facts}
    )
    return is_new


@transaction.atomic
def receive_lot(
    *,
    site: Site,
    vaccine: Vaccine,
    number: str,
    expires_on: datetime.date,
    doses: int,
    by: Account | None,
    now: datetime.datetime,
    idempotency_key: uuid.UUID | None = None,
    reason: str = "",
) -> Lot:
    """Take `doses` of a lot into the site's stock; a lot that is there already grows.

    The same key again moves nothing. Raises NoDosesGiven, LotNumberMissing, LotExpiryDiffers or
    LotRecalled.
    """
    _check_doses(doses)
    number = " ".join(number.split())
    if not 1 <= len(number) <= LOT_NUMBER_LIMIT:
        raise exceptions.LotNumberMissing
    lot, _created = Lot.objects.get_or_create(
        site=site, vaccine=vaccine, number=number, defaults={"expires_on": expires_on}
    )
    if lot.expires_on != expires_on:
        raise exceptions.LotExpiryDiffers(expires_on=f"{lot.expires_on:%d/%m/%Y}")
    if lot.recalled_at is not None:
        raise exceptions.LotRecalled
    movement = StockMovement(
        lot=lot, kind=MovementKind.RECEIVED, doses=doses, reason=reason, by=by, at=now
    )
    if _write(movement, idempotency_key):
        Lot.objects.filter(pk=lot.pk).update(doses_received=F("doses_received") + doses)
    lot.refresh_from_db()
    return lot


@transaction.atomic
def waste_doses(
    *,
    lot: Lot,
    doses: int,
    reason: str,
    by: Account | None,
    now: datetime.datetime,
    idempotency_key: uuid.UUID | None = None,
) -> Lot:
    """Write off doses that nobody can get: a broken vial, an opened one at the end of the day.

    The same key again moves nothing. Raises NoDosesGiven, ReasonMissing or NotSoManyLeft; nothing
    is written then.
    """
    _check_doses(doses)
    reason = " ".join(reason.split())[:REASON_LIMIT]
    if not reason:
        raise exceptions.ReasonMissing
    movement = StockMovement(
        lot=lot, kind=MovementKind.WASTED, doses=doses, reason=reason, by=by, at=now
    )
    if not _write(movement, idempotency_key):
        lot.refresh_from_db()
        return lot
    wasted = Lot.objects.filter(
        pk=lot.pk, doses_received__gte=F("doses_used") + F("doses_wasted") + doses
    ).update(doses_wasted=F("doses_wasted") + doses)
    lot.refresh_from_db()
    if not wasted:
        raise exceptions.NotSoManyLeft(left=lot.doses_left)
    return lot


@transaction.atomic
def recall_lots(*, lots: QuerySet[Lot], reason: str, now: datetime.datetime) -> int:
    """Forbid further use of these rows: a site's own, or a lot's at every site.

    Returns how many were not recalled before. Raises ReasonMissing.
    """
    reason = " ".join(reason.split())[:REASON_LIMIT]
    if not reason:
        raise exceptions.ReasonMissing
    return lots.filter(recalled_at__isnull=True).update(recalled_at=now, recall_reason=reason)
