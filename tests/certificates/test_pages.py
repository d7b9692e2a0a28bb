"""The pages of a certificate and the verifier, as a browser meets them."""

import datetime
import io
import itertools

import pypdf
import pytest
import zxingcpp
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from PIL import Image, ImageDraw

from certificates.card import card_of
from certificates.hcert.verify import Reason, VerificationResult
from certificates.models import SigningKey
from certificates.pdf import certificate_pdf
from certificates.services.clock import database_now
from certificates.services.issuance import drain_due
from certificates.services.keys import rotate_signing_key
from certificates.services.revocation import revoke_certificate
from certificates.verdicts import WORDS, verdict_of
from registration.models import Citizen, RecordAccess
from registration.opened import OPENED
from sites.models import Role
from tests.certificates.conftest import issued
from tests.codes import qr_codes
from tests.factories import make_account, make_citizen, make_dose, make_lot, make_site, make_staff
from vaxplatform.qr import QUIET_ZONE, qr_matrix, runs

VERIFY = reverse("certificates:verify")
NAME = "Nguyễn Thị Ánh Tuyết"


def page(name: str, certificate) -> str:
    return reverse(f"certificates:{name}", args=[certificate.public_id])


def signed_in(account) -> Client:
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def household(certificate) -> Client:
    return signed_in(make_account(members=(certificate.dose.citizen,)))


def picture(text: str, pixels: int = 4) -> Image.Image:
    """The QR code as a camera would like it, drawn from the matrix that pages and paper draw."""
    matrix = qr_matrix(text)
    side = (len(matrix) + 2 * QUIET_ZONE) * pixels
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    for x, y, length in runs(matrix):
        left, top = (x + QUIET_ZONE) * pixels, (y + QUIET_ZONE) * pixels
        draw.rectangle((left, top, left + length * pixels - 1, top + pixels - 1), fill=0)
    return image


def as_file(image: Image.Image, kind: str = "PNG") -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind)
    file.seek(0)
    file.name = f"photo.{kind.lower()}"
    return file


def is_verdict(response) -> bool:
    """Whether the page tells what a code is worth, and not only what the form needs."""
    return "certificates/verdict.html" in {template.name for template in response.templates}


# ── the certificate ───────────────────────────────────────────────────────────────────────────
def test_the_household_sees_the_eleven_fields_in_both_languages(certificate, client):
    response = household(certificate).get(page("certificate", certificate))
    text = response.content.decode()
    assert response.status_code == 200
    for words in ("Họ và tên", "Full name", NAME, "Mã chứng nhận", "Certificate ID"):
        assert words in text
    assert text.count("<dt>") == 11
    assert certificate.uvci in text
    assert response.headers["Cache-Control"] == "private, no-store"


def test_to_anybody_else_the_certificate_does_not_exist(certificate):
    stranger = signed_in(make_account(members=(make_citizen(),)))
    for name in ("certificate", "pdf", "svg"):
        assert stranger.get(page(name, certificate)).status_code == 404
    answer = Client().get(page("certificate", certificate))
    assert answer.status_code == 302
    assert Client().get(page("pdf", certificate)).status_code == 404


def test_a_record_that_a_code_has_opened_shows_its_certificates_and_nobody_elses(certificate):
    other, browser = issued(make_dose()), Client()
    until = timezone.now() + datetime.timedelta(minutes=1)
    person = str(certificate.dose.citizen.public_id)
    session = browser.session
    session[OPENED] = {"person": person, "until": until.isoformat()}
    session.save()
    text = browser.get(page("certificate", certificate)).content.decode()
    assert NAME in text
    assert page("share", certificate) not in text
    assert browser.get(page("pdf", certificate)).status_code == 200
    assert browser.get(page("certificate", other)).status_code == 404


def test_staff_see_it_within_their_posting_and_stand_on_record(certificate):
    site = certificate.dose.site
    here = make_staff(role=Role.SITE_MANAGER, site=site)
    elsewhere = make_staff(role=Role.SITE_MANAGER, site=make_site())
    assert signed_in(elsewhere).get(page("certificate", certificate)).status_code == 404
    assert not RecordAccess.objects.filter(citizen=certificate.dose.citizen).exists()
    assert signed_in(here).get(page("certificate", certificate)).status_code == 200
    assert RecordAccess.objects.get(citizen=certificate.dose.citizen).account == here


