"""A plain workbook: what is written is read by others as it was meant."""

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from vaxplatform.xlsx import MOST_TEXT, column_letters, write_sheet

ROWS = [
    ["Họ và tên", "<&>\"'", "  spaces ", "two\nlines"],
    ["=1+1", "079187001212", 0.5, 12, True],
    [None, None, "behind a gap"],
    [],
    ["@cmd", "+84912345678", "-", ""],
]


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "sheet.xlsx"
    write_sheet(target, title="Cần sửa & <gửi>", rows=ROWS)
    return target


def test_another_program_reads_every_cell_as_it_was_written(path):
    book = load_workbook(path)
    assert book.sheetnames == ["Cần sửa & <gửi>"]
    read = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert [value for value in read[0] if value] == ROWS[0]
    assert read[1] == ROWS[1]
    assert read[2][2] == "behind a gap"


def test_our_own_reader_reads_it_too(path):
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert rows[0][:4] == ROWS[0]
    assert rows[1][:2] == ["=1+1", "079187001212"]


def test_a_text_is_never_a_formula(path):
    sheet = load_workbook(path).active
    assert sheet["A2"].data_type == "s"
    assert (sheet["A5"].value, sheet["A5"].data_type) == ("@cmd", "s")


def test_characters_that_no_workbook_holds_are_left_out_and_a_long_text_is_cut(tmp_path):
    target = tmp_path / "strange.xlsx"
    rows = [["a\0b\x01c\ud800d\uffff", "x" * 40_000, float("nan"), float("inf")]]
    write_sheet(target, title="\x02" + "t" * 40, rows=rows)
    book = load_workbook(target)
    assert [cell.value for cell in book.active[1]] == ["abcd", "x" * MOST_TEXT, "nan", "inf"]
    assert book.sheetnames == ["t" * 31]


def test_columns_are_named_as_spreadsheet_programs_do():
    assert [column_letters(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
