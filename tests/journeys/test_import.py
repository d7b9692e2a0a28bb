"""A nurse and her sheet in a browser: sent, mapped, recorded, decided by keyboard, mended, sent
again; on a desk with script, and the decisions on a phone without."""

import datetime

import pytest
from openpyxl import load_workbook

from registration.models import Citizen
from sites.models import Dose, DoseImport, ImportState
from tests.dirty_sheets import HEADINGS, expected, sheet_rows
from tests.journeys.hands import check_page, press, sign_in_as_staff
from tests.sites.paper_office import LOT, PaperOffice, cells, sheet, work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FILES = "/staff/imports/"
BIRTH = HEADINGS.index("Ngày sinh*")
OWN_HEADINGS = tuple("Mã lô hàng" if text == "Số lô*" else text for text in HEADINGS)
UNNUMBERED = {"kind": None, "number": None, "phone": None}


def open_page(chromium, base, account, *, width, language, script=True):
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    page = context.new_page()
    sign_in_as_staff(page, base, account, FILES)
    return page


def check_both(page):
    """Fit for all, on a desk and on a phone."""
    check_page(page)
    page.set_viewport_size({"width": 360, "height": 800})
    check_page(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def send_file(page, path):
    page.set_input_files("[name=file]", path)
    press(page, "main form[enctype] button")


def test_a_sheet_is_sent_mapped_recorded_decided_and_mended(chromium, live_server, tmp_path):
    base, office = live_server.url, PaperOffice()
    office.alike(full_name="Phạm Thị Hòa", date_of_birth="1958-05-02")
    office.alike(full_name="Lò Văn Pản", date_of_birth="1949-10-20")
    made = list(sheet_rows(count=120, lots=[LOT], first_person=300))
    people = [
        cells(name="Phạm Thị Hòa", birth="02/05/1958", **UNNUMBERED),
        cells(name="Lò Văn Pản", birth="20/10/1949", sex="Nam", address="Bản 3", **UNNUMBERED),
        cells(name="Bùi Gia Mẫu", birth=None, **{**UNNUMBERED, "phone": "0912999888"}),
    ]
    path = tmp_path / "so-tiem.xlsx"
    path.write_bytes(sheet(*(row for row, _truth in made), *people, headings=OWN_HEADINGS))
    truth = expected([truth for _row, truth in made])
    truth["refused"] += 1

    page = open_page(chromium, base, office.nurse, width=1280, language="en")
    check_both(page)
    send_file(page, path)
    # One heading is nobody's: it is chosen by keyboard.
    assert page.url.endswith("/columns/")
    check_both(page)
    menu = page.get_by_label("N · Mã lô hàng")
    menu.focus()
    page.keyboard.type("Lot number")
    assert menu.input_value() == "lot_number:0"
    press(page, "main form.panel button.btn")
    # The trial shows what would become of the first rows, and writes nothing.
    assert page.locator(".itable tbody tr").count() == 20
    assert Dose.objects.count() == 0
    check_both(page)
    press(page, ".panel--yes button")
    # The work is done elsewhere; the page follows it by itself.
    assert page.locator("progress").is_visible()
    check_both(page)
    work()
    page.wait_for_selector("text=Reasons and notes")
    batch = DoseImport.objects.get()
    assert batch.recorded == truth["recorded"] == Dose.objects.count()
    assert batch.held == truth["held"] + 2
    check_both(page)

    decide_by_keyboard(page, base, batch)
    mend_and_send(page, tmp_path, batch, truth)


def decide_by_keyboard(page, base, batch):
    """The first is the same person, the second another one; then there is nobody left to tell."""
    page.goto(f"{base}{FILES}{batch.public_id}/rows/?reason=similar_person_on_record")
    check_both(page)
    press(page, "main .btn--big")
    assert "who is it?" in page.locator("h1").inner_text()
    check_both(page)
    hoa, doses = Citizen.objects.get(search_name="pham thi hoa"), Dose.objects.count()
    with page.expect_navigation():
        page.keyboard.press("1")
    assert hoa.doses.count() == 1
    assert "Lò Văn Pản" in page.locator(".paper").inner_text()  # the next row opened itself
    # In a field the same keys write; turned off they do nothing.
    page.fill("#id_reason", "")
    page.focus("#id_reason")
    page.keyboard.press("n")
    assert page.input_value("#id_reason") == "n"
    page.click("[data-keys-switch]")
    page.keyboard.press("n")
    assert Dose.objects.count() == doses + 1
    page.click("[data-keys-switch]")
    with page.expect_navigation():
        page.keyboard.press("n")
    assert Citizen.objects.filter(search_name="lo van pan").count() == 2
    assert page.url.endswith(f"{batch.public_id}/")
    assert Dose.objects.count() == doses + 2


def mend_and_send(page, tmp_path, batch, truth):
    """What came back is mended (here: the empty dates of birth) and sent as it is."""
    with page.expect_download() as download:
        page.click("text=Download the rows to mend")
    path = tmp_path / "can-sua.xlsx"
    download.value.save_as(path)
    book = load_workbook(path)
    mended = 0
    for row in book.active.iter_rows(min_row=2):
        if row[-1].value == "Date of birth: This cell is empty.":
            row[BIRTH].value = datetime.date(1960, 5, 17)
            mended += 1
    assert book.active.max_row == 1 + truth["refused"] + truth["held"]
    assert mended
    book.save(path)
    before = Dose.objects.count()
    page.click("nav.snav a[href='/staff/imports/']")
    send_file(page, path)
    press(page, ".panel--yes button")  # its columns are known by now
    work()
    page.wait_for_selector("text=Reasons and notes")
    again = DoseImport.objects.latest("pk")
    assert again.pk != batch.pk
    assert again.state == ImportState.DONE
    assert again.recorded == mended == Dose.objects.count() - before


def test_rows_are_decided_on_a_phone_without_script(chromium, live_server):
    base, office = live_server.url, PaperOffice()
    row = office.wrong_number_row()
    page = open_page(chromium, base, office.nurse, width=360, language="vi", script=False)
    page.goto(f"{base}{FILES}{row.batch.public_id}/")
    press(page, "main .panel .btn--big")
    press(page, "main .btn--big")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("[data-keys-switch]").is_hidden()
    press(page, "button[value=new]")
    dose = Dose.objects.get()
    assert dose.citizen.full_name == "Nguyễn Thị Ánh"
    assert not dose.citizen.documents.exists()


def test_a_match_is_taken_back(chromium, live_server):
    base, office = live_server.url, PaperOffice()
    citizen = office.alike(phone="+84912345678")
    batch = office.record(sheet(cells(kind=None, number=None)))
    page = open_page(chromium, base, office.nurse, width=1280, language="vi")
    page.goto(f"{base}{FILES}{batch.public_id}/")
    press(page, "main a[href$='/matched/']")
    check_both(page)
    press(page, "main .queue a")
    check_both(page)
    press(page, "main form button.btn--danger")
    assert not citizen.doses.exists()
    assert Dose.objects.count() == 1
