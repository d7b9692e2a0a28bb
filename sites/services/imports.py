"""Files of doses from paper: taken in, read in chunks, recorded by `record_doses`.

A chunk is one transaction: the doses, what became of each row, and the mark that the chunk is
done. Killed at any point the work goes on behind the last mark; two who work on the same file do
each chunk once. The idempotency key of a dose is made of what its row says, so the same dose in
another file is the same request, and no file is ever doubled.
"""

import datetime
import hashlib
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F

from registration.models import Account, Citizen
from registration.services.citizens import CitizenDetails, Recognised, recognise_citizens
from registration.services.similar import Candidate, find_similar
from sites import exceptions
from sites.imports.files import Rows, open_rows
from sites.imports.headings import LOOK_AT_ROWS, Headings, find_headings
from sites.imports.rows import ReadDose, Reason, Row, RowReader
from sites.models import (
    ColumnMapping,
    Dose,
    DoseImport,
    DoseStatus,
    ImportedChunk,
    ImportedRow,
    ImportState,
    Lot,
    MatchedBy,
    RowOutcome,
    Site,
    Vaccine,
)
from sites.services import stock
from sites.services.doses import DoseItem, Outcome, Recorded, record_doses
from sites.services.import_cells import sealed_cells
from sites.services.import_knowledge import known_for
from vaxplatform.bulk import insert_rows
from vaxplatform.vietnam import day_in_vietnam

CHUNK = 1_000  # rows
# A person at the site can put these right without a new file; the rest must be mended in it.
HELD = frozenset(
    {
        exceptions.LotUnknown.code,
        exceptions.LotExhausted.code,
        exceptions.LotRecalled.code,
        exceptions.LotExpired.code,
        exceptions.DoseNumberTaken.code,
        exceptions.DoseOnSameDay.code,
        exceptions.DoseOutOfOrder.code,
        exceptions.SimilarPersonOnRecord.code,
        "identity_does_not_match",
    }
)
# Matches that a person may take back (`imported_rows.separate`): for it the cells are kept.
DOUBTFUL = (MatchedBy.CONTACT, MatchedBy.ADDRESS, MatchedBy.FILE)
_ALREADY = (exceptions.DoseNumberTaken, exceptions.DoseOnSameDay)


@dataclass
class Result:
    """What became of one dose of the file."""

    read: ReadDose
    outcome: str
    reasons: tuple[Reason, ...] = ()
    matched_by: str = ""
    candidates: tuple[Candidate, ...] = ()
    citizen_id: int | None = None
    dose: Dose | None = None


# ── taking a file in ──────────────────────────────────────────────────────────────────────────
def take_in(
    *,
    site: Site,
    path: Path,
    file_name: str,
    by: Account | None,
    creates_lots: bool = False,
) -> DoseImport:
    """Register a file and find its headings; nothing is recorded yet.

    A file that is not finished at this site is taken up where it was left. The state says what
    comes next: `checked` (say yes to record it) or `unmapped` (say what its columns mean).
    Raises FileRefused (or one of its kinds).
    """
    digest, size = _digest(path)
    found = _open_import(site, digest)
    if found is not None:
        return found
    with open_rows(path) as rows:
        headings = find_headings(list(islice(rows, LOOK_AT_ROWS)))
        height = rows.height
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


def columns_as_json(columns: Mapping[int, tuple[str, int]]) -> dict[str, list[Any]]:
    return {str(position): list(column) for position, column in columns.items()}


