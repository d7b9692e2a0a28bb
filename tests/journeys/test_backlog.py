"""From the report of a day to the sentence for the person, in a browser."""

import datetime

import pytest
from django.utils import timezone

from public_portal.models import DailyReport
from public_portal.services.rollups import refresh_all_statistics
from sites.models import Dose, Role
from tests.factories import (
    make_account,
    make_citizen,
    make_dose,
    make_lot,
    make_registration,
    make_session,
    make_site,
    make_staff,
)
from tests.journeys.hands import check_page, press, sign_in_as_staff, sign_in_by_phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def paper_lot():
    """At a site on paper that has entered 20 doses of ten days ago in the last days."""
    lot = make_lot(site=make_site(on_platform=False, name="Trạm Y tế Xã Đốc Tín"))
    now = timezone.now()
    for n in range(20):
        dose = make_dose(lot=lot, administered_at=now - 10 * DAY, source="paper")
        Dose.objects.filter(pk=dose.pk).update(recorded_at=now - (1 + n % 5) * DAY)
    return lot


def browser_page(chromium, base, width, language, script=True):
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    return context.new_page()


@pytest.mark.parametrize(("width", "language", "script"), [(360, "vi", False), (1280, "en", True)])
def test_a_site_reports_its_day_and_the_ministry_finds_what_is_left(
    chromium, live_server, paper_lot, width, language, script
):
    base = live_server.url
    site = paper_lot.site
    page = browser_page(chromium, base, width, language, script)
    sign_in_as_staff(page, base, make_staff(role=Role.SITE_RECORDER, site=site), "/staff/reports/")
    page.fill("[name=date]", f"{timezone.localtime() - 10 * DAY:%d/%m/%Y}")
    page.fill("[name=doses]", "50")
    if script:
        check_page(page)
    press(page, "main form button >> nth=0")
    assert DailyReport.objects.get().doses == 50
    text = "province_code,site_code,date,vaccine,doses\n"
    rows = f"79,{site.code},{timezone.localdate() - 9 * DAY},,7\n79,{site.code},hôm qua,,3\n"
    page.set_input_files(
        "[name=file][type=file]",
        {"name": "ngay.csv", "mimeType": "text/csv", "buffer": (text + rows).encode()},
    )
    press(page, "main form button >> nth=1")
    assert "hôm qua" in page.locator("main").inner_text()
    if script:
        check_page(page)
    assert DailyReport.objects.count() == 2
    refresh_all_statistics(timezone.now())

    official = browser_page(chromium, base, width, language, script)
    sign_in_as_staff(official, base, make_staff(role=Role.NATIONAL_OFFICER), "/staff/backlog/")
    press(official, "#places tbody tr:first-child th a")
    assert site.name in official.locator("#places tbody tr").first.inner_text()
    if script:
        check_page(official)
    press(official, "#places tbody th a")
    assert official.locator("#days tbody tr").count() == 2
    if script:
        check_page(official)
        official.set_viewport_size({"width": 360, "height": 800})
        check_page(official)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_health_book_says_when_the_dose_will_be_on_record(
    chromium, live_server, paper_lot, phone_messages, width
):
    base = live_server.url
    site = paper_lot.site
    person = make_citizen()
    day = timezone.localdate() - 10 * DAY
    registration = make_registration(citizen=person)
    registration.appointments.create(session=make_session(site=site, on=day), status="kept")
    make_account(phone="+84912345678", members=(person,))
    DailyReport.objects.create(province=site.province, site=site, day=day, doses=50)
    refresh_all_statistics(timezone.now())
    page = browser_page(chromium, base, width, "vi")
    sign_in_by_phone(page, base, phone_messages)
    page.goto(f"{base}/account/people/{person.public_id}/")
    words = page.locator("section[aria-labelledby=awaited-title]").inner_text()
    assert "Trạm Y tế Xã Đốc Tín đã nhập 20 trong 50 mũi" in words
    check_page(page)
