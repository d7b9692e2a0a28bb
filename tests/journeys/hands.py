"""What hands do in a browser: sign in, fill, press; and look whether the page is fit for all."""

import json
import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browsers import WCAG
from tests.factories import PASSWORD

PHONE = "0912345678"


def check_page(page: Page) -> None:
    """No violation of WCAG 2.2 AA, and nothing wider than the screen."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def send(page: Page) -> None:
    """Press the form's own button."""
    with page.expect_navigation():
        page.locator("main form button.btn:not(.btn--quiet):not(.btn--2)").first.click()


def newest_code(messages) -> str:
    line = json.loads(messages.read_text().splitlines()[-1])
    return re.search(r"\b\d{6}\b", line["text"])[0]


def sign_in_by_phone(page: Page, base: str, messages) -> None:
    page.goto(f"{base}/account/")
    check_page(page)
    page.fill("[name=phone]", PHONE)
    send(page)
    page.fill("[name=code]", newest_code(messages))
    send(page)


def sign_in_as_staff(page: Page, base: str, account, path: str) -> None:
    page.goto(f"{base}/staff/login/?next={path}")
    page.fill("#id_username", account.username)
    page.fill("#id_password", PASSWORD)
    send(page)


def fill_the_rest(page: Page) -> None:
    """Choose where nothing is chosen: "no" where there is a no, else the first. What is folded
    away stays as it is."""
    for name in page.evaluate(
        "[...new Set([...document.querySelectorAll('main input[type=radio]')]"
        ".filter(e => !e.closest('details:not([open])')).map(e => e.name))]"
    ):
        if not page.locator(f"input[name='{name}']:checked").count():
            options = page.locator(f"input[name='{name}']")
            no = page.locator(f"input[name='{name}'][value=no]")
            (no if no.count() else options).first.check(force=True)
    for select in page.locator("main select:not(details:not([open]) select)").all():
        if not select.input_value():
            select.select_option(index=1)


def press(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()
