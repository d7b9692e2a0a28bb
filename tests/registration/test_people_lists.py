"""An organisation's spreadsheet: read, mended, sent once, and no way to ask who is on record."""

import datetime
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from registration.models import (
    Citizen,
    HouseholdMember,
    PeopleList,
    PeopleListRow,
    PriorityGroup,
    RecordAccess,
    ShotRegistration,
    SmsMessage,
)
from registration.people_sheet import COLUMNS
from registration.rules import days_to_wish
from registration.services import people_lists
from registration.services.people_lists import (
    ListAnswers,
    NothingToSend,
    TooManyDoNotFit,
    TooManyListed,
    counts_of,
    purge_lists,
    send_list,
    stage_list,
)
from registration.services.registrations import ConsentIsNeeded, DayCannotBeWished
from tests.factories import make_account, make_citizen
from tests.registration.test_pages import signed_in, text_of
from vaxplatform.errors import DomainError
from vaxplatform.vietnam import day_in_vietnam

HEADINGS = [ours for ours, _keys in COLUMNS.values()]
ROW = {
    "full_name": "Nguyễn Thị Ánh",
    "date_of_birth": "12/03/1987",
    "sex": "Nữ",
    "phone": "0912345678",
    "id_type": "CCCD",
    "id_number": "001187000345",
    "province": "Hà Nội",
    "district": "Ba Đình",
    "ward": "Phúc Xá",
    "address": "12 ngõ Gạch",
    "occupation": "Công nhân",
    "dose_number": "1",
}


def row(n=0, **over):
    """A right row; `n` makes it another person."""
    number = {"id_number": f"001187{345 + n:06d}", "phone": f"0912{345678 + n:06d}"}
    return [{**ROW, **number, **over}.get(field) for field in COLUMNS]


def sheet(*rows, headings=HEADINGS) -> bytes:
    book = Workbook()
    assert book.active is not None
    for cells in (headings, *rows):
        book.active.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def stage(*rows, account=None, now=None, **over):
    now = now or timezone.now()
    answers = {
        "organisation": "Công ty May 10",
        "group": PriorityGroup.objects.get(number=13),
        "wanted_on": days_to_wish(day_in_vietnam(now))[3],
        "wanted_half": "morning",
        "dose_kind": "primary",
    }
    return stage_list(
        account=account or make_account(),
        content=sheet(*rows),
        file_name="ds.xlsx",
        answers=ListAnswers(**{**answers, **over}),
        now=now,
    )


def send(staged, **over):
    send_list(staged=staged, **{"consent": True, "now": timezone.now(), **over})


@pytest.mark.django_db
def test_right_rows_are_registered_and_the_rest_stays_to_be_mended():
    staged = stage(row(0), row(1), row(2, sex="?"))
    assert counts_of(staged) == {"ready": 2, "faulty": 1, "registered": 0, "refused": 0}
    assert not Citizen.objects.exists()
    send(staged)
    assert counts_of(staged) == {"ready": 0, "faulty": 1, "registered": 2, "refused": 0}
    registration = ShotRegistration.objects.order_by("pk").first()
    citizen = registration.citizen
    assert citizen.workplace == "Công ty May 10"
    assert citizen.occupation == "Công nhân"
    assert citizen.ward.full_name == "Phường Phúc Xá"
    assert registration.registered_by == staged.account
    assert registration.group.number == 13


@pytest.mark.django_db
def test_the_organisations_phone_does_not_speak_for_the_people_and_gets_one_message():
    staged = stage(row(0), row(1))
    send(staged)
    assert not HouseholdMember.objects.exists()
    message = SmsMessage.objects.get()
    assert message.phone == staged.account.phone
    assert "2 người" in message.text


@pytest.mark.django_db
def test_cells_stand_sealed_in_the_database():
    stage(row())
    with connection.cursor() as cursor:
        cursor.execute("SELECT cells FROM registration_peoplelistrow")
        assert b"001187000345" not in bytes(cursor.fetchone()[0])


