"""The code of a certificate as SVG and PNG, drawn anew each time, beside the `qrcode` library."""

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

from bench.issuer import Issuer, in_turn
from bench.pace import drawing_anew, per_second
from bench.result import Result
from vaxplatform.qr import QUIET_ZONE, qr_png, qr_svg

ASKED = 200
DIFFERENT = 200
REFERENCE = "qrcode's own SVG, level M"


def measure(seconds: int) -> list[Result]:
    issuer = Issuer()
    texts = [issuer.signed() for _each in range(DIFFERENT)]
    works = {
        "svg": in_turn(texts, lambda text: qr_svg(text, standalone=True)),
        "png": in_turn(texts, qr_png),
        "qrcode": in_turn(texts, _by_qrcode),
    }
    with drawing_anew():
        rates = per_second(works, seconds=seconds)
    reference = rates["qrcode"]
    return [
        Result("draw a QR code, SVG", "codes", rates["svg"], REFERENCE, reference, ASKED),
        Result("draw a QR code, PNG", "codes", rates["png"], REFERENCE, reference),
    ]


def _by_qrcode(text: str) -> str:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return str(code.make_image(image_factory=SvgPathImage).to_string(encoding="unicode"))
