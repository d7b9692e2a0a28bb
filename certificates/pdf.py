"""The certificate on one A4 page, drawn with a font that has every Vietnamese letter."""

import io
import unicodedata
from functools import cache
from importlib.resources import files

from django.utils.translation import gettext_lazy as _
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from certificates.card import LANGUAGES, Card, Field, both
from vaxplatform import formatting
from vaxplatform.qr import QUIET_ZONE, qr_matrix, runs

REGULAR, BOLD = "BeVietnamPro", "BeVietnamPro-SemiBold"
_FILES = {REGULAR: "BeVietnamPro-Regular", BOLD: "BeVietnamPro-SemiBold"}
INK, QUIET_INK, LINE = black, HexColor("#44525a"), HexColor("#c9d1d5")

WIDTH, HEIGHT = A4
MARGIN = 18 * mm
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
HEAD = 22 * mm
QR_SIDE = 68 * mm  # with the quiet zone; a verifier's camera needs 50
FIELDS_LEFT = LEFT + QR_SIDE + 14 * mm
FIELDS_RIGHT = RIGHT - 6 * mm
FIELD_STEP = 14.4 * mm
BOX_HEIGHT = HEAD + 11 * FIELD_STEP + 16 * mm

VALIDITY = _("Issued %(issued)s. Valid until %(expires)s.")
NOTES = ("show", "printout")  # of card.DOCUMENT, under the code


@cache
def _register_fonts() -> None:
    """Hand the fonts to the PDF writer; once per process."""
    place = files("fontpkg_be_vietnam_pro") / "files"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(place / f"{file}.ttf")))


def certificate_pdf(card: Card) -> bytes:
    """The file: one page, Vietnamese then English, QR code of 68 mm."""
    _register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1, lang="vi")
    canvas.setTitle(" / ".join(card.texts["title"]))
    canvas.setAuthor(str(card.signed["issued_by"]))
    page = _Page(canvas)
    top = HEIGHT - MARGIN
    page.head(top, card.texts["title"])
    page.qr(card, LEFT + 6 * mm, top - HEAD - 8 * mm)
    page.fields(card.fields, top - HEAD - 10 * mm)
    page.validity(card, top - BOX_HEIGHT - 9 * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


class _Page:
    """Drawing in points from the lower left corner; `top` is where a part begins."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def text(self, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
        """Composed (NFC), for PDF writers set decomposed marks beside their letters."""
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, unicodedata.normalize("NFC", text))

    def paragraph(self, x: float, y: float, text: str, size: float, width: float) -> float:
        """Text in lines of at most `width`; returns where the next part may begin."""
        for line in wrap(text, REGULAR, size, width):
            self.text(x, y, line, size)
            y -= size * 1.5
        return y

    def head(self, top: float, title: tuple[str, ...]) -> None:
        self.canvas.setLineWidth(1.5)
        self.canvas.rect(LEFT, top - BOX_HEIGHT, RIGHT - LEFT, BOX_HEIGHT)
        self.canvas.line(LEFT, top - HEAD, RIGHT, top - HEAD)
        self.text(LEFT + 6 * mm, top - 10 * mm, title[0], 17, BOLD)
        self.canvas.setFillColor(QUIET_INK)
        self.text(LEFT + 6 * mm, top - 17 * mm, title[1], 11)
        self.canvas.setFillColor(INK)

    def qr(self, card: Card, left: float, top: float) -> None:
        """The code with its quiet zone, and what it is for below."""
        matrix = qr_matrix(card.certificate.hcert)
        module = QR_SIDE / (len(matrix) + 2 * QUIET_ZONE)
        self.canvas.setFillColor(white)
        self.canvas.rect(left, top - QR_SIDE, QR_SIDE, QR_SIDE, stroke=0, fill=1)
        self.canvas.setFillColor(INK)
        path = self.canvas.beginPath()
        for x, y, length in runs(matrix):
            across = left + (x + QUIET_ZONE) * module
            path.rect(across, top - (y + 1 + QUIET_ZONE) * module, length * module, module)
        self.canvas.drawPath(path, stroke=0, fill=1)
        self.canvas.setFillColor(QUIET_INK)
        y = top - QR_SIDE - 6 * mm
        for note in NOTES:
            for text in card.texts[note]:
                y = self.paragraph(left + 3 * mm, y, text, 9.5, QR_SIDE - 4 * mm)
            y -= 3 * mm
        self.canvas.setFillColor(INK)

    def fields(self, fields: tuple[Field, ...], top: float) -> None:
        for position, field in enumerate(fields):
            y = top - position * FIELD_STEP
            self.canvas.setFillColor(QUIET_INK)
            self.text(FIELDS_LEFT, y, f"{field.label} / {field.english_label}", 8.5)
            self.canvas.setFillColor(INK)
            self._value(field, y - 5.2 * mm)
            self.canvas.setStrokeColor(LINE)
            self.canvas.setLineWidth(0.5)
            self.canvas.line(FIELDS_LEFT, y - 9.4 * mm, FIELDS_RIGHT, y - 9.4 * mm)
        self.canvas.setStrokeColor(INK)

    def _value(self, field: Field, y: float) -> None:
        """The value on one line, made smaller where it is long; a second line for a spelling."""
        value = f"{field.value} / {field.english}" if field.english else field.value
        self.text(FIELDS_LEFT, y, value, fitting(value, BOLD, 11.5), BOLD)
        if field.code:
            self.text(FIELDS_LEFT, y - 3.4 * mm, field.code, fitting(field.code, REGULAR, 7.5))

    def validity(self, card: Card, y: float) -> None:
        certificate = card.certificate
        for language, sentence in zip(LANGUAGES, both(VALIDITY), strict=True):
            times = {
                "issued": formatting.moment(certificate.issued_at, language),
                "expires": formatting.day(certificate.expires_at, language),
            }
            self.text(LEFT, y, sentence % times, 9.5)
            y -= 5 * mm


def fitting(text: str, font: str, size: float) -> float:
    """The size, at most `size`, in which `text` fits beside the code."""
    width = pdfmetrics.stringWidth(unicodedata.normalize("NFC", text), font, size)
    return size * min(1.0, (FIELDS_RIGHT - FIELDS_LEFT) / width) if width else size


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """Lines of whole words, each at most `width` wide."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pdfmetrics.stringWidth(longer, font, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
