"""Paper sheets typed in a grid: opened, typed by one or two people, summed up, recorded.

A sheet is recorded as a file is: its rows become an import of their own, with the same reading,
the same recording and the same outcomes, and what waits for a person waits where rows of files do.
"""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from registration.models import Account, AdministrativeUnit
from sites import exceptions
from sites.models import (
    DoseImport,
    ImportState,
    Lot,
    PaperSheet,
    SheetEntry,
    SheetRow,
    SheetState,
    SheetTakeover,
    Site,
)
from sites.models.sheets import MOST_LINES
from sites.services import imports
from sites.services.import_cells import cells_of
from sites.services.import_knowledge import known_for
from sites.services.sheet_rows import (
    FIELDS,
    RowRead,
    SheetReader,
    Sums,
    columns_of_batch,
    is_empty,
    plain,
    stored,
    sums_of,
    whole_row,
)
from vaxplatform.crypto import seal_bytes, unseal_bytes
from vaxplatform.photos import clean_photo
from vaxplatform.vietnam import day_in_vietnam

KEEP = datetime.timedelta(days=90)  # of photo and cells, from the last touch


# ── opening ───────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def open_sheet(
    *,
    site: Site,
    lot: Lot,
    given_on: datetime.date,
    vaccinator: str,
    province: AdministrativeUnit,
    doses_on_paper: int,
    by: Account,
    now: datetime.datetime,
    dose_number: int | None = None,
    double_entry: bool = False,
    photo: bytes | None = None,
) -> PaperSheet:
    """A sheet to type, of 1 to 60 doses.

    Raises LotUnknown for a lot of another site, DoseInFuture, SheetTooLong, or what `clean_photo`
    refuses.
    """
    if lot.site_id != site.pk:
        raise exceptions.LotUnknown
    if given_on > day_in_vietnam(now):
        raise exceptions.SheetOfTomorrow
    if not 1 <= doses_on_paper <= MOST_LINES:
        raise exceptions.SheetTooLong(most=MOST_LINES)
    return PaperSheet.objects.create(
        site=site,
        lot=lot,
        given_on=given_on,
        vaccinator=vaccinator,
        province=province,
        doses_on_paper=doses_on_paper,
        dose_number=dose_number,
        double_entry=double_entry,
        photo=seal_bytes(clean_photo(photo)) if photo else None,
        created_by=by,
        created_at=now,
        touched_at=now,
    )


@transaction.atomic
def keep_photo(*, sheet: PaperSheet, content: bytes, now: datetime.datetime) -> PaperSheet:
    """Put a photo beside the sheet, in place of another. Raises what `clean_photo` refuses, or
    SheetRecorded or SheetForgotten."""
    photo = seal_bytes(clean_photo(content))
    sheet = _locked(sheet)
    sheet.photo = photo
    return _touch(sheet, now, "photo")


def photo_of(sheet: PaperSheet) -> bytes | None:
    """The JPEG beside the sheet, in the clear."""
    return unseal_bytes(bytes(sheet.photo)) if sheet.photo else None


# ── typing ────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def begin_entry(*, sheet: PaperSheet, by: Account, now: datetime.datetime) -> SheetEntry:
    """The entry in which `by` types this sheet: her own, else the next that is free.

    Raises SheetTakenByAnother where all entries have their people.
    """
    sheet = _locked(sheet)
    entries = {entry.number: entry for entry in sheet.entries.all()}
    for entry in entries.values():
        if entry.by_id == by.pk:
            return entry
    number = next((n for n in numbers_of(sheet) if n not in entries), None)
    if number is None:
        raise exceptions.SheetTakenByAnother
    _touch(sheet, now)
    return SheetEntry.objects.create(sheet=sheet, number=number, by=by, started_at=now)


def numbers_of(sheet: PaperSheet) -> tuple[int, ...]:
    return (1, 2) if sheet.double_entry else (1,)


