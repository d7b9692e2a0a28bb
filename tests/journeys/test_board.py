"""The command board in a browser: it keeps itself fresh, says when it cannot, and an alarm is taken
in hand with the keyboard alone."""

import datetime

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from certificates.models import IssuanceJob, JobState
from sites.models import Role
from tests.factories import make_dose, make_lot, make_session, make_site, make_staff
from tests.journeys.hands import check_page, sign_in_as_staff
from tests.response_center.making import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEXT_LOOK = 16_000  # milliseconds, after which the page has asked again


def test_the_board_stays_fresh_says_when_it_is_old_and_an_alarm_is_taken_in_hand(
    chromium, live_server
):
    cache.clear()
    base, now = live_server.url, timezone.now()
    lot = make_lot(site=make_site(province_code="27"))
    make_session(site=lot.site, on=timezone.localdate())
    dose = make_dose(lot=lot, administered_at=now - datetime.timedelta(minutes=5))
    IssuanceJob.objects.filter(dose=dose).update(state=JobState.NEEDS_REVIEW)
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "django_language", "value": "en", "url": base}])
    page = context.new_page()
    sign_in_as_staff(page, base, make_staff(role=Role.NATIONAL_OFFICER), "/board/")
    page.clock.install()
    page.goto(f"{base}/board/")
    check_page(page)
    assert page.evaluate("document.querySelector('meta[http-equiv=refresh]')") is None

    # ── a new figure comes without loading the page, and the focus stays where it was ──
    page.evaluate("window.sameDocument = true")
    take = page.get_by_role("link", name="Take it in hand: 1 certificate is stuck")
    take.focus()
    make_case(now=now - datetime.timedelta(hours=50))
    overdue = page.locator("section", has=page.get_by_role("heading", name="Overdue reports"))
    expect(overdue.locator(".big")).to_have_text("0")
    page.clock.fast_forward(NEXT_LOOK)
    expect(overdue.locator(".big")).to_have_text("1")
    expect(take).to_be_focused()
    assert page.evaluate("window.sameDocument")

    # ── without a network the board says that it is old ──
    state = page.locator("[data-live-state]")
    expect(state).to_be_empty()
    context.set_offline(True)
    page.clock.fast_forward(NEXT_LOOK)
    expect(state).to_have_text("No connection: these figures are old")
    check_page(page)
    context.set_offline(False)
    page.clock.fast_forward(NEXT_LOOK)
    expect(state).to_be_empty()

    # ── the alarm, with the keyboard ──
    take.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    check_page(page)
    page.locator("[name=note]").focus()
    page.keyboard.type("Engineers look at it")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".alarm")).to_contain_text("Engineers look at it")
    expect(take).to_have_count(0)

    # ── the wall, a phone, and the site's day ──
    page.goto(f"{base}/board/?wall=1")
    expect(page.get_by_role("link", name="Take it in hand")).to_have_count(0)
    expect(page.locator(".board__top a:visible")).to_have_count(0)
    check_page(page)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{base}/board/provinces/27/")
    check_page(page)
    page.get_by_role("link", name="All sites at work").click()
    check_page(page)
    page.get_by_role("link", name=lot.site.name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(lot.site.name)
    check_page(page)
