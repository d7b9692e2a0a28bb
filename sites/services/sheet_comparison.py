"""Two entries of one sheet: where they differ a person looks at the paper and decides; how often
it was decided against whom is that person's error rate."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Sum

from registration.models import Account
from sites import exceptions
from sites.models import PaperSheet, SheetEntry, SheetState, Site
from sites.services.sheet_rows import (
    FIELDS,
    ROW,
    Pair,
    Question,
    filled,
    pairs,
    plain,
    questions,
    stored,
)
from sites.services.sheets import _lock, _not_forgotten, _touch, reader_of, rows_of

FIRST, SECOND, OTHER = "1", "2", "other"


@dataclass(frozen=True)
class Choice:
    """What was decided of a question: the first or second entry's cell, or a text of its own. Of a
    row that only one typed: the entry that is right."""

    taken: str
    text: str = ""


@dataclass(frozen=True)
class Comparison:
    pairs: Sequence[Pair]
    questions: Sequence[Question]


def comparison_of(*, sheet: PaperSheet, now: datetime.datetime) -> Comparison:
    """What differs between the two entries. Raises SheetNotReady while somebody still types."""
    if not sheet.double_entry or sheet.state == SheetState.OPEN:
        raise exceptions.SheetNotReady
    first, second = sheet.entries.order_by("number")
    rows = pairs(rows_of(first), rows_of(second))
    return Comparison(rows, questions(reader_of(sheet, now=now), rows))


@transaction.atomic
def compare(
    *,
    sheet: PaperSheet,
    choices: Mapping[str, Choice],
    by: Account,
    now: datetime.datetime,
) -> PaperSheet:
    """Decide all questions (`Question.name` → choice); until the sheet is recorded they can be
    decided anew.

    Raises SheetNotReady, SheetRecorded, SheetForgotten, or QuestionsOpen with how many are left.
    """
    sheet = _lock(sheet)
    _not_forgotten(sheet)
    if sheet.state == SheetState.RECORDED:
        raise exceptions.SheetRecorded
    found = comparison_of(sheet=sheet, now=now)
    left = [q for q in found.questions if q.name not in choices]
    if left:
        raise exceptions.QuestionsOpen(left=len(left))
    agreed = _agreed(found, choices)
    sheet.agreed = stored([[line, cells] for line, cells in agreed.items()])  # type: ignore[misc]
    sheet.state, sheet.compared_by = SheetState.COMPARED, by
    _count_errors(sheet, found, choices)
    return _touch(sheet, now, "agreed", "state", "compared_by")


def _agreed(found: Comparison, choices: Mapping[str, Choice]) -> dict[int, list[str]]:
    asked = {(q.line, q.field): choices[q.name] for q in found.questions}
    rows: dict[int, list[str]] = {}
    for pair in found.pairs:
        row = _row(pair, asked)
        if row is not None and any(row):
            rows[len(rows) + 1] = row
    return rows


def _row(pair: Pair, asked: Mapping[tuple[int, str], Choice]) -> list[str] | None:
    """The decided row; None where it was decided that it is not on the paper."""
    whole = asked.get((pair.line, ROW))
    if whole is not None:
        taken = pair.first if whole.taken == FIRST else pair.second
        return list(taken) if taken is not None else None
    row = list(pair.first or ())
    for position, field in enumerate(FIELDS):
        choice = asked.get((pair.line, field))
        if choice is None or choice.taken == FIRST:
            continue
        row[position] = (
            plain(choice.text) if choice.taken == OTHER else (pair.second or row)[position]
        )
    return row


def _count_errors(sheet: PaperSheet, found: Comparison, choices: Mapping[str, Choice]) -> None:
    """For each entry: of the cells that either filled, those decided against it."""
    wrong = {FIRST: 0, SECOND: 0}
    by_line = {pair.line: pair for pair in found.pairs}
    for question in found.questions:
        taken = choices[question.name].taken
        cells = filled([by_line[question.line]]) if question.field == ROW else 1
        for entry in wrong:
            wrong[entry] += cells if entry != taken else 0
    for number, count in wrong.items():
        sheet.entries.filter(number=int(number)).update(
            cells_compared=filled(found.pairs), cells_wrong=count
        )


# ── how well people type ──────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Typist:
    name: str
    sheets: int
    cells: int
    wrong: int

    @property
    def rate(self) -> float:
        """Percent."""
        return 100 * self.wrong / self.cells if self.cells else 0.0


def typists_of(*, site: Site, since: datetime.datetime) -> list[Typist]:
    """Everybody who typed a compared sheet of the site since then, most errors first. Entries that
    went from one to another count for nobody."""
    rows = (
        SheetEntry.objects.filter(
            sheet__site=site,
            started_at__gte=since,
            cells_compared__isnull=False,
            takeovers=None,
        )
        .values("by", "by__full_name", "by__username")
        .annotate(sheets=Count("pk"), cells=Sum("cells_compared"), wrong=Sum("cells_wrong"))
    )
    typists = [
        Typist(
            str(row["by__full_name"] or row["by__username"]),
            row["sheets"],
            row["cells"],
            row["wrong"],
        )
        for row in rows
    ]
    return sorted(typists, key=lambda typist: (-typist.rate, typist.name))