@transaction.atomic
def save_rows(
    *,
    entry: SheetEntry,
    rows: Mapping[int, Sequence[str]],
    by: Account,
    now: datetime.datetime,
) -> None:
    """Keep what was typed, readable or not; a row without text is taken away. Lines that are not
    named stay as they are.

    Raises NotYourEntry, EntryFinished, SheetRecorded or SheetForgotten.
    """
    entry = _own(entry, by)
    if entry.finished_at is not None:
        raise exceptions.EntryFinished
    cells = {
        line: [plain(text) for text in (*row, *[""] * len(FIELDS))][: len(FIELDS)]
        for line, row in rows.items()
        if 1 <= line <= MOST_LINES
    }
    empty = [line for line, row in cells.items() if is_empty(row)]
    SheetRow.objects.filter(entry=entry, line__in=empty).delete()
    SheetRow.objects.bulk_create(
        [
            SheetRow(entry=entry, line=line, cells=stored(row))
            for line, row in sorted(cells.items())
            if line not in empty
        ],
        update_conflicts=True,
        unique_fields=["entry", "line"],
        update_fields=["cells"],
    )
    _touch(entry.sheet, now)


@transaction.atomic
def finish_entry(*, entry: SheetEntry, by: Account, now: datetime.datetime) -> PaperSheet:
    """This person has typed the sheet; with the last of its entries the sheet is typed. Finished
    twice is finished once.

    Raises NotYourEntry, SheetEmpty, SheetRecorded or SheetForgotten.
    """
    entry = _own(entry, by)
    sheet = entry.sheet
    if entry.finished_at is not None:
        return sheet
    if not entry.rows.exists():
        raise exceptions.SheetEmpty
    entry.finished_at = now
    entry.save(update_fields=["finished_at"])
    finished = sheet.entries.filter(finished_at__isnull=False).count()
    if finished == len(numbers_of(sheet)):
        sheet.state = SheetState.TYPED
    return _touch(sheet, now, "state")


@transaction.atomic
def reopen_entry(*, entry: SheetEntry, by: Account, now: datetime.datetime) -> SheetEntry:
    """Go on typing. Of a sheet typed by two only while the other one still types: later the two
    are compared, and who has seen the other's cells types none.

    Raises NotYourEntry, EntryFinished, SheetRecorded or SheetForgotten.
    """
    entry = _own(entry, by)
    sheet = entry.sheet
    if sheet.double_entry and sheet.state != SheetState.OPEN:
        raise exceptions.EntryFinished
    entry.finished_at = None
    entry.save(update_fields=["finished_at"])
    sheet.state = SheetState.OPEN
    _touch(sheet, now, "state")
    return entry


@transaction.atomic
def take_over_entry(*, entry: SheetEntry, by: Account, now: datetime.datetime) -> SheetEntry:
    """Go on with what somebody else typed who is away: the entry and its rows are `by`'s from now
    on, and whose they were stays on record. Nothing happens where it is `by`'s already.

    Raises EntryFinished for one of two entries that is finished (it is compared as it stands),
    SheetTypedByYou for whoever types the other one, SheetRecorded or SheetForgotten.
    """
    sheet = _locked(entry.sheet)
    entry = SheetEntry.objects.get(pk=entry.pk)
    entry.sheet = sheet
    if entry.by_id == by.pk:
        return entry
    if sheet.double_entry and entry.finished_at is not None:
        raise exceptions.EntryFinished
    if sheet.entries.filter(by=by).exists():
        raise exceptions.SheetTypedByYou
    SheetTakeover.objects.create(entry=entry, typed_by=entry.by, taken_by=by, at=now)
    entry.by = by
    entry.save(update_fields=["by"])
    _touch(sheet, now)
    return entry


def rows_of(entry: SheetEntry) -> dict[int, list[str]]:
    return {row.line: cells_of(row.cells) for row in entry.rows.order_by("line")}


def agreed_rows(sheet: PaperSheet) -> dict[int, list[str]]:
    """The rows that go on record: the only entry's, or what a comparison came to."""
    if not sheet.double_entry:
        entry = sheet.entries.first()
        return rows_of(entry) if entry else {}
    agreed: list[Any] = cells_of(sheet.agreed)
    return {line: list(cells) for line, cells in agreed}


def reader_of(sheet: PaperSheet, *, now: datetime.datetime) -> SheetReader:
    return SheetReader(sheet, known_for(sheet.site, on=day_in_vietnam(now)), now=now)


def read_rows(
    sheet: PaperSheet, rows: Mapping[int, Sequence[str]], *, now: datetime.datetime
) -> list[RowRead]:
    reader = reader_of(sheet, now=now)
    return [reader.read(line, row) for line, row in sorted(rows.items())]


