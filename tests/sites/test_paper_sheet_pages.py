"""Pages of paper sheets: who sees them, what is sent is kept, what is no photo is refused."""

import datetime
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from sites.models import Dose, PaperSheet, Role, SheetRow, SheetState
from sites.services import sheets
from sites.services.sheet_rows import FIELDS
from tests.factories import make_lot, make_site, make_staff, province

pytestmark = pytest.mark.django_db
DAY = datetime.date(2021, 11, 2)


def url(name, sheet=None):
    return reverse(f"sites_staff:{name}", args=[sheet.public_id] if sheet else [])


def photo(kind="JPEG") -> SimpleUploadedFile:
    target = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(target, kind)
    return SimpleUploadedFile("to.jpg", target.getvalue(), "image/jpeg")


def row(line, *cells):
    texts = [*cells, *[""] * (len(FIELDS) - len(cells))]
    return {f"r{line}-{field}": text for field, text in zip(FIELDS, texts, strict=True)}


@pytest.fixture
def site():
    return make_site()


@pytest.fixture
def recorder(site, client):
    account = make_staff(site=site)
    client.force_login(account)
    return account


def make_sheet(site, by, **over) -> PaperSheet:
    values = {
        "lot": make_lot(site=site),
        "given_on": DAY,
        "vaccinator": "ĐD. Mẫu",
        "province": province(),
        "doses_on_paper": 2,
        "dose_number": 1,
    }
    return sheets.open_sheet(site=site, by=by, now=timezone.now(), **{**values, **over})


def test_a_sheet_is_seen_by_those_of_its_site_who_enter_paper(client, site, recorder):
    elsewhere = make_site()
    sheet = make_sheet(elsewhere, make_staff(site=elsewhere), photo=photo().read())
    for name in ("sheet", "sheet_rows", "sheet_compare", "sheet_photo"):
        assert client.get(url(name, sheet)).status_code == 404
    assert client.post(url("sheet", sheet)).status_code == 404
    assert client.get(url("sheets")).status_code == 200
    client.force_login(make_staff(role=Role.SITE_DOCTOR, site=site))
    assert client.get(url("sheets")).status_code == 403


def test_error_rates_are_for_the_manager(client, site, recorder):
    assert client.get(url("sheet_typists")).status_code == 403
    client.force_login(make_staff(role=Role.SITE_MANAGER, site=site))
    assert client.get(url("sheet_typists")).status_code == 200


def test_the_next_sheet_starts_with_the_same_lot_day_vaccinator_and_province(
    client, site, recorder
):
    lot = make_lot(site=site)
    common = {
        "given_on": "02/11/2021",
        "lot": lot.pk,
        "vaccinator": "ĐD. Mẫu",
        "doses_on_paper": "12",
        "dose_number": "2",
        "province": "01",
    }
    answer = client.post(url("sheet_new"), {**common, "photo": photo()})
    sheet = PaperSheet.objects.get()
    assert answer.url == url("sheet_rows", sheet)
    assert (sheet.lot, sheet.given_on, sheet.province.code) == (lot, DAY, "01")
    form = client.get(url("sheet_new")).context["form"]
    for name in ("given_on", "lot", "vaccinator", "dose_number", "province"):
        assert str(form[name].value()) == str(common[name])
    assert not form["doses_on_paper"].value()


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("to.jpg", b"MZ no picture", "image/jpeg"),
        SimpleUploadedFile("to.jpg", b"", "image/jpeg"),
        photo("GIF"),
    ],
    ids=["a program", "empty", "gif"],
)
def test_what_is_no_photo_is_refused_beside_its_field(client, site, recorder, file):
    sheet = make_sheet(site, recorder)
    file.seek(0)
    answer = client.post(url("sheet_photo", sheet), {"photo": file})
    assert answer.status_code == 400
    assert answer.context["form"].errors["photo"]
    assert client.get(url("sheet_photo", sheet)).status_code == 404


def test_the_photo_is_shown_to_nobody_s_cache(client, site, recorder):
    sheet = make_sheet(site, recorder)
    client.post(url("sheet_photo", sheet), {"photo": photo("PNG")})
    answer = client.get(url("sheet_photo", sheet))
    assert answer["Content-Type"] == "image/jpeg"
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.startswith(b"\xff\xd8")


def test_what_is_sent_is_kept_and_what_cannot_be_read_says_why(client, site, recorder):
    sheet = make_sheet(site, recorder)
    data = {**row(1, "Nguyễn Thị Mẫu", "31/2/1987", "nữ"), **row(5, "Trần")}
    data |= {"r99-full_name": "x", "r0-sex": "x", "r2-nothing": "x", "do": "save"}
    assert client.post(url("sheet_rows", sheet), data).status_code == 302
    page = client.get(url("sheet_rows", sheet))
    grid = page.context["grid"]
    assert [r.line for r in grid if not r.is_empty] == [1, 5]
    assert grid[0].first_error == "r1-date_of_birth"
    assert len(grid) == 10
    assert page.context["first_empty"] == 2


