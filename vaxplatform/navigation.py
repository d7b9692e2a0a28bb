"""The public pages that every page links to; the paths are fixed interfaces of the platform."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class NavigationLink:
    """A link of the header or footer; `current` is true on the page itself and below it, and below
    the paths of `also`."""

    url: str
    text: Text
    current: bool = False
    also: tuple[str, ...] = ()


MAIN_LINKS = (
    NavigationLink("/register/", _("Register for a shot")),
    NavigationLink("/account/", _("Health book")),
    NavigationLink("/verify/", _("Check a certificate")),
    NavigationLink("/statistics/", _("Statistics")),
    NavigationLink("/help/", _("Help"), also=("/support/", "/status/")),
)
FOOTER_LINKS = (
    *MAIN_LINKS[:4],
    NavigationLink("/help/", _("Questions and hotline")),
    NavigationLink("/support/", _("Report a problem")),
    NavigationLink("/status/", _("What works now")),
    NavigationLink("/open-data/", _("Open data")),
    NavigationLink("/help/privacy/", _("Your data")),
    NavigationLink("/help/accessibility/", _("Accessibility")),
    NavigationLink("/api/docs/", _("For developers")),
    NavigationLink("/staff/", _("Staff sign-in")),
)


def navigation(path: str, links: Sequence[NavigationLink] = MAIN_LINKS) -> list[NavigationLink]:
    """The links with the one that `path` belongs to marked as current."""
    return [replace(link, current=path.startswith((link.url, *link.also))) for link in links]
