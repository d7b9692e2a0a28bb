"""The file that came back from the population database, opened as a site's file is opened."""

import datetime
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registration.models import Account, IdentityCheckEvent, IdentityCheckList
from registration.services.identity_answers import read_answers
from registration.services.identity_tally import count_checks
from sites import exceptions
from sites.services.import_queue import MOST_BYTES
from vaxplatform.sheets.cells import text_of
from vaxplatform.sheets.files import Rows, open_rows


def read_answer_file(
    *, check_list: IdentityCheckList, content: bytes, by: Account, now: datetime.datetime
) -> IdentityCheckEvent:
    """Take in the answers of an .xlsx, .xls, .ods or .csv file, and count its provinces anew.

    Raises FileRefused for what cannot be opened, AnswersRefused for what is no answer to the list.
    """
    if len(content) > MOST_BYTES:
        raise exceptions.FileTooLarge
    with tempfile.NamedTemporaryFile(prefix="identity-") as file:  # readable by us alone
        file.write(content)
        file.flush()
        with open_rows(Path(file.name)) as rows:
            event = read_answers(check_list=check_list, lines=_lines(rows), by=by, now=now)
    people = check_list.people.filter(answered_at=now)
    provinces = people.order_by().values_list("citizen__province", flat=True).distinct()
    count_checks(provinces=list(provinces), now=now)
    return event


def _lines(rows: Rows) -> Iterator[tuple[int, list[str]]]:
    for line, cells in rows:
        yield line, [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    """A text too long to be read is no word that we know."""
    try:
        return text_of(cell)
    except exceptions.CellTooLong:
        return "…"
