"""The verifier on a phone: it judges with the network off, through camera, paste and photo."""

import base64
import io
import json
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import zxingcpp
from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, BrowserContext, Page, expect

from certificates import offline_verifier
from certificates.hcert import base45
from certificates.hcert.verify import read_message
from certificates.models import PublishedFile
from certificates.offline_verifier import (
    ASSETS,
    CODE_READER,
    KEYS_PATH,
    MODULES,
    REVOCATIONS_PATH,
)
from certificates.services.keys import load_signer
from certificates.services.publishing import publish_lists
from certificates.services.revocation import revoke_certificate
from tests.browsers import chromium_path
from tests.certificates.conftest import issued
from tests.certificates.hcert import hostile
from tests.factories import make_dose, make_lot
from tests.journeys.hands import check_page
from vaxplatform.qr import qr_png

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAME = "Nguyễn Thị Ánh Tuyết"
PHONE = {"width": 360, "height": 740}
SCREEN = {"width": 1280, "height": 900}
IS_READY = """async ([keys, revocations]) => {
  const ready = await navigator.serviceWorker.ready;
  const cache = await caches.open("verify-data");
  const kept = (await cache.match(keys)) && (await cache.match(revocations));
  const isActive = ready.active && ready.active.state === "activated";
  return Boolean(kept && isActive && navigator.serviceWorker.controller);
}"""


@pytest.fixture
def certificate(signing_key):
    found = issued(make_dose())
    publish_lists(timezone.now())
    return found


@pytest.fixture
def phone(chromium) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE)
    yield context
    context.close()


def choose_language(context: BrowserContext, base: str, language: str) -> None:
    context.add_cookies([{"name": "django_language", "value": language, "url": base}])


def wait_until(page: Page, question: str, about: object) -> None:
    """Ask until the answer, a promise, is yes."""
    for _time in range(300):
        if page.evaluate(question, about):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never so: {question}")


def open_verifier(context: BrowserContext, base: str) -> Page:
    """The page after a first visit, with everything kept that it needs."""
    page = context.new_page()
    page.goto(f"{base}/verify/")
    wait_until(page, IS_READY, [KEYS_PATH, REVOCATIONS_PATH])
    return page


def go_offline(page: Page) -> None:
    page.context.set_offline(True)
    page.reload()
    assert page.evaluate("fetch('/livez').then(() => 'answered', () => 'nothing')") == "nothing"


def paste(page: Page, text: str) -> None:
    page.fill("[name=hcert]", text)
    page.locator("main form button").click()


def shown(page: Page) -> str:
    """The words of the verdict."""
    page.locator("[data-part=result] .verdict").wait_for()
    return page.inner_text("[data-part=result]")


def expired_certificate() -> str:
    """Truly signed by our key, and over since yesterday."""
    key, signer = load_signer(now=timezone.now())
    over = timezone.now() - timedelta(days=1)
    return hostile.certificate(signer, issued=key.not_before, expires=over)


def tampered(text: str) -> str:
    """A certificate with one letter of its payload changed, under the old signature."""
    message = read_message(text)
    changed = message.payload.replace("Tuyết".encode(), "Tuyệt".encode())
    assert changed != message.payload
    return hostile.text([message.protected, {}, changed, message.signature])


def test_the_page_works_without_a_network(certificate, phone, live_server):
    page = open_verifier(phone, live_server.url)
    go_offline(page)
    assert "Kiểm tra chứng nhận" in page.inner_text("h1")
    expect(page.locator("[data-part=lists]")).to_contain_text(re.compile(r"\d{2}/\d{2}/\d{4}"))

    paste(page, certificate.hcert)

    words = shown(page)
    assert page.locator(".verdict--ok").count() == 1
    assert NAME in words
    assert "12/03/1987" in words
    assert "1 trên 2" in words
    check_page(page)
    # Nothing of the person stays: neither in a store, nor after going on.
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.click("[data-part=next]")
    assert NAME not in page.content()
    assert page.input_value("[name=hcert]") == ""


