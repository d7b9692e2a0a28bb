"""The old portal's table and the open data in a browser, on a phone and on a desk."""

import pytest

from tests.journeys.hands import check_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "language"), [(360, "vi"), (1280, "en")])
def test_the_old_address_shows_the_table_and_leads_to_the_files(
    chromium, live_server, width, language
):
    base = live_server.url
    context = chromium.new_context(viewport={"width": width, "height": 800})
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])
    page = context.new_page()
    page.goto(f"{base}/portal")
    assert page.url == f"{base}/portal/portal-report"
    cells = "app-local-vaccine-statistic div div tbody tr:nth-child(1) td"  # a scraper's way there
    assert page.locator(cells).count() == 11
    assert page.locator(cells).nth(1).inner_text() == "Hà Nội"
    check_page(page)
    page.click("main a[href='/open-data/']")
    page.locator("#national ~ details summary").click()
    assert page.locator("code", has_text="people_fully_vaccinated_per_hundred").first.is_visible()
    check_page(page)
