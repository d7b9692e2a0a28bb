"""A certificate shown to somebody else by a link, and kept on a phone for offline use."""

import io

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from certificates.services.issuance import drain_due
from certificates.services.revocation import revoke_certificate
from registration.models import Account, Citizen, HouseholdMember, RecordAccess
from tests.certificates.conftest import issued
from tests.codes import qr_codes
from tests.factories import make_account, make_dose
from tests.journeys.hands import PHONE, check_page, press, send, sign_in_by_phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAME = "Nguyễn Thị Ánh Tuyết"
CODE_WIDTH = 315  # CSS pixels, which are 5 cm where 160 make an inch, as on phones


@pytest.fixture
def certificate(signing_key):
    """The certificate of a person for whom PHONE speaks."""
    certificate = issued(make_dose())
    make_account(phone=f"+84{PHONE[1:]}", members=(certificate.dose.citizen,))
    return certificate


@pytest.fixture
def on_phone(chromium):
    """A new browser, 360 pixels wide unless told; closed at the end."""
    opened: list[BrowserContext] = []

    def new(width: int = 360, **over) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 780}, device_scale_factor=2, **over
        )
        opened.append(context)
        return context.new_page()

    yield new
    for context in opened:
        context.close()


def codes_on(page: Page) -> list[str]:
    """What a camera reads from the page as it stands on the screen."""
    image = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    return [code.text for code in qr_codes(image)]


def open_certificate(page: Page, base: str, certificate, messages) -> None:
    sign_in_by_phone(page, base, messages)
    page.goto(f"{base}/certificates/{certificate.public_id}/")


