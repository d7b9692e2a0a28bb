"""The promises about imports hold after every kind of row, and each is seen when it is broken."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from sites.models import DoseImport, ImportedRow
from sites.services import imported_rows
from sites.services.doses import void_dose
from tests import dirty_sheets
from tests.factories import make_dose, make_lot, make_site, make_staff
from tests.sites.imports.making import record_file
from vaxplatform.invariants import INVARIANTS

pytestmark = pytest.mark.django_db
COUNTS = "counts_of_an_import_equal_its_rows"
DOSES = "a_recorded_row_of_an_import_has_its_dose"
CHUNKS = "a_chunk_of_an_import_has_its_rows"


@pytest.fixture
def batch(tmp_path: Path) -> DoseImport:
    site = make_site(code="79001")
    make_lot(site=site, number="ABW001", doses=1_000)
    path = tmp_path / "a.xlsx"
    dirty_sheets.write_wide_sheet(path, count=26, lots=["ABW001"], place="79001")
    return record_file(path, site)


def broken() -> set[str]:
    return {name for name in (COUNTS, DOSES, CHUNKS) if INVARIANTS[name].violations()}


def test_they_hold_after_an_import_after_decisions_and_after_a_void(batch: DoseImport) -> None:
    assert broken() == set()
    staff = make_staff(site=batch.site)
    imported_rows.all_given_here(batch=batch, by=staff, now=timezone.now())
    held = batch.rows.filter(outcome="held").first()
    assert held is not None
    imported_rows.leave_out(row=held, reason="x", by=staff, now=timezone.now())
    recorded = batch.rows.filter(outcome="recorded").last()
    assert recorded is not None
    assert recorded.dose is not None
    void_dose(dose=recorded.dose, reason="nhầm")
    assert broken() == set()


def count_one_more(batch: DoseImport) -> None:
    DoseImport.objects.filter(pk=batch.pk).update(recorded=batch.recorded + 1)


def lose_a_row(batch: DoseImport) -> None:
    line = batch.chunks.get().last_line
    ImportedRow.objects.filter(batch=batch, line=line).delete()


def lose_the_chunk(batch: DoseImport) -> None:
    batch.chunks.all().delete()


def take_a_dose_of_another_site(batch: DoseImport) -> None:
    row = batch.rows.filter(outcome="recorded").first()
    ImportedRow.objects.filter(pk=row.pk).update(dose=make_dose())  # type: ignore[union-attr]


def count_a_dose_twice(batch: DoseImport) -> None:
    one, other = batch.rows.filter(outcome="recorded")[:2]
    ImportedRow.objects.filter(pk=one.pk).update(dose=other.dose)


@pytest.mark.parametrize(
    ("breaks", "seen"),
    [
        (count_one_more, {COUNTS}),
        (lose_a_row, {COUNTS, CHUNKS}),
        (lose_the_chunk, {CHUNKS}),
        (take_a_dose_of_another_site, {DOSES}),
        (count_a_dose_twice, {DOSES}),
    ],
)
def test_each_is_seen_when_it_is_broken(
    batch: DoseImport, breaks: Callable[[DoseImport], None], seen: set[str]
) -> None:
    breaks(batch)
    assert broken() == seen


def test_what_they_say_names_no_person(batch: DoseImport) -> None:
    count_one_more(batch)
    take_a_dose_of_another_site(batch)
    lose_the_chunk(batch)
    said = " ".join(v for name in (COUNTS, DOSES, CHUNKS) for v in INVARIANTS[name].violations())
    assert str(batch.pk) in said
    for row in range(26):
        assert dirty_sheets.person(row).name not in said
