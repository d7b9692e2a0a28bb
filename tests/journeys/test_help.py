"""Help, status and notices in a browser: fit for all, in both languages, small and wide; the large
type that a person chose stays; what hands reach by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.hands import check_page, press, sign_in_by_phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("/", "/help/", "/help/privacy/", "/help/accessibility/", "/status/")


@pytest.fixture
def page(chromium, request):
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_help_is_fit_for_all_in_both_languages_small_and_wide_and_in_large_type(page, live_server):
    page.goto(live_server.url)
    for language in ("vi", "en"):
        expect(page.locator("html")).to_have_attribute("lang", language)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for address in PAGES:
                page.goto(f"{live_server.url}{address}")
                check_page(page)
        press(page, ".lang button[name=language]")
    page.set_viewport_size({"width": 360, "height": 740})
    press(page, ".lang button[name=size]")
    expect(page.locator("html.large-type")).to_have_count(1)
    for address in PAGES:
        page.goto(f"{live_server.url}{address}")
        check_page(page)


def focused(page: Page) -> str:
    return page.evaluate(
        "(e => e.getAttribute('href') || e.getAttribute('name') || e.tagName)"
        "(document.activeElement)"
    )


def tab_to(page: Page, wanted: str, most: int = 40) -> None:
    """Press Tab until that has the focus, which can be seen."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if focused(page) == wanted:
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(outline) != "none"
            return
    raise AssertionError(f"{wanted} is not reached by Tab on {page.url}")


def test_a_keyboard_alone_reaches_help_opens_an_answer_and_asks_for_a_code(
    page, live_server, phone_messages
):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(live_server.url)
    tab_to(page, "#main", most=1)
    tab_to(page, "/help/")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "SUMMARY")
    page.keyboard.press("Enter")
    expect(page.locator("#when > div")).to_be_visible()
    tab_to(page, "/account/")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "phone")
    page.keyboard.type("0912345678")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/account/code/")
    assert "0912345678" not in page.url


def test_notices_are_offered_where_the_browser_has_them_and_say_so_where_it_is_blocked(
    page, live_server, phone_messages, settings
):
    settings.PUSH_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    sign_in_by_phone(page, live_server.url, phone_messages)
    page.goto(f"{live_server.url}/account/news/")
    check_page(page)
    page.get_by_role("button", name="Báo cho tôi trên thiết bị này").click()
    expect(page.locator("[data-said]:visible")).to_have_count(1)  # nobody allows it here
    check_page(page)
