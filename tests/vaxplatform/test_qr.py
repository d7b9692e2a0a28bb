"""QR codes: read back by zxing-cpp, and compared module by module with another encoder."""

import io
import random
import re

import pytest
import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M

from tests.codes import qr_codes
from vaxplatform import drawings, qr

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
CERTIFICATE = "HC1:" + "".join(random.Random(5772).choices(ALPHANUMERIC, k=560))
CHECK_IN = "HTTPS://TIEMCHUNG.GOV.VN/C/ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TEXTS = [CERTIFICATE, CHECK_IN, "Tiêm chủng", "HC1:" + "Đặng " * 40]

pytestmark = pytest.mark.usefixtures("empty_drawings")


@pytest.fixture
def empty_drawings(settings):
    """A cache of this test's own."""
    memory = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {**settings.CACHES, "drawings": {"BACKEND": memory, "LOCATION": "a test"}}
    drawings.caches["drawings"].clear()


def read(png: bytes) -> zxingcpp.Barcode:
    (code,) = qr_codes(Image.open(io.BytesIO(png)).convert("L"))
    return code


@pytest.mark.parametrize("text", TEXTS)
def test_a_code_is_read_back_at_level_m(text):
    code = read(qr.qr_png(text))
    assert code.text == text
    assert code.ec_level == "M"


@pytest.mark.parametrize("text", [CERTIFICATE, CHECK_IN])
def test_a_code_is_module_for_module_what_another_encoder_writes_alphanumerically(text):
    """`qrcode` with version, level M, mask and the alphanumeric mode given: the same matrix."""
    extra = read(qr.qr_png(text)).extra
    other = qrcode.QRCode(
        version=int(extra["Version"]),
        mask_pattern=int(extra["DataMask"]),
        error_correction=ERROR_CORRECT_M,
        border=0,
    )
    data = qrcode.util.QRData(text, mode=qrcode.util.MODE_ALPHA_NUM)
    other.add_data(data)
    other.make(fit=False)
    drawn = [[module == "1" for module in row] for row in qr.qr_matrix(text)]
    assert drawn == other.get_matrix()


def test_a_certificate_of_564_characters_is_a_code_of_version_15():
    """In the mode for bytes it would be version 19, too dense for old phones."""
    assert len(qr.qr_matrix(CERTIFICATE)) == 17 + 4 * 15


def test_the_quiet_zone_is_four_white_modules_on_every_side():
    picture = Image.open(io.BytesIO(qr.qr_png(CERTIFICATE, pixels=3)))
    dark = picture.convert("L").point(lambda shade: 255 - shade).getbbox()
    margin = 4 * 3
    assert picture.size == ((77 + 8) * 3, (77 + 8) * 3)
    assert dark == (margin, margin, picture.width - margin, picture.height - margin)


def test_a_png_has_one_bit_a_pixel():
    assert Image.open(io.BytesIO(qr.qr_png(CERTIFICATE))).mode == "1"


@pytest.mark.parametrize("text", [CERTIFICATE, CHECK_IN])
def test_the_svg_draws_the_same_modules_as_the_matrix(text):
    svg = qr.qr_svg(text, standalone=True)
    matrix = qr.qr_matrix(text)
    side = len(matrix)
    drawn = [["0"] * side for _row in range(side)]
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        drawn[int(y)][int(x) : int(x) + int(length)] = "1" * int(length)
    assert ["".join(row) for row in drawn] == matrix
    assert f'viewBox="-4 -4 {side + 8} {side + 8}"' in svg


def test_the_title_is_what_readers_hear_and_is_escaped():
    assert 'aria-label="&lt;b&gt;"' in qr.qr_svg(CHECK_IN, "<b>")
    assert 'aria-hidden="true"' in qr.qr_svg(CHECK_IN)


def test_more_than_a_code_can_hold_is_a_value_error():
    assert len(qr.qr_matrix("A" * 3391)) == 177
    with pytest.raises(ValueError, match="too long"):
        qr.qr_matrix("A" * 3392)


# ── keeping ───────────────────────────────────────────────────────────────────────────────────
def test_a_drawing_is_made_once_for_each_text_title_and_form(monkeypatch):
    drawn = []
    monkeypatch.setattr(qr, "qr_matrix", lambda text, *_level: drawn.append(text) or ["1"])
    for _again in range(2):
        qr.qr_svg("A", "title")
        qr.qr_svg("A", "tiêu đề")
        qr.qr_svg("A", "title", standalone=True)
        qr.qr_svg("A", "title", level="L")
        qr.qr_svg("B", "title")
        qr.qr_png("A")
        qr.qr_png("A", pixels=2)
    assert drawn == ["A", "A", "A", "A", "B", "A", "A"]


def test_a_new_look_is_never_served_from_what_was_kept(monkeypatch):
    first = qr.qr_svg("A")
    monkeypatch.setattr(qr, "qr_matrix", lambda _text, _level: ["1"])
    assert qr.qr_svg("A") == first
    monkeypatch.setattr(drawings, "LOOK", drawings.LOOK + 1)
    assert qr.qr_svg("A") != first


def test_names_stay_in_the_memory_of_the_process():
    from vaxplatform.settings import CACHES

    assert CACHES["drawings"]["BACKEND"].endswith("LocMemCache")


def test_a_dead_cache_costs_the_keeping_and_not_the_drawing(settings):
    nobody = "redis://127.0.0.1:1/0"
    redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": nobody}
    settings.CACHES = {**settings.CACHES, "drawings": redis}
    assert read(qr.qr_png(CERTIFICATE)).text == CERTIFICATE