def test_a_row_sent_by_the_script_is_answered_with_what_is_wrong_in_it(client, site, recorder):
    sheet = make_sheet(site, recorder)
    answer = client.post(url("sheet_rows", sheet), {**row(3, "Trần", "1990"), "do": "row"})
    assert list(answer.json()["errors"]) == ["r3-sex"]
    assert answer.json()["typed"] == 1
    answer = client.post(url("sheet_rows", sheet), {**row(3), "do": "row"})
    assert answer.json() == {"errors": {}, "typed": 0}
    client.post(url("sheet_rows", sheet), {**row(1, "Trần", "1990", "nam"), "do": "finish"})
    late = client.post(url("sheet_rows", sheet), {**row(1, "X"), "do": "row"})
    assert late.status_code == 409
    assert SheetRow.objects.count() == 1


def test_a_sheet_that_somebody_else_types_is_told_and_not_opened(client, site, recorder):
    sheet = make_sheet(site, recorder)
    sheets.begin_entry(sheet=sheet, by=make_staff(site=site), now=timezone.now())
    assert client.get(url("sheet_rows", sheet)).url == url("sheet", sheet)
    page = client.get(url("sheet", sheet))
    assert [str(m) for m in page.context["messages"]]
    assert not page.context["can_type"]


def test_the_manager_takes_over_the_sheet_of_somebody_away_and_nobody_else_does(
    client, site, recorder
):
    sheet = make_sheet(site, recorder)
    entry = sheets.begin_entry(sheet=sheet, by=make_staff(site=site), now=timezone.now())
    target = reverse("sites_staff:sheet_take_over", args=[sheet.public_id, entry.number])
    assert target not in client.get(url("sheet", sheet)).content.decode()
    assert client.post(target).status_code == 403
    client.force_login(make_staff(role=Role.SITE_MANAGER, site=make_site()))
    assert client.post(target).status_code == 404
    client.force_login(make_staff(role=Role.SITE_MANAGER, site=site))
    assert target in client.get(url("sheet", sheet)).content.decode()
    assert client.get(target).status_code == 405
    assert client.post(target).url == url("sheet_rows", sheet)
    assert client.get(url("sheet_rows", sheet)).status_code == 200
    page = client.get(url("sheet", sheet)).content.decode()
    assert (entry.by.get_full_name() or entry.by.username) in page
    assert target not in page


def test_from_typing_to_the_record(client, site, recorder):
    sheet = make_sheet(site, recorder)
    data = {
        **row(1, "Nguyễn Thị Mẫu", "12/3/1987", "nữ", "0901234567"),
        **row(2, "Trần Văn Mẫu", "1990", "nam", "0901234568"),
    }
    client.post(url("sheet_rows", sheet), {**data, "do": "finish"})
    page = client.get(url("sheet", sheet))
    assert page.context["can_record"]
    assert [(line.number, list(line.by_sex)) for line in page.context["lines"]] == [(1, [1, 1])]
    client.post(url("sheet", sheet))
    client.post(url("sheet", sheet))
    sheet.refresh_from_db()
    assert (sheet.state, Dose.objects.count()) == (SheetState.RECORDED, 2)
    assert (
        reverse("sites_staff:import", args=[sheet.batch.public_id]).encode()
        in client.get(url("sheet", sheet)).content
    )
    sheets.forget_sheets(timezone.now() + datetime.timedelta(days=91))
    assert client.get(url("sheet", sheet)).status_code == 200


def test_undecided_cells_are_named_and_the_decided_ones_stay_chosen(client, site, recorder):
    sheet = make_sheet(site, recorder, double_entry=True)
    client.post(url("sheet_rows", sheet), {**row(1, "Trần Mẫu", "1990", "nam"), "do": "finish"})
    client.force_login(make_staff(site=site))
    client.post(url("sheet_rows", sheet), {**row(1, "Trần Mãu", "1991", "nam"), "do": "finish"})
    answer = client.post(
        url("sheet_compare", sheet),
        {"1-full_name": "1", "1-date_of_birth": "other", "1-date_of_birth-text": " "},
    )
    assert answer.status_code == 400
    assert [(a.choice, a.is_open) for a in answer.context["asked"]] == [
        ("1", False),
        ("other", True),
    ]
    client.post(url("sheet_compare", sheet), {"1-full_name": "1", "1-date_of_birth": "2"})
    sheet.refresh_from_db()
    assert sheet.state == SheetState.COMPARED
    assert sheets.agreed_rows(sheet)[1][:2] == ["Trần Mẫu", "1991"]


def test_a_row_that_waits_is_dealt_with_where_rows_of_files_are(client, site, recorder):
    person = row(1, "Nguyễn Thị Mẫu", "12/3/1987", "nữ", "0901234567")
    for day in (DAY, DAY + datetime.timedelta(days=1)):
        sheet = make_sheet(site, recorder, given_on=day, doses_on_paper=1)
        client.post(url("sheet_rows", sheet), {**person, "do": "finish"})
        client.post(url("sheet", sheet))
    sheet.refresh_from_db()
    assert (sheet.batch.held, sheet.batch.recorded) == (1, 0)
    held = [sheet.batch.public_id]
    assert client.get(reverse("sites_staff:import_rows", args=held)).status_code == 200
    page = client.get(reverse("sites_staff:import_row", args=[*held, 1, 0]))
    assert page.status_code == 200
    assert "Nguyễn Thị Mẫu" in page.content.decode()
    assert client.get(reverse("sites_staff:import_mend", args=held)).status_code == 200
