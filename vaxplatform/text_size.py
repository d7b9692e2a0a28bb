"""Large type for whoever wants it: a cookie and a class of the page, without JavaScript.

Browsers can enlarge text too, but few people find how on a phone, and a family shares one.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

COOKIE = "text_size"
COOKIE_AGE = 60 * 60 * 24 * 365
NORMAL, LARGE = "normal", "large"


def chosen_size(request: HttpRequest | None) -> str:
    """The size of the switch's cookie, else the normal one."""
    wanted = request.COOKIES.get(COOKIE, "") if request is not None else ""
    return LARGE if wanted == LARGE else NORMAL


@csrf_exempt
@require_POST
def switch_text_size(request: HttpRequest) -> HttpResponse:
    """Keep the chosen size in a cookie and go back to the page the reader was on.

    Exempt from the CSRF check for the reason of the language's switch: pages that caches keep
    carry this form.
    """
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(wanted if is_ours else "/")
    size = LARGE if request.POST.get("size") == LARGE else NORMAL
    response.set_cookie(
        COOKIE, size, max_age=COOKIE_AGE, samesite="Lax", secure=request.is_secure(), httponly=True
    )
    return response
