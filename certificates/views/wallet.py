"""/wallet/: certificates on this phone, also without a network.

The page is the same for everybody and holds nobody's data, so that a service worker may keep it.
What it shows comes from the browser's own storage (static/certificates/wallet-store.js), put there
by a press of a button; the two addresses below it that answer with personal data need the
household's session and are kept by no cache.
"""

import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from certificates.access import citizen_account, household_certificate
from certificates.wallet import certificates_to_keep, phone_copy
from vaxplatform.offline import Offline, service_worker

no_store = cache_control(private=True, no_store=True)
ANY = uuid.UUID(int=0)  # in an address that a script fills in
BRAND = "#0b3a4d"
ICON_SIDES = (192, 512)


def kept_offline() -> Offline:
    """The page and what it is made of."""
    return Offline(
        name="wallet",
        scope="/wallet/",
        assets=(
            "vaxplatform/site.css",
            "vaxplatform/site.js",
            "vaxplatform/offline.js",
            "vaxplatform/favicon.svg",
            "certificates/citizen.css",
            "certificates/wallet-store.js",
            "certificates/wallet.js",
        ),
        pages=(reverse("certificates:wallet"),),
    )


worker = service_worker(kept_offline)


@require_safe
@cache_control(no_cache=True)
def wallet(request: HttpRequest) -> HttpResponse:
    """The page; it reads no session."""
    return render(request, "certificates/wallet.html", {"any": ANY})


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone reads when the page is added to its home screen."""
    page = reverse("certificates:wallet")
    icons = [
        {
            "src": static(f"certificates/wallet-{side}.png"),
            "sizes": f"{side}x{side}",
            "type": "image/png",
            "purpose": purpose,
        }
        for side in ICON_SIDES
        for purpose in ("any", "maskable")
    ]
    return JsonResponse(
        {
            "id": page,
            "name": _("Certificates on this phone"),
            "short_name": _("Certificates"),
            "lang": get_language(),
            "start_url": page,
            "scope": page,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": BRAND,
            "icons": icons,
        },
        content_type="application/manifest+json",
    )


@require_safe
@no_store
def kept_copy(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A certificate of the household for this phone, or that it ended; 401 when signed out, 404
    for whom it does not concern."""
    account = citizen_account(request)
    if account is None:
        return _signed_out()
    try:
        certificate = household_certificate(account, public_id)
    except Http404:
        return JsonResponse({"code": "not_found"}, status=404)
    return JsonResponse(phone_copy(certificate))


@require_safe
@no_store
def household(request: HttpRequest) -> HttpResponse:
    """The certificates that may be kept; 401 when signed out."""
    account = citizen_account(request)
    if account is None:
        return _signed_out()
    return JsonResponse({"certificates": certificates_to_keep(account)})


def _signed_out() -> HttpResponse:
    return JsonResponse({"code": "signed_out"}, status=401)
