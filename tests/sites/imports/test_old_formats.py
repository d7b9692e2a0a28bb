"""OpenDocument sheets and workbooks of old Excel, written byte by byte, the whole way."""

import datetime
import struct
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from sites import exceptions
from sites.imports.cells import FIRST_DAY
from tests import dirty_sheets
from tests.factories import make_lot, make_site
from tests.sites.imports.making import LOT, record_file, row
from vaxplatform.sheets.files import open_rows

OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
ODS = "application/vnd.oasis.opendocument.spreadsheet"


# ── OpenDocument (ISO/IEC 26300, part 1: office:value-type and its values) ────────────────────
def ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, datetime.date):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def write_ods(path: Path, rows: list[list[Any]]) -> Path:
    lines = "".join(
        f"<table:table-row>{''.join(map(ods_cell, cells))}</table:table-row>" for cells in rows
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {OFFICE}'
        ' office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="x">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("mimetype"), ODS)
        file.writestr("content.xml", content)
        file.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest"
            ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
            "</manifest:manifest>",
        )
    return path


# ── old Excel: a BIFF8 stream in a compound file (MS-XLS 2.4, MS-CFB 2.2) ─────────────────────
SECTOR = 512
FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
BOF, EOF, BOUNDSHEET, XF, LABEL, NUMBER, CODEPAGE = 0x809, 0xA, 0x85, 0xE0, 0x204, 0x203, 0x42


def record(number: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", number, len(body)) + body


def beginning(kind: int) -> bytes:
    return record(BOF, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))


def format_of_cells(number_format: int) -> bytes:
    return record(XF, struct.pack("<HHH", 0, number_format, 0) + b"\0" * 14)


def biff_cell(line: int, position: int, value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, datetime.date):  # number format 14 is a day; its cells use the second XF
        return record(NUMBER, struct.pack("<HHHd", line, position, 1, (value - FIRST_DAY).days))
    if isinstance(value, int | float):
        return record(NUMBER, struct.pack("<HHHd", line, position, 0, value))
    text = str(value)
    head = struct.pack("<HHHHB", line, position, 0, len(text), 1)  # 1: two bytes a character
    return record(LABEL, head + text.encode("utf-16-le"))


def biff(rows: list[list[Any]]) -> bytes:
    formats = record(CODEPAGE, struct.pack("<H", 1200)) + format_of_cells(0) + format_of_cells(14)
    name = struct.pack("<BB", 1, 0) + b"x"
    sheet_at = len(beginning(5)) + len(formats) + 4 + 6 + len(name) + 4
    globals_ = (
        beginning(5)
        + formats
        + record(BOUNDSHEET, struct.pack("<IBB", sheet_at, 0, 0) + name)
        + record(EOF)
    )
    assert len(globals_) == sheet_at
    cells = b"".join(
        biff_cell(line, position, value)
        for line, values in enumerate(rows)
        for position, value in enumerate(values)
    )
    return globals_ + beginning(0x10) + cells + record(EOF)


def directory_entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text) + 2, kind, 1)
    links = struct.pack("<III", FREE, FREE, child)
    return head + links + b"\0" * 36 + struct.pack("<IQ", start, size)


def write_xls(path: Path, rows: list[list[Any]]) -> Path:
    stream = biff(rows)
    stream += b"\0" * (max(len(stream), 4096) - len(stream))  # shorter ones live elsewhere
    sectors = -(-len(stream) // SECTOR)
    fat = [FAT_SECTOR, END, *range(3, sectors + 2), END]  # the table, the directory, the stream
    assert len(fat) <= SECTOR // 4
    fat += [FREE] * (SECTOR // 4 - len(fat))
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
        + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
        + struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    )  # fmt: skip
    directory = directory_entry("Root Entry", 5, child=1, start=END, size=0)
    directory += directory_entry("Workbook", 2, child=FREE, start=2, size=len(stream))
    directory = directory.ljust(SECTOR, b"\0")
    body = stream.ljust(sectors * SECTOR, b"\0")
    path.write_bytes(header + struct.pack("<128I", *fat) + directory + body)
    return path


WRITERS = {"ods": write_ods, "xls": write_xls}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_cells_come_out_as_they_went_in(tmp_path: Path, kind: str) -> None:
    table = [
        ["Họ và tên", None, "Ngày sinh"],
        ["Nguyễn Thị Ánh", 79187123456, datetime.date(1987, 3, 12)],
    ]
    path = WRITERS[kind](tmp_path / f"a.{kind}", table)
    with open_rows(path) as rows:
        assert rows.kind == kind
        assert rows.height == 2
        (_one, heads), (line, cells) = list(rows)
    assert heads == ["Họ và tên", None, "Ngày sinh"]
    assert line == 2
    assert cells[:2] == ["Nguyễn Thị Ánh", 79187123456]
    assert cells[2]["d"] == "1987-03-12"  # type: ignore[index]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_sheet_goes_the_whole_way(db: None, tmp_path: Path, kind: str) -> None:
    site = make_site()
    make_lot(site=site, number=LOT)
    rows = [list(dirty_sheets.HEADINGS), row(1), row(2, lot="KHONG-CO"), row(3, sex="?")]
    batch = record_file(WRITERS[kind](tmp_path / f"a.{kind}", rows), site)
    assert [r.outcome for r in batch.rows.order_by("line")] == ["recorded", "held", "refused"]
    first = batch.rows.order_by("line").first()
    assert first is not None
    assert first.dose is not None
    assert first.dose.citizen.full_name == dirty_sheets.person(1).name
    assert first.dose.citizen.date_of_birth == dirty_sheets.person(1).birth.isoformat()


@pytest.mark.parametrize("kind", WRITERS)
def test_cut_off_anywhere_it_is_refused_or_shorter(tmp_path: Path, kind: str) -> None:
    whole = WRITERS[kind](tmp_path / "a", [list(dirty_sheets.HEADINGS), row(1)]).read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99):
        path = tmp_path / "cut"
        path.write_bytes(whole[: int(len(whole) * share)])
        try:
            with open_rows(path) as rows:
                assert len(list(rows)) <= 2
        except exceptions.FileRefused:
            pass
