"""A dirty file against the truth it was made with: the exact outcome and reason of every row."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from openpyxl import load_workbook

from sites.models import Dose, DoseImport, ImportedRow, ImportState, RowOutcome, Site
from sites.services import imports
from tests import dirty_sheets
from tests.factories import make_lot, make_site
from tests.sites.imports.making import record_file
from vaxplatform.sheets.files import open_rows

LOTS = ["ABW001", "ABW002"]


@pytest.fixture
def site(db: None) -> Site:
    site = make_site()
    for number in LOTS:
        make_lot(site=site, number=number, doses=100_000)
    return site


def found(batch: DoseImport) -> dict[int, tuple[str, str]]:
    return {
        row.line: (row.outcome, row.reasons[0]["code"] if row.reasons else "")
        for row in batch.rows.all()
    }


def test_every_row_of_a_dirty_file_comes_to_what_it_must(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "buoi-tiem.xlsx"
    truths = dirty_sheets.write_sheet(path, count=1_500, lots=LOTS)
    batch = record_file(path, site)
    answers = found(batch)
    wrong = [
        (truth, answers.get(truth.line))
        for truth in truths
        if answers.get(truth.line) != (truth.outcome, truth.code)
    ]
    assert wrong == []
    assert Counter(outcome for outcome, _code in answers.values()) == dirty_sheets.expected(truths)
    assert batch.state == ImportState.DONE
    assert Dose.objects.filter(site=site).count() == batch.recorded
    assert batch.rows_done == len(truths)


def test_a_file_that_is_sent_again_records_nothing(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    dirty_sheets.write_sheet(path, count=200, lots=LOTS, faults=False)
    first = record_file(path, site)
    second = record_file(path, site)
    assert (first.recorded, first.duplicates) == (200, 0)
    assert (second.recorded, second.duplicates) == (0, 200)
    assert second.pk != first.pk
    assert Dose.objects.filter(site=site).count() == 200


def test_a_killed_import_goes_on_where_it_was(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 50)
    path = tmp_path / "a.xlsx"
    truths = dirty_sheets.write_sheet(path, count=220, lots=LOTS)
    half = record_file(path, site, most_chunks=2)
    assert half.state == ImportState.RUNNING
    assert half.rows_done == 100
    whole = record_file(path, site)
    assert whole.pk == half.pk
    assert whole.rows_done == len(truths)
    expected = dirty_sheets.expected(truths)
    assert whole.recorded == expected["recorded"] == Dose.objects.filter(site=site).count()


def test_a_chunk_is_recorded_once_whoever_comes_second(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    dirty_sheets.write_sheet(path, count=30, lots=LOTS, faults=False)
    now = timezone.now()
    batch = imports.take_in(site=site, path=path, file_name="a.xlsx", by=None)
    batch = imports.begin(batch=batch, now=now)
    with open_rows(path) as rows:
        (chunk,) = imports.chunks_left(batch, rows)
    assert imports.record_chunk(batch=batch, rows=chunk, now=now)["recorded"] == 30
    assert not imports.record_chunk(batch=batch, rows=chunk, now=now)
    batch.refresh_from_db()
    assert (batch.recorded, batch.rows_done) == (30, 30)


def test_what_must_be_mended_comes_back_with_its_reason_and_goes_in_when_mended(
    site: Site, tmp_path: Path
) -> None:
    from sites.services.import_answers import errors_file

    path, back = tmp_path / "a.xlsx", tmp_path / "mend.xlsx"
    truths = dirty_sheets.write_sheet(path, count=400, lots=LOTS)
    batch = record_file(path, site)
    assert errors_file(batch=batch, target=back)
    sheet = load_workbook(back).active
    assert sheet is not None
    lines = list(sheet.iter_rows(values_only=True))
    waiting = [truth for truth in truths if truth.outcome in ("held", "refused")]
    assert len(lines) == len(waiting) + 1
    assert all(line[-1] for line in lines)
    # Mended by hand: the unknown product gets its name.
    position = lines[0].index("Tên vắc xin*")
    for row in sheet.iter_rows(min_row=2):
        if row[position].value == "Vắc xin lạ":
            row[position].value = "AZ"
    mended = tmp_path / "mended.xlsx"
    sheet.parent.save(mended)  # type: ignore[union-attr]
    unknown = sum(truth.code == "product_unreadable" for truth in truths)
    assert unknown
    assert record_file(mended, site).recorded == unknown


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_its_counts_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = make_site()
    for number in LOTS:
        make_lot(site=site, number=number, doses=1_000)
    path = tmp_path / "a.xlsx"
    truths = dirty_sheets.write_sheet(path, count=120, lots=LOTS)
    call_command("import_doses", str(path), "--site", site.code, "--json", "--workers", "2")
    said = json.loads(capsys.readouterr().out)
    expected = dirty_sheets.expected(truths)
    assert said["rows"] == len(truths)
    assert said["recorded"] == expected["recorded"]
    assert said["duplicates"] == expected["duplicate"]
    assert (said["held"], said["refused"]) == (expected["held"], expected["refused"])
    assert Path(said["errors_file"]).exists()


def test_recorded_rows_keep_no_cells_and_name_their_dose(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    dirty_sheets.write_sheet(path, count=60, lots=LOTS)
    batch = record_file(path, site)
    recorded = ImportedRow.objects.filter(batch=batch, outcome=RowOutcome.RECORDED)
    assert recorded.exists()
    assert not recorded.filter(cells__isnull=False).exists()
    assert not recorded.filter(dose__isnull=True).exists()
    assert (
        not batch.rows.exclude(outcome__in=("recorded", "duplicate"))
        .filter(cells__isnull=True)
        .exists()
    )
