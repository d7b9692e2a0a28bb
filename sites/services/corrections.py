"""Correcting a recorded dose. What is certified follows by itself (certificates.models.wires)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from sites import exceptions
from sites.models import Dose, DoseStatus, Lot, Vaccine
from sites.rules import GivenDose
from sites.services.doses import CAMPAIGN_BEGAN_ON, lot_refusal, order_refusal
from vaxplatform.vietnam import TIME_ZONE, birth_span, day_in_vietnam


@dataclass(frozen=True)
class DoseChanges:
    """What is right of a dose; None leaves a fact as it stands. `administered_on`: in Viet Nam."""

    vaccine_code: str | None = None
    lot_number: str | None = None
    administered_on: datetime.date | None = None
    dose_number: int | None = None
    dose_kind: str | None = None


@transaction.atomic
def correct_dose(*, dose: Dose, changes: DoseChanges, now: datetime.datetime) -> Dose:
    """Write what is right; the rules of `record_doses` hold for the dose as it is then.

    The lot is one of its site, and stock goes from the one to the other. Intervals are not asked:
    the dose has happened. Its certificate goes back into the queue in this transaction. Raises
    DoseAlreadyVoided, VaccineUnknown, LotUnknown, LotRecalled, LotExpired, LotExhausted,
    DoseInFuture, DoseTooOld, DoseBeforeBirth, DoseRecordedBefore, DayOfAVisit, DoseNumberTaken,
    DoseOnSameDay or DoseOutOfOrder.
    """
    held = Dose.objects.select_for_update(no_key=True, of=("self",))
    dose = held.select_related("lot", "citizen").get(pk=dose.pk)
    if dose.status == DoseStatus.VOIDED:
        raise exceptions.DoseAlreadyVoided
    old_lot = dose.lot
    if changes.administered_on is not None:
        dose.administered_at = _moment(dose, changes.administered_on, now)
    dose.dose_number = changes.dose_number or dose.dose_number
    dose.dose_kind = changes.dose_kind or dose.dose_kind
    dose.lot = _lot(dose, changes)
    dose.vaccine_id = dose.lot.vaccine_id
    _check_lot(dose, old_lot)
    _check_order(dose)
    try:
        with transaction.atomic():
            dose.save()
    except IntegrityError:  # somebody recorded this number for the person meanwhile
        raise exceptions.DoseNumberTaken from None
    if dose.lot != old_lot:
        _move_stock(frm=old_lot, to=dose.lot)
    return dose


def _moment(dose: Dose, day: datetime.date, now: datetime.datetime) -> datetime.datetime:
    """The dose's clock time on another day, and never after it was recorded."""
    clock = dose.administered_at.astimezone(TIME_ZONE)
    if day == clock.date():
        return dose.administered_at
    if dose.visit_id is not None:
        raise exceptions.DayOfAVisit
    if day > day_in_vietnam(now):
        raise exceptions.DoseInFuture
    if day < CAMPAIGN_BEGAN_ON:
        raise exceptions.DoseTooOld
    if day > day_in_vietnam(dose.recorded_at):
        raise exceptions.DoseRecordedBefore
    if day < birth_span(dose.citizen.date_of_birth)[0]:
        raise exceptions.DoseBeforeBirth
    moment = datetime.datetime.combine(day, clock.time(), tzinfo=TIME_ZONE)
    return min(moment, dose.recorded_at)


def _lot(dose: Dose, changes: DoseChanges) -> Lot:
    """The lot of the dose's site that is meant."""
    if changes.vaccine_code is None and changes.lot_number is None:
        return dose.lot
    vaccine_id = dose.vaccine_id
    if changes.vaccine_code is not None:
        vaccine = Vaccine.objects.filter(code=changes.vaccine_code).first()
        if vaccine is None:
            raise exceptions.VaccineUnknown
        vaccine_id = vaccine.pk
    number = changes.lot_number or dose.lot.number
    lots = Lot.objects.filter(site=dose.site_id, vaccine=vaccine_id)
    lot = lots.filter(number=number).first() or lots.filter(number__iexact=number).first()
    if lot is None:
        raise exceptions.LotUnknown
    return lot


def _check_lot(dose: Dose, old_lot: Lot) -> None:
    """A lot that was recalled after the dose stays its lot; another one must be good."""
    refusal = lot_refusal(lot=dose.lot, on=day_in_vietnam(dose.administered_at))
    recalled_since = isinstance(refusal, exceptions.LotRecalled) and dose.lot == old_lot
    if refusal is not None and not recalled_since:
        raise refusal


def _check_order(dose: Dose) -> None:
    others = Dose.objects.filter(citizen=dose.citizen_id, status=DoseStatus.RECORDED)
    given: Sequence[GivenDose] = [_given(other) for other in others.exclude(pk=dose.pk)]
    if refusal := order_refusal(new=_given(dose), others=given):
        raise refusal


def _given(dose: Dose) -> GivenDose:
    return GivenDose(
        dose.dose_number, dose.dose_kind, dose.vaccine_id, day_in_vietnam(dose.administered_at)
    )


# The lots are locked in the order of their ids, as everywhere.
_MOVE = """
    WITH held AS MATERIALIZED (
        SELECT id FROM vaccination_sites_lot WHERE id IN (%(frm)s, %(to)s)
         ORDER BY id FOR NO KEY UPDATE)
    UPDATE vaccination_sites_lot l
       SET doses_used = l.doses_used + CASE l.id WHEN %(to)s THEN 1 ELSE -1 END
      FROM held
     WHERE l.id = held.id
       AND (l.id = %(frm)s OR l.doses_used + 1 <= l.doses_received - l.doses_wasted)
"""


def _move_stock(*, frm: Lot, to: Lot) -> None:
    """The one lot gets the dose back that the other gives. Raises LotExhausted."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, {"frm": frm.pk, "to": to.pk})
        if cursor.rowcount < 2:
            raise exceptions.LotExhausted
