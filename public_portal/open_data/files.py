"""A dataset as CSV or JSON, written row by row, with its description as a data package."""

import csv
import datetime
import json
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import translation

from public_portal.models import StatisticsVersion
from public_portal.open_data.datasets import DATASETS, Choices, Dataset, Value

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
STEP = Decimal("0.01")
ROWS_AT_A_TIME = 500


class _Echo:
    """A file whose write gives the line back, for the CSV writer."""

    def write(self, line: str) -> str:
        return line


def _in_csv(value: Value) -> str | int:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return str(value.quantize(STEP, rounding=ROUND_HALF_UP))
    return value.isoformat() if isinstance(value, datetime.date) else value


def _in_json(value: Value) -> str | int | float | None:
    if isinstance(value, Decimal):
        return float(value.quantize(STEP, rounding=ROUND_HALF_UP))
    return value.isoformat() if isinstance(value, datetime.date) else value


def as_csv(dataset: Dataset, choices: Choices) -> Iterator[str]:
    """Numbers and names of places only, so no cell can be a formula."""
    rows = iter(dataset.rows(choices))
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow(dataset.column_names)  # Excel needs the mark
        for row in rows:
            yield writer.writerow(map(_in_csv, row))

    return _in_parts(lines())


def as_json(dataset: Dataset, choices: Choices, version: StatisticsVersion) -> Iterator[str]:
    """`{"name", "counted_at", "license", "data": [{column: value}]}`."""
    rows, names = iter(dataset.rows(choices)), dataset.column_names
    head = {"name": dataset.name, "counted_at": _counted_at(version), "license": LICENCE["name"]}

    def lines() -> Iterator[str]:
        yield json.dumps(head)[:-1] + ', "data": ['
        comma = "\n"
        for row in rows:
            item = dict(zip(names, map(_in_json, row), strict=True))
            yield comma + json.dumps(item, ensure_ascii=False)
            comma = ",\n"
        yield "\n]}\n"

    return _in_parts(lines())


def _in_parts(lines: Iterator[str]) -> Iterator[str]:
    """Several lines at a time: each part costs a little on its way."""
    part: list[str] = []
    for line in lines:
        part.append(line)
        if len(part) == ROWS_AT_A_TIME:
            yield "".join(part)
            part.clear()
    yield "".join(part)


def _counted_at(version: StatisticsVersion) -> str | None:
    return version.counted_at.isoformat() if version.counted_at else None


def datapackage(*, home: str, version: StatisticsVersion) -> dict[str, Any]:
    """Frictionless Data Package 1: what each file holds, in English. `home`: of the portal."""
    with translation.override("en"):
        package: dict[str, Any] = {
            "profile": "tabular-data-package",
            "name": "covid-19-vaccination-viet-nam",
            "title": "COVID-19 vaccination in Viet Nam",
            "homepage": f"{home}/open-data/",
            "version": f"1.0.{version.number}",
            "licenses": [LICENCE],
            "resources": [_resource(dataset) for dataset in DATASETS.values()],
        }
        if counted_at := _counted_at(version):
            package["created"] = counted_at
        return package


def _resource(dataset: Dataset) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": dataset.name,
        "path": f"{dataset.name}.csv",
        "title": str(dataset.title),
        "description": str(dataset.meaning),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [
                {"name": c.name, "type": c.kind, "description": str(c.meaning)}
                for c in dataset.columns
            ],
            "missingValues": [""],
            "primaryKey": list(dataset.key),
        },
    }
