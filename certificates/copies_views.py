"""A certificate in other formats: its pages and files, and the keys that readers look up."""

import hashlib
import uuid
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from certificates.access import readable_certificate
from certificates.exceptions import CertificateNotLive
from certificates.models import Certificate, CertificateCopy, CertificateStatus
from certificates.services import card_keys, copies
from certificates.services.copies import CopyState
from certificates.shc import card as shc
from certificates.shc.content import Description
from certificates.shc.verify import read_jws
from vaxplatform.components import SummaryRow
from vaxplatform.errors import DomainError
from vaxplatform.formatting import partial_date
from vaxplatform.qr import qr_svg

REFRESH_SECONDS = 4
KEYS_SECONDS = 300  # how old our keys may be that a reader or a cache keeps

no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def smart_health_card(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The card with its code, or where it is, with the button that asks for it."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    certificate = readable_certificate(request.user, public_id)
    return _page(request, certificate)


@require_POST
@no_store
def ask_for_smart_health_card(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for the card, then show where it is; asking twice is asking once."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("certificates:smart-health-card", args=[public_id]))
    certificate = readable_certificate(request.user, public_id)
    try:
        copies.ask_for_copy(certificate=certificate, account=request.user, now=timezone.now())
    except CertificateNotLive:
        pass  # the page says so, and what to do
    except DomainError as refusal:
        return _page(request, certificate, refusal=refusal)
    return redirect("certificates:smart-health-card", public_id)


@require_safe
@no_store
def smart_health_card_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The file that a wallet app opens."""
    certificate, copy = _ready_copy(request, public_id)
    content = shc.card_file(read_jws(copy.text))
    return _file(content, shc.FILE_TYPE, f"{_file_name(certificate)}.{shc.FILE_EXTENSION}")


@require_safe
@no_store
def smart_health_card_svg(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The code alone, as a picture that stays sharp at any size."""
    certificate, copy = _ready_copy(request, public_id)
    svg = qr_svg(copy.text, _("QR code"), standalone=True, level=shc.qr_level(read_jws(copy.text)))
    return _file(svg, "image/svg+xml", f"{_file_name(certificate)}.svg")


@require_safe
def card_key_set(request: HttpRequest) -> HttpResponse:
    """The public keys of SMART Health Cards, for everybody."""
    return _published(request, card_keys.key_set())


@require_safe
def cards_called_back(request: HttpRequest, kid: str) -> HttpResponse:
    """The void cards of a key, for everybody."""
    found = card_keys.called_back(kid)
    if found is None:
        raise Http404
    return _published(request, found)


def _page(
    request: HttpRequest, certificate: Certificate, refusal: DomainError | None = None
) -> HttpResponse:
    copy = copies.find_copy(certificate)
    state = copies.state_of(copy)
    live = certificate.status == CertificateStatus.LIVE
    context: dict[str, Any] = {
        "certificate": certificate,
        "person": certificate.dose.citizen,
        "number": certificate.dose.dose_number,
        "state": state.value if live else "ended",
        "refusal": refusal,
        "refresh_seconds": REFRESH_SECONDS if live and state == CopyState.MAKING else None,
    }
    if copy is not None and live and state == CopyState.READY:
        context |= _shown(copy)
    return render(request, "certificates/copies/smart_health_card.html", context)


def _shown(copy: CertificateCopy) -> dict[str, Any]:
    """What is drawn of a signed card; a card of an earlier address of ours counts as stale."""
    says = copies.description_of(copy, timezone.now())
    if says is None:
        return {"state": CopyState.STALE.value}
    return {
        "rows": _rows(says),
        "signed_at": copy.signed_at,
        "qr": qr_svg(
            copy.text,
            _("QR code of the SMART Health Card. It says the same as the words beside it."),
            level=shc.qr_level(read_jws(copy.text)),
        ),
    }


def _rows(says: Description) -> list[SummaryRow]:
    doses = [
        SummaryRow(_("Vaccination on %(day)s") % {"day": partial_date(dose.given_on)}, dose.vaccine)
        for dose in says.doses
    ]
    return [
        SummaryRow(_("Full name"), f"{says.family_name} {says.given_name}".strip()),
        SummaryRow(_("Date of birth"), partial_date(says.date_of_birth)),
        *doses,
    ]


def _ready_copy(request: HttpRequest, public_id: uuid.UUID) -> tuple[Certificate, CertificateCopy]:
    certificate = readable_certificate(request.user, public_id)
    copy = copies.find_copy(certificate)
    if (
        copy is None
        or certificate.status != CertificateStatus.LIVE
        or copies.state_of(copy) != CopyState.READY
    ):
        raise Http404
    return certificate, copy


def _file_name(certificate: Certificate) -> str:
    """Says what the file is and nothing of the person; ASCII."""
    return f"smart-health-card-{certificate.dose.dose_number}"


def _file(content: str, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content.encode(), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _published(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    """JSON that every site may read and every cache keep for a while."""
    fresh = JsonResponse(document)
    etag = f'"{hashlib.sha256(fresh.content).hexdigest()[:32]}"'
    fresh["ETag"] = etag
    response = get_conditional_response(request, etag=etag, response=fresh) or fresh
    response["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=KEYS_SECONDS)
    return response
