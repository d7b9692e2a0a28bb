"""The logins of the demo data, for the sign-in page of an installation that is being tried out."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings


def shown() -> list[tuple[str, str, str]]:
    """(role, username, password) of each demo login; empty unless DEBUG and DEMO are on."""
    if not (settings.DEBUG and getattr(settings, "DEMO", False)):
        return []
    if find_spec("vaxplatform.demo") is None:
        return []
    return list(import_module("vaxplatform.demo").logins())
