"""A list of doses on paper: typed with the keyboard alone, summed up, recorded; and by two people,
compared."""

import io

import pytest
from PIL import Image, ImageDraw

from sites.models import Dose, PaperSheet, Role, SheetEntry, SheetRow
from sites.services.sheets import rows_of
from tests.factories import make_lot, make_site, make_staff
from tests.journeys.hands import check_page, press, send, sign_in_as_staff
from vaxplatform.invariants import INVARIANTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENS = pytest.mark.parametrize(("width", "language"), [(360, "vi"), (1280, "en")])
PEOPLE = [
    ("Nguyễn Thị Mẫu", "12/3/1987", "nữ", "0901234501", "079187000001"),
    ("Trần Văn Mẫu", "1990", "nam", "0901234502", "079090000002"),
    ("Lê Thị Thử", "5/6/1975", "nữ", "0901234503", "012345678"),
    ("Phạm Văn Thử", "1/1/1968", "nam", "0901234504", ""),
    ("Hoàng Thị Mẫu", "30/4/1999", "nữ", "0901234505", ""),
    ("Vũ Văn Mẫu", "2/9/1945", "nam", "0901234506", ""),
    ("Đặng Thị Thử", "1950", "nữ", "0901234507", ""),
    ("Bùi Văn Thử", "7/5/2001", "nam", "0901234508", "079201000008"),
    ("Đỗ Thị Mẫu", "20/11/1982", "nữ", "0901234509", ""),
    ("Ngô Văn Mẫu", "3/2/1930", "nam", "0901234510", ""),
]


class Hands:
    """Presses keys and counts them; nothing is clicked."""

    def __init__(self, page) -> None:
        self.page = page
        self.keys = 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)
        self.keys += 1

    def row(self, cells) -> None:
        for position, text in enumerate(cells):
            if position:
                self.key("Tab")
            self.type(text)
        self.key("Enter")

    def go(self, name: str) -> None:
        with self.page.expect_navigation():
            self.key(name)


def photo() -> bytes:
    image = Image.new("RGB", (1400, 900), "#fbfaf4")
    draw = ImageDraw.Draw(image)
    for line, person in enumerate(PEOPLE):
        draw.line((40, 80 + 80 * line, 1360, 80 + 80 * line), fill="#888")
        draw.text((60, 30 + 80 * line), "  ".join(person), fill="#223")
    target = io.BytesIO()
    image.save(target, "JPEG")
    return target.getvalue()


