"""Registering in a browser: with the paper at hand, with a chip card, for a child, by a list.

In both languages, on a phone and on a desk. Keys and seconds of each way are printed (`pytest -s`).
"""

import time

import pytest
from playwright.sync_api import Page

from registration.models import Citizen, ShotRegistration
from tests.journeys.hands import check_page, send, sign_in_by_phone
from tests.registration.test_people_lists import row, sheet
from tests.registration.test_registering import CARD
from vaxplatform.qr import qr_png

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOTH = [("vi", 360), ("en", 360), ("vi", 1280), ("en", 1280)]


class Hands:
    """Types and taps, and counts: a letter is a key, a tap is a tap. Looking at a page whether it
    is fit for all takes no time of the person's."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = self.taps = 0
        self.began = time.monotonic()

    def look(self) -> None:
        at = time.monotonic()
        check_page(self.page)
        self.began += time.monotonic() - at

    def type(self, name: str, text: str) -> None:
        self.page.focus(f"main [name={name}]")
        self.page.keyboard.type(text)
        self.keys += len(text)

    def type_place(self, field: str, text: str, name: str) -> None:
        """Without accents; the arrow and Enter choose from the list that opens."""
        self.page.focus(f"#id_{field}")
        self.page.keyboard.type(text)
        option = self.page.locator(f"#id_{field}_list [role=option]").first
        option.wait_for()
        assert option.inner_text() == name
        self.page.keyboard.press("ArrowDown")
        active = self.page.get_attribute(f"#id_{field}", "aria-activedescendant")
        assert active == option.get_attribute("id")
        self.look()
        self.page.keyboard.press("Enter")
        assert self.page.input_value(f"#id_{field}") == name
        self.keys += len(text) + 2

    def choose(self, name: str, value: str) -> None:
        self.page.check(f"main [name={name}][value='{value}']", force=True)
        self.taps += 1

    def go(self, value: str = "on") -> None:
        with self.page.expect_navigation():
            self.page.click(f"main button[value={value}]")
        self.taps += 1

    def say(self, way: str) -> None:
        seconds = time.monotonic() - self.began
        print(f"\n{way}: {self.keys} keys, {self.taps} taps, {seconds:.1f} s of the machine")


def open_page(chromium, base, messages, *, language, width, script=True) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    page = context.new_page()
    if script:
        sign_in_by_phone(page, base, messages)
    return page


def begin(hands: Hands, base: str, who: str) -> None:
    hands.page.goto(f"{base}/register/")
    hands.look()
    hands.choose("who", who)
    with hands.page.expect_navigation():
        hands.page.click("main form button")
    hands.taps += 1
    hands.look()


def the_rest(hands: Hands) -> None:
    """Group, health, wish and consent."""
    hands.look()
    hands.choose("group", "15")
    hands.go()
    hands.look()
    hands.go("none")
    hands.look()
    hands.choose("dose_number", "1")
    hands.page.select_option("[name=wanted_on]", index=1)
    hands.choose("wanted_half", "morning")
    hands.taps += 2
    hands.go()
    hands.look()
    hands.page.check("[name=consent]", force=True)
    hands.taps += 2
    send(hands.page)


@pytest.mark.parametrize(("language", "width"), BOTH)
def test_a_person_registers_with_the_paper_at_hand(
    chromium, live_server, phone_messages, language, width
):
    base = live_server.url
    page = open_page(chromium, base, phone_messages, language=language, width=width)
    hands = Hands(page)
    begin(hands, base, "me")
    hands.type("full_name", "Nguyễn Thị Ánh Tuyết")
    hands.type("date_of_birth_day", "12")
    hands.type("date_of_birth_month", "3")
    hands.type("date_of_birth_year", "1987")
    hands.choose("sex", "female")
    hands.choose("id_kind", "cccd")
    hands.type("id_number", "001187000345")
    hands.go()
    hands.look()
    hands.type_place("province", "ha noi", "Hà Nội")
    hands.type_place("ward", "phuc xa", "Phường Phúc Xá, Quận Ba Đình")
    hands.type("occupation", "Giáo viên")
    hands.go("back")
    assert page.input_value("[name=id_number]") == "001187000345"
    hands.go()
    assert page.input_value("#id_ward") == "Phường Phúc Xá, Quận Ba Đình"
    hands.go()
    the_rest(hands)
    hands.say(f"typed, {language}, {width} px")
    check_page(page)
    registration = ShotRegistration.objects.get()
    assert registration.code in page.inner_text("main")
    assert registration.citizen.ward.full_name == "Phường Phúc Xá"
    assert page.locator("[data-print]").is_visible()
    another_place(page, base, registration)


def another_place(page: Page, base: str, registration: ShotRegistration) -> None:
    """Moved and cancelled from the confirmation, by whoever just got it."""
    with page.expect_navigation():
        page.click("main a[href$='/move/']")
    check_page(page)
    page.fill("#id_province", "da nang")
    page.keyboard.press("Enter")  # the only one that is left
    assert page.input_value("#id_province") == "Đà Nẵng"
    assert page.input_value("#id_ward") == ""
    with page.expect_navigation():
        page.keyboard.press("Enter")
    registration.refresh_from_db()
    assert registration.wanted_place.name == "Đà Nẵng"
    for name in ("change", "cancel"):
        page.goto(f"{base}/account/registrations/{registration.public_id}/{name}/")
        check_page(page)
    with page.expect_navigation():
        page.click("main .btn--danger")
    registration.refresh_from_db()
    assert registration.status == "cancelled"


def test_a_photo_of_the_chip_card_fills_in_person_and_home_and_stays_on_the_phone(
    chromium, live_server, phone_messages
):
    base = live_server.url
    page = open_page(chromium, base, phone_messages, language="vi", width=360)
    hands = Hands(page)
    begin(hands, base, "me")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    photo = qr_png(CARD)
    with page.expect_navigation():
        page.set_input_files(
            "[name=card_photo]", {"name": "the.png", "mimeType": "image/png", "buffer": photo}
        )
    hands.taps += 2
    assert not any(b"PNG" in body for body in sent)
    hands.look()
    assert page.input_value("[name=full_name]") == "Nguyễn Thị Ánh Tuyết"
    hands.go()
    hands.look()
    assert page.input_value("#id_ward") == "Phường Phúc Xá, Quận Ba Đình"
    hands.type("occupation", "Giáo viên")
    hands.go()
    the_rest(hands)
    hands.say("chip card, vi, 360 px")
    assert Citizen.objects.get().address == "Số 12 ngõ Gạch"


def test_the_camera_reads_the_chip_card(chromium, live_server, phone_messages):
    """The camera's picture is drawn by the page itself: a card with its code before it."""
    base = live_server.url
    page = open_page(chromium, base, phone_messages, language="en", width=360)
    page.add_init_script(CAMERA % qr_png(CARD).hex())
    begin(Hands(page), base, "me")
    with page.expect_navigation():
        page.click("[data-part=start]")
    assert page.input_value("[name=id_number]") == "001187000345"
    check_page(page)


