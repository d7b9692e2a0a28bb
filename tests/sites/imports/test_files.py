"""Files of every kind, and files that mean harm: a clear refusal each, nothing taken in."""

import csv
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from sites import exceptions
from sites.models import DoseImport
from sites.services import imports
from tests import dirty_sheets
from tests.factories import make_site
from vaxplatform.sheets import reader
from vaxplatform.sheets.files import open_rows


def read_all(path: Path) -> list[tuple[int, list[object]]]:
    with open_rows(path) as rows:
        return list(rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_files_are_read_in_the_encodings_of_office_programs(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "a.csv"
    # The Windows code page has its marks as characters of their own.
    name = "Nguyê\u0303n Thi\u0323 A\u0301nh" if encoding == "cp1258" else "Nguyễn Thị Ánh"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["Ten", "Nam"], [name, "1987"]])
    (_heads, (line, cells)) = read_all(path)
    assert line == 2
    assert cells == [name, "1987"]


def test_the_kind_is_told_by_the_content_and_not_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "really-a-workbook.csv"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a", 1, None, "b"])
    book.save(path)
    assert read_all(path) == [(1, ["a", 1.0, None, "b"])]


def test_formula_cells_give_what_they_showed_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["=1+1", '=HYPERLINK("http://example.vn")', "x"])
    book.save(path)  # without values, as a program writes it that never calculated
    ((_line, cells),) = read_all(path)
    assert cells[2] == "x"
    assert not any(isinstance(cell, str) and "HYPERLINK" in cell for cell in cells)


def broken(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    content: dict[str, bytes] = {
        "empty.xlsx": b"",
        "cut.xlsx": b"PK\x03\x04" + b"\0" * 200,
        "picture.xlsx": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    }
    path.write_bytes(content[name])
    return path


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("empty.xlsx", exceptions.FileEmpty),
        ("cut.xlsx", exceptions.FileDamaged),
        ("picture.xlsx", exceptions.NotASpreadsheet),
        ("old.xls", exceptions.FileDamaged),
    ],
)
def test_a_broken_file_is_told_as_what_it_is(
    tmp_path: Path, name: str, refusal: type[exceptions.FileRefused]
) -> None:
    with pytest.raises(refusal):
        read_all(broken(tmp_path, name))


def archive(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return path


def test_an_archive_that_is_no_sheet_and_one_with_macros_are_refused(tmp_path: Path) -> None:
    with pytest.raises(exceptions.NotASpreadsheet):
        read_all(archive(tmp_path / "a.xlsx", word__document_xml=b"<a/>"))
    macros = tmp_path / "m.xlsm"
    with zipfile.ZipFile(macros, "w") as file:
        file.writestr("xl/workbook.xml", "<a/>")
        file.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(exceptions.FileHasMacros):
        read_all(macros)


def test_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", "<a/>")
        with file.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(620):
                part.write(b"0" * 1_000_000)
    assert path.stat().st_size < 2_000_000
    with pytest.raises(exceptions.FileTooLarge):
        read_all(path)


def test_one_cell_far_away_does_not_eat_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = "a", "b"
    book.save(path)
    with pytest.raises((exceptions.FileTooLarge, exceptions.TooManyRows)):
        read_all(path)


def test_a_sheet_with_too_many_rows_says_how_many_are_allowed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "many.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("x")
    for n in range(reader.MOST_ROWS + 2):
        sheet.append([n])
    book.save(path)
    with pytest.raises(exceptions.TooManyRows) as refusal:
        read_all(path)
    assert refusal.value.params == {"most": reader.MOST_ROWS}


def test_entities_in_a_sheet_are_not_followed(tmp_path: Path) -> None:
    good = tmp_path / "good.xlsx"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Họ và tên", "x"])
    book.save(good)
    evil = tmp_path / "evil.xlsx"
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(evil, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename.endswith("sheet1.xml"):
                doctype = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                content = doctype + content.replace(b"<v>", b"<v>&e;", 1)
            target.writestr(part.filename, content)
    try:
        text = str(read_all(evil))
    except exceptions.FileRefused:
        return
    assert "root:" not in text


def test_a_cell_of_sixteen_megabytes_is_cut_and_its_row_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Họ và tên,Ngày sinh\n" + "a" * 900_000 + ",1987\n", encoding="utf-8")
    (_heads, (_line, cells)) = read_all(path)
    assert len(str(cells[0])) == reader.MOST_TEXT + 1
    path.write_text("Họ và tên,Ngày sinh\n" + "a" * 16_000_000 + ",1987\n", encoding="utf-8")
    with pytest.raises(exceptions.FileDamaged):
        read_all(path)


def test_a_sheet_without_headings_is_refused_and_nothing_is_kept(db: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1,2,3\n4,5,6\n")
    with pytest.raises(exceptions.HeadingsNotFound):
        imports.take_in(site=make_site(), path=path, file_name="a.csv", by=None)
    assert not DoseImport.objects.exists()


def test_row_nine_hundred_of_a_thousand_broken_refuses_that_row_alone(
    db: None, tmp_path: Path
) -> None:
    from tests.factories import make_lot
    from tests.sites.imports.making import record_file

    site = make_site()
    make_lot(site=site, number="ABW001", doses=2_000)
    path = tmp_path / "a.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("x")
    sheet.append(dirty_sheets.HEADINGS)
    rows = dirty_sheets.sheet_rows(count=1_000, lots=["ABW001"], faults=False)
    for n, (cells, _truth) in enumerate(rows, start=1):
        sheet.append(["N" * 300 if n == 900 else cells[0], *cells[1:]])
    book.save(path)
    batch = record_file(path, site)
    assert (batch.recorded, batch.refused) == (999, 1)
    (refused,) = batch.rows.filter(outcome="refused")
    assert refused.line == 901
    assert refused.reasons[0]["code"] == "name_too_long"
