"""Whose key signs a dose: groups of provinces, so that one lost key does not void them all.

SIGNING_KEY_GROUPS names them by the codes of provinces: `north:01,02;south:79`. A dose belongs to
the group of its site's province; what is in no group is signed by the group without a name, "".
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NO_GROUP = ""
_GROUP = re.compile(r"([a-z0-9][a-z0-9-]{0,39}):(\d{2}(?:,\d{2})*)")


def group_of_province(code: str) -> str:
    """The group that signs for the sites of the province with this code."""
    return _groups(settings.SIGNING_KEY_GROUPS).get(code, NO_GROUP)


def signing_groups() -> list[str]:
    """Every group that needs a key, the one without a name first."""
    return [NO_GROUP, *sorted(set(_groups(settings.SIGNING_KEY_GROUPS).values()))]


@lru_cache(maxsize=4)
def _groups(text: str) -> Mapping[str, str]:
    """Province code → group. Raises ImproperlyConfigured for a text that cannot be meant."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        match = _GROUP.fullmatch(part.replace(" ", ""))
        if match is None:
            raise ImproperlyConfigured(
                f"SIGNING_KEY_GROUPS: {part!r} is not a group. Write name:code,code;name:code "
                "with small letters, digits or - in the name and two digits a province."
            )
        for code in match[2].split(","):
            if code in found:
                raise ImproperlyConfigured(f"SIGNING_KEY_GROUPS: province {code} stands twice.")
            found[code] = match[1]
    return MappingProxyType(found)
