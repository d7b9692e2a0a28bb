"""The wide form end to end: two doses a row, each with an outcome of its own."""

from collections import Counter
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sites.imports.rows import is_here
from sites.models import Dose, DoseImport, Site
from sites.services.import_answers import errors_file
from sites.services.imported_rows import all_given_here
from tests import dirty_sheets
from tests.factories import make_lot, make_site, make_staff
from tests.sites.imports.making import record_file

pytestmark = pytest.mark.django_db
LOTS = ["ABW001", "ABW002"]
ROWS = 130  # ten of each case


@pytest.fixture
def site() -> Site:
    site = make_site(name="Trạm y tế phường Bến Nghé", code="79001")
    for number in LOTS:
        make_lot(site=site, number=number, doses=1_000)
    return site


def found(batch: DoseImport) -> dict[tuple[int, int], tuple[str, str]]:
    return {
        (row.line, row.part): (row.outcome, row.reasons[0]["code"] if row.reasons else "")
        for row in batch.rows.all()
    }


@pytest.mark.parametrize("place", ["TYT P. Bến Nghé", "79001", "79001 - Trạm y tế phường Bến Nghé"])
def test_every_dose_of_a_wide_sheet_comes_to_what_it_must(
    site: Site, tmp_path: Path, place: str
) -> None:
    path = tmp_path / "vaccom.xlsx"
    truths = dirty_sheets.write_wide_sheet(path, count=ROWS, lots=LOTS, place=place)
    batch = record_file(path, site)
    answers = found(batch)
    assert answers == {(t.line, t.part): (t.outcome, t.code) for t in truths}
    expected = Counter(truth.outcome for truth in truths)
    assert (batch.recorded, batch.held, batch.refused, batch.duplicates) == (
        expected["recorded"], expected["held"], expected["refused"], 0,
    )  # fmt: skip
    assert batch.rows_done == batch.rows_total == ROWS
    numbers = Counter(Dose.objects.values_list("dose_number", flat=True))
    assert numbers == Counter(t.part for t in truths if t.outcome == "recorded")


def test_two_doses_of_a_row_are_one_persons(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    dirty_sheets.write_wide_sheet(path, count=1, lots=LOTS, place="79001")
    record_file(path, site)
    first, second = Dose.objects.order_by("dose_number")
    assert first.citizen == second.citizen
    assert first.citizen.sex in ("female", "male")
    assert first.citizen.ward is not None


def test_a_row_with_one_bad_dose_comes_back_whole_and_goes_in_when_mended(
    site: Site, tmp_path: Path
) -> None:
    path, back = tmp_path / "a.xlsx", tmp_path / "back.xlsx"
    truths = dirty_sheets.write_wide_sheet(path, count=26, lots=LOTS, place="79001")
    batch = record_file(path, site)
    assert errors_file(batch=batch, target=back)
    sheet = load_workbook(back).active
    assert sheet is not None
    waiting = {truth.line for truth in truths if truth.outcome in ("held", "refused")}
    assert sheet.max_row == len(waiting) + 1
    for cells in sheet.iter_rows(min_row=2):
        if cells[dirty_sheets.TWO].value == "Vắc xin lạ":
            cells[dirty_sheets.TWO].value = "Astra Zeneca"
    sheet.parent.save(back)  # type: ignore[union-attr]
    again = record_file(back, site)
    mended = sum(truth.code == "product_unreadable" for truth in truths)
    assert mended == 2
    assert again.recorded == mended
    assert again.duplicates  # the good doses of the same rows


def test_doses_of_another_place_are_no_doses_of_this_site_until_somebody_says_so(
    site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    truths = dirty_sheets.write_wide_sheet(path, count=ROWS, lots=LOTS, place="79001")
    batch = record_file(path, site)
    elsewhere = sum(truth.code == "dose_given_elsewhere" for truth in truths)
    held = batch.held
    staff = make_staff(site=site)
    counts = all_given_here(batch=batch, by=staff, now=batch.finished_at)  # type: ignore[arg-type]
    assert counts == {"recorded": elsewhere}
    batch.refresh_from_db()
    assert batch.held == held - elsewhere
    assert batch.rows.filter(decided_by=staff).count() == elsewhere
    assert not any(field == "place" for field, _part in batch.columns.values())


def test_whoever_says_beforehand_that_all_was_given_here_is_not_asked(
    site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "a.xlsx"
    dirty_sheets.write_wide_sheet(path, count=ROWS, lots=LOTS, place="Trường học")
    batch = record_file(path, site, all_here=True)
    assert not batch.rows.filter(reasons__contains=[{"code": "dose_given_elsewhere"}]).exists()
    assert batch.recorded


@pytest.mark.parametrize(
    ("place", "here"),
    [
        ("", True),
        ("  ", True),
        ("tram y te phuong 1", True),
        ("TRẠM Y TẾ PHƯỜNG 1", True),
        ("TYT P1", True),
        ("s-01", True),
        ("Trạm y tế phường 10", False),
        ("Trạm y tế phường 1 quận 5", False),
        ("Trạm y tế", False),
        ("0901234567", False),
    ],
)
def test_a_place_is_this_site_by_code_or_whole_name_only(place: str, here: bool) -> None:
    assert is_here(place, code="S-01", name="Trạm y tế Phường 1") is here


@pytest.mark.parametrize(("code", "place"), [("S00001", "s00001"), ("79-P1", "79 P1"), ("1", "1")])
def test_a_code_of_letters_and_digits_is_known(code: str, place: str) -> None:
    assert is_here(place, code=code, name="Trạm y tế Phường 1")
