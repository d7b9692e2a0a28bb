"""Paper lists of doses: typed by one or two, compared, summed up, recorded, forgotten."""

import datetime
import io

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image

from sites import exceptions
from sites.imports.headings import find_headings
from sites.models import (
    Dose,
    DoseImport,
    DoseSource,
    ImportedRow,
    ImportState,
    PaperSheet,
    RowOutcome,
    SheetEntry,
    SheetRow,
    SheetState,
)
from sites.services import sheet_comparison as comparison
from sites.services import sheets
from sites.services.sheet_comparison import FIRST, OTHER, SECOND, Choice
from sites.services.sheet_rows import COLUMNS, FIELDS, HEADINGS, ROW, pairs
from tests.factories import make_lot, make_site, make_staff, province
from tests.sites.making import at_once
from vaxplatform.invariants import INVARIANTS
from vaxplatform.photos import (
    LONGEST_SIDE,
    MAX_BYTES,
    PhotoTooLarge,
    PhotoUnreadable,
    clean_photo,
)

NOW = datetime.datetime(2021, 11, 6, 3, 0, tzinfo=datetime.UTC)
DAY = datetime.date(2021, 11, 2)
PEOPLE = (
    ("Nguyễn Thị Mẫu", "12/03/1987", "nữ", "0901234567", "079187000001"),
    ("Trần Văn Mẫu", "1990", "nam", "0901234568", ""),
    ("Lê Thị Thử", "5/6/1975", "f", "0901234569", "012345678"),
)


def cells(*texts: str, **over: str) -> list[str]:
    row = [*texts, *[""] * (len(FIELDS) - len(texts))]
    for field, text in over.items():
        row[FIELDS.index(field)] = text
    return row


def typed(**over: str) -> dict[int, list[str]]:
    return {line: cells(*person, **over) for line, person in enumerate(PEOPLE, start=1)}


class Office:
    """A site with a lot, two people who type and a manager."""

    def __init__(self) -> None:
        self.site = make_site()
        self.lot = make_lot(site=self.site)
        self.one, self.two = make_staff(site=self.site), make_staff(site=self.site)

    def sheet(self, **over) -> PaperSheet:
        values = {
            "site": self.site,
            "lot": self.lot,
            "given_on": DAY,
            "vaccinator": "ĐD. Hoàng Thị Mẫu",
            "province": province(),
            "doses_on_paper": len(PEOPLE),
            "dose_number": 1,
            "by": self.one,
            "now": NOW,
        }
        return sheets.open_sheet(**{**values, **over})

    def type(self, sheet, by=None, rows=None) -> SheetEntry:
        by = by or self.one
        entry = sheets.begin_entry(sheet=sheet, by=by, now=NOW)
        sheets.save_rows(entry=entry, rows=typed() if rows is None else rows, by=by, now=NOW)
        sheets.finish_entry(entry=entry, by=by, now=NOW)
        return entry

    def typed_twice(self, first=None, second=None) -> PaperSheet:
        sheet = self.sheet(double_entry=True)
        self.type(sheet, self.one, first)
        self.type(sheet, self.two, second)
        sheet.refresh_from_db()
        return sheet


@pytest.fixture
def office(db):
    return Office()


def picture(size=(800, 600), kind="JPEG", **save) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "white").save(target, kind, **save)
    return target.getvalue()


# ── recording ─────────────────────────────────────────────────────────────────────────────────
def test_the_rows_of_a_sheet_are_recorded_as_those_of_a_file_are(office):
    sheet = office.sheet()
    office.type(sheet)
    recorded = sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    assert (recorded.state, recorded.difference) == (SheetState.RECORDED, "")
    batch = recorded.batch
    assert (batch.state, batch.rows_done, batch.recorded) == (ImportState.DONE, 3, 3)
    doses = Dose.objects.order_by("pk")
    assert {d.citizen.full_name for d in doses} == {person[0] for person in PEOPLE}
    assert {(d.source, d.lot_id, d.dose_number, d.vaccinator) for d in doses} == {
        (DoseSource.PAPER, office.lot.pk, 1, "ĐD. Hoàng Thị Mẫu")
    }
    assert {timezone.localtime(d.administered_at).isoformat() for d in doses} == {
        "2021-11-02T12:00:00+07:00"
    }
    assert {name: found for name, i in INVARIANTS.items() if (found := i.violations())} == {}


