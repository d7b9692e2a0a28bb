"""The certificate on paper: every name whole, and a code that a poor print still carries."""

import datetime
import io
import unicodedata

import pypdf
import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone

from certificates import pdf
from certificates.card import card_of
from certificates.pdf import QR_SIDE, certificate_pdf
from certificates.services.issuance import drain_due
from registration.models import Citizen
from tests.certificates.conftest import issued
from tests.codes import qr_codes
from tests.factories import make_citizen, make_dose, make_lot, make_site
from vaxplatform.qr import QUIET_ZONE, qr_matrix

SCREEN = 96 / 72  # pixels a point at 96 dpi
POINTS_A_CM = 72 / 2.54
DAY = datetime.timedelta(days=1)
NAMES = [
    "Đỗ Thị Ướt Nhượng",
    unicodedata.normalize("NFD", "Nguyễn Thị Ánh Tuyết Đường"),
    "Phạm Thị Hồng Nhung Đoàn Nguyễn Phúc Bảo Ngọc Vĩnh An Khánh Tường Vi Quỳnh Hương",
    "Müller-Lüdenscheidt Jean-François O’Neill Świętosława",
]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_keys")]


def words(paper: bytes) -> str:
    """The text of the only page, its lines joined."""
    (page,) = pypdf.PdfReader(io.BytesIO(paper)).pages
    return " ".join(page.extract_text().split())


def code_on(paper: bytes) -> zxingcpp.Barcode:
    """The only code of the page as a screen of 96 dpi shows it."""
    page = pypdfium2.PdfDocument(paper)[0].render(scale=SCREEN).to_pil()
    (code,) = qr_codes(page)
    return code


@pytest.mark.parametrize("name", NAMES)
def test_every_name_stands_whole_and_composed_beside_a_code_that_reads_at_96_dpi(name):
    certificate = issued(make_dose(citizen=make_citizen(full_name=name)))
    paper = certificate_pdf(card_of(certificate))
    assert unicodedata.normalize("NFC", name) in words(paper)
    code = code_on(paper)
    assert code.text == certificate.hcert
    assert code.ec_level == "M"


def test_a_third_dose_after_two_is_three_of_three_and_stands_alone():
    citizen, lot, now = make_citizen(), make_lot(site=make_site()), timezone.now()
    for number, kind, age in ((1, "primary", 300), (2, "primary", 200), (3, "booster", 1)):
        booster = make_dose(
            lot=lot,
            citizen=citizen,
            dose_number=number,
            dose_kind=kind,
            administered_at=now - age * DAY,
        )
    drain_due()
    certificate = issued(booster)
    paper = certificate_pdf(card_of(certificate))
    assert "3 / 3" in words(paper)
    assert code_on(paper).text == certificate.hcert


def test_the_code_without_its_quiet_zone_is_wider_than_five_centimetres(certificate):
    side = len(qr_matrix(certificate.hcert))
    printed = QR_SIDE * side / (side + 2 * QUIET_ZONE)
    assert printed >= 5 * POINTS_A_CM
    corners = code_on(certificate_pdf(card_of(certificate))).position
    drawn = (corners.top_right.x - corners.top_left.x) / SCREEN
    assert drawn == pytest.approx(printed, rel=0.03)


def test_both_fonts_travel_in_the_file(certificate):
    paper = pypdf.PdfReader(io.BytesIO(certificate_pdf(card_of(certificate))))
    fonts = [font.get_object() for font in paper.pages[0]["/Resources"]["/Font"].values()]
    embedded = [font for font in fonts if "/FontFile2" in font.get("/FontDescriptor", {})]
    assert {str(font["/BaseFont"]).split("+")[1] for font in embedded} == {
        "BeVietnamPro-Regular",
        "BeVietnamPro-SemiBold",
    }


def test_a_corrected_nationality_is_never_answered_with_the_old_paper(certificate):
    assert "Việt Nam / Viet Nam" in words(certificate_pdf(card_of(certificate)))
    Citizen.objects.filter(pk=certificate.dose.citizen_id).update(nationality="DE")
    certificate.dose.citizen.refresh_from_db()
    assert "Đức / Germany" in words(certificate_pdf(card_of(certificate)))


def test_a_paper_that_is_asked_for_again_is_not_drawn_again(certificate, monkeypatch):
    first = certificate_pdf(card_of(certificate))
    monkeypatch.setattr(pdf, "_drawn", lambda _card: b"drawn again")
    assert certificate_pdf(card_of(certificate)) == first
