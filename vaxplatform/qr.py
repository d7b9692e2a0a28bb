"""QR codes, drawn here: the matrix by the `qrcode` library, the SVG as one path of runs.

Level M: Q makes a health certificate too dense for old phones. What is upper-case alphanumeric
(a certificate, a check-in address) is written in that mode, which makes the code smaller.
"""

import hashlib

import qrcode
from django.core.cache import cache
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from vaxplatform.figures.svg import element, hidden_from_readers

QUIET_ZONE = 4  # modules that must stay white on every side
KEPT_SECONDS = 3600
PIXELS_A_MODULE = 8  # of an SVG that is opened as a file

Matrix = list[str]


def qr_matrix(text: str) -> Matrix:
    """The modules of the smallest code for `text`, a row a string of "0" and "1", no quiet zone.

    Choosing the mask takes some 30 ms, so a matrix is kept for an hour under the hash of its text.
    Raises ValueError for more than a QR code can hold.
    """
    key = f"qr:{hashlib.sha256(text.encode()).hexdigest()}"
    matrix: Matrix | None = cache.get(key)
    if matrix is None:
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
        code.add_data(text, optimize=0)
        try:
            code.make(fit=True)
        except (DataOverflowError, ValueError) as error:
            raise ValueError("too much text for a QR code") from error
        matrix = ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]
        cache.set(key, matrix, KEPT_SECONDS)
    return matrix


def runs(matrix: Matrix) -> list[tuple[int, int, int]]:
    """The dark stretches of each row: (column, row, length)."""
    found = []
    for y, row in enumerate(matrix):
        x = 0
        while (start := row.find("1", x)) >= 0:
            end = row.find("0", start)
            x = len(row) if end < 0 else end
            found.append((start, y, x - start))
    return found


def qr_svg(text: str, title: str = "", *, standalone: bool = False) -> SafeString:
    """The code as SVG, black on white with its quiet zone, scaled by whoever places it.

    `title` is what a screen reader says; without one the drawing is hidden from it. `standalone`
    makes it a file of its own.
    """
    matrix = qr_matrix(text)
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