FAULTS = [
    ({"full_name": None}, "full_name"),
    ({"full_name": "<b>A</b>"}, "full_name"),
    ({"date_of_birth": "29/02/2023"}, "date_of_birth"),
    ({"date_of_birth": "1/1/2564"}, "date_of_birth"),
    ({"sex": "x"}, "sex"),
    ({"phone": "12"}, "phone"),
    ({"id_number": "00118700034"}, "id_number"),
    ({"insurance_number": "1"}, "insurance_number"),
    ({"province": "Hà Nôị Mới"}, "province"),
    ({"ward": "Không Có"}, "ward"),
    ({"ward": "phuong", "district": None}, "ward"),
    ({"dose_number": "0"}, "dose_number"),
    ({"dose_number": -1}, "dose_number"),
    ({"address": "a" * 300}, "address"),
    ({"date_of_birth": "12/03/2012"}, "guardian_name"),
    ({"date_of_birth": "12/03/2012", "guardian_name": "Trần Thị Hoa"}, "guardian_relation"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("over", "field"), FAULTS)
def test_each_fault_is_named_beside_its_row(over, field, now):
    staged = stage(row(**over))
    reader = people_lists.reader_of(staged, now=timezone.now())
    _listed, faults = reader.read(row(**over))
    assert [name for name, _refusal in faults] == [field]
    assert staged.rows.get().state == "faulty"


@pytest.mark.django_db
def test_what_spreadsheets_do_to_numbers_and_days_is_understood():
    born = datetime.datetime(1987, 3, 12)  # noqa: DTZ001 - a cell has no zone
    spoilt = row(date_of_birth=born, id_number=1187000345, dose_number=1.0, phone=912345678)
    staged = stage(spoilt)
    send(staged)
    citizen = Citizen.objects.get()
    assert citizen.date_of_birth == "1987-03-12"
    assert citizen.documents.get().number == "001187000345"


@pytest.mark.django_db
def test_a_child_is_registered_with_who_agrees():
    staged = stage(
        row(
            date_of_birth="12/03/2012",
            id_number="001312000345",
            guardian_name="Trần Thị Hoa",
            guardian_relation="Mẹ",
        )
    )
    send(staged)
    registration = ShotRegistration.objects.get()
    assert registration.guardian_name == "Trần Thị Hoa"
    assert registration.guardian_relation == "parent"


@pytest.mark.django_db
def test_a_list_that_is_sent_twice_is_sent_once():
    staged = stage(row())
    for _ in range(2):
        send(staged)
    assert ShotRegistration.objects.count() == SmsMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_five_sendings_at_once_one_registers():
    staged = stage(row(0), row(1))

    def one(_n):
        try:
            send(staged)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(one, range(5)))
    assert ShotRegistration.objects.count() == 2
    assert SmsMessage.objects.count() == 1


@pytest.mark.django_db
def test_a_person_twice_in_a_file_is_registered_once():
    staged = stage(row(), row())
    send(staged)
    assert counts_of(staged)["registered"] == counts_of(staged)["refused"] == 1


@pytest.mark.django_db
def test_somebody_on_record_is_registered_unchanged_and_can_read_who_did_it():
    staged = stage(row())
    send(staged)
    Citizen.objects.update(address="nhà cũ", occupation="")
    ShotRegistration.objects.update(status="vaccinated")
    send(stage(row(dose_number="2", address="nhà khác", occupation="Khác")))
    citizen = Citizen.objects.get()
    assert (citizen.address, citizen.occupation) == ("nhà cũ", "")
    assert RecordAccess.objects.get().purpose == "listed"
    assert ShotRegistration.objects.count() == 2


@pytest.mark.django_db
def test_a_registration_under_way_and_a_number_of_somebody_else_get_the_same_answer(client):
    account = signed_in(client)
    send(stage(row(0)))
    stranger = make_citizen(date_of_birth="1950-01-01")
    staged = stage(
        row(0), row(1, id_number=stranger.documents.get().number), row(2), account=account
    )
    send(staged)
    states = list(staged.rows.values_list("state", flat=True))
    assert states == ["refused", "refused", "registered"]
    page = text_of(client.get(reverse("registration:people_list", args=[staged.public_id])))
    assert page.count("Chưa đăng ký được người này theo danh sách") == 2
    refused = RecordAccess.objects.filter(purpose="claim_refused")
    assert stranger in {access.citizen for access in refused}


@pytest.mark.django_db(transaction=True)
def test_a_list_in_which_too_many_do_not_fit_registers_nobody_and_leaves_traces(monkeypatch):
    monkeypatch.setattr(people_lists, "REFUSED_A_DAY", 2)
    account = make_account()
    numbers = [make_citizen().documents.get().number for _ in range(3)]
    staged = stage(
        *(row(n, id_number=number) for n, number in enumerate(numbers)), row(9), account=account
    )
    with pytest.raises(TooManyDoNotFit):
        send(staged)
    assert counts_of(staged)["registered"] == 0
    assert RecordAccess.objects.filter(account=account, purpose="claim_refused").count() == 2
    with pytest.raises(TooManyDoNotFit):  # for the rest of the day
        send(stage(row(20), account=account))


@pytest.mark.django_db
def test_a_phone_lists_so_many_people_a_day_and_no_more(monkeypatch):
    monkeypatch.setattr(people_lists, "LISTED_A_DAY", 3)
    account = make_account()
    send(stage(row(0), row(1), account=account))
    with pytest.raises(TooManyListed):
        send(stage(row(2), row(3), account=account))


