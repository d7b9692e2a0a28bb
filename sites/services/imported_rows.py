"""What a person decides about a row of a file: who is meant, that it is nobody on record, that the
dose was given here, that it is tried again, that it stays out. Everything the machine decided about
a person can be taken back.

Two people who decide about the same row at once do not undo each other: the second is told.
"""

import datetime
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Q

from registration.models import Account, Citizen
from registration.services.citizens import CitizenDetails, find_or_create_citizen
from registration.services.papers import move_papers
from sites import exceptions
from sites.imports.rows import Reason, RowReader
from sites.models import Dose, DoseImport, ImportedRow, MatchedBy, RowOutcome
from sites.services.doses import DoseItem, move_dose, record_dose
from sites.services.import_cells import cells_of
from sites.services.import_findings import histories, on_record, same_dose
from sites.services.import_knowledge import known_for
from sites.services.import_outcomes import (
    DOUBTFUL,
    Result,
    candidates_as_json,
    columns_as_json,
    columns_from,
    results_of,
    without_place,
)
from sites.services.imports import recount
from vaxplatform.vietnam import day_in_vietnam

AT_ONCE = 500  # rows of one transaction when all are tried again
KEEP = datetime.timedelta(days=90)  # of the cells of rows that are dealt with
KEEP_REFUSED = datetime.timedelta(days=365)  # of rows that nobody mended
WAITING = (RowOutcome.HELD, RowOutcome.REFUSED)


def row_item(*, row: ImportedRow, now: datetime.datetime) -> DoseItem | Sequence[Reason]:
    """The dose of the row as its cells tell it today, or why they do not."""
    batch = row.batch
    known = known_for(batch.site, on=day_in_vietnam(now))
    reader = RowReader(columns_from(batch.columns), known)
    for read in reader.read((row.line, cells_of(row.cells))):
        if read.part == row.part:
            return read.item or read.reasons
    return [Reason.of(exceptions.CellMissing())]


# ── one row ───────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def decide_same(
    *, row: ImportedRow, citizen: Citizen, by: Account, now: datetime.datetime
) -> ImportedRow:
    """This row is about `citizen`: record the dose for her. Raises RowAlreadyDecided,
    DoseGivenElsewhere where the place must be settled first, or what `record_dose` refuses (the
    row then waits as before)."""
    row = _held(row)
    return _record(row, replace(_item(row, now), citizen=citizen), by, now)


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
    if exceptions.RowTwiceInFile.code in _codes(row):  # two people of whom the sheet says the same
        name = f"{row.line}/{row.part}"
        item = replace(item, idempotency_key=uuid.uuid5(item.idempotency_key, name))
    return _record(row, item, by, now)


@transaction.atomic
def try_again(*, row: ImportedRow, by: Account | None, now: datetime.datetime) -> ImportedRow:
    """Look at a row anew: its lot has come, another dose was put right, a spelling is known now.
    It is recorded, or waits with today's reason. Raises RowAlreadyDecided, or
    SimilarPersonOnRecord where it is the person that must be decided."""
    row = _held(row)
    if row.candidates:
        raise exceptions.SimilarPersonOnRecord
    _look_again([row], by=by, now=now)
    return row