def test_what_does_not_count_is_red_and_says_why(certificate, phone, live_server):
    revoked = issued(make_dose(lot=make_lot(site=certificate.dose.site)))
    revoke_certificate(uvci=revoked.uvci, reason="Cấp nhầm người")
    publish_lists(timezone.now())
    stranger = hostile.certificate(hostile.foreign())
    good = certificate.hcert
    choose_language(phone, live_server.url, "en")
    page = open_verifier(phone, live_server.url)
    go_offline(page)
    for text, words, code in (
        (revoked.hcert, "revoked, or replaced by a newer one", "revoked"),
        (expired_certificate(), "has expired", "expired"),
        (tampered(good), "changed or made up", "signature"),
        (stranger, "We do not know who signed this code.", "unknown_key"),
        (good[:-6], "missing or was changed", None),
        ("https://example.org/", "does not begin with HC1:", "not_a_certificate"),
    ):
        paste(page, text)
        found = shown(page)
        assert page.locator(".verdict--no").count() == 1
        assert "Not valid" in found
        assert words in found
        assert code is None or f"Reason code: {code}" in found
        assert NAME not in found
        check_page(page)
        if code == "unknown_key":
            assert "Go online and check the code again" in found
        page.click("[data-part=other]")


# ------------------------------------------------------------------ camera and photo


