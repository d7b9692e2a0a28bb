"""/c/<code>: what a phone's camera opens when it reads a check-in QR."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from registration.models import Account
from registration.views.guards import no_store


@no_store
@require_safe
def check_in_code(request: HttpRequest, code: str) -> HttpResponse:
    """Staff go on to the check-in; everybody else reads where to show the code.

    Nothing is looked up here, so a code that exists and one that does not get the same page.
    """
    user = request.user
    if isinstance(user, Account) and user.is_active and user.is_staff:
        query = urlencode({"q": code.upper()})
        return redirect(f"{reverse('sites_staff:check_in')}?{query}")
    return render(request, "registration/check_in_code.html")
