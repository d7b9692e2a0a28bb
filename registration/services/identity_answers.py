"""What the population database answered, read from the file that came back.

One transaction: a file that fails has done nothing. A row that cannot be read, or speaks of other
details than today's, is named with its reason and changes nobody; the other rows are taken in.
"""

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from registration.identity_words import find_columns, read_result
from registration.models import (
    Account,
    Citizen,
    IdentityCheckEvent,
    IdentityCheckList,
    IdentityCheckRow,
    ListAct,
)
from registration.services.identity_checks import Sent, as_sent
from vaxplatform.errors import InvalidInput

HEADINGS_WITHIN = 30  # rows
LINES_KEPT = 500  # rows that were not taken in, named on the page

Line = tuple[int, Sequence[str]]  # its number in the file, and its cells as text


class AnswersRefused(InvalidInput):
    """The file as a whole is not the answer to this list; nothing was taken in."""

    field = "file"


class AnswerColumnsMissing(AnswersRefused):
    code = "answer_columns_missing"
    message = _(
        "The columns “Mã dòng” and “Kết quả” were not found. Send the list's own file back."
    )


class NothingAnswered(AnswersRefused):
    code = "nothing_answered"
    message = _("No row of this file has a result. Fill in the column “Kết quả”.")


class AnswersOfAnotherList(AnswersRefused):
    code = "answers_of_another_list"
    message = _("No row of this file is of this list. It is the file of another one.")


@dataclass(frozen=True)
class Answer:
    """What a row of the file says. `result` and `mismatched` as IdentityCheckRow holds them."""

    line: int
    row: uuid.UUID
    result: str
    mismatched: tuple[str, ...]

    @property
    def said(self) -> tuple[str, tuple[str, ...]]:
        return self.result, self.mismatched


@dataclass
class Read:
    """What a file says. `not_taken`: (line, code of the reason)."""

    answers: dict[uuid.UUID, Answer] = field(default_factory=dict)
    not_taken: list[tuple[int, str]] = field(default_factory=list)
    empty: int = 0


@transaction.atomic
def read_answers(
    *,
    check_list: IdentityCheckList,
    lines: Iterable[Line],
    by: Account | None,
    now: datetime.datetime,
) -> IdentityCheckEvent:
    """Take in the answers in `lines`, the rows of a file that are not empty; says what came in.

    The same file again changes nothing. A later file that says otherwise of a person counts.
    Raises AnswersRefused (one of its kinds).
    """
    read = _read(lines)
    check_list = IdentityCheckList.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=check_list.pk
    )
    rows = {
        row.public_id: row for row in check_list.people.filter(public_id__any=set(read.answers))
    }
    if read.answers and not rows:
        raise AnswersOfAnotherList
    held = Citizen.objects.filter(pk__any={row.citizen_id for row in rows.values()})
    people = as_sent(held.order_by("pk").select_for_update(of=("self",)))
    work = _Work(rows, people, read.not_taken)
    for answer in read.answers.values():
        work.take(answer)
    work.write(now)
    _sum_up(check_list, now)
    return IdentityCheckEvent.objects.create(
        check_list=check_list,
        act=ListAct.ANSWERED,
        account=by,
        at=now,
        counts={**work.counts(), "empty": read.empty},
    )


# ── reading ───────────────────────────────────────────────────────────────────────────────────
def _read(lines: Iterable[Line]) -> Read:
    rows = iter(lines)
    columns = next(filter(None, (find_columns(c) for _n, c in islice(rows, HEADINGS_WITHIN))), None)
    if columns is None:
        raise AnswerColumnsMissing
    read, twice = Read(), set()
    for line, answer in _answers(rows, columns):
        if answer is None:
            read.empty += 1
        elif isinstance(answer, str):
            read.not_taken.append((line, answer))
        elif answer.said != read.answers.setdefault(answer.row, answer).said:
            twice.add(answer.row)
            read.not_taken.append((line, "row_twice"))
    read.not_taken += [(read.answers.pop(row).line, "row_twice") for row in twice]
    if not read.answers and not read.not_taken:
        raise NothingAnswered
    return read


def _answers(
    rows: Iterator[Line], columns: dict[str, int]
) -> Iterator[tuple[int, Answer | str | None]]:
    """Of each row: what it says, the reason why that cannot be read, or None for no answer."""
    for line, cells in rows:
        key, result, fields = (
            cells[at] if (at := columns.get(column, len(cells))) < len(cells) else ""
            for column in ("row", "result", "fields")
        )
        if not result and not fields:
            yield line, None
            continue
        try:
            row = uuid.UUID(key)
        except ValueError:
            yield line, "row_unknown"
            continue
        said = read_result(result, fields)
        yield line, said if isinstance(said, str) else Answer(line, row, said[0], tuple(said[1]))


# ── writing ───────────────────────────────────────────────────────────────────────────────────
class _Work:
    """What becomes of the answers to the rows of a list, whose `people` are held."""

    def __init__(
        self,
        rows: dict[uuid.UUID, IdentityCheckRow],
        people: dict[int, Sent],
        not_taken: list[tuple[int, str]],
    ) -> None:
        self.rows, self.people, self.not_taken = rows, people, not_taken
        self.new: defaultdict[tuple[str, tuple[str, ...]], list[IdentityCheckRow]]
        self.new = defaultdict(list)
        self.void: list[int] = []
        self.again = self.changed = 0

    def take(self, answer: Answer) -> None:
        row = self.rows.get(answer.row)
        if row is None:
            self.not_taken.append((answer.line, "row_unknown"))
            return
        sent = self.people[row.citizen_id]
        is_joined = sent.citizen.merged_into_id is not None
        if is_joined or sent.digest != bytes(row.seen):
            self.not_taken.append((answer.line, "joined" if is_joined else "stale"))
            self.void.append(row.pk)
            return
        before = (row.result, tuple(row.mismatched))
        if before == answer.said and sent.citizen.identity_check == answer.result:
            self.again += 1
            return
        self.changed += bool(row.result) and before != answer.said
        self.new[answer.said].append(row)

    def write(self, now: datetime.datetime) -> None:
        for (result, mismatched), rows in self.new.items():
            IdentityCheckRow.objects.filter(pk__any=[row.pk for row in rows]).update(
                result=result, mismatched=list(mismatched), answered_at=now
            )
            people = Citizen.objects.filter(pk__any=[row.citizen_id for row in rows])
            people.exclude(identity_check=result).update(identity_check=result)
        unanswered = IdentityCheckRow.objects.filter(pk__any=self.void, answered_at=None)
        unanswered.update(answered_at=now)

    def counts(self) -> dict[str, object]:
        by_result: Counter[str] = Counter()
        by_field: Counter[str] = Counter()
        for (result, mismatched), rows in self.new.items():
            by_result[result] += len(rows)
            by_field.update(dict.fromkeys(mismatched, len(rows)))
        return {
            "by_result": by_result,
            "by_field": by_field,
            "applied": by_result.total(),
            "again": self.again,
            "changed": self.changed,
            "not_applied": Counter(code for _line, code in self.not_taken),
            "lines": sorted(self.not_taken)[:LINES_KEPT],
        }


def _sum_up(check_list: IdentityCheckList, now: datetime.datetime) -> None:
    """The whole list by result, as its page and the lists show it."""
    results = check_list.people.exclude(result="").order_by().values_list("result")
    check_list.answers = dict(results.annotate(count=Count("pk")))
    check_list.answered_at = now
    check_list.save(update_fields=["answers", "answered_at"])