def test_submitted_twice_a_sheet_is_recorded_once(office):
    sheet = office.sheet()
    office.type(sheet)
    first = sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    again = sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    assert first.batch_id == again.batch_id
    assert (Dose.objects.count(), DoseImport.objects.count()) == (3, 1)


def test_the_same_paper_typed_as_another_sheet_doubles_no_dose(office):
    for _ in range(2):
        sheet = office.sheet()
        office.type(sheet)
        sheet = sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    assert (sheet.batch.recorded, sheet.batch.duplicates) == (0, 3)
    assert Dose.objects.count() == 3


def test_a_row_that_contradicts_the_records_waits_for_a_person_like_a_row_of_a_file(office):
    for day in (DAY, DAY + datetime.timedelta(days=1)):
        sheet = office.sheet(given_on=day)
        office.type(sheet)
        sheet = sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    held = ImportedRow.objects.filter(batch=sheet.batch)
    assert {row.outcome for row in held} == {RowOutcome.HELD}
    assert held.first().reasons[0]["code"] == "dose_number_taken"
    assert held.first().cells


def test_a_dose_of_this_morning_is_not_written_down_for_noon(office):
    sheet = office.sheet(given_on=datetime.date(2021, 11, 6))
    office.type(sheet)
    sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    assert {d.administered_at for d in Dose.objects.all()} == {NOW}


def test_a_row_keeps_its_own_dose_number_and_province(office):
    sheet = office.sheet(doses_on_paper=1)
    office.type(sheet, rows={1: cells(*PEOPLE[0], province_name="Hà Nội", dose_number="2")})
    sheet = sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    dose = Dose.objects.get()
    assert (dose.dose_number, dose.citizen.province.code) == (2, "01")


def test_rows_to_mend_come_back_under_headings_that_a_file_may_have():
    found = find_headings([(1, list(HEADINGS))])
    assert {place: column for place, column in COLUMNS.items() if column[0] != "notes"} == {
        place: column for place, column in found.columns.items() if column[0] != "notes"
    }
    assert found.missing == ()


# ── sums ──────────────────────────────────────────────────────────────────────────────────────
def test_sums_go_by_dose_number_and_sex(office):
    sheet = office.sheet()
    rows = typed()
    rows[3] = cells(*PEOPLE[2], dose_number="2")
    office.type(sheet, rows=rows)
    sums = sheets.sheet_sums(sheet, now=NOW)
    assert dict(sums.table) == {(1, "female"): 1, (1, "male"): 1, (2, "female"): 1}
    assert not sums.differ


def test_a_sum_that_differs_from_the_paper_is_explained_before_anything_is_recorded(office):
    sheet = office.sheet(doses_on_paper=4)
    office.type(sheet)
    with pytest.raises(exceptions.SumsDiffer) as refusal:
        sheets.record_sheet(sheet=sheet, by=office.one, now=NOW, difference="   ")
    assert refusal.value.params == {"typed": 3, "paper": 4}
    assert not Dose.objects.exists()
    assert not DoseImport.objects.exists()
    sheet = sheets.record_sheet(
        sheet=sheet, by=office.one, now=NOW, difference="Dòng 4 gạch bỏ trên giấy."
    )
    assert (sheet.difference, sheet.batch.recorded) == ("Dòng 4 gạch bỏ trên giấy.", 3)


