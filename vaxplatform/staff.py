"""The staff's menu: each app registers its own links, two looks show them (work pages, admin)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
GROUPS: dict[str, Text] = {
    "session": _("Vaccination session"),
    "site": _("Vaccination site"),
    "response": _("Response centre"),
    "records": _("Records"),
    "system": _("System"),
}


def signed_in_staff(request: HttpRequest) -> bool:
    """The default permission of a link."""
    user = getattr(request, "user", None)
    return bool(user and user.is_active and user.is_staff)


@dataclass(frozen=True)
class StaffLink:
    """One entry of the staff's menu.

    `group` is a key of GROUPS. `url` may be lazy (`reverse_lazy`). `icon` is one of our icons,
    `symbol` the Material Symbol that the admin shows. `permission` and `badge` are asked with the
    request; a badge is a small count, "" for none.
    """

    group: str
    text: Text
    url: str | Promise
    icon: str = "doc"
    symbol: str = "description"
    permission: Callable[[HttpRequest], bool] = signed_in_staff
    badge: Callable[[HttpRequest], str] | None = None
    order: int = 100


@dataclass(frozen=True)
class ShownLink:
    """A link as one request sees it."""

    text: Text
    url: str
    icon: str
    badge: str
    current: bool


_links: list[StaffLink] = []


def register_staff_links(*links: StaffLink) -> None:
    """Add links to the staff's menu; call it once, from an app's `AppConfig.ready`.

    Lazy addresses are not resolved here, for the urls are not loaded yet. Raises KeyError for a
    group that GROUPS does not know.
    """
    for link in links:
        if link.group not in GROUPS:
            raise KeyError(link.group)
        _links.append(link)


def staff_links() -> list[StaffLink]:
    """All links, in the order of their groups and within them by `order`."""
    groups = list(GROUPS)
    return sorted(_links, key=lambda link: (groups.index(link.group), link.order))


def _grouped(links: Iterable[StaffLink]) -> list[tuple[Text, list[StaffLink]]]:
    return [(GROUPS[key], list(found)) for key, found in groupby(links, key=lambda x: x.group)]


def staff_navigation(request: HttpRequest) -> list[tuple[Text, list[ShownLink]]]:
    """The menu of the work pages: groups with the links this person may follow.

    The current one is the longest address that the page's path starts with.
    """
    allowed = [link for link in staff_links() if link.permission(request)]
    under = [str(link.url) for link in allowed if request.path.startswith(str(link.url))]
    current = max(under, key=len, default="")
    return [
        (
            title,
            [
                ShownLink(
                    text=link.text,
                    url=str(link.url),
                    icon=link.icon,
                    badge=link.badge(request) if link.badge else "",
                    current=str(link.url) == current,
                )
                for link in links
            ],
        )
        for title, links in _grouped(allowed)
    ]


def admin_navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The same menu in the shape that Unfold's sidebar wants."""
    return [
        {
            "title": title,
            "separator": True,
            "items": [
                {
                    "title": link.text,
                    "icon": link.symbol,
                    "link": str(link.url),
                    "permission": link.permission,
                }
                for link in links
            ],
        }
        for title, links in _grouped(staff_links())
    ]
