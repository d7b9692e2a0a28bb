"""The pages of the import: files sent, mapped, recorded; rows decided; nothing of other sites."""

import datetime
import io
import uuid

import pytest
from openpyxl import load_workbook

from registration.models import Citizen, RecordAccess
from sites.imports.headings import find_headings
from sites.models import (
    ColumnMapping,
    Dose,
    DoseImport,
    DoseStatus,
    ImportState,
    MatchedBy,
    Role,
    RowOutcome,
)
from tests.dirty_sheets import HEADINGS
from tests.factories import make_dose, make_lot, make_staff
from tests.sites.paper_office import LOT, PaperOffice, cells, sheet, upload, work
from vaxplatform.vietnam import TIME_ZONE

pytestmark = pytest.mark.django_db
LIST = "/staff/imports/"
GIVEN = datetime.datetime(2021, 8, 14, 9, 30, tzinfo=TIME_ZONE)
UNKNOWN = (
    "Tên người tiêm chủng", "Sinh ngày", "Phái", "Điện thoại", "Giấy tờ", "Số giấy tờ",
    "Số thẻ BHYT", "Mã tỉnh", "Mã xã", "Địa chỉ", "Nhóm", "Mũi số", "Thuốc", "Mã lô hàng",
    "Hôm tiêm", "Giờ tiêm", "Người tiêm", "Ghi chú",
)  # fmt: skip
MEANT = {
    "column_0": "full_name:0",
    "column_1": "date_of_birth:0",
    "column_2": "sex:0",
    "column_3": "phone:0",
    "column_4": "id_type:0",
    "column_5": "id_number:0",
    "column_7": "province_code:0",
    "column_9": "address:0",
    "column_11": "dose_number:0",
    "column_12": "vaccine:0",
    "column_13": "lot_number:0",
    "column_14": "given_on:0",
}


@pytest.fixture
def office():
    return PaperOffice()


@pytest.fixture
def nurse(client, office):
    return sign_in(client, office.nurse)


def sign_in(client, account):
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    return client


def page_of(batch, rest=""):
    return f"{LIST}{batch.public_id}/{rest}"


def row_page(row):
    return page_of(row.batch, f"rows/{row.line}/{row.part}/")


def send(client, content, **over):
    return client.post(LIST, {"file": upload(content), **over})


# ── who may ───────────────────────────────────────────────────────────────────────────────────
def test_strangers_sign_in_and_doctors_have_nothing_here(client, office):
    assert client.get(LIST)["Location"].startswith("/staff/login/")
    sign_in(client, make_staff(role=Role.SITE_DOCTOR, site=office.site))
    assert client.get(LIST).status_code == 403


@pytest.mark.parametrize("role", [Role.NATIONAL_OFFICER, Role.AGENT, Role.AUDITOR])
def test_staff_of_no_site_send_nothing(client, role):
    assert sign_in(client, make_staff(role=role)).get(LIST).status_code == 403


def test_every_page_of_another_sites_file_is_404(client, office):
    row = office.held_row()
    sign_in(client, PaperOffice().nurse)
    for rest in ("", "columns/", "progress/", "mend.xlsx", "rows/", "matched/"):
        assert client.get(page_of(row.batch, rest)).status_code == 404, rest
    for rest in ("record/", "stop/", "rows/again/", "rows/here/"):
        assert client.post(page_of(row.batch, rest)).status_code == 404, rest
    for rest in ("", "separate/"):
        assert client.get(row_page(row) + rest).status_code == 404
        assert client.post(row_page(row) + rest, {"decision": "new"}).status_code == 404
    assert Dose.objects.count() == 0
    assert client.get(f"{LIST}{uuid.uuid4()}/").status_code == 404
    assert "buoi-tiem" not in client.get(LIST).content.decode()


def test_nothing_is_kept_by_the_browser_and_posts_need_their_token(office):
    from django.test import Client

    client = sign_in(Client(enforce_csrf_checks=True), office.nurse)
    assert "no-store" in client.get(LIST)["Cache-Control"]
    assert client.post(LIST, {"file": upload(sheet(cells()))}).status_code == 403
    assert not DoseImport.objects.exists()


def test_reading_changes_nothing(nurse, office):
    batch = office.send(sheet(cells()))
    for rest in ("record/", "stop/", "rows/again/", "rows/here/"):
        assert nurse.get(page_of(batch, rest)).status_code == 405


# ── sending ───────────────────────────────────────────────────────────────────────────────────
def test_the_empty_list_says_what_comes_here(nurse):
    assert "No file yet" in nurse.get(LIST).content.decode()