def test_a_row_that_cannot_be_read_does_not_count_and_is_refused_with_its_reason(office):
    sheet = office.sheet()
    office.type(sheet, rows={**typed(), 2: cells("Trần Văn Mẫu", "31/02/1990", "nam")})
    with pytest.raises(exceptions.SumsDiffer):
        sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    sheet = sheets.record_sheet(sheet=sheet, by=office.one, now=NOW, difference="Mờ, hỏi lại.")
    assert (sheet.batch.recorded, sheet.batch.refused) == (2, 1)
    refused = ImportedRow.objects.get(outcome=RowOutcome.REFUSED)
    assert (refused.line, refused.reasons[0]["field"]) == (2, "date_of_birth")


# ── typing ────────────────────────────────────────────────────────────────────────────────────
def test_typing_is_taken_up_where_it_was_left(office):
    sheet = office.sheet()
    entry = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    sheets.save_rows(entry=entry, rows={1: cells("Nguyễn")}, by=office.one, now=NOW)
    entry = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    sheets.save_rows(entry=entry, rows={2: cells("Trần")}, by=office.one, now=NOW)
    sheets.save_rows(entry=entry, rows={1: cells("Nguyễn Thị")}, by=office.one, now=NOW)
    assert [row[0] for row in sheets.rows_of(entry).values()] == ["Nguyễn Thị", "Trần"]
    sheets.save_rows(entry=entry, rows={2: cells()}, by=office.one, now=NOW)
    assert list(sheets.rows_of(entry)) == [1]
    assert SheetEntry.objects.count() == 1


def test_typed_cells_are_sealed_and_hold_no_invisible_character(office):
    sheet = office.sheet()
    entry = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    sheets.save_rows(
        entry=entry, rows={1: cells("Nguyễn\x00  Mẫu\u200b", "x" * 999)}, by=office.one, now=NOW
    )
    assert sheets.rows_of(entry)[1][0] == "Nguyễn Mẫu"
    assert len(sheets.rows_of(entry)[1][1]) == 300
    with connection.cursor() as cursor:
        cursor.execute("SELECT cells FROM vaccination_sites_sheetrow")
        assert "Nguyễn".encode() not in bytes(cursor.fetchone()[0])


def test_a_finished_entry_is_not_changed_but_can_be_taken_up_again_until_it_is_recorded(office):
    sheet = office.sheet()
    entry = office.type(sheet)
    with pytest.raises(exceptions.EntryFinished):
        sheets.save_rows(entry=entry, rows=typed(), by=office.one, now=NOW)
    sheets.reopen_entry(entry=entry, by=office.one, now=NOW)
    with pytest.raises(exceptions.SheetNotReady):
        sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    sheets.finish_entry(entry=entry, by=office.one, now=NOW)
    sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)
    for change in (sheets.reopen_entry, sheets.finish_entry):
        with pytest.raises(exceptions.SheetRecorded):
            change(entry=entry, by=office.one, now=NOW)


def test_an_empty_entry_is_not_finished(office):
    sheet = office.sheet()
    entry = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    with pytest.raises(exceptions.SheetEmpty):
        sheets.finish_entry(entry=entry, by=office.one, now=NOW)


def test_nobody_writes_into_the_entry_of_another(office):
    sheet = office.sheet()
    entry = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    with pytest.raises(exceptions.NotYourEntry):
        sheets.save_rows(entry=entry, rows=typed(), by=office.two, now=NOW)
    with pytest.raises(exceptions.SheetTakenByAnother):
        sheets.begin_entry(sheet=sheet, by=office.two, now=NOW)


