"""A file too large for a workbook: `python -m bench.large FILE ROWS` writes the CSV, and prints how
many rows must come to what, as JSON.

Four sheets of doses in one: the first to fourth doses of the same people, each with the mistakes
of `tests.dirty_sheets`. Measured by hand beside a million people on record (docs/benchmarks.md).
"""

import csv
import datetime
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from bench.figures.imports import LOTS
from tests.dirty_sheets import HEADINGS, sheet_rows

DOSES = 4
NUMBER, DAY = 11, 14  # columns
APART = 90  # days


def write(path: Path, count: int) -> Counter[str]:
    truth: Counter[str] = Counter()
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(HEADINGS)
        for number in range(1, DOSES + 1):
            for cells, row in sheet_rows(count=count // DOSES, lots=LOTS):
                cells[NUMBER] = number
                cells[DAY] = _later(cells[DAY], APART * (number - 1))
                sheet.writerow(map(_text, cells))
                truth[row.outcome] += 1
    return truth


def _later(day: Any, days: int) -> Any:
    if isinstance(day, datetime.date):
        return day + datetime.timedelta(days=days) if day.year < 2099 else day
    return day + days if isinstance(day, int) else day


def _text(cell: Any) -> Any:
    return f"{cell:%d/%m/%Y}" if isinstance(cell, datetime.date) else cell


if __name__ == "__main__":
    print(json.dumps(write(Path(sys.argv[1]), int(sys.argv[2]))))
