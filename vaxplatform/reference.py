"""The reference data that a fresh database needs: places, vaccines, rules.

Each app keeps its rows as CSV files in its `data/` folder and registers a loader in
`AppConfig.ready()`. Loaders only add what is missing: a row that an official has edited stays.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

LOADERS: dict[str, Callable[[], int]] = {}


def register_loader(name: str, load: Callable[[], int]) -> None:
    """`load` adds the missing rows of `name` and returns how many rows its files hold."""
    LOADERS[name] = load


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV data file (UTF-8, first line headings), every value stripped."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {key: (value or "").strip() for key, value in row.items()}
