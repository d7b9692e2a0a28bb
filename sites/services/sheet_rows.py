"""Rows of a paper sheet: read as the rows of a file are, compared with those of a second typist.

A row is a list of texts, one for each of `FIELDS`. What all rows of a sheet have in common (lot,
day, vaccinator, province) is put beside them, so that they read as rows of the long form.
"""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from sites.import_words import refusal_of
from sites.imports import cells as reading
from sites.imports.rows import Known, ReadDose, RowReader
from sites.models import DoseImport, PaperSheet
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import TIME_ZONE, day_in_vietnam, search_key

FIELDS: Final = (
    "full_name",
    "date_of_birth",
    "sex",
    "phone",
    "id_number",
    "health_insurance_number",
    "province_name",
    "address",
    "dose_number",
    "notes",
)
# Behind them, the same in all rows of a sheet.
SHARED: Final = ("vaccine", "lot_number", "given_on", "given_at", "vaccinator")
HEADINGS: Final = (  # as `headings` knows them, so that rows sent back can be sent in again
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số điện thoại",
    "CCCD/CMND",
    "Số thẻ BHYT",
    "Tỉnh/Thành phố",
    "Địa chỉ",
    "Mũi số",
    "Ghi chú",
    "Tên vắc xin",
    "Số lô",
    "Ngày tiêm",
    "Giờ tiêm",
    "Người tiêm",
)
COLUMNS: Final = {position: (name, 0) for position, name in enumerate((*FIELDS, *SHARED))}
MOST_CELL: Final = 300  # characters

# What a reason is about, where the grid has another column for it.
_COLUMN_OF: Final = {"province_code": "province_name", "id_type": "id_number"}
_PROVINCE: Final = FIELDS.index("province_name")
_NUMBER: Final = FIELDS.index("dose_number")

Cells = list[str]


def plain(text: str) -> str:
    """What a person typed into a cell, without invisible characters, in single spaces."""
    kept = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(kept.split())[:MOST_CELL]


def is_empty(row: Sequence[str]) -> bool:
    return not any(row)


def stored(row: Sequence[str]) -> str:
    return json.dumps(list(row), ensure_ascii=False)


def whole_row(sheet: PaperSheet, row: Sequence[str], *, now: datetime.datetime) -> list[Any]:
    """The row as the long form has it: the common facts beside it, empty cells as None."""
    texts = list(row)
    texts[_PROVINCE] = texts[_PROVINCE] or sheet.province.code
    texts[_NUMBER] = texts[_NUMBER] or str(sheet.dose_number or "")
    shared = [
        sheet.lot.vaccine.code,
        sheet.lot.number,
        sheet.given_on.isoformat(),
        _clock(sheet.given_on, now),
        sheet.vaccinator,
    ]
    return [text or None for text in (*texts, *shared)]


def _clock(day: datetime.date, now: datetime.datetime) -> str:
    """Paper names no hour: noon; on the day itself, not later than now."""
    local = now.astimezone(TIME_ZONE)
    is_morning = day == day_in_vietnam(now) and local.time().isoformat() < reading.NOON
    return f"{local:%H:%M}" if is_morning else "12:00"


@dataclass(frozen=True)
class RowRead:
    """A row and what it says. `errors`: field → refusal."""

    line: int
    cells: Sequence[str]
    dose: ReadDose
    errors: Mapping[str, DomainError]

    @property
    def is_readable(self) -> bool:
        return self.dose.item is not None


class SheetReader:
    """Reads the rows of one sheet as an import would."""

    def __init__(self, sheet: PaperSheet, known: Known, *, now: datetime.datetime) -> None:
        self.sheet = sheet
        self.known = known
        self.now = now
        self.rows = RowReader(COLUMNS, known)

    def read(self, line: int, row: Sequence[str]) -> RowRead:
        dose = self.rows.read((line, whole_row(self.sheet, row, now=self.now)))[0]
        return RowRead(line, row, dose, _errors(dose))

    def same(self, field: str, first: str, second: str) -> bool:
        """Whether two cells say the same, however they are written."""
        if first == second:
            return True
        return bool(first and second) and self._said(field, first) == self._said(field, second)

    def _said(self, field: str, text: str) -> Any:
        readers: Mapping[str, Callable[[str], Any]] = {
            "full_name": lambda cell: reading.read_name(cell).casefold(),
            "date_of_birth": lambda cell: reading.read_birth(cell, on=self.known.today),
            "sex": reading.read_sex,
            "phone": reading.read_phone,
            "id_number": lambda cell: reading.read_id(cell, None, birth="", sex=""),
            "health_insurance_number": reading.read_insurance,
            "province_name": lambda cell: search_key(cell),
            "dose_number": reading.read_dose_number,
        }
        try:
            return readers.get(field, str.casefold)(text)
        except DomainError:
            return text


