"""What a person decides about a row of a file: who is meant, that it is nobody on record, that it
is tried again, that it stays out. Everything the machine decided about a person can be taken back.
"""

import datetime
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from registration.models import Account, Citizen
from registration.services.citizens import CitizenDetails, find_or_create_citizen
from sites import exceptions
from sites.imports.rows import Reason, RowReader
from sites.models import Dose, ImportedRow, MatchedBy, RowOutcome
from sites.services.doses import DoseItem, move_dose, record_dose
from sites.services.import_cells import cells_of
from sites.services.import_knowledge import known_for
from sites.services.import_outcomes import HELD, columns_from
from sites.services.imports import recount
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import day_in_vietnam

KEEP = datetime.timedelta(days=90)  # of cells; they hold what people wrote on paper


def row_item(*, row: ImportedRow, now: datetime.datetime) -> DoseItem | Sequence[Reason]:
    """The dose of the row as its cells tell it today, or why they do not."""
    batch = row.batch
    known = known_for(batch.site, on=day_in_vietnam(now))
    reader = RowReader(columns_from(batch.columns), known)
    for read in reader.read((row.line, cells_of(row.cells))):
        if read.part == row.part:
            return read.item or read.reasons
    return [Reason.of(exceptions.CellMissing())]


@transaction.atomic
def decide_same(
    *, row: ImportedRow, citizen: Citizen, by: Account, now: datetime.datetime
) -> ImportedRow:
    """This row is about `citizen`: record the dose for her. Raises RowAlreadyDecided, or what
    `record_dose` refuses (the row then waits as before)."""
    row = _held(row)
    item = replace(_item(row, now), citizen=citizen)
    return _record(row, item, by, now)


@transaction.atomic
def decide_new(
    *, row: ImportedRow, by: Account, now: datetime.datetime, without_papers: bool = False
) -> ImportedRow:
    """This row is about nobody on record. `without_papers`: its number is somebody else's, so it
    is left out. Raises as `decide_same`."""
    row = _held(row)
    item = _item(row, now)
    person = item.citizen
    if without_papers and isinstance(person, CitizenDetails):
        item = replace(item, citizen=replace(person, papers=()))
    return _record(row, item, by, now)


@transaction.atomic
def try_again(*, row: ImportedRow, by: Account | None, now: datetime.datetime) -> ImportedRow:
    """Look at a held row anew: its lot has come, another dose was put right. It is recorded, or
    waits with today's reason. Raises RowAlreadyDecided, or SimilarPersonOnRecord where it is the
    person that must be decided."""
    row = _held(row)
    if row.candidates:
        raise exceptions.SimilarPersonOnRecord
    try:
        with transaction.atomic():
            return _record(row, _item(row, now), by, now)
    except DomainError as refusal:
        row.reasons = [Reason.of(refusal).as_dict()]
        row.outcome = RowOutcome.HELD if refusal.code in HELD else RowOutcome.REFUSED
        row.save(update_fields=["reasons", "outcome"])
        recount(batch_id=row.batch_id)
        return row


@transaction.atomic
def leave_out(*, row: ImportedRow, reason: str, by: Account, now: datetime.datetime) -> ImportedRow:
    """This row is no dose of this site's. Raises RowAlreadyDecided or ReasonMissing."""
    row = _held(row)
    if not reason.strip():
        raise exceptions.ReasonMissing
    left_out = Reason.of(exceptions.RowLeftOut(reason=reason.strip()[:200]))
    row.outcome, row.reasons = RowOutcome.REFUSED, [left_out.as_dict()]
    _sign(row, by, now)
    row.save()
    recount(batch_id=row.batch_id)
    return row


@transaction.atomic
def separate(*, row: ImportedRow, by: Account, now: datetime.datetime) -> Dose:
    """The machine (or somebody) took this row for a person on record, and it is another one: her
    dose goes to a person of her own. Its certificate follows (certificates.models.wires).

    Raises RowAlreadyDecided where the row is not recorded or its cells are gone.
    """
    row = ImportedRow.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.pk)
    if row.outcome != RowOutcome.RECORDED or row.dose is None or not row.cells:
        raise exceptions.RowAlreadyDecided
    person = _item(row, now).citizen
    if not isinstance(person, CitizenDetails):
        raise exceptions.RowAlreadyDecided
    # Without phone and papers nobody on record is found by them: a person of her own.
    own = find_or_create_citizen(details=replace(person, phone="", papers=()))
    dose = move_dose(dose=row.dose, to=own)
    row.citizen = own
    row.matched_by = MatchedBy.DECIDED
    _sign(row, by, now)
    row.save()
    return dose


def forget_cells(now: datetime.datetime) -> int:
    """Chore: what people wrote on paper is not kept longer than somebody may need it."""
    old = ImportedRow.objects.filter(
        cells__isnull=False, batch__finished_at__lt=now - KEEP, outcome=RowOutcome.RECORDED
    )
    return old.update(cells=None)


def _held(row: ImportedRow) -> ImportedRow:
    """The row, locked, if it still waits."""
    row = (
        ImportedRow.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch__site")
        .get(pk=row.pk)
    )
    if row.outcome not in (RowOutcome.HELD, RowOutcome.REFUSED) or row.decided_at is not None:
        raise exceptions.RowAlreadyDecided
    return row


def _item(row: ImportedRow, now: datetime.datetime) -> DoseItem:
    item = row_item(row=row, now=now)
    if not isinstance(item, DoseItem):
        raise exceptions.RowMustBeMended
    return item


def _record(
    row: ImportedRow, item: DoseItem, by: Account | None, now: datetime.datetime
) -> ImportedRow:
    recorded = record_dose(item=item, site=row.batch.site, now=now, recorded_by=by)
    row.dose, row.citizen_id = recorded.dose, recorded.dose.citizen_id
    row.outcome = RowOutcome.DUPLICATE if recorded.is_duplicate else RowOutcome.RECORDED
    row.reasons, row.matched_by = [], MatchedBy.DECIDED
    _sign(row, by, now)
    row.save()
    recount(batch_id=row.batch_id)
    return row


def _sign(row: ImportedRow, by: Account | None, now: datetime.datetime) -> None:
    row.decided_by, row.decided_at = by, now
