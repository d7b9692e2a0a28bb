"""Whatever stands in the cells, and whatever bytes a file has: an answer, never a fault."""

import csv
import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sites import exceptions
from sites.imports.headings import DOSE, PERSON, find_headings
from sites.imports.rows import Known, Product, ReadDose, RowReader
from tests import dirty_sheets
from vaxplatform.sheets.files import open_rows

KNOWN = Known(
    products={"astrazeneca": Product("EU/1/21/1529", 2)},
    provinces={"79": 1, "ho chi minh": 1},
    wards={"26740": (7, 1)},
    site_code="79001",
    site_province_id=1,
    today=datetime.date(2021, 12, 1),
    site_name="Trạm y tế phường Bến Nghé",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)
WRITTEN = (
    st.dates().map(lambda day: {"d": day.isoformat()})
    | st.times().map(lambda time: {"t": time.isoformat("seconds")})
    | st.dictionaries(st.sampled_from(["d", "t"]), JSON)
    | st.from_regex(r"\A[0-9０-９]{1,3}[/.\-][0-9]{1,3}[/.\-][0-9]{1,5}\Z")
    | st.from_regex(r"\A[0-9]{6,14}(\.0)?\Z")
    | st.sampled_from(
        ["79", "Nam", "Nữ", "AstraZeneca", "CCCD", "8h30", "\0", "\ud800", "Nguyễn Thị Ánh"]
    )
)
CELLS = JSON | WRITTEN
EVERY_FIELD = [*PERSON, *DOSE]


def read(cells: list[Any], columns: dict[int, tuple[str, int]]) -> list[ReadDose]:
    return RowReader(columns, KNOWN).read((2, cells))


@settings(max_examples=400, deadline=None)
@given(st.lists(CELLS, min_size=len(EVERY_FIELD), max_size=len(EVERY_FIELD)))
@example([float("nan")] * len(EVERY_FIELD))
@example([float("inf")] * len(EVERY_FIELD))
@example([10**400] * len(EVERY_FIELD))
@example([{"d": "2021-02-30"}] * len(EVERY_FIELD))
@example([{"t": "25:99"}] * len(EVERY_FIELD))
@example(["a" * 3_000] * len(EVERY_FIELD))
def test_any_cells_make_a_dose_or_reasons_that_can_be_stored(cells: list[Any]) -> None:
    for part in (0, 1):
        columns = {n: (name, part * (name in DOSE)) for n, name in enumerate(EVERY_FIELD)}
        found = read(cells, columns)
        assert found
        for dose in found:
            assert (dose.item is not None) or dose.reasons
            json.dumps([reason.as_dict() for reason in dose.reasons]).encode()
            if dose.item is not None:
                texts = f"{dose.item.lot_number}{dose.item.vaccinator}{dose.item.citizen}"
                assert "\0" not in texts
                texts.encode()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=12), max_size=8))
def test_any_rows_have_headings_or_none(rows: list[list[Any]]) -> None:
    found = find_headings(list(enumerate(rows, start=1)))
    assert found is None or found.columns


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(
        [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\xef\xbb\xbf"]
    ),
    st.binary(max_size=2_000),
)
def test_any_bytes_are_rows_or_a_refusal(tmp_path: Path, head: bytes, tail: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(head + tail)
    try:
        with open_rows(path) as rows:
            for line, cells in rows:
                assert line >= 1
                assert any(cell is not None for cell in cells)
    except exceptions.FileRefused:
        pass


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_workbook_with_bytes_changed_is_rows_or_a_refusal(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "a.xlsx"
    if not (tmp_path / "good.xlsx").exists():
        dirty_sheets.write_sheet(tmp_path / "good.xlsx", count=5, lots=["A"], faults=False)
    content = bytearray((tmp_path / "good.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        with open_rows(path) as rows:
            list(rows)
    except exceptions.FileRefused:
        pass


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20
).filter(lambda text: text.strip() and not text.startswith("\ufeff"))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=5))
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_text_file_comes_back_cell_by_cell(
    tmp_path: Path, encoding: str, table: list[list[str]]
) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a,b,c,d,e", ",,,,,,", "x"], *table])
    delimiters = max(",;\t", key=path.read_text(encoding=encoding).count)
    if delimiters != ",":
        return  # a sheet of semicolons is read as one
    with open_rows(path) as rows:
        assert [cells for _line, cells in rows][1:] == table