class Office:
    """A site, a lot, and browsers of its people."""

    def __init__(self, chromium, base, width, language) -> None:
        self.chromium, self.base, self.width, self.language = chromium, base, width, language
        self.site = make_site(name="Trạm Y tế xã Sông Mẫu")
        self.lot = make_lot(site=self.site)

    def browser(self, account, path="/staff/sheets/"):
        context = self.chromium.new_context(viewport={"width": self.width, "height": 800})
        context.add_cookies([{"name": "django_language", "value": self.language, "url": self.base}])
        page = context.new_page()
        sign_in_as_staff(page, self.base, account, path)
        return page

    def begin(self, page, *, doses: int, double: bool = False) -> PaperSheet:
        """Fill in what the rows have in common, with the keyboard."""
        page.goto(f"{self.base}/staff/sheets/new/")
        check_page(page)
        page.set_input_files(
            "[name=photo]", {"name": "to.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        )
        if double:
            page.check("[name=double_entry]", force=True)
        page.select_option("[name=lot]", index=1)
        page.focus("[name=given_on]")
        hands = Hands(page)
        hands.type("2/11/2021")
        page.focus("[name=vaccinator]")
        hands.type("ĐD. Hoàng Thị Mẫu")
        hands.key("Tab")
        hands.type(str(doses))
        hands.go("Enter")
        return PaperSheet.objects.latest("pk")


@SCREENS
def test_ten_rows_are_typed_with_the_keyboard_alone(chromium, live_server, width, language):
    office = Office(chromium, live_server.url, width, language)
    page = office.browser(make_staff(site=office.site))
    check_page(page)
    sheet = office.begin(page, doses=11)
    assert page.locator(".sheet__view img").evaluate("image => image.naturalWidth") == 1400
    hands = Hands(page)
    wrong = ("Phạm Văn Thử", "31/2/1968", "nam", "0901234504", "")
    for person in (*PEOPLE[:3], wrong, *PEOPLE[4:]):
        hands.row(person)
    page.wait_for_selector("tr[data-row='10'][data-s=saved]")
    letters = sum(len("".join(person)) for person in (*PEOPLE, ("31/2/1968",))) - len("1/1/1968")
    assert hands.keys == letters + 5 * len(PEOPLE)  # a key for each cell, and no other
    assert page.locator("tr[data-row='4'][data-s=wrong] [aria-invalid]").count() == 1
    assert page.locator("[data-part=typed]").inner_text() == "10"
    check_page(page)

    page.reload()  # nothing is lost, and the reason stands beside the cell
    assert page.input_value("#r10-full_name") == PEOPLE[9][0]
    assert page.evaluate("document.activeElement.id") == "r11-full_name"
    check_page(page)
    page.focus("#r4-date_of_birth")
    page.keyboard.press("Control+A")
    hands.type(PEOPLE[3][1])
    hands.key("Enter")
    page.wait_for_selector("tr[data-row='4'][data-s=saved]")
    hands.go("Control+Enter")

    check_page(page)  # ten rows, eleven on the paper
    press(page, "main form button.btn--big")
    check_page(page)
    assert not Dose.objects.exists()
    page.focus("#difference")
    hands.type("Dòng 11 gạch bỏ trên giấy.")
    hands.go("Enter")
    check_page(page)
    sheet.refresh_from_db()
    assert (sheet.batch.recorded, sheet.difference) == (10, "Dòng 11 gạch bỏ trên giấy.")
    assert {dose.citizen.full_name for dose in Dose.objects.all()} == {p[0] for p in PEOPLE}
    press(page, f"a[href='/staff/imports/{sheet.batch.public_id}/']")
    check_page(page)
    page.goto(f"{office.base}/staff/sheets/")
    check_page(page)
    assert {name: found for name, i in INVARIANTS.items() if (found := i.violations())} == {}


@SCREENS
def test_two_people_type_a_sheet_and_only_what_differs_is_asked(
    chromium, live_server, width, language
):
    office = Office(chromium, live_server.url, width, language)
    one, two = make_staff(site=office.site), make_staff(site=office.site)
    first = office.browser(one)
    sheet = office.begin(first, doses=3, double=True)
    hands = Hands(first)
    for person in PEOPLE[:3]:
        hands.row(person)
    hands.go("Control+Enter")
    check_page(first)

    second = office.browser(two, f"/staff/sheets/{sheet.public_id}/rows/")
    assert PEOPLE[0][0] not in second.content()
    hands = Hands(second)
    hands.row(("Nguyễn Thị Mẩu", "12-3-1987", "F", "0901 234 501", "079187000001"))
    hands.row(("Trần Văn Mẫu", "1991", "nam", "0901234502", "079090000002"))
    hands.row(PEOPLE[2])
    hands.go("Control+Enter")
    check_page(second)

    press(second, f"a[href='/staff/sheets/{sheet.public_id}/compare/']")
    check_page(second)
    assert second.locator("[data-question]").count() == 2
    hands.key("1")
    second.keyboard.press("3")
    hands.type("1992")
    hands.key("Enter")
    hands.go("Enter")
    check_page(second)
    send(second)
    check_page(second)
    sheet.refresh_from_db()
    assert sheet.batch.held + sheet.batch.recorded == 3
    wrong = dict(SheetEntry.objects.values_list("by", "cells_wrong"))
    assert wrong == {one.pk: 1, two.pk: 2}

    manager = office.browser(
        make_staff(role=Role.SITE_MANAGER, site=office.site), "/staff/sheets/typists/"
    )
    check_page(manager)
    assert manager.locator("tbody tr").count() == 2


def test_without_javascript_everything_that_is_sent_is_kept(chromium, live_server):
    office = Office(chromium, live_server.url, 1280, "vi")
    account = make_staff(site=office.site)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{office.base}/staff/login/?next=/staff/sheets/new/")
    page.fill("#id_username", account.username)
    page.fill("#id_password", "mat-khau-thu-nghiem-1")
    press(page, "main form button, form button[type=submit]")
    page.fill("[name=given_on]", "2/11/2021")
    page.select_option("[name=lot]", index=1)
    page.fill("[name=vaccinator]", "ĐD. Mẫu")
    page.fill("[name=doses_on_paper]", "2")
    send(page)
    page.fill("#r1-full_name", "Nguyễn Thị Mẫu")
    page.fill("#r1-date_of_birth", "31/2/1987")
    page.fill("#r7-full_name", "Trần Văn Mẫu")
    with page.expect_navigation():
        page.press("#r7-full_name", "Enter")  # the first button is the one that saves
    assert page.input_value("#r1-date_of_birth") == "31/2/1987"
    assert page.locator("#r1-date_of_birth[aria-invalid]").count() == 1
    assert sorted(SheetRow.objects.values_list("line", flat=True)) == [1, 7]
    page.fill("#r1-date_of_birth", "3/2/1987")
    press(page, "button[value=finish]")
    assert rows_of(SheetEntry.objects.get())[1][1] == "3/2/1987"
    assert page.locator(".sums").count() == 1
