"""Rows of a file on their way to outcomes: who is meant, what is on record, what is recorded."""

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from registration.models import Account, Citizen
from registration.services.citizens import CitizenDetails, Recognised, recognise_citizens
from registration.services.similar import Candidate, find_similar
from registration.services.turns import turns
from sites import exceptions
from sites.imports.rows import ReadDose, Reason, Row, RowReader
from sites.models import Dose, DoseImport, DoseStatus, MatchedBy, RowOutcome
from sites.services import import_findings as findings
from sites.services.doses import DoseItem, Outcome, Recorded, record_doses
from sites.services.import_knowledge import known_for
from sites.services.import_lots import record_taking_in
from vaxplatform.vietnam import day_in_vietnam

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
        exceptions.DoseGivenElsewhere.code,
        exceptions.SameLotSeveralDates.code,
        exceptions.RowTwiceInFile.code,
        exceptions.DoseWasVoided.code,
        exceptions.SimilarPersonOnRecord.code,
        "identity_does_not_match",
    }
)
# Matches that a person may take back (`imported_rows.separate`): for it the cells are kept.
DOUBTFUL = (MatchedBy.CONTACT, MatchedBy.ADDRESS, MatchedBy.FILE)
_CONFLICTS = frozenset(
    {
        exceptions.DoseNumberTaken.code,
        exceptions.DoseOnSameDay.code,
        exceptions.DoseOutOfOrder.code,
    }
)


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


def columns_as_json(columns: Mapping[int, tuple[str, int]]) -> dict[str, list[Any]]:
    return {str(position): list(column) for position, column in columns.items()}


def columns_from(stored: Mapping[str, Sequence[Any]]) -> dict[int, tuple[str, int]]:
    return {int(position): (name, part) for position, (name, part) in stored.items()}


def without_place(columns: Mapping[int, tuple[str, int]]) -> dict[int, tuple[str, int]]:
    """The columns but those of the place: it is not asked where a dose was given."""
    return {position: column for position, column in columns.items() if column[0] != "place"}


def results_of(
    *,
    batch: DoseImport,
    rows: Sequence[Row],
    now: datetime.datetime,
    only: Collection[tuple[int, int]] | None = None,
    all_here: bool = False,
    by: Account | None = None,
) -> list[Result]:
    """Record the doses of these rows, in the transaction of the caller, who writes down what became
    of them (or, for a look at a file, takes it all back).

    `only`: line and part of the doses meant, all where it is None. `all_here`: whatever place they
    name, also where the file does not say so. `by`: who records them, else whoever sent the file.
    """
    return _Chunk(batch, now, only=only, all_here=all_here, by=by).run(rows)


def candidates_as_json(candidates: Sequence[Candidate]) -> list[dict[str, Any]] | None:
    return [
        {"citizen": c.citizen_id, "score": c.score, "same": list(c.same)} for c in candidates
    ] or None


def outcome_of(reasons: Sequence[Reason]) -> str:
    """Held if a person at the site can put all of it right, else refused."""
    is_held = all(reason.code in HELD for reason in reasons)
    return RowOutcome.HELD if is_held else RowOutcome.REFUSED


