"""Texts that wait in a session, sealed: its table is no place for names and numbers in clear."""

import base64
import binascii

from django.contrib.sessions.backends.base import SessionBase

from vaxplatform.crypto import CannotUnseal, seal, unseal


def keep_sealed(session: SessionBase, key: str, text: str) -> None:
    session[key] = base64.b64encode(seal(text)).decode()


def kept_sealed(session: SessionBase, key: str) -> str:
    """The text; "" where there is none, or the key that sealed it was retired."""
    try:
        return unseal(base64.b64decode(session.get(key, "")))
    except (CannotUnseal, binascii.Error, ValueError):
        return ""
