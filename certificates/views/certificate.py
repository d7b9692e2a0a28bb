"""Public pages: a certificate for those whom it concerns, and the verifier for everybody."""

import uuid
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from certificates.access import certificate_to_read, is_of_household
from certificates.card import Card, card_of
from certificates.models import Certificate, CertificateStatus
from certificates.pdf import certificate_pdf
from registration.opened import open_until
from vaxplatform.qr import qr_png, qr_svg

no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def certificate(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The certificate with its QR code; one that ended is shown as ended, without the code."""
    if not request.user.is_authenticated and open_until(request, timezone.now()) is None:
        return redirect_to_login(request.get_full_path())
    found = certificate_to_read(request, public_id)
    card = card_of(found)
    context: dict[str, Any] = {
        "certificate": found,
        "person": found.dose.citizen,
        "card": card,
        "is_household": is_of_household(request, found),
    }
    if found.status == CertificateStatus.LIVE:
        context["qr"] = qr_svg(
            found.hcert, _("QR code of the certificate. It says the same as the words beside it.")
        )
    else:
        context["newer"] = Certificate.objects.filter(
            dose=found.dose, status=CertificateStatus.LIVE
        ).first()
    return render(request, "certificates/certificate.html", context)


@require_safe
@no_store
def certificate_as_pdf(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The certificate on one A4 page."""
    card = _live_card(request, public_id)
    name = _("covid-19-certificate-dose-%(number)s") % {"number": card.number}
    return _file(certificate_pdf(card), "application/pdf", f"{name}.pdf")


@require_safe
@no_store
def certificate_as_svg(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The QR code alone, as a picture that stays sharp at any size."""
    card = _live_card(request, public_id)
    svg = qr_svg(card.certificate.hcert, _("QR code"), standalone=True)
    return _file(svg.encode(), "image/svg+xml", f"{_code_name(card)}.svg")


@require_safe
@no_store
def certificate_as_png(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The QR code alone, as a picture that every phone keeps among its photos."""
    card = _live_card(request, public_id)
    return _file(qr_png(card.certificate.hcert), "image/png", f"{_code_name(card)}.png")


def _code_name(card: Card) -> str:
    """A file name that says what it is and nothing of the person; ASCII."""
    return _("covid-19-qr-code-dose-%(number)s") % {"number": card.number}


def _live_card(request: HttpRequest, public_id: uuid.UUID) -> Card:
    found = certificate_to_read(request, public_id)
    if found.status != CertificateStatus.LIVE:
        raise Http404
    return card_of(found)


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