def test_a_file_is_sent_looked_at_and_recorded(nurse, office):
    answer = send(nurse, sheet(cells(), cells(name=None)))
    batch = DoseImport.objects.get()
    assert answer["Location"] == page_of(batch)
    text = nurse.get(page_of(batch)).content.decode()
    assert "Record these doses" in text
    assert "Full name: This cell is empty." in text
    assert Dose.objects.count() == 0  # the trial was taken back
    assert Citizen.objects.count() == 0
    assert not batch.rows.exists()
    nurse.post(page_of(batch, "record/"))
    assert 'data-progress="' in nurse.get(page_of(batch)).content.decode()
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.recorded, batch.refused) == (ImportState.DONE, 1, 1)
    text = nurse.get(page_of(batch)).content.decode()
    assert "Download the rows to mend" in text
    assert "Full name: This cell is empty." in text


def test_the_same_file_sent_twice_and_a_double_yes_are_one(nurse, office):
    content = sheet(cells())
    assert send(nurse, content)["Location"] == send(nurse, content)["Location"]
    batch = DoseImport.objects.get()
    for _press in range(2):
        assert nurse.post(page_of(batch, "record/")).status_code == 302
    work()
    work()
    assert Dose.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There is nothing in this file"),
        (b"PK\x03\x04 no archive", "This file is damaged"),
        (b"%PDF-1.7\0 a letter", "This is not a spreadsheet"),
        ("Xin chào\nCác bạn\n".encode(), "No row of headings was found"),
    ],
)
def test_a_bad_file_is_refused_beside_its_field(nurse, content, sentence):
    answer = send(nurse, content)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in text
    assert 'id="id_file_error"' in text or "field--err" in text
    assert not DoseImport.objects.exists()


def test_no_file_and_one_that_is_too_large_are_refused(nurse, monkeypatch):
    assert "Choose the file." in nurse.post(LIST, {}).content.decode()
    monkeypatch.setattr("sites.forms.imports.MOST_BYTES", 100)
    assert "This file is too large" in send(nurse, sheet(cells())).content.decode()


@pytest.mark.parametrize("form", ["long", "wide"])
def test_the_empty_sheets_are_understood_without_a_question(nurse, form):
    answer = nurse.get(f"{LIST}template/{form}.xlsx")
    page = load_workbook(io.BytesIO(answer.content)).active
    headings = find_headings(
        [(n, list(row)) for n, row in enumerate(page.iter_rows(values_only=True), 1)]
    )
    assert headings is not None
    assert headings.missing == ()
    assert headings.is_wide == (form == "wide")
    assert nurse.get(f"{LIST}template/other.xlsx").status_code == 404


# ── columns ───────────────────────────────────────────────────────────────────────────────────
def test_unknown_headings_are_mapped_once_and_known_the_next_time(nurse, office):
    send(nurse, sheet(cells(), headings=UNKNOWN))
    batch = DoseImport.objects.get()
    assert batch.state == ImportState.UNMAPPED
    assert nurse.get(page_of(batch))["Location"] == page_of(batch, "columns/")
    text = nurse.get(page_of(batch, "columns/")).content.decode()
    assert "No column is chosen yet for: Full name" in text
    assert "Nguyễn Thị Ánh" in text  # a sample of the column
    nurse.post(page_of(batch, "columns/"), MEANT)
    batch.refresh_from_db()
    assert batch.state == ImportState.CHECKED
    assert ColumnMapping.objects.get().site == office.site
    send(nurse, sheet(cells(), cells(dose=2, day="20/11/2021"), headings=UNKNOWN))
    assert DoseImport.objects.latest("pk").state == ImportState.CHECKED


def test_doses_side_by_side_are_told_apart(nurse, office):
    person = ["Nguyễn Thị Ánh", "12/03/1987", "1", "0912345678", None, "79"]
    headings = (
        "Họ và tên", "Ngày sinh", "Giới tính", "Số điện thoại", "CMT/CCCD", "Mã tỉnh",
        *("Tên vắc xin", "Ngày tiêm", "Lô") * 2,
    )  # fmt: skip
    doses = ["AstraZeneca", "14/08/2021", LOT, "AstraZeneca", "20/11/2021", "CHUA-CO"]
    batch = office.send(sheet([*person, *doses], headings=headings))
    text = nurse.get(page_of(batch, "columns/")).content.decode()
    assert '<option value="lot_number:1" selected>' in text
    assert '<option value="lot_number:2" selected>' in text
    assert "Lot number (dose 2)" in nurse.get(page_of(batch)).content.decode()
    nurse.post(page_of(batch, "record/"))
    work()
    row = batch.rows.get(part=2)
    text = nurse.get(row_page(row)).content.decode()
    assert "dose 2" in text
    assert "CHUA-CO" in text
    assert LOT not in text  # the row's other dose is not what is asked about


