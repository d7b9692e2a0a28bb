"""Share links: made, listed and withdrawn by the household; opened by whoever has one.

What a link shows comes after a press of a button (POST): the robots by which messengers draw a
preview of an address only read, so they see no person and are not counted.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from certificates.access import citizen_account, household_certificate
from certificates.card import card_of
from certificates.forms.sharing import ShareForm
from certificates.models import CertificateStatus, ShareLink
from certificates.services import sharing
from vaxplatform.errors import DomainError, add_to_form
from vaxplatform.qr import qr_svg

no_store = cache_control(private=True, no_store=True)
HOUR_IN_SECONDS = 3600
View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class ListedLink:
    """A link of one's own in the list, with its state in words."""

    link: ShareLink
    kind: str
    state: "str | Promise"
    is_open: bool


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def share(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make a link to this certificate, shown this once; and the links made before."""
    account = citizen_account(request)
    if account is None:
        return redirect_to_login(request.get_full_path())
    certificate = household_certificate(account, public_id)
    now = timezone.now()
    form = ShareForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            made = sharing.share_certificate(
                account=account, dose=certificate.dose, lifetime=form.chosen(), now=now
            )
        except DomainError as refusal:
            add_to_form(form, refusal)
        else:
            context = _shown_once(request, made)
    context |= {
        "certificate": certificate,
        "person": certificate.dose.citizen,
        "form": form,
        "can_share": certificate.status == CertificateStatus.LIVE,
        "links": _listed(sharing.links_of(account=account, dose=certificate.dose), now),
    }
    return render(request, "certificates/share.html", context)


def _shown_once(request: HttpRequest, made: sharing.NewLink) -> dict[str, Any]:
    """The address, and its QR code in capitals, which make a smaller code."""
    path = reverse("certificates:shared", args=[made.secret])
    address = request.build_absolute_uri(path)
    return {
        "made": made.link,
        "address": address,
        "qr": qr_svg(address.upper(), _("QR code of the link")),
    }


def _listed(links: Iterable[ShareLink], now: datetime) -> list[ListedLink]:
    listed = []
    for link in links:
        if link.withdrawn_at is not None:
            listed.append(ListedLink(link, "", _("The link is withdrawn"), is_open=False))
        elif link.expires_at <= now:
            listed.append(ListedLink(link, "", _("The link is over"), is_open=False))
        else:
            listed.append(ListedLink(link, "act", _("The link works"), is_open=True))
    return listed


@require_POST
@no_store
def withdraw(request: HttpRequest, public_id: uuid.UUID, link_id: int) -> HttpResponse:
    """Let a link of one's own show nothing any more; another's is left as it is."""
    account = citizen_account(request)
    if account is None:
        return redirect_to_login(reverse("certificates:share", args=[public_id]))
    certificate = household_certificate(account, public_id)
    sharing.withdraw_link(account=account, link_id=link_id, now=timezone.now())
    messages.success(request, _("The link is withdrawn. It shows nothing any more."))
    return redirect("certificates:share", certificate.public_id)


def _for_link_holders(view: View) -> View:
    """Answers kept by no cache, found by no search engine, and told to no other site.

    Exempt from the CSRF check: without a referrer browsers name no origin either, and all that a
    foreign page could do with a link it knows is to open it.
    """

    @wraps(view)
    @no_store
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return csrf_exempt(guarded)


@_for_link_holders
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, secret: str) -> HttpResponse:
    """What a link shows: first a button, then the certificate."""
    now = timezone.now()
    try:
        if request.method != "POST":
            sharing.require_open(secret=secret, now=now)
            return render(request, "certificates/shared.html")
        certificate = sharing.open_link(secret=secret, now=now)
    except sharing.LinkEnded:
        return render(request, "certificates/shared_ended.html", status=410)
    except sharing.OpenedTooOften as refusal:
        response = render(
            request, "certificates/shared_often.html", {"detail": refusal.detail}, status=429
        )
        response["Retry-After"] = str(HOUR_IN_SECONDS)
        return response
    except DomainError:
        return render(request, "certificates/shared_gone.html", status=404)
    title = _("QR code of the certificate. It says the same as the words beside it.")
    context = {"card": card_of(certificate), "qr": qr_svg(certificate.hcert, title)}
    return render(request, "certificates/shared_certificate.html", context)
