"""The certificate on one A4 page, drawn with a font that has every Vietnamese letter."""

import io
import unicodedata
from functools import cache
from importlib.resources import files

from django.utils.translation import gettext_lazy as _
from reportlab import rl_config
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from certificates.card import LANGUAGES, Card, Field, both
from vaxplatform import formatting
from vaxplatform.drawings import kept
from vaxplatform.qr import QUIET_ZONE, Matrix, qr_matrix, runs

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
FIELDS_WIDTH = FIELDS_RIGHT - FIELDS_LEFT
FIELD_SIZE, SMALLEST_FIELD = 11.5, 9.5  # a longer value takes a second line instead
CODE_SIZE = 7.5
RING_RADIUS, RING_GAP_DEGREES = 5 * mm, 20.0

VALIDITY = _("Issued %(issued)s. Valid until %(expires)s.")
NOTES = ("show", "printout")  # of card.DOCUMENT, under the code


@cache
def _register_fonts() -> None:
    """Hand the fonts to the PDF writer; once per process."""
    rl_config.useA85 = 0  # bytes as they are: a fifth smaller than written in ASCII, and faster
    place = files("fontpkg_be_vietnam_pro") / "files"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(place / f"{file}.ttf")))


def certificate_pdf(card: Card) -> bytes:
    """The file: one page, Vietnamese then English, QR code of 68 mm; drawn once in a while.

    The nationality is not part of what was signed, so the words count, not the signed text alone.
    """
    certificate = card.certificate
    times = f"{certificate.issued_at} {certificate.expires_at}"
    return kept(lambda: _drawn(card), "pdf", certificate.hcert, repr(card.fields), times)


def _drawn(card: Card) -> bytes:
    _register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1, lang="vi")
    canvas.setTitle(" / ".join(card.texts["title"]))
    canvas.setAuthor(str(card.signed["issued_by"]))
    page = _Page(canvas)
    top = HEIGHT - MARGIN
    page.head(top, card)
    ends = (
        page.qr(card, LEFT + 6 * mm, top - HEAD - 8 * mm),
        page.fields(card.fields, top - HEAD - 10 * mm),
    )
    bottom = min(ends) - 6 * mm
    page.frame(top, bottom)
    page.validity(card, bottom - 9 * mm)
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

    def frame(self, top: float, bottom: float) -> None:
        self.canvas.setStrokeColor(INK)
        self.canvas.setLineWidth(1.5)
        self.canvas.rect(LEFT, bottom, RIGHT - LEFT, top - bottom)
        self.canvas.line(LEFT, top - HEAD, RIGHT, top - HEAD)

    def head(self, top: float, card: Card) -> None:
        vietnamese, english = card.texts["title"]
        self.text(LEFT + 6 * mm, top - 10 * mm, vietnamese, 17, BOLD)
        self.canvas.setFillColor(QUIET_INK)
        self.text(LEFT + 6 * mm, top - 17 * mm, english, 11)
        self.canvas.setFillColor(INK)
        self.ring(RIGHT - 13 * mm, top - HEAD / 2, card)

    def ring(self, x: float, y: float, card: Card) -> None:
        """The series ring, clockwise from the top: doses up to this one thick, the rest thin."""
        segments = card.ring
        sweep, radius = 360 / len(segments), RING_RADIUS
        gap = RING_GAP_DEGREES if len(segments) > 1 else 0.0
        for place, state in enumerate(segments):
            self.canvas.setLineWidth(5 if state == "certified" else 0.8)
            start = 90 - (place + 1) * sweep + gap / 2
            self.canvas.arc(x - radius, y - radius, x + radius, y + radius, start, sweep - gap)
        self.canvas.setFont(BOLD, 7)
        self.canvas.drawCentredString(x, y - 2.5, card.ring_text)

    def qr(self, card: Card, left: float, top: float) -> float:
        """The code with its quiet zone, and what it is for below; returns where it ends."""
        matrix = qr_matrix(card.certificate.hcert)
        module = QR_SIDE / (len(matrix) + 2 * QUIET_ZONE)
        self.canvas.setFillColor(white)
        self.canvas.rect(left, top - QR_SIDE, QR_SIDE, QR_SIDE, stroke=0, fill=1)
        self.canvas.setFillColor(INK)
        self._modules(matrix, left + QUIET_ZONE * module, top - QUIET_ZONE * module, module)
        self.canvas.setFillColor(QUIET_INK)
        y = top - QR_SIDE - 6 * mm
        for note in NOTES:
            for text in card.texts[note]:
                y = self.paragraph(left + 3 * mm, y, text, 9.5, QR_SIDE - 4 * mm)
            y -= 3 * mm
        self.canvas.setFillColor(INK)
        return y

    def _modules(self, matrix: Matrix, left: float, top: float, module: float) -> None:
        """One path of rectangles ("re") in whole modules, downwards: small in the file, and
        written here, because the library's own writing of numbers takes half the page's time."""
        rectangles = [f"{column} {row} {length} 1 re" for column, row, length in runs(matrix)]
        self.canvas.saveState()
        self.canvas.transform(module, 0, 0, -module, left, top)
        self.canvas.drawPath(PDFPathObject(rectangles), stroke=0, fill=1)
        self.canvas.restoreState()

    def fields(self, fields: tuple[Field, ...], top: float) -> float:
        """One below the other with a line after each; returns where the last one ends."""
        y = top
        for field in fields:
            self.canvas.setFillColor(QUIET_INK)
            self.text(FIELDS_LEFT, y, f"{field.label} / {field.english_label}", 8.5)
            self.canvas.setFillColor(INK)
            y = self._value(field, y - 5.2 * mm)
            self.canvas.setStrokeColor(LINE)
            self.canvas.setLineWidth(0.5)
            self.canvas.line(FIELDS_LEFT, y, FIELDS_RIGHT, y)
            y -= 5 * mm
        return y

    def _value(self, field: Field, y: float) -> float:
        """The value, smaller or on more lines where it is long, and the spelling below it."""
        value = f"{field.value} / {field.english}" if field.english else field.value
        longest_word = max(value.split(" "), key=len)
        size = max(fitting(value, BOLD, FIELD_SIZE), SMALLEST_FIELD)
        size = fitting(longest_word, BOLD, size)
        for line in wrap(value, BOLD, size, FIELDS_WIDTH):
            self.text(FIELDS_LEFT, y, line, size, BOLD)
            y -= 4.6 * mm
        for line in spelled(field.code):
            self.text(FIELDS_LEFT, y + 0.6 * mm, line, fitting(line, REGULAR, CODE_SIZE))
            y -= 3.6 * mm
        return y + 0.8 * mm

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
    return size * min(1.0, FIELDS_WIDTH / width) if width else size


def spelled(code: str) -> list[str]:
    """A machine-readable spelling in lines that end at its fillers."""
    lines = wrap(code.replace("<", "< "), REGULAR, CODE_SIZE, FIELDS_WIDTH) if code else []
    return [line.replace(" ", "") for line in lines]


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