def test_a_mapping_that_lacks_or_repeats_a_field_is_refused_in_words(nurse, office):
    batch = office.send(sheet(cells(), headings=UNKNOWN))
    lacking = {**MEANT, "column_13": ""}
    text = nurse.post(page_of(batch, "columns/"), lacking).content.decode()
    assert "No column is chosen yet for: Lot number." in text
    twice = {**MEANT, "column_17": "lot_number:0"}
    text = nurse.post(page_of(batch, "columns/"), twice).content.decode()
    assert "Two columns cannot mean the same." in text
    forged = {**MEANT, "column_17": "password:0"}
    assert nurse.post(page_of(batch, "columns/"), forged).status_code == 200
    batch.refresh_from_db()
    assert batch.state == ImportState.UNMAPPED


def test_the_columns_of_a_file_at_work_stay(nurse, office):
    batch = office.record(sheet(cells()))
    assert nurse.post(page_of(batch, "columns/"), MEANT)["Location"] == page_of(batch)
    assert not ColumnMapping.objects.exists()


# ── progress, stopping ────────────────────────────────────────────────────────────────────────
def test_the_progress_is_told_to_the_script(nurse, office):
    batch = office.send(sheet(cells()))
    nurse.post(page_of(batch, "record/"))
    DoseImport.objects.update(rows_done=1, rows_total=4)
    told = nurse.get(page_of(batch, "progress/")).json()
    assert told["running"] is True
    assert told["percent"] == 25
    assert told["sentence"] == "1 of 4 rows are dealt with."
    assert "left" in told["pace"]


def test_a_stopped_file_goes_no_further_and_says_so(nurse, office):
    batch = office.send(sheet(cells()))
    nurse.post(page_of(batch, "record/"))
    nurse.post(page_of(batch, "stop/"))
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.content) == (ImportState.REFUSED, None)
    assert Dose.objects.count() == 0
    assert "Somebody stopped this file." in nurse.get(page_of(batch)).content.decode()


def test_a_file_stopped_while_a_worker_is_on_it_ends_after_the_chunk(office, monkeypatch):
    from sites import exceptions
    from sites.services import import_queue, imports

    monkeypatch.setattr(imports, "CHUNK", 1)
    batch = office.send(
        sheet(*(cells(name=f"Nguyễn Văn {c}", number=None, kind=None) for c in "ABC"))
    )
    imports.begin(batch=batch, now=batch.created_at)
    record_chunk = imports.record_chunk

    def stop_behind(**said):
        counts = record_chunk(**said)
        imports.refuse(batch=batch, refusal=exceptions.FileTakenBack(), now=batch.created_at)
        return counts

    monkeypatch.setattr(imports, "record_chunk", stop_behind)
    import_queue.work_on_files(batch.created_at)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done) == (ImportState.REFUSED, 1)


# ── what comes back ───────────────────────────────────────────────────────────────────────────
def test_the_rows_to_mend_come_back_without_formulas(nurse, office):
    evil = '=HYPERLINK("http://x","y")'
    batch = office.record(sheet(cells(name=None, address=evil), headings=_with(evil)))
    answer = nurse.get(page_of(batch, "mend.xlsx"))
    page = load_workbook(io.BytesIO(answer.content)).active
    assert "attachment" in answer["Content-Disposition"]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    assert nurse.get(LIST).status_code == 200
    mended = office.record(sheet(cells()))
    assert nurse.get(page_of(mended, "mend.xlsx")).status_code == 404


def _with(heading):
    return (*HEADINGS[:-1], heading)


# ── rows that wait ────────────────────────────────────────────────────────────────────────────
def test_the_row_stands_beside_who_may_be_meant_and_the_look_is_logged(nurse, office):
    row = office.held_row()
    text = nurse.get(row_page(row)).content.decode()
    assert "As it was written" in text
    assert "the same" in text
    assert 'data-key="1"' in text
    assert 'data-key="n"' in text
    access = RecordAccess.objects.get()
    assert (access.citizen, access.account, access.purpose) == (
        Citizen.objects.get(),
        office.nurse,
        "import",
    )


