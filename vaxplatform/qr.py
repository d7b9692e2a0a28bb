"""QR codes as SVG, PNG or the bare matrix.

Level M: Q makes a health certificate too dense for old phones. What is upper-case alphanumeric
(a certificate, a check-in address) is written in that mode, which makes the code smaller.
A short text is drawn by `qrcode` (2 ms); the dense code of a certificate takes that library 20 to
75 ms for choosing the mask, so those come from `zxing-cpp`, in 1 ms (docs/adr/0014).
"""

import io
import math
import re
from collections.abc import Iterator
from typing import Any

import qrcode
import zxingcpp
from django.utils.safestring import SafeString
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M

from vaxplatform.drawings import kept
from vaxplatform.figures.svg import element, hidden_from_readers

QUIET_ZONE = 4  # modules that must stay white on every side
PIXELS_A_MODULE = 8  # of a code that is opened as a file
SHORT = 120  # characters; a certificate has four times as many

_DARK = re.compile("1+")
_WRITTEN = bytes.maketrans(b"\x00\xff", b"10")  # zxing-cpp draws dark as 0, white as 255
_SHADES = bytes.maketrans(b"10", b"\x00\xff")

Matrix = list[str]


def qr_matrix(text: str, level: str = "M") -> Matrix:
    """The modules of the smallest code for `text`, a row a string of "0" and "1", no quiet zone.

    `level` is L where a format bounds the size of its code (a SMART Health Card), else M. Raises
    ValueError for more than a QR code of this level can hold.
    """
    return _small(text) if len(text) <= SHORT and level == "M" else _dense(text, level)


def _small(text: str) -> Matrix:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]


def _dense(text: str, level: str) -> Matrix:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    image: Any = code.to_image(scale=1, add_quiet_zones=False)
    modules = memoryview(image).tobytes().translate(_WRITTEN).decode()
    side = math.isqrt(len(modules))
    return [modules[start : start + side] for start in range(0, side * side, side)]


def runs(matrix: Matrix) -> Iterator[tuple[int, int, int]]:
    """The dark stretches of each row: (column, row, length)."""
    for y, row in enumerate(matrix):
        for stretch in _DARK.finditer(row):
            start, end = stretch.span()
            yield start, y, end - start


def qr_svg(text: str, title: str = "", *, standalone: bool = False, level: str = "M") -> SafeString:
    """The code as SVG, black on white with its quiet zone, scaled by whoever places it.

    `title` is what a screen reader says; without one the drawing is hidden from it. `standalone`
    makes it a file of its own. Raises ValueError for more than a QR code can hold.
    """
    return kept(
        lambda: _svg(text, title, standalone, level), f"svg {standalone} {level}", title, text
    )


def qr_png(text: str, *, pixels: int = PIXELS_A_MODULE) -> bytes:
    """The code as a PNG file, `pixels` a module, black on white with its quiet zone.

    Raises ValueError for more than a QR code can hold.
    """
    return kept(lambda: _png(text, pixels), f"png {pixels}", text)


def _svg(text: str, title: str, standalone: bool, level: str) -> SafeString:
    matrix = qr_matrix(text, level)
    side = len(matrix) + 2 * QUIET_ZONE
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in runs(matrix))
    named = {"role": "img", "aria_label": title} if title else hidden_from_readers()
    file: dict[str, object] = {"xmlns": "http://www.w3.org/2000/svg"} if standalone else {}
    if standalone:
        file |= {"width": side * PIXELS_A_MODULE, "height": side * PIXELS_A_MODULE}
    return element(
        "svg",
        element("rect", x=-QUIET_ZONE, y=-QUIET_ZONE, width=side, height=side, fill="#fff"),
        element("path", d=path, fill="#000"),
        viewBox=f"-{QUIET_ZONE} -{QUIET_ZONE} {side} {side}",
        shape_rendering="crispEdges",
        **named,
        **file,
    )


def _png(text: str, pixels: int) -> bytes:
    """One bit a pixel, and each module whole pixels, so that no edge is grey."""
    white = "0" * QUIET_ZONE
    rows = [f"{white}{row}{white}" for row in qr_matrix(text)]
    side = len(rows[0])
    above = "0" * (side * QUIET_ZONE)
    shades = "".join((above, *rows, above)).encode().translate(_SHADES)
    modules = Image.frombytes("L", (side, side), shades).convert("1", dither=Image.Dither.NONE)
    file = io.BytesIO()
    modules.resize((side * pixels, side * pixels)).save(file, "PNG")
    return file.getvalue()
