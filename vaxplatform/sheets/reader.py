"""The process that opens a foreign spreadsheet: `… -m vaxplatform.sheets.reader PATH FROM_LINE`.

It has a bounded memory and no database, so that the worst a file can do is to end this process.
Writes JSON lines: first `{"kind", "height"}` (rows of the sheet, null where unknown), then
`[line, [cell, …]]` for each row that is not empty, or `{"error": code}` and nothing after it.
A cell is null, text, a number, true or false, `{"d": "YYYY-MM-DD"}` or `{"t": "HH:MM:SS"}`.
"""

import codecs
import csv
import datetime
import gc
import json
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

MEMORY_BYTES = 2_000_000_000  # address space; the tables of a sheet of 200,000 rows fit well
MOST_UNPACKED = 600_000_000  # bytes of all parts of an archive
MOST_PARTS = 2_000
MOST_ROWS = 200_000  # of a sheet, which is read whole; a text file has no limit
MOST_COLUMNS = 200
MOST_TEXT = 2_000  # characters of a cell; a longer one is cut, and refused by whoever reads it

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOOK_AT_BYTES = 1_000_000  # to tell the encoding of a text file
ENCODINGS = ("utf-8-sig", "cp1258")


class Unreadable(Exception):
    """The file cannot be read; the text is the code of the reason."""


def main(path: Path, from_line: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    gc.disable()  # there are no cycles among cells, and looking for them is a fifth of the work
    out = sys.stdout
    as_text = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    try:
        kind, height, rows = open_file(path)
        out.write(json.dumps({"kind": kind, "height": height}) + "\n")
        for line, cells in enumerate(rows, start=1):
            if line < from_line:
                continue
            written = [_plain(cell) for cell in cells[:MOST_COLUMNS]]
            if any(cell is not None for cell in written):
                out.write(as_text([line, written]) + "\n")
    except Unreadable as error:
        out.write(json.dumps({"error": str(error)}) + "\n")
    except MemoryError:
        out.write(json.dumps({"error": "file_too_large"}) + "\n")
    except BrokenPipeError:
        return 0
    return 0


def open_file(path: Path) -> tuple[str, int | None, Iterable[list[Any]]]:
    """Kind, height and rows, told by the content: the name of a file proves nothing."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise Unreadable("file_empty")
    if head.startswith(ZIP):
        return _sheet(path, _kind_of_archive(path))
    if head == OLE:
        return _sheet(path, "xls")
    return "csv", None, _text_rows(path)


def _kind_of_archive(path: Path) -> str:
    """xlsx or ods; refuses what unpacks to too much, before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable("file_damaged") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable("file_too_large")
    names = {part.filename for part in parts}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable("file_has_macros")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    raise Unreadable("not_a_spreadsheet")


def _sheet(path: Path, kind: str) -> tuple[str, int, Iterable[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
        if not workbook.sheet_names:
            raise Unreadable("file_empty")
        sheet = workbook.get_sheet_by_index(0)
        if sheet.start is None or sheet.end is None:
            raise Unreadable("file_empty")
        height, left = sheet.end[0] + 1, sheet.start[1]
        if height > MOST_ROWS + 1:  # and the headings
            raise Unreadable("too_many_rows")
        # Rows come from the first of the sheet on, cells from the first column that is used.
        return kind, height, ([None] * left + row for row in sheet.iter_rows())
    except PasswordError as error:
        raise Unreadable("file_protected") from error
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable("file_damaged") from error


def _text_rows(path: Path) -> Iterator[list[Any]]:
    """The rows of a text file: UTF-8, UTF-16 or Windows Vietnamese; comma, semicolon or tab."""
    encoding = _encoding(path)
    csv.field_size_limit(1_000_000)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(64_000)
        file.seek(0)
        delimiter = max(",;\t", key=sample.count)
        try:
            for row in csv.reader(file, delimiter=delimiter):
                yield [cell or None for cell in row]
        except (csv.Error, UnicodeDecodeError) as error:
            raise Unreadable("file_damaged") from error


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(LOOK_AT_BYTES)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in head:
        raise Unreadable("not_a_spreadsheet")
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            decoder.decode(head, final=len(head) < LOOK_AT_BYTES)
        except UnicodeDecodeError:
            continue
        return encoding
    raise Unreadable("not_a_spreadsheet")


def _plain(cell: Any) -> Any:
    """The cell as JSON holds it."""
    if type(cell) is str:  # most are
        return cell[: MOST_TEXT + 1] if cell and not cell.isspace() else None
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    if isinstance(cell, datetime.datetime):
        return {"d": cell.date().isoformat(), "t": cell.time().isoformat("seconds")}
    if isinstance(cell, datetime.date):
        return {"d": cell.isoformat()}
    if isinstance(cell, datetime.time):
        return {"t": cell.isoformat("seconds")}
    if isinstance(cell, datetime.timedelta):
        seconds = int(cell.total_seconds()) % 86_400
        return {"t": f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"}
    return str(cell)[:MOST_TEXT]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
