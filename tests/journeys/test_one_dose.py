"""One dose through the whole house, by the hands of citizen, nurse, doctor and official."""

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page

from certificates.models import IssuanceJob
from certificates.services.issuance import drain_due
from certificates.services.publishing import publish_lists
from public_portal.services.rollups import refresh_all_statistics
from registration.models import Citizen
from sites.models import Dose, Role
from tests.codes import qr_codes
from tests.factories import make_lot, make_session, make_site, make_staff
from tests.journeys.hands import (
    check_page,
    fill_the_rest,
    press,
    send,
    sign_in_as_staff,
    sign_in_by_phone,
)
from vaxplatform.invariants import INVARIANTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def register(page: Page, base: str) -> None:
    """The four short steps, with what a person has at hand."""
    page.goto(f"{base}/register/")
    for _step in range(9):
        check_page(page)
        if page.url.endswith("/account/") or "/account/registrations/" in page.url:
            return
        province = page.locator("main #id_province")
        if province.count():
            province.fill("ha noi")
            province.press("Enter")
        for name, value in {
            "full_name": "Nguyễn Thị Ánh Tuyết",
            "date_of_birth_day": "12",
            "date_of_birth_month": "3",
            "date_of_birth_year": "1987",
            "id_number": "001187000345",
            "ward": "Phúc Xá",
            "address": "12 ngõ Gạch",
            "occupation": "Giáo viên",
        }.items():
            field = page.locator(f"main [name={name}]")
            if field.count() and not field.input_value():
                field.fill(value)
        fill_the_rest(page)
        if page.locator("main [name=consent]").count():
            page.check("main [name=consent]", force=True)
        send(page)
    raise AssertionError(f"the registration did not end: {page.url} {page.inner_text('main')}")


def check_in(page: Page, base: str, number: str) -> None:
    """Three keys from the scan to the ticket: Enter finds, Enter checks in."""
    page.goto(f"{base}/staff/checkin/")
    page.fill("#id_q", number)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    check_page(page)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Citizen.objects.get().visits.get().number == 1


def screen(page: Page, base: str) -> None:
    page.goto(f"{base}/staff/screening/{Citizen.objects.get().visits.get().public_id}/")
    fill_the_rest(page)
    for sign, value in (
        ("temperature", "36,6"),
        ("pulse", "76"),
        ("systolic", "118"),
        ("diastolic", "76"),
        ("breathing", "17"),
    ):
        page.fill(f"[name=vital_{sign}]", value)
    press(page, "button[value=review]")
    check_page(page)
    press(page, "button[value=save]")


def vaccinate(page: Page, base: str, vaccinator: str) -> Dose:
    page.goto(f"{base}/staff/dose/{Citizen.objects.get().visits.get().public_id}/")
    check_page(page)
    fill_the_rest(page)
    page.fill("[name=vaccinator]", vaccinator)
    send(page)
    return Dose.objects.get()


def half_an_hour_passes(dose: Dose) -> None:
    """The window moves back by 31 minutes; nothing else changes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vaccination_sites_dose SET administered_at = administered_at - %s::interval,"
            " recorded_at = recorded_at - %s::interval WHERE id = %s",
            ["31 minutes", "31 minutes", dose.pk],
        )
        cursor.execute(
            "UPDATE certificates_issuancejob SET due_at = due_at - %s::interval,"
            " next_at = next_at - %s::interval, deadline_at = deadline_at - %s::interval",
            ["31 minutes"] * 3,
        )


def qr_on(page: Page, tmp_path) -> str:
    """What a phone's camera reads from the page as it stands on the screen."""
    picture = tmp_path / "qr.png"
    page.locator("main svg").first.scroll_into_view_if_needed()
    page.screenshot(path=picture, full_page=True)
    (found,) = qr_codes(Image.open(picture))
    return found.text


@pytest.mark.parametrize("width", [360, 1280])
def test_one_dose_becomes_a_certificate_for_all_to_see(
    chromium, live_server, phone_messages, signing_key, tmp_path, width
):
    base = live_server.url
    site = make_site(province_code="01")
    make_session(site=site, seats=50)
    lot = make_lot(site=site)
    nurse, doctor, official = (
        make_staff(role=Role.SITE_RECORDER, site=site),
        make_staff(role=Role.SITE_DOCTOR, site=site),
        make_staff(role=Role.NATIONAL_OFFICER),
    )

    def browser() -> Page:
        return chromium.new_context(
            viewport={"width": width, "height": 800}, device_scale_factor=2
        ).new_page()

    citizen = browser()
    sign_in_by_phone(citizen, base, phone_messages)
    register(citizen, base)
    person = Citizen.objects.get()
    assert "/C/" in qr_on(citizen, tmp_path)

    desk, clinic = browser(), browser()
    sign_in_as_staff(desk, base, nurse, "/staff/checkin/")
    sign_in_as_staff(clinic, base, doctor, "/staff/screening/")
    check_in(desk, base, "001187000345")
    screen(clinic, base)
    dose = vaccinate(desk, base, nurse.full_name)
    assert dose.lot == lot
    desk.goto(f"{base}/staff/observe/")
    check_page(desk)

    book = f"{base}/account/people/{person.public_id}/"
    assert drain_due() == 0, "nothing is issued before its half hour"
    citizen.goto(book)
    check_page(citizen)
    assert not citizen.locator("a[href^='/certificates/']").count()
    half_an_hour_passes(dose)
    assert drain_due() >= 1
    certificate = dose.certificates.get(status="live")
    citizen.goto(book)
    press(citizen, f"a[href^='/certificates/{certificate.public_id}/']")
    check_page(citizen)
    text = qr_on(citizen, tmp_path)
    assert text == certificate.hcert

    publish_lists(timezone.now())
    stranger = browser()
    stranger.goto(f"{base}/verify/")
    stranger.locator("main textarea").fill(text)
    stranger.locator("main form button").click()  # judged on the phone itself
    stranger.locator("main .verdict--ok").wait_for()
    check_page(stranger)
    assert person.full_name in stranger.inner_text("main")

    refresh_all_statistics(timezone.now())
    stranger.goto(f"{base}/statistics/provinces/01/")
    check_page(stranger)
    stranger.goto(f"{base}/statistics/")
    check_page(stranger)

    chief = browser()
    sign_in_as_staff(chief, base, official, "/board/")
    chief.goto(f"{base}/board/")
    check_page(chief)

    assert IssuanceJob.objects.get(dose=dose).state == "issued"
    assert {name: found for name, i in INVARIANTS.items() if (found := i.violations())} == {}
