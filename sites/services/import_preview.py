"""A look at a file before it is recorded: its first rows, and what would become of them."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import transaction

from sites.imports.rows import Row
from sites.models import DoseImport
from sites.services import import_outcomes
from sites.services.import_queue import content_of
from vaxplatform.sheets.files import open_rows

FIRST_ROWS = 20


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
