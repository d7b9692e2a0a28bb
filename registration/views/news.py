"""/account/news/: whether this browser is told when something is new in the health book."""

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from registration import push_wire
from registration.services.push import subscribe, unsubscribe
from registration.views.guards import account_of, phone_required
from vaxplatform.errors import DomainError

WORKER = "registration/push-worker.js"


@phone_required
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """How many browsers of this phone are told, and the button for this one."""
    if not push_wire.is_on():
        raise Http404
    context = {
        "devices": account_of(request).push_subscriptions.count(),
        "application_key": push_wire.application_key(),
    }
    return render(request, "registration/news.html", context)


@phone_required
@require_POST
def news_on(request: HttpRequest) -> HttpResponse:
    """What the browser's script sends when the person said yes."""
    try:
        subscribe(
            account=account_of(request),
            endpoint=request.POST.get("endpoint", ""),
            public_key=request.POST.get("public_key", ""),
            auth_secret=request.POST.get("auth_secret", ""),
            language=get_language() or "vi",
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, _("This browser tells you from now on."))
    return redirect("registration:news")


@phone_required
@require_POST
def news_off(request: HttpRequest) -> HttpResponse:
    """Withdraw, for every browser of this phone: works without JavaScript too."""
    unsubscribe(account=account_of(request))
    messages.success(request, _("No browser tells you any more."))
    return redirect("registration:news")


@require_safe
@cache_control(no_cache=True)
def push_worker(_request: HttpRequest) -> HttpResponse | FileResponse:
    """The service worker that shows the notices; it stands under /account/, which is its scope."""
    path = finders.find(WORKER)
    if not isinstance(path, str):
        raise Http404
    return FileResponse(open(path, "rb"), content_type="text/javascript; charset=utf-8")  # noqa: SIM115
