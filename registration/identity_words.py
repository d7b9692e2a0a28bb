"""The words of the identity check's file: its columns, and what may stand in the answers.

The list goes to offices that work in Vietnamese, so its columns are in Vietnamese whatever the
language of the page; answers are read in Vietnamese and English, with accents or without. The
columns are described in docs/identity-check.md.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from registration.models import IdentityCheck, MismatchedField
from vaxplatform.vietnam import search_key

COLUMNS: Final = (
    "STT", "Mã dòng", "Họ và tên", "Ngày sinh", "Giới tính", "Loại giấy tờ", "Số giấy tờ",
    "Tỉnh, thành phố", "Kết quả", "Trường không khớp",
)  # fmt: skip
SEX_WORDS: Final = {"male": "Nam", "female": "Nữ", "other": "Khác"}
PAPER_WORDS: Final = {"cccd": "CCCD", "cmnd": "CMND", "passport": "Hộ chiếu"}

# what a heading is known by → which column
_HEADINGS: Final = {
    "ma dong": "row", "row id": "row", "row number": "row",
    "ket qua": "result", "result": "result",
    "truong khong khop": "fields", "truong sai lech": "fields", "mismatched fields": "fields",
    "fields": "fields",
}  # fmt: skip
_NOT_FOUND: Final = frozenset({"khong tim thay", "khong co trong csdl", "not found"})
_RESULTS: Final = {
    "khop": IdentityCheck.MATCHED,
    "trung khop": IdentityCheck.MATCHED,
    "dung": IdentityCheck.MATCHED,
    "matched": IdentityCheck.MATCHED,
    "match": IdentityCheck.MATCHED,
    "khong khop": IdentityCheck.MISMATCHED,
    "khong trung khop": IdentityCheck.MISMATCHED,
    "sai lech": IdentityCheck.MISMATCHED,
    "mismatched": IdentityCheck.MISMATCHED,
    "mismatch": IdentityCheck.MISMATCHED,
    "so sai": IdentityCheck.MALFORMED_ID,
    "sai so": IdentityCheck.MALFORMED_ID,
    "so khong hop le": IdentityCheck.MALFORMED_ID,
    "malformed id": IdentityCheck.MALFORMED_ID,
    "invalid id": IdentityCheck.MALFORMED_ID,
    "khong co so": IdentityCheck.NO_ID,
    "khong co giay to": IdentityCheck.NO_ID,
    "no id": IdentityCheck.NO_ID,
}
_FIELDS: Final = {
    "ho ten": MismatchedField.FULL_NAME,
    "ho va ten": MismatchedField.FULL_NAME,
    "ten": MismatchedField.FULL_NAME,
    "full name": MismatchedField.FULL_NAME,
    "name": MismatchedField.FULL_NAME,
    "ngay sinh": MismatchedField.DATE_OF_BIRTH,
    "nam sinh": MismatchedField.DATE_OF_BIRTH,
    "ngay thang nam sinh": MismatchedField.DATE_OF_BIRTH,
    "date of birth": MismatchedField.DATE_OF_BIRTH,
    "birth date": MismatchedField.DATE_OF_BIRTH,
    "gioi tinh": MismatchedField.SEX,
    "sex": MismatchedField.SEX,
    "gender": MismatchedField.SEX,
    "so giay to": MismatchedField.ID_NUMBER,
    "so cccd": MismatchedField.ID_NUMBER,
    "so cmnd": MismatchedField.ID_NUMBER,
    "cccd": MismatchedField.ID_NUMBER,
    "cmnd": MismatchedField.ID_NUMBER,
    "so dinh danh": MismatchedField.ID_NUMBER,
    "id number": MismatchedField.ID_NUMBER,
    "dia chi": MismatchedField.ADDRESS,
    "noi o": MismatchedField.ADDRESS,
    "noi thuong tru": MismatchedField.ADDRESS,
    "address": MismatchedField.ADDRESS,
}
_ORDER: Final = list(MismatchedField)
_BETWEEN: Final = re.compile(r"[,;/+&\n|]")

# Why a row of the file was not taken in.
REASONS: Final = {
    "row_unknown": _("No row of this list has this number. Keep the column “Mã dòng” as it was."),
    "row_twice": _("This row stands in the file more than once, with different answers."),
    "result_unknown": _(
        "The result is not one that we know. Write: khớp, không khớp, không tìm thấy,"
        " số sai, or không có số."
    ),
    "fields_missing": _(
        "Not matched, but it is missing what does not agree: name, date of birth, sex, number of"
        " the paper, or address."
    ),
    "fields_unknown": _(
        "What does not agree is none of: name, date of birth, sex, number of the paper, address."
    ),
    "fields_needless": _("The result says one thing, the fields that do not agree another."),
    "stale": _(
        "The person's details changed after the list was made. The answer was not taken over; the"
        " person comes onto the next list."
    ),
    "joined": _(
        "This record was joined with another one meanwhile. The answer was not taken over."
    ),
}


def _key(text: str) -> str:
    return search_key(text.replace("_", " "))


def find_columns(cells: Sequence[str]) -> dict[str, int] | None:
    """Where "row", "result" and "fields" stand; None where this is no row of headings."""
    found: dict[str, int] = {}
    for position, cell in enumerate(cells):
        column = _HEADINGS.get(_key(cell)) if len(cell) < 60 else None
        if column:
            found.setdefault(column, position)
    return found if {"row", "result"} <= found.keys() else None


def read_result(result: str, fields: str) -> tuple[str, list[str]] | str:
    """The result and what does not agree, or the code of the reason why it cannot be read."""
    key = _key(result)
    missing = key in _NOT_FOUND
    known = IdentityCheck.MISMATCHED if missing else _RESULTS.get(key)
    if known is None:
        return "result_unknown"
    mismatched = _read_fields(fields)
    if mismatched is None:
        return "fields_unknown"
    if known == IdentityCheck.MISMATCHED:
        mismatched = mismatched or ([MismatchedField.ID_NUMBER.value] if missing else [])
        return (known.value, mismatched) if mismatched else "fields_missing"
    allowed = [] if known == IdentityCheck.MATCHED else [MismatchedField.ID_NUMBER]
    if set(mismatched) - set(allowed):
        return "fields_needless"
    return known.value, []


def _read_fields(text: str) -> list[str] | None:
    """The fields named, in our order; None where one is not known."""
    parts: Iterable[str] = (_key(part) for part in _BETWEEN.split(text))
    named = {_FIELDS.get(part) for part in parts if part}
    if None in named:
        return None
    return [field.value for field in _ORDER if field in named]
