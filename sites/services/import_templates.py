"""Empty sheets to fill in, in the two forms that are understood without a question."""

import io
from collections.abc import Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

LONG: Final = (
    "Họ và tên*", "Ngày sinh*", "Giới tính* (Nam/Nữ)", "Số điện thoại",
    "Loại giấy tờ (CCCD/CMND/Hộ chiếu)", "Số giấy tờ", "Số thẻ BHYT", "Mã tỉnh*", "Mã xã",
    "Địa chỉ", "Mã nhóm đối tượng", "Mũi số*", "Tên vắc xin*", "Số lô*", "Ngày tiêm*", "Giờ tiêm",
    "Người tiêm", "Ghi chú",
)  # fmt: skip
_DOSE: Final = ("Tên vắc xin", "Ngày tiêm", "Lô", "Địa điểm")
WIDE: Final = (
    "Họ và tên", "Ngày sinh", "Giới tính (0 nam, 1 nữ)", "Mã nhóm đối tượng", "Đơn vị công tác",
    "Số điện thoại", "CMT/CCCD", "Số thẻ BHYT", "Tỉnh", "Mã tỉnh", "Huyện", "Mã huyện", "Xã",
    "Mã xã", "Địa chỉ chi tiết", *_DOSE, *_DOSE, "Ghi chú",
)  # fmt: skip
FORMS: Final = {"long": LONG, "wide": WIDE}
AS_TEXT: Final = "@"  # so that no program eats a zero or turns a day round


def empty_sheet(form: str) -> bytes:
    """The xlsx of a form ("long" or "wide"): headings, and columns that keep what is typed."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    sheet.title = "Mũi tiêm"
    _fill(sheet, FORMS[form])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: object, headings: Sequence[str]) -> None:
    for position, text in enumerate(headings, start=1):
        column = sheet.column_dimensions[get_column_letter(position)]  # type: ignore[attr-defined]
        column.number_format = AS_TEXT
        column.width = max(12, len(text) + 2)
        cell = sheet.cell(row=1, column=position, value=text)  # type: ignore[attr-defined]
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"  # type: ignore[attr-defined]
