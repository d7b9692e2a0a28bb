"""A traveller gets a SMART Health Card: asks, waits, shows it, keeps it."""

import json

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from certificates.models import CertificateCopy
from certificates.services.copies import sign_copies
from certificates.shc.keys import read_key_set
from certificates.shc.verify import verify
from tests.journeys.hands import PHONE, check_page, newest_code, send
from tests.journeys.test_citizens_copy import certificate, codes_on, on_phone, open_certificate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["certificate", "on_phone"]  # fixtures

ASK = "Lấy thẻ SMART Health Card"


def ask(page: Page, base: str, certificate, messages) -> None:  # noqa: F811
    open_certificate(page, base, certificate, messages)
    page.get_by_role("button", name=ASK).click()
    expect(page.get_by_text("Mã đang được tạo")).to_be_visible()
    check_page(page)


@pytest.mark.parametrize("script", [True, False])
def test_the_card_comes_by_itself_with_script_and_by_a_link_without(
    on_phone,  # noqa: F811
    live_server,
    phone_messages,
    certificate,  # noqa: F811
    settings,
    script,
):
    settings.PUBLIC_URL = base = live_server.url
    page = on_phone(java_script_enabled=script)
    if script:
        ask(page, base, certificate, phone_messages)
    else:
        open_certificate_without_script(page, base, certificate, phone_messages)
    sign_copies(timezone.now())
    if not script:
        page.get_by_role("link", name="Kiểm tra lại ngay").click()
    expect(page.locator(".cert__qr svg")).to_be_visible(timeout=15_000)
    copy = CertificateCopy.objects.get()
    assert codes_on(page) == [copy.text]
    if script:
        check_page(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Tải thẻ về cho ví điện tử").click()
    assert started.value.suggested_filename == "smart-health-card-1.smart-health-card"
    (jws,) = json.loads(started.value.path().read_text())["verifiableCredential"]
    keys = read_key_set(page.request.get(f"{base}/.well-known/jwks.json").json())
    assert verify(jws, {base: keys}, timezone.now()).is_valid


def open_certificate_without_script(page: Page, base: str, certificate, messages) -> None:  # noqa: F811
    """Axe needs script, so this way in does not look at the pages it passes."""
    page.goto(f"{base}/account/")
    page.fill("[name=phone]", PHONE)
    send(page)
    page.fill("[name=code]", newest_code(messages))
    send(page)
    page.goto(f"{base}/certificates/{certificate.public_id}/")
    page.get_by_role("button", name=ASK).click()
    expect(page.get_by_text("Mã đang được tạo")).to_be_visible()
