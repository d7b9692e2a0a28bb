"""The public pages that every page links to; the paths are fixed interfaces of the platform."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class NavigationLink:
    """A link of the header or footer; `current` is true on the page itself and below it."""

    url: str
    text: Text
    current: bool = False


MAIN_LINKS = (
    NavigationLink("/register/", _("Register for a shot")),
    NavigationLink("/account/", _("Health book")),
    NavigationLink("/verify/", _("Check a certificate")),
    NavigationLink("/statistics/", _("Statistics")),
    NavigationLink("/support/", _("Help")),
)
FOOTER_LINKS = (
    *MAIN_LINKS[:4],
    NavigationLink("/open-data/", _("Open data")),
    NavigationLink("/support/", _("Report a problem")),
    NavigationLink("/api/docs/", _("For developers")),
    NavigationLink("/staff/", _("Staff sign-in")),
)


def navigation(path: str, links: Sequence[NavigationLink] = MAIN_LINKS) -> list[NavigationLink]:
    """The links with the one that `path` belongs to marked as current."""
    return [replace(link, current=path.startswith(link.url)) for link in links]