def test_a_replaced_certificate_shows_no_code_and_leads_to_the_valid_one(certificate):
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(full_name="Nguyễn Thị Tuyết")
    newer = issued(certificate.dose)
    browser = household(certificate)
    text = browser.get(page("certificate", certificate)).content.decode()
    assert page("certificate", newer) in text
    assert 'aria-label="Mã QR' not in text
    assert browser.get(page("pdf", certificate)).status_code == 404
    assert browser.get(page("svg", certificate)).status_code == 404


# ── paper and picture ─────────────────────────────────────────────────────────────────────────
def test_the_pdf_is_one_page_with_vietnamese_names_and_says_both_languages(certificate):
    response = household(certificate).get(page("pdf", certificate))
    assert response.headers["Content-Type"] == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(response.content))
    text = reader.pages[0].extract_text()
    assert len(reader.pages) == 1
    assert NAME in text
    assert certificate.uvci in text
    assert "COVID-19 vaccination certificate" in text
    assert (float(reader.pages[0].mediabox.width), float(reader.pages[0].mediabox.height)) == (
        pytest.approx(595.28, abs=0.01),
        pytest.approx(841.89, abs=0.01),
    )


@pytest.mark.parametrize(
    "name", ["Y Blơ", "K'Brếu", "Phạm Thị Hồng Nhung Đoàn Nguyễn Phúc Bảo Ngọc Vĩnh An Khánh"]
)
def test_short_and_long_names_stay_whole_on_paper(name, db, signing_keys):
    certificate = issued(make_dose(citizen=make_citizen(full_name=name)))
    text = pypdf.PdfReader(io.BytesIO(certificate_pdf(card_of(certificate)))).pages[0]
    assert name in " ".join(text.extract_text().split())


def test_the_code_on_page_and_paper_is_the_certificate(certificate):
    svg = household(certificate).get(page("svg", certificate)).content.decode()
    drawn = "".join(
        f"M{x} {y}h{length}v1h-{length}z" for x, y, length in runs(qr_matrix(certificate.hcert))
    )
    assert drawn in svg
    (code,) = qr_codes(picture(certificate.hcert))
    assert code.text == certificate.hcert
    assert code.content_type == zxingcpp.ContentType.Text


# ── the verifier ──────────────────────────────────────────────────────────────────────────────
def test_the_verifier_shows_the_person_of_a_valid_code_to_compare(certificate, client):
    response = client.post(VERIFY, {"hcert": certificate.hcert})
    text = response.content.decode()
    assert is_verdict(response)
    assert "verdict--ok" in text
    assert NAME in text
    assert "12/03/1987" in text
    assert "giấy tờ tùy thân" in text


@pytest.mark.parametrize("around", ["  {}\r\n", "{}\n", "\t{}"])
def test_white_space_around_a_pasted_code_is_forgiven(around, certificate, client):
    text = client.post(VERIFY, {"hcert": around.format(certificate.hcert)}).content.decode()
    assert "verdict--ok" in text


def test_a_space_inside_a_code_belongs_to_it(db, signing_keys, client):
    for _attempt in range(40):
        certificate = issued(make_dose())
        if " " in certificate.hcert:
            break
    assert " " in certificate.hcert
    assert "verdict--ok" in client.post(VERIFY, {"hcert": certificate.hcert}).content.decode()


def test_a_revoked_certificate_shows_nothing_of_the_person(certificate, client):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    text = client.post(VERIFY, {"hcert": certificate.hcert}).content.decode()
    assert "verdict--no" in text
    assert "revoked" in text
    assert NAME not in text
    assert "Cấp nhầm người" not in text


def test_a_replaced_certificate_is_refused_with_the_way_to_the_newer_one(certificate, client):
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(full_name="Nguyễn Thị Tuyết")
    drain_due()
    text = client.post(VERIFY, {"hcert": certificate.hcert}).content.decode()
    assert "revoked_replaced" in text
    assert "Nguyễn" not in text


def test_a_certificate_of_a_compromised_key_is_refused(certificate, client):
    SigningKey.objects.update(status="compromised")
    text = client.post(VERIFY, {"hcert": certificate.hcert}).content.decode()
    assert "key_revoked" in text
    assert NAME not in text


