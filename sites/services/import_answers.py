"""What goes back to whoever sent a file: the rows to mend, each with its reasons beside it."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from sites.import_words import reason_sentence
from sites.imports.headings import own_headings
from sites.models import DoseImport, ImportedRow, RowOutcome
from sites.services.import_cells import cells_of
from vaxplatform.xlsx import Cell, write_sheet

WAITING = (RowOutcome.HELD, RowOutcome.REFUSED)
_READ = ("batch", "line", "part", "cells", "reasons")


def errors_file(*, batch: DoseImport, target: Path) -> bool:
    """Write the rows that were held or refused, as they came, with the reasons in a last column;
    returns whether there were any. Mended, the file can be sent again as it is."""
    waiting = batch.rows.filter(outcome__in=WAITING, decided_at=None).order_by("line", "part")
    if not waiting.exists():
        return False
    headings = own_headings(batch.headings)  # a sheet mended twice has our reasons once
    rows = _rows(waiting.only(*_READ).iterator(chunk_size=2_000))
    body = (_padded(cells, len(headings), "\n".join(reasons)) for cells, reasons in rows)
    write_sheet(target, title=_("To mend"), rows=chain([[*headings, _("Reasons")]], body))
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


def _padded(cells: list[Any], width: int, reasons: str) -> list[Cell]:
    own = [*map(_cell, cells), *[None] * (width - len(cells))]
    return [*own[:width], reasons]


def _cell(value: Any) -> Cell:
    """The cell as it came: days as text, which no program turns round, the rest as it is."""
    if isinstance(value, dict):
        return " ".join(value[part] for part in ("d", "t") if part in value)
    return value  # type: ignore[no-any-return]