def test_numbers_of_people_on_record_are_masked(nurse, office):
    row = office.wrong_number_row()
    citizen = Citizen.objects.get()
    text = nurse.get(row_page(row)).content.decode()
    assert "079187•••345" in text
    assert citizen.phone not in text
    assert "0" + citizen.phone.removeprefix("+84") not in text


def test_the_same_person_gets_the_dose(nurse, office):
    row = office.held_row()
    citizen = Citizen.objects.get()
    answer = nurse.post(row_page(row), {"decision": f"same:{citizen.public_id}"})
    assert answer["Location"] == page_of(row.batch)  # no other row waits
    row.refresh_from_db()
    assert (row.outcome, row.citizen, row.decided_by) == ("recorded", citizen, office.nurse)
    assert Citizen.objects.count() == 1


def test_nobody_but_those_offered_can_be_named(nurse, office):
    row = office.held_row()
    stranger = office.alike(full_name="Lê Văn Khác", date_of_birth="1950-01-01")
    answer = nurse.post(row_page(row), {"decision": f"same:{stranger.public_id}"})
    assert answer.status_code == 404
    assert nurse.post(row_page(row), {"decision": "same:x"}).status_code == 404
    assert Dose.objects.count() == 0


def test_another_person_gets_a_record_of_her_own(nurse, office):
    row = office.held_row()
    nurse.post(row_page(row), {"decision": "new"})
    assert Citizen.objects.count() == 2
    assert Dose.objects.get().citizen != Citizen.objects.earliest("pk")


def test_a_wrong_number_stays_with_its_owner(nurse, office):
    row = office.wrong_number_row()
    text = nurse.get(row_page(row)).content.decode()
    assert "Another person: the number is wrong" in text
    assert "Same person, written differently" in text
    nurse.post(row_page(row), {"decision": "new"})
    dose = Dose.objects.get()
    assert dose.citizen.full_name == "Nguyễn Thị Ánh"
    assert not dose.citizen.documents.exists()


def test_leaving_out_needs_a_reason(nurse, office):
    row = office.held_row()
    answer = nurse.post(row_page(row), {"decision": "out", "reason": " "})
    assert answer.status_code == 400
    assert "Give the reason." in answer.content.decode()
    nurse.post(row_page(row), {"decision": "out", "reason": "Viết hai lần"})
    row.refresh_from_db()
    assert (row.outcome, row.reasons[0]["code"]) == (RowOutcome.REFUSED, "row_left_out")
    assert "Left out by a person." in nurse.get(page_of(row.batch)).content.decode()
    assert nurse.get(page_of(row.batch, "mend.xlsx")).status_code == 404


def test_a_second_press_decides_nothing_again(nurse, office):
    row = office.held_row()
    for _press in range(2):
        assert nurse.post(row_page(row), {"decision": "new"}).status_code == 302
    assert Dose.objects.count() == 1
    assert nurse.get(row_page(row))["Location"] == page_of(row.batch)


def test_a_decision_opens_the_next_row_of_the_same_reason(nurse, office):
    office.alike()
    unnumbered = {"kind": None, "number": None, "phone": None}
    batch = office.record(
        sheet(
            cells(**unnumbered),
            cells(name="Lê Văn Bình", lot="KHONGCO", **unnumbered),
            cells(**unnumbered, address="Nơi khác", dose=2, day="20/11/2021"),
        )
    )
    first, lot, last = batch.rows.order_by("line")
    assert {row.outcome for row in (first, lot, last)} == {"held"}
    code = "?reason=similar_person_on_record"
    listed = nurse.get(page_of(batch, f"rows/{code}")).content.decode()
    assert "Lê Văn Bình" not in listed
    assert "Row 4" in listed
    answer = nurse.post(row_page(first) + code, {"decision": "new"})
    assert answer["Location"] == row_page(last) + code
    assert nurse.post(row_page(last), {"decision": "new"})["Location"] == row_page(lot)


def test_a_held_row_is_tried_again_when_its_lot_has_come(nurse, office):
    batch = office.record(sheet(cells(lot="MOI-01"), cells(name="Lê Văn Bình", lot="MOI-02",
                                                           kind=None, number=None)))  # fmt: skip
    row = batch.rows.get(line=2)
    assert 'data-key="r"' in nurse.get(row_page(row)).content.decode()
    assert nurse.post(row_page(row), {"decision": "again"}).status_code == 302
    assert Dose.objects.count() == 0
    make_lot(site=office.site, number="MOI-01")
    nurse.post(row_page(row), {"decision": "again"})
    assert Dose.objects.count() == 1
    make_lot(site=office.site, number="MOI-02")
    nurse.post(page_of(batch, "rows/again/"))
    batch.refresh_from_db()
    assert (batch.recorded, batch.held) == (2, 0)
    assert "No row waits" in nurse.get(page_of(batch, "rows/")).content.decode()