def _errors(dose: ReadDose) -> dict[str, DomainError]:
    found: dict[str, DomainError] = {}
    for reason in dose.reasons:
        refusal = refusal_of(reason.as_dict())
        if refusal is not None:
            found.setdefault(_COLUMN_OF.get(reason.field, reason.field), refusal)
    return found


# ── two entries ───────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Pair:
    """A row of the paper as two people typed it; None where one of them has no such row. `line`
    is the row's number in what they agree on."""

    line: int
    first: Sequence[str] | None
    second: Sequence[str] | None


def pairs(first: Mapping[int, Sequence[str]], second: Mapping[int, Sequence[str]]) -> list[Pair]:
    """The rows of both, side by side: a row that one left out moves no other."""
    one = [first[line] for line in sorted(first)]
    two = [second[line] for line in sorted(second)]
    found: list[tuple[Sequence[str] | None, Sequence[str] | None]] = []
    matcher = SequenceMatcher(None, _keys(one), _keys(two), autojunk=False)
    for _tag, a, b, c, d in matcher.get_opcodes():
        found += _side_by_side(one[a:b], two[c:d])
    return [Pair(line, left, right) for line, (left, right) in enumerate(found, start=1)]


def _keys(rows: Sequence[Sequence[str]]) -> list[str]:
    return [search_key(row[0]) for row in rows]


def _side_by_side(
    one: Sequence[Sequence[str]], two: Sequence[Sequence[str]]
) -> list[tuple[Sequence[str] | None, Sequence[str] | None]]:
    most = max(len(one), len(two))
    return [
        (one[n] if n < len(one) else None, two[n] if n < len(two) else None) for n in range(most)
    ]


ROW: Final = "row"  # the question whether a row that only one of them typed stands


@dataclass(frozen=True)
class Question:
    """A cell to decide: what each of them typed. `refusal`: why neither can be read."""

    line: int
    field: str
    first: str
    second: str
    refusal: DomainError | None = None

    @property
    def name(self) -> str:
        return f"{self.line}-{self.field}"


def questions(reader: SheetReader, rows: Sequence[Pair]) -> list[Question]:
    """The cells that differ, those that both typed alike and nobody can read, and the rows that
    only one of them has."""
    found = []
    for pair in rows:
        if pair.first is None or pair.second is None:
            one, two = (_in_a_line(row) for row in (pair.first, pair.second))
            found.append(Question(pair.line, ROW, one, two))
            continue
        errors = reader.read(pair.line, pair.first).errors
        for field, one, two in zip(FIELDS, pair.first, pair.second, strict=True):
            if not reader.same(field, one, two):
                found.append(Question(pair.line, field, one, two))
            elif field in errors:
                found.append(Question(pair.line, field, one, two, errors[field]))
    return found


def _in_a_line(row: Sequence[str] | None) -> str:
    return " · ".join(filter(None, row or ()))


def filled(rows: Sequence[Pair]) -> int:
    """Cells that either of them filled."""
    blank = [""] * len(FIELDS)
    return sum(
        bool(one or two)
        for pair in rows
        for one, two in zip(pair.first or blank, pair.second or blank, strict=True)
    )


# ── sums ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Sums:
    """Typed rows against the number on the paper. `table`: (dose number, sex) → rows."""

    on_paper: int
    rows: int
    readable: int
    table: Mapping[tuple[int, str], int]

    @property
    def unreadable(self) -> int:
        return self.rows - self.readable

    @property
    def differ(self) -> bool:
        return self.readable != self.on_paper or self.unreadable > 0

    @property
    def numbers(self) -> list[int]:
        return sorted({number for number, _sex in self.table})


def sums_of(sheet: PaperSheet, rows: Sequence[RowRead]) -> Sums:
    table: dict[tuple[int, str], int] = {}
    for row in rows:
        if row.dose.item is not None:
            person: Any = row.dose.item.citizen
            key = (row.dose.item.dose_number, person.sex)
            table[key] = table.get(key, 0) + 1
    return Sums(sheet.doses_on_paper, len(rows), sum(table.values()), table)


def columns_of_batch(batch: DoseImport) -> DoseImport:
    """An import whose columns are those of a sheet."""
    batch.headings = list(HEADINGS)
    batch.columns = {str(position): list(column) for position, column in COLUMNS.items()}
    batch.headings_line = 0
    return batch