@pytest.mark.parametrize(
    "text",
    [
        "HC1:",
        "HC1:::::",
        "xin chào",
        "HC1:" + "A" * 4_000,
        "HC1:" + "A" * 1_000_000,
        "HC1:\ufeffNCF",
        "\u202eHC1:NCF",
        "https://example.org/",
        "0" * 10_000,
    ],
)
def test_whatever_is_pasted_gets_an_answer(text, db, client):
    response = client.post(VERIFY, {"hcert": text})
    assert response.status_code == 200
    assert "verdict--no" in response.content.decode()


def test_a_text_with_a_null_byte_is_told_apart_in_the_form(db, client):
    response = client.post(VERIFY, {"hcert": "HC1:\x00"})
    assert response.status_code == 200
    assert not is_verdict(response)


@pytest.mark.parametrize(("kind", "turned"), [("PNG", 0), ("JPEG", 7), ("WEBP", 180)])
def test_a_photo_is_read_at_the_server(kind, turned, certificate, client):
    image = picture(certificate.hcert, pixels=6).rotate(turned, expand=True, fillcolor=255)
    text = client.post(VERIFY, {"hcert": "", "photo": as_file(image, kind)}).content.decode()
    assert "verdict--ok" in text
    assert NAME in text


def test_a_transparent_background_is_paper(certificate, client):
    code = picture(certificate.hcert)
    clear = Image.new("RGBA", code.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=code.point(lambda shade: 255 - shade))
    text = client.post(VERIFY, {"photo": as_file(clear)}).content.decode()
    assert "verdict--ok" in text


def broken_files():
    whole = as_file(Image.new("L", (300, 300), 255)).getvalue()
    yield "no code", as_file(Image.new("L", (300, 300), 255))
    yield "cut off", io.BytesIO(whole[: len(whole) // 2])
    yield "no picture", io.BytesIO(b"MZ" + bytes(2000))
    yield "markup", io.BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    yield "a million pixels a side", as_file(Image.new("1", (60_000, 2_000)))


@pytest.mark.parametrize(
    "file", [file for _n, file in broken_files()], ids=[name for name, _f in broken_files()]
)
def test_a_photo_without_a_readable_code_is_told_so_beside_its_field(file, db, client):
    file.seek(0)
    file.name = "photo.png"
    response = client.post(VERIFY, {"photo": file})
    assert response.status_code == 200
    assert "error" in response.content.decode()
    assert not is_verdict(response)


def test_a_photo_of_more_than_ten_megabytes_is_refused(db, client):
    file = io.BytesIO(bytes(10 * 1024 * 1024 + 1))
    file.name = "photo.png"
    assert "10 MB" in client.post(VERIFY, {"photo": file}).content.decode()


def test_without_text_and_photo_the_form_says_what_it_needs(db, client):
    assert "Hãy dán nội dung mã, hoặc chọn ảnh chụp mã." in client.post(VERIFY).content.decode()


@pytest.mark.parametrize(
    ("reason", "language"), list(itertools.product(Reason, ("vi", "en"))), ids=str
)
def test_every_reason_has_words_in_both_languages_and_says_what_to_do(reason, language, db):
    verdict = verdict_of(VerificationResult("invalid", reason), now=timezone.now())
    with override("en"):
        english = (str(verdict.words.why), str(verdict.words.advice))
    with override(language):
        said = (str(verdict.words.why), str(verdict.words.advice))
    assert all(sentence.endswith(".") for sentence in said)
    assert (said == english) is (language == "en")
    assert reason in WORDS


def test_the_verifier_still_knows_the_keys_of_yesterday(certificate, client):
    rotate_signing_key(now=database_now() + datetime.timedelta(seconds=1))
    assert "verdict--ok" in client.post(VERIFY, {"hcert": certificate.hcert}).content.decode()


def test_the_web_needs_no_signing_key_to_show_and_to_verify(certificate, client, settings):
    settings.SIGNING_KEYS_DIR = settings.SIGNING_PASSPHRASE = ""
    assert household(certificate).get(page("certificate", certificate)).status_code == 200
    assert "verdict--ok" in client.post(VERIFY, {"hcert": certificate.hcert}).content.decode()


def test_a_household_of_another_lot_sees_only_its_own(certificate):
    other = issued(make_dose(lot=make_lot(site=certificate.dose.site)))
    browser = household(certificate)
    assert browser.get(page("certificate", certificate)).status_code == 200
    assert browser.get(page("certificate", other)).status_code == 404
