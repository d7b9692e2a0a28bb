"""The page of waits in a browser, on a phone and on a desk, with and without script."""

import pytest
from django.utils import timezone

from certificates.kept_promise import kept_promise
from sites.models import Role
from tests.certificates.waiting import DAY, NINE, dose_at, lot_of, stuck
from tests.factories import make_staff
from tests.journeys.hands import check_page, press, sign_in_as_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAITS = "/staff/certificates/waits/"


@pytest.mark.parametrize(("width", "language", "script"), [(360, "vi", False), (1280, "en", True)])
def test_an_official_finds_the_slow_place_and_the_stuck_dose(
    chromium, live_server, width, language, script
):
    base = live_server.url
    slow, good = lot_of(province_code="27"), lot_of(province_code="01")
    for minutes in (40, 80):
        dose_at(slow, certified_after=(minutes,))
        dose_at(good, certified_after=(minutes - 5 if minutes == 40 else 50,))
    stuck(dose_at(slow), "worker_lost", due=NINE)
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    page = context.new_page()
    official = make_staff(role=Role.NATIONAL_OFFICER)
    sign_in_as_staff(page, base, official, WAITS)
    assert page.url == base + WAITS
    page.fill("[name=first]", DAY.isoformat())
    press(page, "main form button")
    first = page.locator("#places tbody tr").first
    assert first.locator("th").inner_text() == slow.site.province.name
    if script:  # axe is a script
        check_page(page)
    press(page, "#places tbody th a")
    assert page.locator("#places tbody th").inner_text() == slow.site.name
    press(page, "#places tbody th a")
    assert f"first={DAY}" in page.url  # the day goes along
    assert page.locator("#stuck tbody tr").count() == 1
    if script:
        check_page(page)
        page.set_viewport_size({"width": 360, "height": 800})
        check_page(page)
    press(page, "#stuck tbody a")
    assert "/staff/certificates/issuancejob/" in page.url
    assert kept_promise(now=timezone.now()).doses == 0  # none of it is of today
