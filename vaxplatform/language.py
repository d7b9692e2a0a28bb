"""Which language a page speaks: Vietnamese, unless the reader pressed the switch."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

Handler = Callable[[HttpRequest], HttpResponse]


def chosen_language(request: HttpRequest) -> str:
    """The language of the switch's cookie, else the default: the browser's wish is not asked,
    because phones sold in Viet Nam often say English."""
    wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class LanguageMiddleware:
    """Stands where Django's LocaleMiddleware would. An answer that says the same in every language
    is marked by its view with `speaks_no_language`, so that caches keep one copy for everybody."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate(chosen_language(request))
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        if getattr(response, "speaks_no_language", False):
            return response
        response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ("Cookie",))
        return response


@csrf_exempt
@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back to the page the reader was on.

    Exempt from the CSRF check on purpose: pages that can be kept by caches carry this form, and a
    token would make each of them private. All a stranger could do is change somebody's language.
    """
    return set_language(request)