def columns_from(stored: Mapping[str, Sequence[Any]]) -> dict[int, tuple[str, int]]:
    return {int(position): (name, part) for position, (name, part) in stored.items()}


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
    else has dealt with them meanwhile nothing happens, and the answer is empty."""
    began = time.monotonic()
    try:
        with transaction.atomic():
            ImportedChunk.objects.create(batch=batch, first_line=rows[0][0], last_line=rows[-1][0])
            results = _Chunk(batch, now).run(rows)
            by_line = dict(rows)
            insert_rows([_row(batch, result, by_line[result.read.line]) for result in results])
            counts = Counter(result.outcome for result in results)
            _count(batch, counts, rows=len(rows), seconds=time.monotonic() - began)
    except IntegrityError as error:
        if "a_chunk_is_done_once" in str(error):
            return Counter()
        raise
    return counts


def results_of(*, batch: DoseImport, rows: Sequence[Row], now: datetime.datetime) -> list[Result]:
    """Record the doses of these rows without a mark that it was done: for a look at a file, in a
    transaction that is rolled back."""
    return _Chunk(batch, now).run(rows)


def _count(batch: DoseImport, counts: Counter[str], *, rows: int, seconds: float) -> None:
    """Last in the transaction: others who work on the same file wait for this row only."""
    DoseImport.objects.filter(pk=batch.pk).update(
        rows_done=F("rows_done") + rows,
        **{name: F(name) + count for name, count in _columns_of(counts).items()},
        seconds=F("seconds") + seconds,
    )


def recount(*, batch_id: int) -> None:
    """Count the outcomes again, after a person has decided about a row."""
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


def _row(batch: DoseImport, result: Result, cells: Sequence[Any]) -> ImportedRow:
    waits = result.outcome in (RowOutcome.HELD, RowOutcome.REFUSED)
    doubtful = result.outcome == RowOutcome.RECORDED and result.matched_by in DOUBTFUL
    return ImportedRow(
        batch=batch,
        line=result.read.line,
        part=result.read.part,
        outcome=result.outcome,
        reasons=[reason.as_dict() for reason in result.reasons],
        matched_by=result.matched_by,
        cells=sealed_cells(cells) if waits or doubtful else None,
        candidates=[
            {"citizen": c.citizen_id, "score": c.score, "same": list(c.same)}
            for c in result.candidates
        ]
        or None,
        citizen_id=result.citizen_id,
        dose=result.dose,
    )


class _Chunk:
    """Rows on their way to outcomes."""

    def __init__(self, batch: DoseImport, now: datetime.datetime) -> None:
        self.batch = batch
        self.site = batch.site
        self.now = now
        self.known = known_for(self.site, on=day_in_vietnam(now))
        self.reader = RowReader(columns_from(batch.columns), self.known)

    def run(self, rows: Sequence[Row]) -> list[Result]:
        results = [
            Result(read, RowOutcome.REFUSED, read.reasons)
            for row in rows
            for read in self.reader.read(row)
        ]
        self._tell_twins(results)
        self._tell_people(results)
        self._record(results)
        return results

    def _open(self, results: Iterable[Result]) -> list[Result]:
        return [r for r in results if r.read.item is not None and not r.reasons]

    def _tell_twins(self, results: Sequence[Result]) -> None:
        """The same dose twice in the chunk; in other chunks its key is on record."""
        first: dict[uuid.UUID, int] = {}
        for result in self._open(results):
            key = _item(result).idempotency_key
            if key in first:
                result.outcome = RowOutcome.DUPLICATE
                result.reasons = (Reason.of(exceptions.RowTwiceInFile(line=first[key])),)
            else:
                first[key] = result.read.line

    def _tell_people(self, results: Sequence[Result]) -> None:
        """Who each row is about: on record by a number or phone, new, or for a person to say."""
        mine = self._open(results)
        self._join_rows(mine)
        people = [_details(result) for result in mine]
        answers = recognise_citizens(people=people)
        strangers = []
        for result, found in zip(mine, answers, strict=True):
            if found is None:
                result.matched_by = result.matched_by or MatchedBy.NEW
                strangers.append(result)
            elif found.agrees:
                result.matched_by, result.citizen_id = found.by, found.citizen.pk
            else:
                self._hold_for_identity(result, found)
        similar = find_similar(people=[_details(result) for result in strangers])
        for result, candidates in zip(strangers, similar, strict=True):
            if len(candidates) == 1 and candidates[0].agrees_in_all:
                citizen = Citizen.objects.get(pk=candidates[0].citizen_id)
                result.read = replace(result.read, item=replace(_item(result), citizen=citizen))
                result.matched_by, result.citizen_id = MatchedBy.ADDRESS, citizen.pk
            elif candidates:
                result.outcome = RowOutcome.HELD
                result.reasons = (Reason.of(exceptions.SimilarPersonOnRecord()),)
                result.candidates, result.matched_by = tuple(candidates), ""

    def _join_rows(self, mine: Sequence[Result]) -> None:
        """Rows without any number that agree in everything else are about one person."""
        first: dict[tuple[object, ...], CitizenDetails] = {}
        for result in mine:
            person = _details(result)
            if (
                person.papers
                or person.phone
                or not person.address
                or len(person.date_of_birth) < 10
            ):
                continue
            key = (person.search_name, person.date_of_birth, person.sex, person.address.lower())
            joined = first.setdefault((*key, person.province_id), person)
            if joined is not person:
                result.read = replace(result.read, item=replace(_item(result), citizen=joined))
                result.matched_by = MatchedBy.FILE

    def _hold_for_identity(self, result: Result, found: Recognised) -> None:
        result.outcome = RowOutcome.HELD
        result.reasons = (Reason("identity_does_not_match", "id_number"),)
        result.candidates = (Candidate(found.citizen.pk, 0.5, ("id_number",)),)

    def _record(self, results: Sequence[Result]) -> None:
        mine = self._open(results)
        outcomes = self._outcomes([_item(result) for result in mine])
        for result, outcome in zip(mine, outcomes, strict=True):
            if isinstance(outcome, Recorded):
                result.dose, result.citizen_id = outcome.dose, outcome.dose.citizen_id
                result.outcome = (
                    RowOutcome.DUPLICATE if outcome.is_duplicate else RowOutcome.RECORDED
                )
                if outcome.is_duplicate:
                    result.reasons = (_on_record(outcome.dose),)
            else:
                result.outcome = RowOutcome.HELD if outcome.code in HELD else RowOutcome.REFUSED
                result.reasons = (Reason.of(outcome),)
        self._tell_doses_on_record(
            [r for r, o in zip(mine, outcomes, strict=True) if isinstance(o, _ALREADY)]
        )

    def _outcomes(self, items: list[DoseItem]) -> list[Outcome]:
        outcomes = self._record_doses(items)
        if not self.batch.creates_lots:
            return outcomes
        unknown = [i for i, o in enumerate(outcomes) if isinstance(o, exceptions.LotUnknown)]
        if not self._take_in_lots([items[i] for i in unknown]):
            return outcomes
        for i, outcome in zip(
            unknown, self._record_doses([items[i] for i in unknown]), strict=True
        ):
            outcomes[i] = outcome
        return outcomes

    def _record_doses(self, items: list[DoseItem]) -> list[Outcome]:
        return record_doses(items=items, site=self.site, now=self.now, recorded_by=self.batch.by)

    def _take_in_lots(self, items: Sequence[DoseItem]) -> int:
        """Take in, from their entry at another site, the lots that these doses were drawn from:
        as many doses as were given. Returns how many lots that was."""
        wanted = Counter((item.vaccine_code, item.lot_number) for item in items)
        elsewhere = {
            (lot.vaccine.code, lot.number): lot
            for lot in Lot.objects.filter(
                number__in={number for _code, number in wanted}, recalled_at__isnull=True
            ).select_related("vaccine")
        }
        taken = 0
        for key, doses in wanted.items():
            if (lot := elsewhere.get(key)) is not None:
                stock.receive_lot(
                    site=self.site,
                    vaccine=lot.vaccine,
                    number=lot.number,
                    expires_on=lot.expires_on,
                    doses=doses,
                    by=self.batch.by,
                    now=self.now,
                )
                taken += 1
        return taken

    def _tell_doses_on_record(self, refused: Sequence[Result]) -> None:
        """A dose that another way has put on record (same person, day and vaccine) is a duplicate,
        and not a contradiction."""
        people = {result.citizen_id for result in refused if result.citizen_id}
        if not people:
            return
        vaccines = dict(Vaccine.objects.values_list("pk", "code"))
        on_record = {
            (dose.citizen_id, vaccines[dose.vaccine_id], day_in_vietnam(dose.administered_at)): dose
            for dose in Dose.objects.filter(citizen__in=people, status=DoseStatus.RECORDED)
        }
        for result in refused:
            item = _item(result)
            day = day_in_vietnam(item.administered_at)
            dose = on_record.get((result.citizen_id or 0, item.vaccine_code, day))
            if dose is not None:
                result.outcome, result.reasons = RowOutcome.DUPLICATE, (_on_record(dose),)
                result.dose = dose


def _on_record(dose: Dose) -> Reason:
    error = exceptions.DoseOnRecord(
        number=dose.dose_number, day=f"{day_in_vietnam(dose.recorded_at):%d/%m/%Y}"
    )
    return Reason.of(error)


def _item(result: Result) -> DoseItem:
    item = result.read.item
    assert item is not None  # noqa: S101 - `_open` gives those that have one
    return item


def _details(result: Result) -> CitizenDetails:
    person = _item(result).citizen
    assert not isinstance(person, Citizen)  # noqa: S101 - rows name people by details
    return person