def sheet_sums(sheet: PaperSheet, *, now: datetime.datetime) -> Sums:
    """What would go on record, by dose number and sex."""
    return sums_of(sheet, read_rows(sheet, agreed_rows(sheet), now=now))


# ── recording ─────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def record_sheet(
    *, sheet: PaperSheet, by: Account, now: datetime.datetime, difference: str = ""
) -> PaperSheet:
    """Record the rows of a typed (of two entries: compared) sheet as an import of their own. Done
    twice it is done once.

    Raises SheetNotReady, SheetForgotten, or SumsDiffer where typed rows and paper do not agree,
    or rows cannot be read, and `difference` does not say why.
    """
    sheet = _lock(sheet)
    if sheet.state == SheetState.RECORDED:
        return sheet
    _not_forgotten(sheet)
    if sheet.state != (SheetState.COMPARED if sheet.double_entry else SheetState.TYPED):
        raise exceptions.SheetNotReady
    rows = agreed_rows(sheet)
    sums = sums_of(sheet, read_rows(sheet, rows, now=now))
    reason = plain(difference)
    if sums.differ and not reason:
        raise exceptions.SumsDiffer(typed=sums.readable, paper=sums.on_paper)
    batch = _batch(sheet, len(rows), by, now)
    whole = [(line, whole_row(sheet, row, now=now)) for line, row in sorted(rows.items())]
    imports.record_chunk(batch=batch, rows=whole, now=now)
    sheet.batch = imports.finish(batch=batch, now=now)
    sheet.state, sheet.difference = SheetState.RECORDED, reason if sums.differ else ""
    sheet.recorded_by, sheet.recorded_at = by, now
    return _touch(sheet, now, "batch", "state", "difference", "recorded_by", "recorded_at")


def _batch(sheet: PaperSheet, rows: int, by: Account, now: datetime.datetime) -> DoseImport:
    """The import that records the sheet: no file, so no worker takes it up."""
    batch = DoseImport(
        site=sheet.site,
        file_name=f"{sheet.given_on:%d/%m/%Y} · {sheet.lot.number}",
        sha256=hashlib.sha256(sheet.public_id.bytes).hexdigest(),
        size=0,
        state=ImportState.RUNNING,
        rows_total=rows,
        by=by,
        started_at=now,
    )
    columns_of_batch(batch).save()
    return batch


# ── retention ─────────────────────────────────────────────────────────────────────────────────
def forget_sheets(now: datetime.datetime) -> int:
    """Chore: photos and typed cells are not kept longer than somebody may need them, also those of
    sheets that nobody finished; their paper is where it was. Returns how many sheets."""
    with transaction.atomic():
        old: QuerySet[PaperSheet] = PaperSheet.objects.select_for_update(skip_locked=True).filter(
            forgotten_at=None, touched_at__lt=now - KEEP
        )
        ids = list(old.values_list("pk", flat=True)[:500])
        SheetRow.objects.filter(entry__sheet__in=ids).delete()
        return PaperSheet.objects.filter(pk__in=ids).update(
            photo=None, agreed=None, forgotten_at=now
        )


# ── within ────────────────────────────────────────────────────────────────────────────────────
def _lock(sheet: PaperSheet) -> PaperSheet:
    return (
        PaperSheet.objects.select_for_update(no_key=True, of=("self",))
        .select_related("site", "lot__vaccine", "province")
        .get(pk=sheet.pk)
    )


def _not_forgotten(sheet: PaperSheet) -> None:
    if sheet.forgotten_at is not None:
        raise exceptions.SheetForgotten


def _locked(sheet: PaperSheet) -> PaperSheet:
    """The sheet, locked, if it can still be changed."""
    sheet = _lock(sheet)
    _not_forgotten(sheet)
    if sheet.state == SheetState.RECORDED:
        raise exceptions.SheetRecorded
    return sheet


def _own(entry: SheetEntry, by: Account) -> SheetEntry:
    """The entry of `by`, its sheet locked."""
    sheet = _locked(entry.sheet)
    entry = SheetEntry.objects.get(pk=entry.pk)
    if entry.by_id != by.pk:
        raise exceptions.NotYourEntry
    entry.sheet = sheet
    return entry


def _touch(sheet: PaperSheet, now: datetime.datetime, *fields: str) -> PaperSheet:
    sheet.touched_at = now
    sheet.save(update_fields=["touched_at", *fields])
    return sheet
