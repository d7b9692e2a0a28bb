"""What `check --deploy` asks of an installation with people in it."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning


def public_address(**_options: Any) -> list[CheckMessage]:
    """Readers of SMART Health Cards fetch our keys from PUBLIC_URL, by TLS only."""
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    told = "PUBLIC_URL is not an https address, so nobody can verify our SMART Health Cards."
    hint = "Set it to how the world reaches the platform: https://vaccination.example.vn"
    return [Warning(told, hint=hint, id="certificates.W001")]
