"""Files of doses from paper: taken in, read in chunks, recorded by `record_doses`.

A chunk is one transaction: the doses, what became of each row, and the mark that the chunk is
done. Killed at any point the work goes on behind the last mark; two who work on the same file do
each chunk once. The idempotency key of a dose is made of what its row says, so the same dose in
another file is the same request, and no file is ever doubled.
"""

import datetime
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F

from registration.models import Account
from sites import exceptions
from sites.imports.headings import LOOK_AT_ROWS, Headings, find_headings
from sites.imports.rows import Reason, Row
from sites.models import (
    ColumnMapping,
    DoseImport,
    ImportedChunk,
    ImportedRow,
    ImportState,
    RowOutcome,
    Site,
)
from sites.services.import_cells import sealed_cells
from sites.services.import_outcomes import (
    DOUBTFUL,
    Result,
    candidates_as_json,
    columns_as_json,
    columns_from,
    results_of,
)
from vaxplatform.bulk import insert_columns
from vaxplatform.sheets.files import Rows, open_rows

CHUNK = 1_000  # rows


# ── taking a file in ──────────────────────────────────────────────────────────────────────────
def take_in(
    *,
    site: Site,
    path: Path,
    file_name: str,
    by: Account | None,
    creates_lots: bool = False,
    all_here: bool = False,
    rows: Rows | None = None,
) -> DoseImport:
    """Register a file and find its headings; nothing is recorded yet. `all_here`: whatever place
    its rows name, their doses were given at this site. `rows`: those of the file, where it is open
    already; none of them is taken.

    A file that is not finished at this site is taken up where it was left. The state says what
    comes next: `checked` (say yes to record it) or `unmapped` (say what its columns mean).
    Raises FileRefused (or one of its kinds).
    """
    digest, size = _digest(path)
    found = _open_import(site, digest)
    if found is not None:
        return found
    with nullcontext(rows) if rows else open_rows(path) as opened:
        headings = find_headings(opened.first(LOOK_AT_ROWS))
        height = opened.height
    if headings is None:
        raise exceptions.HeadingsNotFound
    remembered = ColumnMapping.objects.filter(site=site, headings_digest=headings.digest).first()
    if remembered is not None:
        headings = headings.mapped(columns_from(remembered.columns))
    batch = DoseImport(
        site=site,
        file_name=file_name[:200],
        sha256=digest,
        size=size,
        state=ImportState.UNMAPPED if headings.missing else ImportState.CHECKED,
        headings_line=headings.line,
        headings=list(headings.texts),
        columns=columns_as_json(headings.columns),
        creates_lots=creates_lots,
        all_here=all_here,
        rows_total=height - headings.line if height is not None else None,
        by=by,
    )
    try:
        with transaction.atomic():
            batch.save()
    except IntegrityError:  # the same file was sent twice at once
        again = _open_import(site, digest)
        if again is None:
            raise
        return again
    return batch


def _open_import(site: Site, digest: str) -> DoseImport | None:
    return (
        DoseImport.objects.filter(site=site, sha256=digest)
        .exclude(state__in=(ImportState.DONE, ImportState.REFUSED))
        .first()
    )


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


@transaction.atomic
def map_columns(*, batch: DoseImport, columns: Mapping[int, tuple[str, int]]) -> DoseImport:
    """Say what the columns mean, and remember it for this site's next sheet of the same headings.

    Raises ImportNotReady where the work has begun, or ColumnNotMapped with what is missing.
    """
    batch = DoseImport.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if batch.state not in (ImportState.UNMAPPED, ImportState.CHECKED):
        raise exceptions.ImportNotReady
    headings = headings_of(batch).mapped(columns)
    if headings.missing:
        raise exceptions.ColumnNotMapped(columns=", ".join(headings.missing))
    ColumnMapping.objects.update_or_create(
        site=batch.site,
        headings_digest=headings.digest,
        defaults={"columns": columns_as_json(columns)},
    )
    batch.columns = columns_as_json(columns)
    batch.state = ImportState.CHECKED
    batch.save(update_fields=["columns", "state"])
    return batch


def headings_of(batch: DoseImport) -> Headings:
    return Headings(batch.headings_line or 0, tuple(batch.headings), columns_from(batch.columns))


def begin(*, batch: DoseImport, now: datetime.datetime) -> DoseImport:
    """Say yes: from now on its rows are recorded. Raises ImportNotReady."""
    begun = DoseImport.objects.filter(pk=batch.pk, state=ImportState.CHECKED).update(
        state=ImportState.RUNNING, started_at=now
    )
    batch.refresh_from_db()
    if not begun and batch.state != ImportState.RUNNING:
        raise exceptions.ImportNotReady
    return batch