@pytest.mark.django_db
def test_without_consent_or_a_possible_day_or_a_right_row_nothing_is_sent():
    staged = stage(row())
    with pytest.raises(ConsentIsNeeded):
        send(staged, consent=False)
    with pytest.raises(DayCannotBeWished):
        send(staged, now=timezone.now() + datetime.timedelta(days=10))
    with pytest.raises(NothingToSend):
        send(stage(row(sex="?")))
    assert not ShotRegistration.objects.exists()
    assert not PeopleList.objects.exclude(sent_at=None).exists()


@pytest.mark.django_db
def test_more_people_than_a_list_may_have_are_refused(monkeypatch):
    monkeypatch.setattr(people_lists, "MOST_ROWS", 2)
    with pytest.raises(DomainError) as caught:
        stage(row(0), row(1), row(2))
    assert caught.value.code == "too_many_people"


@pytest.mark.django_db
def test_old_lists_are_deleted_and_their_registrations_stay():
    staged = stage(row())
    send(staged)
    assert purge_lists(timezone.now()) == 0
    purge_lists(timezone.now() + datetime.timedelta(days=31))
    assert not PeopleListRow.objects.exists()
    assert ShotRegistration.objects.count() == 1


# ── the pages ─────────────────────────────────────────────────────────────────────────────────
def upload(client, content, name="ds.xlsx", **over):
    day = days_to_wish(day_in_vietnam(timezone.now()))[3]
    typed = {
        "organisation": "Công ty May 10",
        "group": "13",
        "wanted_on": day.isoformat(),
        "wanted_half": "morning",
        "file": SimpleUploadedFile(name, content),
    }
    return client.post(reverse("registration:people_lists"), {**typed, **over}, follow=True)


@pytest.mark.django_db
def test_the_choice_of_an_organisation_leads_to_its_lists(client):
    signed_in(client)
    assert client.post("/register/", {"who": "list"}).url == "/register/lists/"


@pytest.mark.django_db
def test_a_list_is_sent_looked_at_and_registered(client):
    signed_in(client)
    page = upload(client, sheet(row(0), row(1, sex="?")))
    assert "Đăng ký được 1 người, còn 1 dòng cần sửa." in text_of(page)
    assert "Giới tính: Hãy ghi Nam hoặc Nữ." in text_of(page)
    address = page.redirect_chain[-1][0]
    assert client.post(address, {}).context["form"].errors["consent"]
    done = client.post(address, {"consent": "on"}, follow=True)
    code = ShotRegistration.objects.get().code
    assert code in text_of(done)
    assert "Đã đăng ký 1 người" in text_of(client.get("/register/lists/")).replace("đã", "Đã")


@pytest.mark.django_db
def test_rows_to_mend_come_back_as_a_sheet_without_formulas_that_can_be_sent_again(client):
    signed_in(client)
    evil = '=HYPERLINK("http://example.vn")'
    page = upload(client, sheet(row(0, sex="?"), row(1, address=evil, sex="?")))
    address = page.redirect_chain[-1][0]
    content = client.get(f"{address}faults.xlsx").content
    book = load_workbook(io.BytesIO(content))
    rows = list(book.active.iter_rows())
    assert rows[1][-1].value.startswith("Giới tính:")
    assert all(cell.data_type != "f" for cells in rows for cell in cells)
    for cells in rows[1:]:
        cells[list(COLUMNS).index("sex")].value = "Nữ"
    mended = io.BytesIO()
    book.save(mended)
    again = upload(client, mended.getvalue())
    assert "Đăng ký được 2 người" in text_of(again)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Tệp trống"),
        (b"PK\x03\x04 broken", "hỏng"),
        (b"\x00\x01", "không phải"),
        (sheet(["a", "b"], headings=["x", "y"]), "Thiếu các cột"),
    ],
)
def test_what_is_no_such_sheet_gets_a_sentence(client, content, sentence):
    signed_in(client)
    page = upload(client, content)
    assert page.context["form"].errors["file"]
    assert sentence in text_of(page)
    assert not PeopleList.objects.exists()


@pytest.mark.django_db
def test_the_empty_sheet_is_one_that_is_understood(client):
    signed_in(client)
    book = load_workbook(io.BytesIO(client.get("/register/lists/sheet.xlsx").content))
    book.active.append(row())
    file = io.BytesIO()
    book.save(file)
    assert "Đăng ký được 1 người" in text_of(upload(client, file.getvalue()))


@pytest.mark.django_db
def test_another_phones_list_does_not_exist_here(client):
    staged = stage(row())
    signed_in(client)
    for name in ("people_list", "people_list_faults"):
        address = reverse(f"registration:{name}", args=[staged.public_id])
        assert client.get(address).status_code == 404
    assert "May 10" not in text_of(client.get("/register/lists/"))