def wallet_is_ready(page: Page) -> None:
    """The worker stands and has kept the page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


# ── a link ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("width", [360, 1280])
def test_a_link_is_made_opened_by_a_stranger_and_withdrawn(
    on_phone, live_server, phone_messages, certificate, width
):
    base, owner, stranger = live_server.url, on_phone(width), on_phone(width)
    open_certificate(owner, base, certificate, phone_messages)
    check_page(owner)
    press(owner, "a[href$='/share/']")
    check_page(owner)
    owner.check("input[value=day]", force=True)
    send(owner)
    check_page(owner)
    address = owner.input_value("#share-address")
    assert address.upper() in codes_on(owner)
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    owner.click("[data-copy]")
    expect(owner.locator("[data-copy-from] [role=status]")).to_have_text("Đã sao chép.")
    assert owner.evaluate("navigator.clipboard.readText()") == address

    stranger.goto(address)
    check_page(stranger)
    assert NAME not in stranger.content()
    send(stranger)
    check_page(stranger)
    assert NAME in stranger.inner_text("main")
    assert certificate.hcert in codes_on(stranger)
    assert stranger.context.cookies() == []
    assert RecordAccess.objects.filter(citizen=certificate.dose.citizen).count() == 1

    owner.goto(f"{base}/certificates/{certificate.public_id}/share/")
    assert "Đã mở 1 lần" in owner.inner_text("main")
    press(owner, "form[action$='/withdraw/'] button")
    check_page(owner)
    assert "Đã ngừng chia sẻ" in owner.inner_text("main")
    stranger.goto(address)
    check_page(stranger)
    assert NAME not in stranger.content()
    assert not stranger.locator("main form").count()


def test_a_link_works_without_javascript(on_phone, live_server, phone_messages, certificate):
    base, signed_in, owner = live_server.url, on_phone(), on_phone(java_script_enabled=False)
    sign_in_by_phone(signed_in, base, phone_messages)
    owner.context.add_cookies(signed_in.context.cookies())
    owner.goto(f"{base}/certificates/{certificate.public_id}/")
    assert not owner.locator("[data-keep-button]").is_visible()
    assert "JavaScript" in owner.inner_text("[data-keep]")
    press(owner, "a[href$='/share/']")
    send(owner)
    assert not owner.locator("[data-copy]").is_visible()
    owner.goto(owner.input_value("#share-address"))
    send(owner)
    assert NAME in owner.inner_text("main")
    owner.goto(f"{base}/wallet/")
    assert "JavaScript" in owner.inner_text("main")
    assert not owner.locator("#wallet").is_visible()


# ── the wallet ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("width", [360, 1280])
def test_what_is_kept_opens_without_a_network_until_it_is_removed(
    on_phone, live_server, phone_messages, certificate, width
):
    base, phone = live_server.url, on_phone(width)
    open_certificate(phone, base, certificate, phone_messages)
    phone.goto(f"{base}/wallet/")
    expect(phone.locator("[data-none]")).to_be_visible()
    expect(phone.locator("[data-more]")).to_be_visible()
    check_page(phone)
    phone.goto(f"{base}/certificates/{certificate.public_id}/")
    phone.click("[data-keep-button]")
    expect(phone.locator("[data-remove-button]")).to_be_visible()
    check_page(phone)
    phone.goto(f"{base}/wallet/")
    wallet_is_ready(phone)
    expect(phone.locator("[data-check]")).to_contain_text("còn giá trị")
    check_page(phone)

    phone.context.set_offline(True)
    phone.goto(f"{base}/wallet/")
    expect(phone.locator(".wcard")).to_have_count(1)
    expect(phone.locator("[data-offline]")).to_be_visible()
    expect(phone.locator("[data-check]")).to_contain_text("Chưa kiểm tra lại được từ")
    assert NAME in phone.inner_text(".wcard")
    assert certificate.hcert in codes_on(phone)
    assert phone.locator(".wcard__qr svg").bounding_box()["width"] >= CODE_WIDTH
    phone.click("[data-enlarge]")
    expect(phone.locator("#wallet-large")).to_be_visible()
    (code,) = qr_codes(Image.open(io.BytesIO(phone.screenshot())))
    assert code.text == certificate.hcert
    check_page(phone)
    phone.click("[data-close]")

    phone.click(".wcard summary")
    phone.click("[data-remove]")
    expect(phone.locator(".wcard")).to_have_count(0)
    phone.goto(f"{base}/wallet/")
    expect(phone.locator("[data-none]")).to_be_visible()
    assert NAME not in phone.content()


def test_back_online_a_replaced_certificate_is_renewed_and_a_revoked_one_marked(
    on_phone, live_server, phone_messages, certificate
):
    base, phone = live_server.url, on_phone()
    open_certificate(phone, base, certificate, phone_messages)
    phone.click("[data-keep-button]")
    expect(phone.locator("[data-remove-button]")).to_be_visible()

    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(full_name="Nguyễn Thị Tuyết")
    drain_due()
    newer = certificate.dose.certificates.get(status="live")
    phone.goto(f"{base}/wallet/")
    expect(phone.locator("[data-updated]")).to_be_visible()
    expect(phone.locator(".wcard")).to_have_count(1)
    assert "Nguyễn Thị Tuyết" in phone.inner_text(".wcard")
    assert codes_on(phone) == [newer.hcert]

    revoke_certificate(uvci=newer.uvci, reason="Cấp nhầm người")
    phone.goto(f"{base}/wallet/")
    expect(phone.locator(".wcard--ended")).to_be_visible()
    assert "thu hồi" in phone.inner_text(".wcard")
    assert codes_on(phone) == []
    check_page(phone)
    kept = phone.evaluate("VaxWallet.all().then((records) => JSON.stringify(records))")
    assert '"code":null' in kept


def test_all_that_is_kept_is_removed_at_once(on_phone, live_server, phone_messages, certificate):
    other = issued(make_dose())
    HouseholdMember.objects.create(account=Account.objects.get(), citizen=other.dose.citizen)
    base, phone = live_server.url, on_phone()
    open_certificate(phone, base, certificate, phone_messages)
    phone.goto(f"{base}/wallet/")
    expect(phone.locator("[data-list] button")).to_have_count(2)
    phone.locator("[data-list] button").first.click()
    expect(phone.locator("[data-list] button")).to_have_count(1)
    expect(phone.locator(".wcard")).to_have_count(1)
    assert not phone.locator("[data-all]").is_visible()
    phone.click("[data-list] button")
    expect(phone.locator(".wcard")).to_have_count(2)
    assert set(codes_on(phone)) == {certificate.hcert, other.hcert}
    phone.click("[data-all] summary")
    check_page(phone)
    phone.click("[data-clear]")
    expect(phone.locator(".wcard")).to_have_count(0)
    expect(phone.locator("[data-said]")).to_be_focused()
    assert phone.evaluate("VaxWallet.all().then((records) => records.length)") == 0


@pytest.mark.parametrize("removed", [False, True], ids=["stays", "removed"])
def test_signing_out_says_what_stays_and_removes_it_when_asked(
    on_phone, live_server, phone_messages, certificate, removed
):
    base, phone = live_server.url, on_phone()
    open_certificate(phone, base, certificate, phone_messages)
    phone.goto(f"{base}/account/")
    assert not phone.locator("[data-sign-out]").is_visible()
    phone.goto(f"{base}/wallet/")
    phone.click("[data-list] button")
    expect(phone.locator(".wcard")).to_have_count(1)

    phone.goto(f"{base}/account/")
    expect(phone.locator("[data-sign-out]")).to_contain_text("1")
    check_page(phone)
    phone.set_checked("[data-sign-out] input", removed, force=True)
    press(phone, "form[action$='/sign-out/'] button")
    phone.goto(f"{base}/wallet/")
    expect(phone.locator("[data-signed-out]")).to_be_visible()
    expect(phone.locator(".wcard")).to_have_count(0 if removed else 1)
    if not removed:
        expect(phone.locator("[data-check]")).to_contain_text("Chưa kiểm tra lại được từ")
    check_page(phone)