# ── the work ──────────────────────────────────────────────────────────────────────────────────
def chunks_left(batch: DoseImport, rows: Rows) -> Iterator[list[Row]]:
    """The rows behind the headings in chunks, without those that are done."""
    done = set(batch.chunks.values_list("first_line", flat=True))
    iterator = (row for row in rows if row[0] > (batch.headings_line or 0))
    while chunk := list(islice(iterator, CHUNK)):
        if chunk[0][0] not in done:
            yield chunk


def record_chunk(*, batch: DoseImport, rows: Sequence[Row], now: datetime.datetime) -> Counter[str]:
    """Record the doses of these rows; how many came to which outcome. Done once: where somebody
    else has dealt with them meanwhile, or stopped the file, nothing happens, and the answer is
    empty."""
    began = time.monotonic()
    try:
        with transaction.atomic():
            if not DoseImport.objects.filter(pk=batch.pk, state=ImportState.RUNNING).exists():
                return Counter()
            ImportedChunk.objects.create(batch=batch, first_line=rows[0][0], last_line=rows[-1][0])
            results = results_of(batch=batch, rows=rows, now=now)
            insert_columns(ImportedRow, _rows(batch, results, dict(rows)))
            counts = Counter(result.outcome for result in results)
            _count(batch, counts, rows=len(rows), seconds=time.monotonic() - began)
    except IntegrityError as error:
        if "a_chunk_is_done_once" in str(error):
            return Counter()
        raise
    return counts


def _count(batch: DoseImport, counts: Counter[str], *, rows: int, seconds: float) -> None:
    """Last in the transaction: others who work on the same file wait for this row only."""
    DoseImport.objects.filter(pk=batch.pk).update(
        rows_done=F("rows_done") + rows,
        **{name: F(name) + count for name, count in _columns_of(counts).items()},
        seconds=F("seconds") + seconds,
    )


def recount(*, batch_id: int) -> None:
    """Count the outcomes again, after a person has decided about a row. In a transaction: whoever
    works on the same file counts before us or after, and never between look and write."""
    DoseImport.objects.select_for_update(no_key=True).only("pk").get(pk=batch_id)
    rows = ImportedRow.objects.filter(batch=batch_id).values("outcome").annotate(rows=Count("pk"))
    counts = Counter({row["outcome"]: row["rows"] for row in rows})
    DoseImport.objects.filter(pk=batch_id).update(**_columns_of(counts))


def _columns_of(counts: Counter[str]) -> dict[str, int]:
    return {
        "recorded": counts[RowOutcome.RECORDED],
        "duplicates": counts[RowOutcome.DUPLICATE],
        "held": counts[RowOutcome.HELD],
        "refused": counts[RowOutcome.REFUSED],
    }


def finish(*, batch: DoseImport, now: datetime.datetime) -> DoseImport:
    """All rows are behind us; what waits for a person waits in its row, the file itself goes."""
    DoseImport.objects.filter(pk=batch.pk, state=ImportState.RUNNING).update(
        state=ImportState.DONE, finished_at=now, content=None, rows_total=F("rows_done")
    )
    batch.refresh_from_db()
    return batch


def refuse(*, batch: DoseImport, refusal: exceptions.FileRefused, now: datetime.datetime) -> None:
    """The file turned out unreadable, or somebody took it back; what was recorded of it stays."""
    DoseImport.objects.filter(pk=batch.pk).exclude(state=ImportState.DONE).update(
        state=ImportState.REFUSED,
        refusal=Reason.of(refusal).as_dict(),
        finished_at=now,
        content=None,
    )


def _rows(
    batch: DoseImport, results: Sequence[Result], cells: Mapping[int, Sequence[Any]]
) -> dict[str, list[Any]]:
    """What became of each dose, as columns of `ImportedRow`; cells only where they may be read."""
    nobody = [None] * len(results)
    return {
        "batch_id": [batch.pk] * len(results),
        "line": [result.read.line for result in results],
        "part": [result.read.part for result in results],
        "outcome": [result.outcome for result in results],
        "reasons": [[reason.as_dict() for reason in result.reasons] for result in results],
        "matched_by": [result.matched_by for result in results],
        "cells": [
            sealed_cells(cells[result.read.line]) if _may_be_read(result) else None
            for result in results
        ],
        "candidates": [candidates_as_json(result.candidates) for result in results],
        "citizen_id": [result.citizen_id for result in results],
        "dose_id": [result.dose.pk if result.dose else None for result in results],
        "decided_by_id": nobody,
        "decided_at": nobody,
    }


def _may_be_read(result: Result) -> bool:
    waits = result.outcome in (RowOutcome.HELD, RowOutcome.REFUSED)
    return waits or (result.outcome == RowOutcome.RECORDED and result.matched_by in DOUBTFUL)
