"""An elder's record: looked up without an account with her paper, brought to another phone with the
slip of her dose, refused by the phone that sees it already; and what the household may know."""

import json

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from registration.models import ClaimStatus, RecordClaim
from registration.services.citizens import Paper
from registration.services.claims import compare_claims
from registration.services.record_codes import send_codes_for_records
from tests.factories import make_account, make_citizen, make_dose
from tests.journeys.hands import PHONE, check_page, newest_code, press, send, sign_in_by_phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, NUMBER, ON_RECORD = "Nguyễn Thị Ánh Tuyết", "079154000345", "+84987654321"
TITLES = {
    "vi": ("Đã mở bằng mã, để xem và in", "Thông tin đã khớp", "Chúng tôi chưa xác nhận được"),
    "en": ("Opened with a code", "The details are right", "We could not confirm it"),
}


def open_page(chromium, base: str, *, width: int, language: str) -> Page:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    return context.new_page()


def name_person(page: Page) -> None:
    page.fill("[name=full_name]", "nguyen thi anh tuyet")
    page.fill("[name=date_of_birth_year]", "1954")
    page.check("[name=sex][value=female]", force=True)


def enter_code(page: Page, messages) -> None:
    check_page(page)
    page.fill("[name=code]", newest_code(messages))
    send(page)


@pytest.mark.parametrize(("width", "language"), [(360, "vi"), (1280, "en")])
def test_an_elders_record_is_looked_up_and_claimed_and_the_other_phone_refuses(
    chromium, live_server, phone_messages, width, language
):
    base = live_server.url
    person = make_citizen(
        full_name=NAME, date_of_birth="1954", phone=ON_RECORD, papers=(Paper("cccd", NUMBER),)
    )
    dose = make_dose(citizen=person)
    keeper = make_account(phone=ON_RECORD, members=(person,))
    opened, right, refused = TITLES[language]
    page = open_page(chromium, base, width=width, language=language)

    # ── looked up with her paper: the code goes to the phone on record ──
    page.goto(f"{base}/look-up/")
    check_page(page)
    name_person(page)
    page.check("[name=by][value=paper]", force=True)
    assert page.locator("[name=id_number]").is_visible()
    assert not page.locator("[name=phone]").is_visible()
    page.fill("[name=id_number]", NUMBER)
    send(page)
    assert "4321" not in page.inner_text("main")
    send_codes_for_records(timezone.now())
    assert json.loads(phone_messages.read_text().splitlines()[-1])["phone"] == ON_RECORD
    enter_code(page, phone_messages)
    check_page(page)
    assert opened in page.inner_text("main")
    assert person.accesses.get().purpose == "own_phone"
    press(page, "form[action='/look-up/close/'] button")

    # ── claimed by another phone, with the slip of the dose ──
    sign_in_by_phone(page, base, phone_messages)
    check_page(page)
    page.goto(f"{base}/account/people/claim/")
    check_page(page)
    press(page, "a[href='/account/people/claim/dose/']")
    name_person(page)
    day = timezone.localtime(dose.administered_at)
    page.fill("[name=id_number]", NUMBER)
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        page.fill(f"[name=day_{part}]", str(value))
    page.fill("[name=lot_number]", dose.lot.number.lower())
    check_page(page)
    send(page)
    check_page(page)
    compare_claims(timezone.now())
    page.reload()
    check_page(page)
    assert right in page.inner_text("main")

    # ── the phone that sees the record is told, and refuses ──
    other = open_page(chromium, base, width=width, language=language)
    sign_in(other, base, keeper)
    other.goto(f"{base}/account/")
    check_page(other)
    press(other, "button[name=answer][value=object]")
    assert RecordClaim.objects.get().status == ClaimStatus.OBJECTED
    page.reload()
    check_page(page)
    assert refused in page.inner_text("main")

    # ── what the household may know ──
    for part in ("looks", "data", "phones"):
        other.goto(f"{base}/account/people/{person.public_id}/{part}/")
        check_page(other)
    with other.expect_download() as waiting:
        other.goto(f"{base}/account/people/{person.public_id}/data/")
        other.click("a[href$='data.json']")
    told = json.loads(waiting.value.path().read_text())
    assert told["doses"][0]["lot_number"] == dose.lot.number
    assert PHONE not in waiting.value.path().read_text()


def sign_in(page: Page, base: str, account) -> None:
    """The account's session, without another code."""
    from django.test import Client

    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}]
    )
