"""A look at a file before it is recorded: its first rows, and what would become of them."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import transaction

from sites import exceptions
from sites.imports.cells import text_of
from sites.imports.files import open_rows
from sites.imports.rows import Row
from sites.models import DoseImport
from sites.services import import_outcomes
from sites.services.import_queue import content_of

FIRST_ROWS = 20
SAMPLES = 2  # of each column
MOST_SAMPLE = 40  # characters


@dataclass(frozen=True)
class Preview:
    """`results`: one for each dose of `rows`, as `imports.record_chunk` would have it."""

    rows: Sequence[Row]
    results: Sequence[import_outcomes.Result]


def first_rows(batch: DoseImport) -> list[Row]:
    """The first rows behind the headings. Raises ImportNotReady or FileRefused."""
    with content_of(batch) as path, open_rows(path, from_line=(batch.headings_line or 0) + 1) as it:
        return list(islice(iter(it), FIRST_ROWS))


def preview(*, batch: DoseImport, now: datetime.datetime) -> Preview:
    """Do the first rows as they would be done, and take all of it back: nothing stays written."""
    rows = first_rows(batch)
    with transaction.atomic():
        results = import_outcomes.results_of(batch=batch, rows=rows, now=now)
        transaction.set_rollback(True)
    return Preview(rows, results)


def samples_of(rows: Sequence[Row]) -> Mapping[int, list[str]]:
    """Some different cells of each column, by its position, as people read them."""
    found: dict[int, list[str]] = {}
    for _line, cells in rows:
        for position, cell in enumerate(cells):
            text = _shown(cell)
            known = found.setdefault(position, [])
            if text and text not in known and len(known) < SAMPLES:
                known.append(text)
    return {position: texts for position, texts in found.items() if texts}


def _shown(cell: object) -> str:
    try:
        text = text_of(cell)
    except exceptions.CellTooLong:
        text = str(cell)
    return text if len(text) <= MOST_SAMPLE else f"{text[:MOST_SAMPLE]}…"
