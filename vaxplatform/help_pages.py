"""Help, the statements every public service owes its readers, and the site as an app.

These pages read no session and say the same to everybody.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from vaxplatform.questions import topics

ICONS = {192: "vaxplatform/icon-192.png", 512: "vaxplatform/icon-512.png"}
for_everybody = cache_control(public=True, max_age=60)


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    hotline = settings.HOTLINE
    context |= {"hotline": hotline, "hotline_digits": "".join(filter(str.isdigit, hotline))}
    return render(request, f"vaxplatform/help/{name}.html", context)


@require_safe
@for_everybody
def help_page(request: HttpRequest) -> HttpResponse:
    """Where to turn: report, telephone, questions, statements."""
    return _page(request, "help", topics=topics())


@require_safe
@for_everybody
def accessibility(request: HttpRequest) -> HttpResponse:
    return _page(request, "accessibility")


@require_safe
@for_everybody
def privacy(request: HttpRequest) -> HttpResponse:
    return _page(request, "privacy")


@require_safe
@for_everybody
def manifest(_request: HttpRequest) -> HttpResponse:
    """The web app manifest, with which the site is put on a home screen."""
    return JsonResponse(
        {
            "id": "/",
            "start_url": "/account/",
            "scope": "/",
            "name": _("COVID-19 vaccination"),
            "short_name": _("Health book"),
            "lang": translation.get_language(),
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#0b3a4d",
            "icons": [
                {
                    "src": static(name),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": "any maskable",
                }
                for size, name in ICONS.items()
            ],
            "shortcuts": [
                {"name": _("Health book"), "url": "/account/"},
                {"name": _("Certificates on this phone"), "url": "/wallet/"},
                {"name": _("Check a certificate"), "url": "/verify/"},
            ],
        },
        content_type="application/manifest+json",
    )


urlpatterns = [
    path("help/", help_page, name="help"),
    path("help/accessibility/", accessibility, name="accessibility"),
    path("help/privacy/", privacy, name="privacy"),
    path("manifest.webmanifest", manifest, name="manifest"),
]