def test_the_entry_of_somebody_away_is_taken_over_with_its_rows_and_stays_told(office):
    sheet = office.sheet()
    entry = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    sheets.save_rows(entry=entry, rows=typed(), by=office.one, now=NOW)
    sheets.take_over_entry(entry=entry, by=office.two, now=NOW)
    sheets.take_over_entry(entry=entry, by=office.two, now=NOW)  # pressed twice
    (takeover,) = entry.takeovers.all()
    assert (takeover.typed_by, takeover.taken_by, takeover.at) == (office.one, office.two, NOW)
    assert sheets.begin_entry(sheet=sheet, by=office.two, now=NOW) == entry
    with pytest.raises(exceptions.NotYourEntry):
        sheets.save_rows(entry=entry, rows=typed(), by=office.one, now=NOW)
    sheets.finish_entry(entry=entry, by=office.two, now=NOW)
    sheet.refresh_from_db()
    sheets.record_sheet(sheet=sheet, by=office.two, now=NOW)
    assert Dose.objects.count() == len(PEOPLE)
    with pytest.raises(exceptions.SheetRecorded):
        sheets.take_over_entry(entry=entry, by=office.one, now=NOW)


def test_of_two_entries_none_comes_into_the_hand_that_types_the_other(office):
    sheet = office.sheet(double_entry=True)
    first = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    second = office.type(sheet, office.two)
    with pytest.raises(exceptions.SheetTypedByYou):
        sheets.take_over_entry(entry=first, by=office.two, now=NOW)
    third = make_staff(site=office.site)
    with pytest.raises(exceptions.EntryFinished):
        sheets.take_over_entry(entry=second, by=third, now=NOW)
    sheets.take_over_entry(entry=first, by=third, now=NOW)
    sheets.save_rows(entry=first, rows=typed(), by=third, now=NOW)
    sheets.finish_entry(entry=first, by=third, now=NOW)
    sheet.refresh_from_db()
    assert sheet.state == SheetState.TYPED


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"given_on": datetime.date(2021, 11, 7)}, exceptions.SheetOfTomorrow),
        ({"doses_on_paper": 0}, exceptions.SheetTooLong),
        ({"doses_on_paper": 61}, exceptions.SheetTooLong),
        ({"photo": b"no picture"}, PhotoUnreadable),
    ],
)
def test_a_sheet_that_cannot_be_is_not_opened(office, over, refusal):
    with pytest.raises(refusal):
        office.sheet(**over)
    assert not PaperSheet.objects.exists()


def test_a_lot_of_another_site_is_not_typed_from(office):
    with pytest.raises(exceptions.LotUnknown):
        office.sheet(lot=make_lot(site=make_site()))


# ── two entries ───────────────────────────────────────────────────────────────────────────────
def test_the_same_person_cannot_type_a_sheet_twice(office):
    sheet = office.sheet(double_entry=True)
    first = office.type(sheet)
    again = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    assert again.pk == first.pk
    with pytest.raises(exceptions.EntryFinished):
        sheets.save_rows(entry=again, rows=typed(), by=office.one, now=NOW)
    sheet.refresh_from_db()
    assert sheet.state == SheetState.OPEN


def test_cells_written_otherwise_that_say_the_same_do_not_differ(office):
    second = typed()
    second[1] = cells("nguyễn thị mẫu", "12-3-1987", "F", "+84 901 234 567", "079 187 000 001")
    sheet = office.typed_twice(second=second)
    assert comparison.comparison_of(sheet=sheet, now=NOW).questions == []


def test_a_row_that_one_left_out_moves_no_other():
    one, two, three = (cells(*person) for person in PEOPLE)
    found = pairs({1: one, 2: two, 3: three}, {1: one, 2: three})
    assert [(p.line, p.first, p.second) for p in found] == [
        (1, one, one),
        (2, two, None),
        (3, three, three),
    ]


