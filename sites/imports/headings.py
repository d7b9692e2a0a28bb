"""What the columns of a sheet mean: the heading row, wherever it stands, and the two known forms.

Long: one dose a row. Wide (as VACCOM writes it): one person a row, her doses side by side, each
with the same headings again.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from vaxplatform.vietnam import search_key

LOOK_AT_ROWS: Final = 30
FEWEST_COLUMNS: Final = 4  # that must be known before a row counts as the headings
PARTS: Final = 4  # doses side by side, at most

Column = tuple[str, int]  # field and, in the wide form, which dose (1 …); 0 is the person's

# Field → headings it goes by, as `search_key` leaves them.
PERSON: Final = {
    "full_name": ("ho va ten", "ho ten", "ten doi tuong", "ho va ten doi tuong", "full name"),
    "date_of_birth": (
        "ngay sinh",
        "ngay thang nam sinh",
        "nam sinh",
        "ngay sinh doi tuong",
        "date of birth",
    ),
    "sex": ("gioi tinh", "sex", "gender"),
    "phone": ("so dien thoai", "dien thoai", "sdt", "so dt", "phone"),
    "id_type": ("loai giay to", "loai giay to tuy than", "loai gttt"),
    "id_number": (
        "so giay to",
        "cmt cccd",
        "cccd cmnd",
        "cmnd cccd",
        "so cmnd cccd",
        "so cccd",
        "cccd",
        "cmnd",
        "so cmnd",
        "cmt cccd ho chieu",
        "cmnd cccd ho chieu",
        "ma dinh danh",
    ),
    "health_insurance_number": (
        "so the bhyt",
        "the bhyt",
        "bhyt",
        "ma the bhyt",
        "so bao hiem y te",
    ),
    "province_name": (
        "tinh",
        "tinh ma tinh",
        "tinh thanh",
        "tinh thanh pho",
        "tinh tp",
        "ten tinh",
    ),
    "province_code": ("ma tinh", "ma tinh thanh", "ma tinh thanh pho"),
    "district_name": ("huyen", "huyen ma huyen", "quan huyen", "ten huyen"),
    "district_code": ("ma huyen", "ma quan huyen"),
    "ward_name": ("xa", "phuong xa", "xa phuong", "ten xa"),
    "ward_code": ("ma xa", "xa ma xa", "ma phuong xa"),
    "address": ("dia chi", "dia chi chi tiet", "noi o", "cho o hien nay"),
    "group_code": ("ma nhom doi tuong", "nhom doi tuong", "nhom uu tien"),
    "workplace": ("don vi cong tac", "noi lam viec", "don vi"),
    "notes": ("ghi chu", "note", "notes"),
}
DOSE: Final = {
    "dose_number": ("mui so", "mui tiem", "mui tiem so", "lan tiem", "mui thu"),
    "vaccine": ("ten vac xin", "ten vacxin", "vac xin", "vacxin", "loai vac xin", "vaccine"),
    "lot_number": ("so lo", "lo", "lo vac xin", "so lo vac xin", "lot"),
    "given_on": ("ngay tiem", "ngay tiem chung", "thoi gian tiem"),
    "given_at": ("gio tiem", "gio"),
    "vaccinator": ("nguoi tiem", "can bo tiem"),
    "place": ("dia diem", "dia diem tiem", "co so tiem", "diem tiem"),
}
FIELDS: Final = (*PERSON, *DOSE)
REQUIRED: Final = ("full_name", "date_of_birth", "sex", "vaccine", "lot_number", "given_on")
_BY_HEADING: Final = {
    heading: field for names in (PERSON, DOSE) for field, all_ in names.items() for heading in all_
}
_DOSE_NUMBER: Final = re.compile(r"\b(?:mui|lan)(?: tiem)?(?: thu)? ?([1-9])\b")
REASONS: Final = ("reasons", "ly do")  # headings of the column in a sheet that we gave back
_HINT: Final = re.compile(r"\([^)]*\)")


@dataclass(frozen=True)
class Headings:
    """`line` of the heading row, and what each column (from 0) means; unknown ones are left out.

    `texts`: the headings as they stand. `missing`: required fields without a column.
    """

    line: int
    texts: tuple[str, ...]
    columns: Mapping[int, Column]

    @property
    def is_wide(self) -> bool:
        return any(part for _field, part in self.columns.values())

    @property
    def missing(self) -> tuple[str, ...]:
        known = {field for field, _part in self.columns.values()}
        lacking = [field for field in REQUIRED if field not in known]
        if not known & {"province_code", "province_name"}:
            lacking.append("province_code")
        if not self.is_wide and "dose_number" not in known:
            lacking.append("dose_number")
        return tuple(lacking)

    @property
    def digest(self) -> str:
        """Names these headings, in this order: a mapping that a person made is found by it, also
        when the sheet came back with our reasons behind its own columns."""
        keys = [heading_key(text) for text in own_headings(self.texts)]
        return hashlib.sha256(json.dumps(keys).encode()).hexdigest()

    def mapped(self, columns: Mapping[int, Column]) -> "Headings":
        return Headings(self.line, self.texts, dict(columns))


def own_headings(texts: Sequence[str]) -> Sequence[str]:
    """The headings without our own column of reasons at the end."""
    end = len(texts)
    while end and heading_key(texts[end - 1]) in REASONS:
        end -= 1
    return texts[:end]


def heading_key(text: Any) -> str:
    """A heading without case, accents, `*` and what stands in brackets."""
    return search_key(_HINT.sub(" ", text)) if isinstance(text, str) else ""


def find_headings(rows: Sequence[tuple[int, Sequence[Any]]]) -> Headings | None:
    """The headings among the first rows of a sheet: the row that says most, if it says enough.

    Two rows count as one where the upper one names what the lower one leaves open (a person's
    cells that were merged downwards, and "Mũi 1" over the columns of a dose).
    """
    looked_at = list(rows)[:LOOK_AT_ROWS]
    candidates = [_read(line, list(cells), []) for line, cells in looked_at]
    for (_above, upper), (line, lower) in pairwise(looked_at):
        candidates.append(_read(line, list(lower), list(upper)))
    best = max(candidates, key=lambda found: len(found.columns), default=None)
    return best if best and len(best.columns) >= FEWEST_COLUMNS else None


def _read(line: int, lower: list[Any], upper: list[Any]) -> Headings:
    width = max(len(lower), len(upper))
    lower += [None] * (width - len(lower))
    upper += [None] * (width - len(upper))
    columns: dict[int, Column] = {}
    texts = []
    part_above = 0
    for position, (below, above) in enumerate(zip(lower, upper, strict=True)):
        text = below if isinstance(below, str) else above if isinstance(above, str) else ""
        texts.append(text.strip()[:100])
        if above is not None:
            part_above = _part_of(above)
        field = _BY_HEADING.get(heading_key(text)) or _BY_HEADING.get(_without_number(text))
        if field is not None:
            columns[position] = (field, _part_of(text) or part_above if field in DOSE else 0)
    return Headings(line, tuple(texts), _numbered(columns))


def _part_of(text: Any) -> int:
    found = _DOSE_NUMBER.search(heading_key(text))
    return int(found[1]) if found else 0


def _without_number(text: str) -> str:
    """ "Tên vắc xin mũi 1" is "Tên vắc xin" of dose 1."""
    return " ".join(_DOSE_NUMBER.sub(" ", heading_key(text)).split())


def _numbered(columns: dict[int, Column]) -> dict[int, Column]:
    """The same dose headings again, further right, are those of the next dose; a person's heading
    that comes again is not looked at."""
    repeated = sum(field == "vaccine" for field, _part in columns.values()) > 1
    seen: dict[str, int] = {}
    numbered: dict[int, Column] = {}
    for position in sorted(columns):
        field, part = columns[position]
        seen[field] = seen.get(field, 0) + 1
        if field in PERSON or not repeated:
            if seen[field] == 1:
                numbered[position] = (field, part if field in DOSE and repeated else 0)
        elif (part or seen[field]) <= PARTS:
            numbered[position] = (field, part or seen[field])
    return numbered