def test_who_keeps_the_stock_is_led_to_the_lots(client, office):
    row = office.record(sheet(cells(lot="MOI-01"))).rows.get()
    assert (
        "Receive the lot" not in sign_in(client, office.nurse).get(row_page(row)).content.decode()
    )
    assert "Receive the lot" in sign_in(client, office.manager).get(row_page(row)).content.decode()


def test_a_dose_that_the_person_has_on_record_is_not_recorded_twice(nurse, office):
    row = office.held_row()
    citizen = Citizen.objects.get()
    make_dose(lot=office.lot, citizen=citizen, administered_at=GIVEN)
    text = nurse.get(row_page(row)).content.decode()
    assert "the same day as this row" in text
    nurse.post(row_page(row), {"decision": f"same:{citizen.public_id}"})
    row.refresh_from_db()
    assert (row.outcome, row.dose) == (RowOutcome.DUPLICATE, Dose.objects.get())


def test_a_dose_that_names_another_place_is_asked_about(nurse, office):
    headings = (*HEADINGS, "Địa điểm")
    rows = (
        [*cells(), "Trạm y tế Nơi Khác"],
        [*cells(name="Lê Văn Bình", number=None, kind=None), "Trạm y tế Nơi Khác"],
        [*cells(name="Lê Văn Cảnh", phone=None, number=None, kind=None), "Trạm y tế Nơi Khác"],
    )
    batch = office.record(sheet(*rows, headings=headings))
    assert batch.held == 3
    row = batch.rows.get(line=2)
    assert 'data-key="h"' in nurse.get(row_page(row)).content.decode()
    nurse.post(row_page(row), {"decision": "here"})
    assert Dose.objects.count() == 1
    assert "All of them were given here" in nurse.get(page_of(batch)).content.decode()
    nurse.post(page_of(batch, "rows/here/"))
    assert Dose.objects.count() == 3


# ── matches taken back ────────────────────────────────────────────────────────────────────────
def test_a_match_without_a_number_is_explained_and_taken_back(nurse, office):
    citizen = office.alike(phone="+84912345678")
    batch = office.record(sheet(cells(kind=None, number=None)))
    row = batch.rows.get()
    assert (row.matched_by, row.citizen) == (MatchedBy.CONTACT, citizen)
    text = nurse.get(page_of(batch, "matched/")).content.decode()
    assert "Phone, name and date of birth are the same." in text
    assert "This was somebody else" in text
    assert "without a number" in nurse.get(page_of(batch)).content.decode()
    assert "Yes, somebody else" in nurse.get(row_page(row) + "separate/").content.decode()
    nurse.post(row_page(row) + "separate/")
    dose = Dose.objects.get(status=DoseStatus.RECORDED)
    assert dose.citizen != citizen
    again = nurse.post(row_page(row) + "separate/")
    assert again["Location"] == page_of(batch, "matched/")
    assert Citizen.objects.count() == 2


def test_a_dose_of_a_new_person_cannot_be_taken_back(nurse, office):
    batch = office.record(sheet(cells()))
    row = batch.rows.get()
    assert row.matched_by == MatchedBy.NEW
    assert nurse.get(row_page(row) + "separate/").status_code == 302
    assert "No such dose" in nurse.get(page_of(batch, "matched/")).content.decode()


@pytest.mark.parametrize("box", [{}, {"all_here": "on"}])
def test_doses_that_name_another_place_wait_unless_all_were_given_here(nurse, office, box):
    headings = (*HEADINGS, "Địa điểm")
    send(nurse, sheet([*cells(), "Trường học Xa Lạ"], headings=headings), **box)
    batch = DoseImport.objects.get()
    assert batch.all_here is bool(box)
    nurse.post(page_of(batch, "record/"))
    work()
    batch.refresh_from_db()
    assert (batch.recorded, batch.held) == ((1, 0) if box else (0, 1))


def test_the_lot_of_another_site_is_taken_in_where_that_was_asked(nurse, office):
    other = PaperOffice()
    make_lot(site=other.site, number="XA-77")
    send(nurse, sheet(cells(lot="XA-77")), creates_lots="on")
    batch = DoseImport.objects.get()
    assert batch.creates_lots
    nurse.post(page_of(batch, "record/"))
    work()
    assert Dose.objects.get().lot.site == office.site