CAMERA = """
navigator.mediaDevices.getUserMedia = async () => {
  const bytes = Uint8Array.from("%s".match(/../g), (pair) => parseInt(pair, 16));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const context = canvas.getContext("2d");
  const draw = () => {
    context.fillStyle = "#ddd";
    context.fillRect(0, 0, 1280, 720);
    context.drawImage(picture, 440, 160, 400, 400);
  };
  draw();
  setInterval(draw, 50);
  return canvas.captureStream(20);
};
"""


def test_without_script_a_child_is_registered_from_plain_lists(
    chromium, live_server, phone_messages
):
    base = live_server.url
    page = open_page(chromium, base, phone_messages, language="vi", width=360, script=False)
    sign_in_without_script(page, base, phone_messages)
    page.goto(f"{base}/register/")
    page.check("[value=relative]", force=True)
    send(page)
    assert not page.locator("[data-part=start]").is_visible()
    page.set_input_files(
        "[name=card_photo]",
        {
            "name": "the.png",
            "mimeType": "image/png",
            "buffer": qr_png(CARD.replace("12031987", "12032012")),
        },
    )
    with page.expect_navigation():
        page.click("button[value=scan]")
    page.fill("[name=phone]", "0912345678")
    send(page)  # the number is of another year: said once
    send(page)
    page.fill("[name=guardian_name]", "Trần Thị Hoa")
    page.check("[value=parent]", force=True)
    send(page)
    page.select_option("[name=province]", label="Hồ Chí Minh")
    page.fill("[name=ward]", "p5")
    page.fill("[name=occupation]", "Học sinh")
    send(page)
    page.get_by_label("Phường 5, Quận 3", exact=True).check(force=True)
    send(page)
    the_rest(PlainHands(page))
    assert ShotRegistration.objects.get().guardian_name == "Trần Thị Hoa"
    assert not page.locator("[data-print]").is_visible()


class PlainHands(Hands):
    def look(self) -> None:
        """The checks need script; the width is known to be right from the others."""


def sign_in_without_script(page: Page, base: str, messages) -> None:
    from tests.journeys.hands import PHONE, newest_code

    page.goto(f"{base}/account/")
    page.fill("[name=phone]", PHONE)
    send(page)
    page.fill("[name=code]", newest_code(messages))
    send(page)


@pytest.mark.parametrize(("language", "width"), BOTH)
def test_an_organisation_registers_its_people(
    chromium, live_server, phone_messages, language, width
):
    base = live_server.url
    page = open_page(chromium, base, phone_messages, language=language, width=width)
    begin(Hands(page), base, "list")
    page.fill("[name=organisation]", "Công ty May 10")
    page.select_option("[name=group]", "13")
    page.select_option("[name=wanted_on]", index=3)
    page.check("[name=wanted_half][value=morning]", force=True)
    content = sheet(row(0), row(1), row(2, sex="?"))
    page.set_input_files(
        "[name=file]", {"name": "ds.xlsx", "mimeType": "application/zip", "buffer": content}
    )
    send(page)
    check_page(page)
    page.check("[name=consent]", force=True)
    send(page)
    check_page(page)
    assert ShotRegistration.objects.count() == 2
    with page.expect_download():
        page.click("main a[href$='faults.xlsx']")
