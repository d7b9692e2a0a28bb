"""A certificate in other formats: its pages and files, and the keys that readers look up."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from certificates.access import readable_certificate
from certificates.exceptions import CertificateNotLive
from certificates.models import Certificate, CertificateCopy, CertificateStatus, CopyFormat
from certificates.services import card_keys, copies
from certificates.services.copies import CopyState
from certificates.shc import card as shc
from certificates.shc.verify import read_jws
from vaxplatform.components import SummaryRow
from vaxplatform.errors import DomainError
from vaxplatform.formatting import partial_date
from vaxplatform.qr import qr_svg

REFRESH_SECONDS = 4
SLUGS = {CopyFormat.SMART_HEALTH_CARD: "smart-health-card", CopyFormat.DDCC: "ddcc"}
KEYS_SECONDS = 300  # how old our keys may be that a reader or a cache keeps

no_store = cache_control(private=True, no_store=True)


@dataclass(frozen=True)
class Words:
    """What the page of a format says."""

    title: "str | Promise"
    subtitle: "str | Promise"
    what_for: "str | Promise"
    show: "str | Promise"
    code: "str | Promise"


WORDS = {
    CopyFormat.SMART_HEALTH_CARD: Words(
        title=gettext_lazy("SMART Health Card"),
        subtitle=gettext_lazy("COVID-19 vaccinations"),
        what_for=gettext_lazy(
            "Going abroad? Some countries and the wallets of some phones read a SMART Health Card "
            "instead of the certificate. It names this dose and those before it, and is signed "
            "with the same keys."
        ),
        show=gettext_lazy(
            "Show this code where a SMART Health Card is asked for, together with your passport."
        ),
        code=gettext_lazy(
            "QR code of the SMART Health Card. It says the same as the words beside it."
        ),
    ),
    CopyFormat.DDCC: Words(
        title=gettext_lazy("WHO vaccination code (DDCC:VS)"),
        subtitle=gettext_lazy("COVID-19 vaccination"),
        what_for=gettext_lazy(
            "Only for those who ask for the World Health Organization's own format (DDCC:VS). It "
            "says the same as the certificate, with the lot and the place of the vaccination."
        ),
        show=gettext_lazy(
            "Show this code where the World Health Organization's format is asked for, together "
            "with your passport."
        ),
        code=gettext_lazy("QR code in the format of the World Health Organization."),
    ),
}


@require_safe
@no_store
def copy_page(request: HttpRequest, public_id: uuid.UUID, format: CopyFormat) -> HttpResponse:
    """The copy with its code, or where it is, with the button that asks for it."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _page(request, readable_certificate(request.user, public_id), format)


@require_POST
@no_store
def ask_for_copy(request: HttpRequest, public_id: uuid.UUID, format: CopyFormat) -> HttpResponse:
    """Ask for the copy, then show where it is; asking twice is asking once."""
    page = _address("", public_id, format)
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    certificate = readable_certificate(request.user, public_id)
    try:
        copies.ask_for_copy(
            certificate=certificate, format=format, account=request.user, now=timezone.now()
        )
    except CertificateNotLive:
        pass  # the page says so, and what to do
    except DomainError as refusal:
        return _page(request, certificate, format, refusal=refusal)
    return redirect(page)


@require_safe
@no_store
def smart_health_card_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The file that a wallet app opens."""
    copy = _ready_copy(request, public_id, CopyFormat.SMART_HEALTH_CARD)
    content = shc.card_file(read_jws(copy.text))
    return _file(content, shc.FILE_TYPE, f"{_file_name(copy)}.{shc.FILE_EXTENSION}")


@require_safe
@no_store
def copy_as_svg(request: HttpRequest, public_id: uuid.UUID, format: CopyFormat) -> HttpResponse:
    """The code alone, as a picture that stays sharp at any size."""
    copy = _ready_copy(request, public_id, format)
    svg = qr_svg(copy.text, _("QR code"), standalone=True, level=_level(copy))
    return _file(svg, "image/svg+xml", f"{_file_name(copy)}.svg")


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
    request: HttpRequest,
    certificate: Certificate,
    format: CopyFormat,
    refusal: DomainError | None = None,
) -> HttpResponse:
    copy = copies.find_copy(certificate, format)
    state = copies.state_of(copy)
    live = certificate.status == CertificateStatus.LIVE
    context: dict[str, Any] = {
        "certificate": certificate,
        "person": certificate.dose.citizen,
        "number": certificate.dose.dose_number,
        "format": format.value,
        "words": WORDS[format],
        "state": state.value if live else "ended",
        "refusal": refusal,
        "refresh_seconds": REFRESH_SECONDS if live and state == CopyState.MAKING else None,
        "ask_url": _address("ask-", certificate.public_id, format),
        "page_url": _address("", certificate.public_id, format),
    }
    if copy is not None and live and state == CopyState.READY:
        context |= _shown(copy)
    return render(request, "certificates/copies/copy.html", context)


def _shown(copy: CertificateCopy) -> dict[str, Any]:
    """What is drawn of a signed copy; a card of an earlier address of ours counts as stale."""
    says = copies.what_it_says(copy, timezone.now())
    if says is None:
        return {"state": CopyState.STALE.value}
    title = WORDS[CopyFormat(copy.format)].code
    return {
        "rows": _rows(says),
        "signed_at": copy.signed_at,
        "qr": qr_svg(copy.text, str(title), level=_level(copy)),
    }


def _rows(says: copies.Said) -> list[SummaryRow]:
    return [
        SummaryRow(_("Full name"), says.name),
        SummaryRow(_("Date of birth"), partial_date(says.date_of_birth)),
        *(
            SummaryRow(_("Vaccination on %(day)s") % {"day": partial_date(day)}, vaccine)
            for day, vaccine in says.doses
        ),
    ]


def _ready_copy(request: HttpRequest, public_id: uuid.UUID, format: CopyFormat) -> CertificateCopy:
    """The copy, if it may be shown now. Raises Http404."""
    certificate = readable_certificate(request.user, public_id)
    copy = copies.find_copy(certificate, format)
    if copy is None or certificate.status != CertificateStatus.LIVE:
        raise Http404
    if copies.state_of(copy) != CopyState.READY:
        raise Http404
    return copy


def _address(prefix: str, public_id: uuid.UUID, format: CopyFormat) -> str:
    return reverse(f"certificates:{prefix}{SLUGS[format]}", args=[public_id])


def _level(copy: CertificateCopy) -> str:
    if copy.format == CopyFormat.SMART_HEALTH_CARD:
        return shc.qr_level(read_jws(copy.text))
    return "M"


def _file_name(copy: CertificateCopy) -> str:
    """Says what the file is and nothing of the person; ASCII."""
    name = {CopyFormat.DDCC.value: "who-ddcc"}.get(copy.format, "smart-health-card")
    return f"{name}-{copy.certificate.dose.dose_number}"


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
