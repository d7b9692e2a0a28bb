"""What goes back to whoever sent a file: the rows to mend, each with its reasons beside it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from sites.import_words import reason_sentence
from sites.imports.headings import own_headings
from sites.models import DoseImport, ImportedRow, RowOutcome
from sites.services.import_cells import cells_of

WAITING = (RowOutcome.HELD, RowOutcome.REFUSED)


def errors_file(*, batch: DoseImport, target: Path) -> bool:
    """Write the rows that were held or refused, as they came, with the reasons in a last column;
    returns whether there were any. Mended, the file can be sent again as it is."""
    waiting = batch.rows.filter(outcome__in=WAITING, decided_at=None).order_by("line", "part")
    if not waiting.exists():
        return False
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("To mend"))
    headings = own_headings(batch.headings)  # a sheet mended twice has our reasons once
    sheet.append([*_texts(sheet, headings), _plain(sheet, _("Reasons"))])
    for cells, reasons in _rows(waiting.iterator(chunk_size=2_000)):
        padded = [*cells, *[None] * (len(headings) - len(cells))][: len(headings)]
        sheet.append([*(_cell(sheet, cell) for cell in padded), _plain(sheet, "\n".join(reasons))])
    book.save(target)
    return True


def _rows(waiting: "Iterator[ImportedRow]") -> Iterator[tuple[list[Any], list[str]]]:
    """Each row once, with the reasons of all its doses."""
    line = 0
    cells: list[Any] = []
    reasons: list[str] = []
    for row in waiting:
        if row.line != line and line:
            yield cells, reasons
            reasons = []
        line, cells = row.line, cells_of(row.cells)
        prefix = _("Dose %(number)d: ") % {"number": row.part} if row.part else ""
        reasons += [prefix + reason_sentence(reason) for reason in row.reasons]
    if line:
        yield cells, reasons


def _texts(sheet: Any, texts: Sequence[str]) -> list[Any]:
    return [_plain(sheet, text) for text in texts]


def _plain(sheet: Any, text: str) -> Any:
    """Text that no spreadsheet takes for a formula."""
    cell = WriteOnlyCell(sheet, value=None)
    cell.value, cell.data_type = text, "s"
    return cell


def _cell(sheet: Any, value: Any) -> Any:
    """The cell as it came: days as days, the rest as text or number."""
    if isinstance(value, dict):
        return _plain(sheet, " ".join(value[part] for part in ("d", "t") if part in value))
    return _plain(sheet, value) if isinstance(value, str) else value
