"""The pages of the statistics in a browser: fit for all, at both widths, light and dark."""

import pytest
from django.utils import timezone

from public_portal.services.reports import load_national_reports
from public_portal.services.rollups import refresh_all_statistics
from tests.factories import make_dose, make_lot, make_site
from tests.journeys.hands import check_page, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = [
    "/statistics/",
    "/statistics/?measure=residents&units=2025",
    "/statistics/days/?province=79",
    "/statistics/groups/",
    "/statistics/supply/",
    "/statistics/provinces/79/",
]


@pytest.fixture
def counted():
    now = timezone.now()
    make_dose(lot=make_lot(site=make_site(province_code="79")))
    load_national_reports(now=now)
    refresh_all_statistics(now)


def browser_page(chromium, base, width, language, scheme):
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=True
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    return context.new_page()


@pytest.mark.parametrize(
    ("width", "language", "scheme"), [(360, "vi", "dark"), (1280, "en", "light")]
)
def test_a_reader_walks_through_the_statistics_and_compares_two_provinces(
    chromium, live_server, counted, width, language, scheme
):
    page = browser_page(chromium, live_server.url, width, language, scheme)
    for path in PAGES:
        page.goto(live_server.url + path)
        check_page(page)
    page.goto(f"{live_server.url}/statistics/compare/")
    page.select_option("#a", "79")
    page.select_option("#b", "01")
    press(page, "main form button")
    assert page.url.endswith("/statistics/compare/?a=79&b=01")
    assert page.locator("main svg[role=img]").count() == 2
    check_page(page)


def test_a_province_of_the_map_says_its_figure_when_it_has_the_focus(
    chromium, live_server, counted
):
    page = browser_page(chromium, live_server.url, 1280, "en", "light")
    page.goto(f"{live_server.url}/statistics/")
    page.locator(".skip-map").focus()
    assert page.locator(".skip-map").bounding_box()["width"] > 50
    page.keyboard.press("Tab")
    focused = page.locator(".map a:focus")
    words = focused.locator(".tip")
    assert words.evaluate("text => getComputedStyle(text).opacity") == "1"
    assert ":" in words.text_content()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/statistics/provinces/" in page.url
