"""What the citizens' pages share: who is signed in, whose record may be opened, no caching."""

import datetime
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import cache_control

from registration.models import Account, Citizen
from registration.selectors import household_of

View = Callable[..., HttpResponse]
SIGNED_IN_FOR = datetime.timedelta(hours=12)

no_store = cache_control(private=True, no_store=True)


def citizen_account(request: HttpRequest) -> Account | None:
    """The phone's account that is signed in; None for strangers and for staff logins."""
    user = request.user
    return user if isinstance(user, Account) and user.is_active and user.phone else None


def account_of(request: HttpRequest) -> Account:
    """The same behind `phone_required`."""
    account = citizen_account(request)
    if account is None:
        raise Http404
    return account


def phone_required(view: View) -> View:
    """Strangers prove their phone first and come back; answers are kept by no cache."""

    @wraps(view)
    @no_store
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if citizen_account(request) is None:
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('registration:account')}?{query}")
        return view(request, *args, **kwargs)

    return guarded


def member_or_404(request: HttpRequest, public_id: Any) -> Citizen:
    """A person of the household; anybody else's record does not exist here."""
    people = household_of(account_of(request)).select_related("province", "ward", "ward__parent")
    found = people.filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: a post, even an empty one, else nothing."""
    return request.POST if request.method == "POST" else None


def safe_next(request: HttpRequest, address: str) -> str:
    """`address` if it stays on this site, else the household's page."""
    stays = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if address and stays else reverse("registration:account")


def session_key(request: HttpRequest) -> str:
    """The key that codes are bound to; makes the session where there is none yet."""
    if not request.session.session_key:
        request.session.create()
    return str(request.session.session_key)
