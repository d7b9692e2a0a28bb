"""Small sheets of doses, written cell by cell, and their way through the import."""

import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from openpyxl import Workbook

from sites.models import DoseImport, ImportedRow, Site
from sites.services import imports
from tests import dirty_sheets
from vaxplatform.sheets.files import open_rows

COLUMNS = (
    "name", "birth", "sex", "phone", "id_type", "id_number", "bhyt", "province", "ward", "address",
    "group", "number", "vaccine", "lot", "day", "hour", "vaccinator", "notes",
)  # fmt: skip
LOT = "ABW001"
DAY = datetime.date(2021, 8, 24)


def row(n: int = 1, **over: Any) -> list[Any]:
    """A row of the long form about the n-th made-up person, with other cells by `COLUMNS`."""
    who = dirty_sheets.person(n)
    cells = {
        "name": who.name, "birth": who.birth, "sex": who.sex, "phone": who.phone,
        "id_type": "CCCD", "id_number": who.cccd, "bhyt": None, "province": "79", "ward": None,
        "address": who.address, "group": "9", "number": 1, "vaccine": "AstraZeneca", "lot": LOT,
        "day": DAY, "hour": "08:30", "vaccinator": "Lê Thị Mai", "notes": None,
    }  # fmt: skip
    assert over.keys() <= cells.keys()
    return [{**cells, **over}[name] for name in COLUMNS]


def nobody(n: int = 1, **over: Any) -> list[Any]:
    """A row of somebody without phone and papers."""
    return row(n, **{"phone": None, "id_type": None, "id_number": None, **over})


def write(path: Path, *rows: list[Any], headings: tuple[str, ...] = dirty_sheets.HEADINGS) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("x")
    sheet.append(headings)
    for cells in rows:
        sheet.append(cells)
    book.save(path)
    return path


def record_file(
    path: Path, site: Site, *, most_chunks: int | None = None, **how: Any
) -> DoseImport:
    """The whole way of a file, in this process; stops after `most_chunks`, as if killed."""
    now = timezone.now()
    batch = imports.take_in(site=site, path=path, file_name=path.name, by=None, **how)
    batch = imports.begin(batch=batch, now=now)
    with open_rows(path) as rows:
        for n, chunk in enumerate(imports.chunks_left(batch, rows)):
            if n == most_chunks:
                batch.refresh_from_db()
                return batch
            imports.record_chunk(batch=batch, rows=chunk, now=now)
    return imports.finish(batch=batch, now=now)


def send(folder: Path, site: Site, *rows: list[Any], **how: Any) -> list[ImportedRow]:
    """Record a sheet of these rows; what became of each, in order."""
    path = folder / f"sheet-{DoseImport.objects.count()}.xlsx"
    batch = record_file(write(path, *rows), site, **how)
    return list(batch.rows.order_by("line", "part"))


def codes(imported: ImportedRow) -> list[str]:
    return [reason["code"] for reason in imported.reasons]
