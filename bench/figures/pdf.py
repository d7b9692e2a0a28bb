"""The certificate on paper, from its row to the file, drawn anew each time; beside the same words
set by the PDF library alone, without code, lines and translation."""

import io

from django.utils import timezone
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bench.ground import items, make_lot
from bench.pace import drawing_anew, per_second
from bench.result import Result
from certificates import pdf
from certificates.card import Card, card_of
from certificates.models import Certificate, CertificateStatus
from certificates.services.issuance import drain_due
from certificates.services.keys import ensure_signing_key
from sites.services.doses import record_doses

ASKED = 40


def measure(seconds: int) -> list[Result]:
    certificate = _certificate()
    card = card_of(certificate)
    works = {
        "paper": lambda: pdf.certificate_pdf(card_of(certificate)),
        "words": lambda: _words_alone(card),
    }
    with drawing_anew():
        rates = per_second(works, seconds=seconds)
    reference = "reportlab, the same words alone"
    return [Result("draw a PDF", "papers", rates["paper"], reference, rates["words"], ASKED)]


def _certificate() -> Certificate:
    ensure_signing_key(now=timezone.now())
    lot = make_lot()
    record_doses(items=items(lot=lot, count=1), site=lot.site, now=timezone.now())
    drain_due()
    live = Certificate.objects.select_related("dose__citizen")
    return live.get(dose__lot=lot, status=CertificateStatus.LIVE)


def _words_alone(card: Card) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.setFont(pdf.BOLD, 11)
    for line, field in enumerate(card.fields):
        words = f"{field.label} / {field.english_label} {field.value} / {field.english}"
        canvas.drawString(pdf.LEFT, pdf.HEIGHT - pdf.MARGIN - line * 16, words)
    canvas.setFont(pdf.REGULAR, 9)
    notes = [text for note in pdf.NOTES for text in card.texts[note]]
    for line, text in enumerate(notes):
        canvas.drawString(pdf.LEFT, pdf.HEIGHT / 2 - line * 16, text)
    canvas.save()
    return out.getvalue()