@transaction.atomic
def decide_here(*, row: ImportedRow, by: Account, now: datetime.datetime) -> ImportedRow:
    """The dose of this row was given at this site, whatever place it names. It is recorded, or
    waits for something else. Raises RowAlreadyDecided."""
    row = _held(row)
    _look_again([row], by=by, now=now, all_here=True)
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

    Raises RowAlreadyDecided where the row is not recorded or its cells are gone, and
    DoseAlreadyVoided.
    """
    row = (
        ImportedRow.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch__site", "dose", "citizen")
        .defer("batch__content")
        .get(pk=row.pk)
    )
    if row.outcome != RowOutcome.RECORDED or row.dose is None or not row.cells:
        raise exceptions.RowAlreadyDecided
    person = _item(row, now).citizen
    if not isinstance(person, CitizenDetails):
        raise exceptions.RowAlreadyDecided
    # Without phone and papers nobody on record is found by them: a person of her own.
    own = find_or_create_citizen(details=replace(person, phone="", papers=()))
    if row.matched_by == MatchedBy.CONTACT and row.citizen is not None:
        # She was known without her number, so what it was filed under came with this row.
        move_papers(papers=person.papers, of=row.citizen, to=own)
    dose = move_dose(dose=row.dose, to=own)
    row.citizen, row.matched_by = own, MatchedBy.DECIDED
    row.cells = None  # what it said has been used; it cannot be separated twice
    _sign(row, by, now)
    row.save()
    return dose


# ── many rows ─────────────────────────────────────────────────────────────────────────────────
def try_all_again(
    *, batch: DoseImport, by: Account | None, now: datetime.datetime, most: int | None = None
) -> Counter[str]:
    """`try_again` for all rows that wait for a thing and not for a word about a person, at most
    `most`, in sets; how many came to which outcome. Rows that somebody else holds are his."""
    return _all_again(batch, Q(), by, now, most=most)


def all_given_here(
    *, batch: DoseImport, by: Account | None, now: datetime.datetime, most: int | None = None
) -> Counter[str]:
    """Whatever place the rows of this file name, their doses were given at this site: those that
    wait for it are tried again (at most `most` now, the rest when all are tried again), and
    those still to come are not asked."""
    with transaction.atomic():
        batch = DoseImport.objects.select_for_update(no_key=True).get(pk=batch.pk)
        batch.columns = columns_as_json(without_place(columns_from(batch.columns)))
        batch.save(update_fields=["columns"])
    here = Q(reasons__contains=[{"code": exceptions.DoseGivenElsewhere.code}])
    return _all_again(batch, here, by, now, most=most)


def _all_again(
    batch: DoseImport,
    which: Q,
    by: Account | None,
    now: datetime.datetime,
    *,
    most: int | None = None,
) -> Counter[str]:
    counts: Counter[str] = Counter()
    behind = 0
    while most is None or counts.total() < most:
        size = AT_ONCE if most is None else min(AT_ONCE, most - counts.total())
        with transaction.atomic():
            rows = list(
                ImportedRow.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
                .select_related("batch__site")
                .defer("batch__content")
                .filter(which, batch=batch, outcome__in=WAITING, decided_at=None, pk__gt=behind)
                .filter(candidates__isnull=True, cells__isnull=False)
                .order_by("pk")[:size]
            )
            if not rows:
                break
            _look_again(rows, by=by, now=now)
            behind = rows[-1].pk
            counts += Counter(row.outcome for row in rows)
    return counts


def _look_again(
    rows: Sequence[ImportedRow],
    *,
    by: Account | None,
    now: datetime.datetime,
    all_here: bool = False,
) -> None:
    """Send locked rows of one file through all steps anew, and write down what became of them."""
    batch = rows[0].batch
    results = results_of(
        batch=batch,
        rows=sorted({row.line: cells_of(row.cells) for row in rows}.items()),
        now=now,
        only={(row.line, row.part) for row in rows},
        all_here=all_here,
        by=by,
    )
    by_place = {(result.read.line, result.read.part): result for result in results}
    for row in rows:
        if (result := by_place.get((row.line, row.part))) is not None:
            _write_down(row, result, by, now)
    fields = ("outcome", "reasons", "matched_by", "candidates", "cells", "citizen", "dose")
    ImportedRow.objects.bulk_update(rows, [*fields, "decided_by", "decided_at"], batch_size=200)
    recount(batch_id=batch.pk)


def _write_down(
    row: ImportedRow, result: Result, by: Account | None, now: datetime.datetime
) -> None:
    row.outcome, row.matched_by = result.outcome, result.matched_by
    row.reasons = [reason.as_dict() for reason in result.reasons]
    row.candidates = candidates_as_json(result.candidates)
    row.citizen_id, row.dose = result.citizen_id, result.dose
    if row.outcome in WAITING:
        return
    if row.matched_by not in DOUBTFUL:
        row.cells = None
    _sign(row, by, now)


# ── what is kept ──────────────────────────────────────────────────────────────────────────────
def forget_cells(now: datetime.datetime) -> int:
    """Chore: what people wrote on paper is not kept longer than somebody may need it."""
    dealt_with = Q(outcome__in=(RowOutcome.RECORDED, RowOutcome.DUPLICATE)) | Q(
        decided_at__isnull=False
    )
    old = Q(batch__finished_at__lt=now - KEEP) & (
        Q(decided_at__isnull=True) | Q(decided_at__lt=now - KEEP)
    )
    never_mended = Q(outcome=RowOutcome.REFUSED, batch__finished_at__lt=now - KEEP_REFUSED)
    rows = ImportedRow.objects.filter((dealt_with & old) | never_mended, cells__isnull=False)
    return rows.update(cells=None)


def _held(row: ImportedRow) -> ImportedRow:
    """The row, locked, if it still waits."""
    row = (
        ImportedRow.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch__site")
        .defer("batch__content")
        .get(pk=row.pk)
    )
    if row.outcome not in WAITING or row.decided_at is not None:
        raise exceptions.RowAlreadyDecided
    return row


def _codes(row: ImportedRow) -> set[str]:
    return {reason["code"] for reason in row.reasons}


def _item(row: ImportedRow, now: datetime.datetime) -> DoseItem:
    if exceptions.DoseGivenElsewhere.code in _codes(row):
        raise exceptions.DoseGivenElsewhere
    item = row_item(row=row, now=now)
    if not isinstance(item, DoseItem):
        raise exceptions.RowMustBeMended
    return item


def _record(
    row: ImportedRow, item: DoseItem, by: Account | None, now: datetime.datetime
) -> ImportedRow:
    """The cells stay for a while: a decision can be taken back too. Where the person named has
    this very dose on record it is not recorded again."""
    known = _same_on_record(item)
    if known is None:
        recorded = record_dose(item=item, site=row.batch.site, now=now, recorded_by=by)
        row.dose, is_duplicate = recorded.dose, recorded.is_duplicate
    else:
        row.dose, is_duplicate = known, True
    row.citizen_id = row.dose.citizen_id
    row.outcome = RowOutcome.DUPLICATE if is_duplicate else RowOutcome.RECORDED
    row.reasons = [on_record(row.dose).as_dict()] if is_duplicate else []
    row.matched_by = MatchedBy.DECIDED
    _sign(row, by, now)
    row.save()
    recount(batch_id=row.batch_id)
    return row


def _same_on_record(item: DoseItem) -> Dose | None:
    if not isinstance(item.citizen, Citizen):
        return None
    history = histories([item.citizen.pk]).get(item.citizen.pk, ())
    return same_dose(item=item, history=history)


def _sign(row: ImportedRow, by: Account | None, now: datetime.datetime) -> None:
    row.decided_by, row.decided_at = by, now