def test_only_what_differs_is_asked_and_what_was_decided_goes_on_record(office):
    second = typed()
    second[1] = cells("Nguyễn Thị Mẩu", *PEOPLE[0][1:])
    second[2] = cells("Trần Văn Mẫu", "1991", "nam", "0901234560")
    sheet = office.typed_twice(second=second)
    asked = comparison.comparison_of(sheet=sheet, now=NOW).questions
    assert [(q.name, q.first, q.second) for q in asked] == [
        ("1-full_name", "Nguyễn Thị Mẫu", "Nguyễn Thị Mẩu"),
        ("2-date_of_birth", "1990", "1991"),
        ("2-phone", "0901234568", "0901234560"),
    ]
    choices = {"1-full_name": Choice(FIRST), "2-date_of_birth": Choice(SECOND)}
    with pytest.raises(exceptions.QuestionsOpen):
        comparison.compare(sheet=sheet, choices=choices, by=office.two, now=NOW)
    choices["2-phone"] = Choice(OTHER, "0901234561")
    sheet = comparison.compare(sheet=sheet, choices=choices, by=office.two, now=NOW)
    sheet = sheets.record_sheet(sheet=sheet, by=office.two, now=NOW)
    assert sheet.batch.recorded == 3
    trans = Dose.objects.get(citizen__full_name="Trần Văn Mẫu").citizen
    assert (trans.date_of_birth, trans.phone) == ("1991", "+84901234561")
    errors = {e.by_id: (e.cells_wrong, e.cells_compared) for e in sheet.entries.all()}
    assert errors == {office.one.pk: (2, 14), office.two.pk: (2, 14)}
    rates = comparison.typists_of(site=office.site, since=NOW - datetime.timedelta(days=1))
    assert [(t.cells, t.wrong, round(t.rate, 1)) for t in rates] == [(14, 2, 14.3)] * 2


def test_what_both_typed_alike_and_nobody_can_read_is_asked_too(office):
    rows = {**typed(), 2: cells("Trần Văn Mẫu", "31/02/1990", "nam")}
    sheet = office.typed_twice(rows, rows)
    (asked,) = comparison.comparison_of(sheet=sheet, now=NOW).questions
    assert (asked.name, asked.refusal is not None) == ("2-date_of_birth", True)


@pytest.mark.parametrize(("right", "count"), [(FIRST, 3), (SECOND, 2)])
def test_whether_a_row_stands_is_decided_as_a_whole(office, right, count):
    second = {1: typed()[1], 2: typed()[3]}
    sheet = office.typed_twice(second=second)
    (asked,) = comparison.comparison_of(sheet=sheet, now=NOW).questions
    assert (asked.field, asked.second) == (ROW, "")
    sheet = comparison.compare(
        sheet=sheet, choices={asked.name: Choice(right)}, by=office.two, now=NOW
    )
    assert len(sheets.agreed_rows(sheet)) == count


def test_nobody_compares_while_somebody_types_nor_records_before_it_is_compared(office):
    sheet = office.sheet(double_entry=True)
    entry = office.type(sheet)
    with pytest.raises(exceptions.SheetNotReady):
        comparison.comparison_of(sheet=sheet, now=NOW)
    sheets.reopen_entry(entry=entry, by=office.one, now=NOW)  # the other has not finished
    sheets.finish_entry(entry=entry, by=office.one, now=NOW)
    office.type(sheet, office.two)
    with pytest.raises(exceptions.EntryFinished):  # from now on both entries can be seen
        sheets.reopen_entry(entry=entry, by=office.one, now=NOW)
    with pytest.raises(exceptions.SheetNotReady):
        sheets.record_sheet(sheet=sheet, by=office.one, now=NOW)


# ── races ─────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_two_who_take_up_one_sheet_at_once_get_one_entry_each_or_are_refused():
    office = Office()
    people = [office.one, office.two, make_staff(site=office.site)]

    def begin(sheet):
        return at_once(3, lambda n: sheets.begin_entry(sheet=sheet, by=people[n], now=NOW).number)

    assert sorted(map(str, begin(office.sheet()))) == ["1", *["sheet_taken_by_another"] * 2]
    assert sorted(map(str, begin(office.sheet(double_entry=True)))) == [
        "1",
        "2",
        "sheet_taken_by_another",
    ]