def photo_of(text: str, *, size: tuple[int, int] = (1280, 720), angle: float = 4) -> Image.Image:
    """A code as a phone shows it, held a little askew before a camera."""
    code = Image.open(io.BytesIO(qr_png(text))).convert("L").resize((600, 600))
    picture = Image.new("L", size, 150)
    code = code.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=150)
    picture.paste(code, ((size[0] - code.width) // 2, (size[1] - code.height) // 2))
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def film(path: Path, pictures: list[Image.Image]) -> Path:
    """Pictures one after the other, as Chromium's fake camera plays them, again and again."""
    with path.open("wb") as file:
        for picture in pictures:
            picture.convert("RGB").save(file, "JPEG", quality=92)
    return path


@pytest.fixture
def with_camera(chromium, tmp_path):
    """A browser whose camera sees these pictures; `allowed` by its owner or not."""
    opened: list[Browser] = []

    def new(pictures: list[Image.Image], *, allowed: bool = True) -> BrowserContext:
        seen = film(tmp_path / f"seen-{len(opened)}.mjpeg", pictures)
        browser = chromium.browser_type.launch(
            executable_path=chromium_path(),
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={seen}",
            ],
        )
        opened.append(browser)
        return browser.new_context(viewport=PHONE, permissions=["camera"] if allowed else [])

    yield new
    for browser in opened:
        browser.close()


def test_the_camera_reads_the_code_and_stops_without_a_network(
    certificate, with_camera, live_server
):
    other = photo_of("HTTPS://EXAMPLE.ORG/NOT-A-CERTIFICATE")
    context = with_camera([other] * 3 + [photo_of(certificate.hcert)] * 12)
    page = open_verifier(context, live_server.url)
    go_offline(page)

    page.click("[data-part=start]")

    assert NAME in shown(page)  # the other code on the way was passed over
    assert page.locator(".verdict--ok").count() == 1
    assert page.evaluate("document.querySelector('video').srcObject") is None
    # The next one is one tap away, and the camera runs again.
    assert page.evaluate("document.activeElement.dataset.part") == "next"
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('video').srcObject !== null")
    assert NAME in shown(page)


def test_a_code_that_is_no_certificate_is_named_and_the_camera_goes_on(
    signing_key, with_camera, live_server
):
    publish_lists(timezone.now())
    page = open_verifier(with_camera([photo_of("HTTPS://EXAMPLE.ORG/")] * 3), live_server.url)
    page.click("[data-part=start]")
    expect(page.locator("[data-part=hint]")).to_contain_text("Đây là một mã QR khác")
    check_page(page)
    page.click("[data-part=stop]")
    assert page.evaluate("document.querySelector('video').srcObject") is None
    assert page.locator("[data-part=start]").is_visible()


def test_a_browser_with_a_detector_of_its_own_uses_that(certificate, with_camera, live_server):
    context = with_camera([Image.new("L", (1280, 720), 90)] * 3)
    context.add_init_script(
        f"""window.BarcodeDetector = class {{
          static async getSupportedFormats() {{ return ["qr_code"]; }}
          async detect(source) {{
            return source.videoWidth ? [{{ rawValue: {json.dumps(certificate.hcert)} }}] : [];
          }}
        }};"""
    )
    page = open_verifier(context, live_server.url)
    page.click("[data-part=start]")
    assert NAME in shown(page)


def test_a_camera_stopped_before_it_ran_does_not_stay_on(signing_key, with_camera, live_server):
    publish_lists(timezone.now())
    context = with_camera([Image.new("L", (640, 480), 90)] * 3)
    context.add_init_script(
        """const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wish) => new Promise((resolve) => {
          window.allow = async () => {
            window.stream = await ask(wish);
            resolve(window.stream);
          };
        });"""
    )
    page = open_verifier(context, live_server.url)
    page.click("[data-part=start]")
    page.click("[data-part=stop]")
    page.evaluate("window.allow()")
    page.wait_for_function("() => window.stream.getTracks()[0].readyState === 'ended'")
    assert page.evaluate("document.querySelector('video').srcObject") is None


def test_a_camera_that_is_not_allowed_is_explained(signing_key, with_camera, chromium, live_server):
    publish_lists(timezone.now())
    page = open_verifier(with_camera([Image.new("L", (640, 480))], allowed=False), live_server.url)
    page.click("[data-part=start]")
    expect(page.locator("[data-part=note]")).to_contain_text("Máy ảnh đang bị chặn")
    check_page(page)
    without = chromium.new_context(viewport=PHONE)
    page = open_verifier(without, live_server.url)
    page.click("[data-part=start]")
    expect(page.locator("[data-part=note]")).to_contain_text("không có máy ảnh")
    without.close()


def test_a_photo_is_read_on_the_phone(certificate, phone, live_server, tmp_path):
    path = tmp_path / "photo.jpg"
    photo_of(certificate.hcert, size=(1600, 1200), angle=95).save(path)
    nothing = tmp_path / "nothing.png"
    Image.new("L", (400, 400), 200).save(nothing)
    page = open_verifier(phone, live_server.url)
    go_offline(page)

    page.set_input_files("[name=photo]", nothing)
    page.locator("main form button").click()
    expect(page.locator("[data-part=note]")).to_contain_text("Không thấy mã QR")
    page.set_input_files("[name=photo]", path)
    page.locator("main form button").click()

    assert NAME in shown(page)


def test_our_own_reader_reads_codes_of_all_sizes_and_levels(chromium, live_server):
    """Written by another hand: the library that the server reads codes with."""
    page = chromium.new_page()
    page.goto(f"{live_server.url}/verify/")
    luck = random.Random(18004)
    texts, pictures = [], []
    for level, most in {"L": 4296, "M": 3391, "Q": 2420, "H": 1852}.items():
        for tenth in range(11):
            text = "".join(luck.choices(base45.ALPHABET, k=1 + (most - 1) * tenth // 10))
            code = zxingcpp.create_barcode(
                text, zxingcpp.BarcodeFormat.QRCode, options=f"ecLevel={level}"
            )
            image = Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=4))
            texts.append(text)
            grey = base64.b64encode(image.convert("L").tobytes()).decode()
            pictures.append([image.width, image.height, grey])
    found = page.evaluate(
        """async (pictures) => {
          const { readPicture } = await import("/static/vaxplatform/codes/qr/locate.js");
          return pictures.map(([width, height, grey]) =>
            readPicture(Uint8Array.from(atob(grey), (c) => c.charCodeAt(0)), width, height));
        }""",
        pictures,
    )
    page.close()
    assert found == texts


# ------------------------------------------------------------------ lists, server, languages


def test_old_lists_and_a_wrong_clock_are_told_plainly(certificate, phone, live_server):
    choose_language(phone, live_server.url, "en")
    page = open_verifier(phone, live_server.url)
    go_offline(page)
    for day, words in ((3, "The list of revocations is old"), (-2, "The clock of this device")):
        page.clock.set_fixed_time(timezone.now() + timedelta(days=day))
        page.reload()
        expect(page.locator("[data-part=lists]")).to_contain_text(words)
        paste(page, certificate.hcert)
        assert words in shown(page)
        check_page(page)


def test_without_lists_the_page_says_so_and_lets_the_server_judge(certificate, phone, live_server):
    PublishedFile.objects.all().delete()
    page = phone.new_page()
    page.goto(f"{live_server.url}/verify/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(page.locator("[data-part=lists]")).to_contain_text("chưa có trên máy này")
    with page.expect_navigation():
        paste(page, certificate.hcert)
    assert NAME in page.inner_text("main")
    page.goto(f"{live_server.url}/verify/")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    go_offline(page)
    paste(page, certificate.hcert)
    expect(page.locator("[data-part=note]")).to_contain_text("chưa có trên máy này")


def test_a_key_the_phone_does_not_know_is_asked_of_the_server(certificate, phone, live_server):
    page = open_verifier(phone, live_server.url)
    with page.expect_navigation():
        paste(page, hostile.certificate(hostile.foreign()))
    assert "unknown_key" in page.inner_text("main")


@pytest.mark.parametrize("viewport", [PHONE, SCREEN], ids=["phone", "screen"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_face_is_fit_for_all(certificate, chromium, live_server, language, viewport):
    context = chromium.new_context(viewport=viewport)
    choose_language(context, live_server.url, language)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    page = open_verifier(context, live_server.url)
    check_page(page)
    go_offline(page)
    check_page(page)
    assert not [text for text in complaints if "Content Security Policy" in text]
    for text, css in ((certificate.hcert, ".verdict--ok"), ("HC1:", ".verdict--no")):
        paste(page, text)
        page.locator(css).wait_for()
        check_page(page)
        page.click("[data-part=other]")
    context.close()


def test_the_page_is_an_app_for_the_home_screen(phone, live_server, signing_key):
    page = phone.new_page()
    page.goto(f"{live_server.url}/verify/")
    link = page.get_attribute("link[rel=manifest]", "href")
    manifest = page.request.get(f"{live_server.url}{link}").json()
    assert (manifest["start_url"], manifest["scope"]) == ("/verify/", "/verify/")
    assert manifest["display"] == "standalone"
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    found = phone.new_cdp_session(page).send("Page.getInstallabilityErrors")
    hindrances = {item["errorId"] for item in found["installabilityErrors"]}
    assert hindrances <= {"in-incognito"}  # as every browser of a test is
    for icon in manifest["icons"]:
        picture = Image.open(io.BytesIO(page.request.get(live_server.url + icon["src"]).body()))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]


def test_without_script_the_form_goes_to_the_server(certificate, chromium, live_server):
    context = chromium.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{live_server.url}/verify/")
    assert not page.locator("[data-part=start]").is_visible()
    page.fill("[name=hcert]", certificate.hcert)
    page.locator("main form button").click()
    assert NAME in page.inner_text("main")
    context.close()


KEPT = """async () => {
  const names = await caches.keys();
  const lists = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return [names, lists.flat().map(({ url }) => new URL(url).pathname)];
}"""


def test_the_worker_keeps_its_list_and_nothing_else_and_forgets_old_releases(
    certificate, phone, live_server, monkeypatch
):
    page = open_verifier(phone, live_server.url)
    for path in ("/", "/account/", "/verify/words/"):
        page.goto(live_server.url + path)
    page.goto(f"{live_server.url}/verify/")
    paste(page, certificate.hcert)
    shown(page)
    names, kept = page.evaluate(KEPT)
    kept_files = {f"/static/{name}" for name in ASSETS}
    assert set(kept) == {*kept_files, "/verify/", KEYS_PATH, REVOCATIONS_PATH}
    (shell,) = set(names) - {"verify-data"}

    monkeypatch.setattr(offline_verifier, "ASSETS", ASSETS[:-1])  # a new release
    page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.update())")
    wait_until(page, "async (old) => !(await caches.has(old))", shell)

    names, kept = page.evaluate(KEPT)
    assert len(names) == 2
    assert f"/static/{ASSETS[-1]}" not in kept


def test_the_worker_keeps_every_module_of_the_page():
    folder = settings.BASE_DIR / "static" / "certificates" / "verify"
    assert _modules_in(folder) == set(MODULES)
    assert _modules_in(settings.BASE_DIR / "static" / "vaxplatform" / "codes") == set(CODE_READER)


def _modules_in(folder):
    return {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.js")}
