"""An official makes a list, takes it, and hands in the answers, in a browser without scripts."""

import pytest
from openpyxl import load_workbook

from registration.models import Citizen
from sites.models import Role
from tests.factories import make_citizen, make_staff
from tests.journeys.hands import check_page, press, sign_in_as_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_list_goes_out_and_comes_back_and_the_clean_rate_shows_it(
    chromium, live_server, tmp_path
):
    citizen = make_citizen(full_name="Nguyễn Thị Ánh")
    base = live_server.url
    context = chromium.new_context(
        viewport={"width": 360, "height": 800}, accept_downloads=True, java_script_enabled=False
    )
    page = context.new_page()
    sign_in_as_staff(page, base, make_staff(role=Role.NATIONAL_OFFICER), "/staff/identity/")
    press(page, "form[action='/staff/identity/lists/'] button")
    with page.expect_download() as download:
        page.locator("form[action$='/file/'] button").click()
    target = tmp_path / "list.xlsx"
    download.value.save_as(target)
    book = load_workbook(target)
    sheet = book.active
    assert sheet.cell(2, 3).value == "Nguyễn Thị Ánh"
    sheet.cell(2, 9).value = "khớp"
    book.save(target)
    page.set_input_files("input[type=file]", target)
    press(page, "form[enctype] button")
    assert "1" in page.locator(".tile").first.inner_text()
    assert Citizen.objects.get(pk=citizen.pk).identity_check == "matched"
    result = page.url

    # ── the pages, with scripts for the accessibility check ──
    state = context.storage_state()
    looking = chromium.new_context(viewport={"width": 360, "height": 800}, storage_state=state)
    page = looking.new_page()
    for address in (result, f"{base}/staff/identity/"):
        page.goto(address)
        check_page(page)
    assert "100" in page.locator("tbody tr").first.inner_text()