class _Chunk:
    """Rows on their way to outcomes."""

    def __init__(
        self,
        batch: DoseImport,
        now: datetime.datetime,
        *,
        only: Collection[tuple[int, int]] | None = None,
        all_here: bool = False,
        by: Account | None = None,
    ) -> None:
        self.batch = batch
        self.by = by or batch.by
        self.site = batch.site
        self.now = now
        self.only = only
        columns = columns_from(batch.columns)
        known = known_for(self.site, on=day_in_vietnam(now))
        self.reader = RowReader(
            without_place(columns) if all_here or batch.all_here else columns, known
        )

    def run(self, rows: Sequence[Row]) -> list[Result]:
        results = [
            Result(read, outcome_of(read.reasons), read.reasons)
            for row in rows
            for read in self.reader.read(row)
            if self.only is None or (read.line, read.part) in self.only
        ]
        self._tell_twins(results)
        self._tell_rows_on_record(self._open(results))
        mine = self._open(results)
        self._join_rows(mine)
        for turn in turns([_details(result) for result in mine]):
            self._work_on([mine[position] for position in turn])
        return results

    def _work_on(self, turn: Sequence[Result]) -> None:
        self._tell_people(turn)
        self._tell_doses_on_record(self._open(turn))
        self._record(self._open(turn))

    def _open(self, results: Iterable[Result]) -> list[Result]:
        return [r for r in results if r.read.item is not None and not r.reasons]

    def _tell_twins(self, results: Sequence[Result]) -> None:
        """The same dose twice in the chunk; in other chunks its key is on record."""
        first: dict[uuid.UUID, int] = {}
        for result in self._open(results):
            key = _item(result).idempotency_key
            if key in first:
                result.outcome = _of_a_twin(result)
                result.reasons = (Reason.of(exceptions.RowTwiceInFile(line=first[key])),)
            else:
                first[key] = result.read.line

    def _tell_rows_on_record(self, mine: Sequence[Result]) -> None:
        """Rows that were recorded before, by this file or another: first of all, so that nobody is
        asked who they are about."""
        doses = {
            dose.idempotency_key: dose
            for dose in Dose.objects.filter(
                idempotency_key__any=[_item(result).idempotency_key for result in mine]
            )
        }
        for result in mine:
            result.dose = doses.get(_item(result).idempotency_key)
            result.citizen_id = result.dose.citizen_id if result.dose else None
        self._tell_repeated(mine, {dose.pk for dose in doses.values()})

    def _tell_people(self, results: Sequence[Result]) -> None:
        """Who each row is about: on record by a number or phone, new, or for a person to say."""
        strangers = self._recognise(self._open(results))
        similar = find_similar(people=[_details(result) for result in strangers])
        doubts = {id(r): c for r, c in zip(strangers, similar, strict=True) if c}
        # Who was recorded between the two looks is no stranger, and not somebody alike either.
        doubtful = self._recognise([r for r in strangers if id(r) in doubts])
        alike = [c[0].citizen_id for c in map(doubts.get, map(id, doubtful)) if c and _is_she(c)]
        citizens = Citizen.objects.in_bulk(alike) if alike else {}
        for result in doubtful:
            candidates = doubts[id(result)]
            if _is_she(candidates):
                citizen = citizens[candidates[0].citizen_id]
                _give_to(result, citizen)
                result.matched_by, result.citizen_id = MatchedBy.ADDRESS, citizen.pk
            else:
                result.outcome = RowOutcome.HELD
                result.reasons = (Reason.of(exceptions.SimilarPersonOnRecord()),)
                result.candidates, result.matched_by = tuple(candidates), ""

    def _recognise(self, mine: Sequence[Result]) -> list[Result]:
        """Tell those on record by a number or phone; answers those who are not."""
        strangers = []
        people = [_details(result) for result in mine]
        answers = recognise_citizens(people=people) if people else []
        for result, found in zip(mine, answers, strict=True):
            if found is None:
                result.matched_by = result.matched_by or MatchedBy.NEW
                strangers.append(result)
            elif found.agrees:
                result.matched_by, result.citizen_id = found.by, found.citizen.pk
                if found.tells_nothing_new:  # she need not be looked for again
                    _give_to(result, found.citizen)
            else:
                self._hold_for_identity(result, found)
        return strangers

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
            name = person.full_name.casefold()  # with its accents: twins are named alike
            key = (name, person.date_of_birth, person.sex, person.address.lower())
            joined = first.setdefault((*key, person.province_id), person)
            if joined is not person:
                _give_to(result, joined)
                result.matched_by = MatchedBy.FILE

    def _hold_for_identity(self, result: Result, found: Recognised) -> None:
        result.outcome = RowOutcome.HELD
        result.reasons = (Reason("identity_does_not_match", "id_number"),)
        result.candidates = (Candidate(found.citizen.pk, 0.5, ("id_number",)),)

    def _tell_doses_on_record(self, known: Sequence[Result]) -> None:
        """A dose that another way has put on record is a duplicate, and not a contradiction."""
        people = {result.citizen_id for result in known if result.citizen_id}
        history = findings.histories(people) if people else {}
        for result in known:
            doses = history.get(result.citizen_id or 0, ())
            dose = findings.same_dose(item=_item(result), history=doses)
            if dose is not None:
                result.outcome, result.dose = RowOutcome.DUPLICATE, dose
                result.reasons = (findings.on_record(dose),)

    def _record(self, mine: Sequence[Result]) -> None:
        items = [_item(result) for result in mine]
        outcomes: Sequence[Outcome] = (
            record_taking_in(items=items, site=self.site, now=self.now, by=self.by)
            if self.batch.creates_lots
            else record_doses(items=items, site=self.site, now=self.now, recorded_by=self.by)
        )
        for result, outcome in zip(mine, outcomes, strict=True):
            if isinstance(outcome, Recorded):
                result.dose, result.citizen_id = outcome.dose, outcome.dose.citizen_id
                result.outcome = RowOutcome.RECORDED
            else:
                result.outcome = outcome_of([Reason.of(outcome)])
                result.reasons = (Reason.of(outcome),)
        repeated = [o for o in outcomes if isinstance(o, Recorded) and o.is_duplicate]
        self._tell_repeated(mine, {outcome.dose.pk for outcome in repeated})
        self._tell_conflicts(mine)
        self._note_intervals(mine)

    def _tell_repeated(self, mine: Sequence[Result], repeated: Collection[int]) -> None:
        """Rows whose very content is on record: by another file, or by this one further up."""
        if not repeated:
            return
        here = dict(self.batch.rows.filter(dose__in=repeated).values_list("dose", "line"))
        for result in mine:
            if result.dose is None or result.dose.pk not in repeated:
                continue
            dose, line = result.dose, here.get(result.dose.pk)
            result.outcome, result.reasons = RowOutcome.DUPLICATE, (findings.on_record(dose),)
            if dose.status == DoseStatus.VOIDED:
                result.outcome = RowOutcome.HELD
            elif line is not None and line != result.read.line:
                result.outcome = _of_a_twin(result)
                result.reasons = (Reason.of(exceptions.RowTwiceInFile(line=line)),)

    def _tell_conflicts(self, mine: Sequence[Result]) -> None:
        """Of the doses refused, those that are on record already (the first may stand in this very
        chunk); beside the others what stands in their way."""
        refused = [result for result in mine if result.dose is None]
        self._find_people_again(mine, refused)
        people = {result.citizen_id for result in refused if result.citizen_id}
        if not people:
            return
        self._tell_doses_on_record(refused)
        history = findings.histories(people)
        for result in refused:
            if result.dose is None and result.reasons[0].code in _CONFLICTS:
                other = findings.other_dose(
                    item=_item(result),
                    history=history.get(result.citizen_id or 0, ()),
                    site=self.site,
                )
                result.reasons += (other,) if other else ()

    def _find_people_again(self, mine: Sequence[Result], refused: Sequence[Result]) -> None:
        """Somebody who was new is on record since one of her doses went in."""
        unknown = [r for r in refused if not r.citizen_id and r.reasons[0].code in _CONFLICTS]
        if not unknown:
            return
        same = {id(r.read.item.citizen): r.citizen_id for r in mine if r.dose and r.read.item}
        answers = recognise_citizens(people=[_details(result) for result in unknown])
        for result, found in zip(unknown, answers, strict=True):
            known = found.citizen.pk if found and found.agrees else None
            result.citizen_id = known or same.get(id(_item(result).citizen))

    def _note_intervals(self, mine: Sequence[Result]) -> None:
        """Too few days refuse no dose on paper; they are noted beside it."""
        doses = {
            result.dose.pk: result
            for result in mine
            if result.dose
            and result.outcome == RowOutcome.RECORDED
            and (result.dose.dose_number > 1 or result.matched_by != MatchedBy.NEW)
        }
        notes = findings.interval_notes(
            doses=[result.dose for result in doses.values() if result.dose],
            province_id=self.site.province_id,
        )
        for pk, note in notes.items():
            doses[pk].reasons = (note,)


def _is_she(candidates: Sequence[Candidate]) -> bool:
    """The only one who may be meant, and nothing is left to doubt."""
    return len(candidates) == 1 and candidates[0].agrees_in_all


def _give_to(result: Result, person: CitizenDetails | Citizen) -> None:
    result.read = replace(result.read, item=replace(_item(result), citizen=person))


def _of_a_twin(result: Result) -> str:
    """The same row again is a slip, unless it says so little that it may be of two people."""
    person = _item(result).citizen
    is_nobody = isinstance(person, CitizenDetails) and not (
        person.papers or person.phone or person.address
    )
    return RowOutcome.HELD if is_nobody else RowOutcome.DUPLICATE


def _item(result: Result) -> DoseItem:
    item = result.read.item
    assert item is not None  # noqa: S101 - `_open` gives those that have one
    return item


def _details(result: Result) -> CitizenDetails:
    person = _item(result).citizen
    assert not isinstance(person, Citizen)  # noqa: S101 - rows name people by details
    return person