@pytest.mark.django_db(transaction=True)
def test_one_person_with_two_windows_gets_one_entry():
    office = Office()
    sheet = office.sheet(double_entry=True)
    numbers = at_once(2, lambda _n: sheets.begin_entry(sheet=sheet, by=office.one, now=NOW).number)
    assert numbers == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_pressed_by_two_at_once_a_sheet_is_recorded_once():
    office = Office()
    sheet = office.sheet()
    office.type(sheet)
    people = [office.one, office.two]
    batches = at_once(2, lambda n: sheets.record_sheet(sheet=sheet, by=people[n], now=NOW).batch_id)
    assert batches[0] == batches[1]
    assert (Dose.objects.count(), DoseImport.objects.count()) == (3, 1)


@pytest.mark.django_db(transaction=True)
def test_rows_saved_at_once_are_all_kept():
    office = Office()
    sheet = office.sheet()
    entry = sheets.begin_entry(sheet=sheet, by=office.one, now=NOW)
    at_once(
        6,
        lambda n: sheets.save_rows(
            entry=entry, rows={n + 1: cells(f"Người {n}")}, by=office.one, now=NOW
        ),
    )
    assert list(sheets.rows_of(entry)) == [1, 2, 3, 4, 5, 6]


# ── photos ────────────────────────────────────────────────────────────────────────────────────
def test_a_photo_is_kept_sealed_upright_and_without_metadata(office):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned
    exif[0x010F] = "Máy ảnh của Mẫu"
    sheet = office.sheet(photo=picture(size=(400, 200), exif=exif, comment=b"secret place"))
    sheet.refresh_from_db()
    assert not bytes(sheet.photo).startswith(b"\xff\xd8")
    content = sheets.photo_of(sheet)
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.size) == ("JPEG", (200, 400))
    assert not image.getexif()
    assert b"secret" not in content


def test_a_large_photo_is_made_smaller_and_a_clear_ground_is_paper():
    image = Image.open(io.BytesIO(clean_photo(picture(size=(4000, 3000)))))
    assert max(image.size) <= LONGEST_SIDE
    target = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(target, "PNG")
    assert Image.open(io.BytesIO(clean_photo(target.getvalue()))).getpixel((9, 9)) == (255,) * 3


def bomb() -> bytes:
    """144 million pixels in less than 200 kB."""
    target = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"%PDF-1.7 not a picture", PhotoUnreadable),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PhotoUnreadable),
        (b"", PhotoUnreadable),
        (picture()[:300], PhotoUnreadable),
        (picture(kind="GIF"), PhotoUnreadable),
        (b"\xff\xd8" + bytes(MAX_BYTES), PhotoTooLarge),
        (bomb(), PhotoTooLarge),
    ],
    ids=["pdf", "svg", "empty", "cut short", "gif", "too many bytes", "bomb"],
)
def test_what_is_no_photo_is_refused(content, refusal):
    with pytest.raises(refusal):
        clean_photo(content)


# ── retention ─────────────────────────────────────────────────────────────────────────────────
def test_photo_and_cells_are_forgotten_after_90_days_and_the_doses_stay(office):
    sheet = office.typed_twice()
    sheets.keep_photo(sheet=sheet, content=picture(), now=NOW)
    sheet = comparison.compare(sheet=sheet, choices={}, by=office.two, now=NOW)
    sheets.record_sheet(sheet=sheet, by=office.two, now=NOW)
    abandoned = office.sheet()
    assert sheets.forget_sheets(NOW + datetime.timedelta(days=90)) == 0
    later = NOW + datetime.timedelta(days=90, seconds=1)
    assert sheets.forget_sheets(later) == 2
    assert sheets.forget_sheets(later) == 0
    sheet.refresh_from_db()
    assert (sheet.photo, sheet.agreed, sheet.forgotten_at) == (None, None, later)
    assert not SheetRow.objects.exists()
    assert (Dose.objects.count(), sheet.entries.count()) == (3, 2)
    with pytest.raises(exceptions.SheetForgotten):
        sheets.begin_entry(sheet=abandoned, by=office.one, now=later)
