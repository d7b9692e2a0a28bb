"""How the admin forms look: the platform's petrol and greys, square corners, no extra features."""

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Vaccination work"),
    "SITE_HEADER": _("Vaccination work"),
    "SITE_SYMBOL": "vaccines",
    "SITE_URL": "/",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("vaxplatform/favicon.svg"),
        },
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "4px",
    "STYLES": [lambda request: static("vaxplatform/staff.css")],
    "SCRIPTS": [lambda request: static("vaxplatform/staff.js")],
    "COLORS": {
        # --act #0a5f86 is 600, --brand #0b3a4d about 800; the steps between keep the hue
        "primary": {
            "50": "oklch(97.0% .012 225)",
            "100": "oklch(94.2% .020 225)",
            "200": "oklch(87.5% .045 228)",
            "300": "oklch(79.0% .080 231)",
            "400": "oklch(68.0% .100 234)",
            "500": "oklch(54.0% .100 236)",
            "600": "oklch(46.2% .094 237)",
            "700": "oklch(40.5% .080 236)",
            "800": "oklch(34.5% .060 233)",
            "900": "oklch(29.0% .050 232)",
            "950": "oklch(22.0% .038 230)",
        },
        # ink #12222b is 900, ink-2 #465862 is 600, sunk #f1f5f6 is 50
        "base": {
            "50": "oklch(96.8% .004 210)",
            "100": "oklch(94.6% .006 215)",
            "200": "oklch(88.9% .011 220)",
            "300": "oklch(80.5% .017 225)",
            "400": "oklch(66.0% .024 228)",
            "500": "oklch(53.5% .028 230)",
            "600": "oklch(44.8% .028 230)",
            "700": "oklch(36.0% .028 230)",
            "800": "oklch(27.5% .027 230)",
            "900": "oklch(24.4% .027 232)",
            "950": "oklch(19.0% .022 232)",
        },
        "font": {
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-300)",
            "default-light": "var(--color-base-800)",
            "default-dark": "var(--color-base-200)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-50)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "vaxplatform.staff.admin_navigation",
    },
}
