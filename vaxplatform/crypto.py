"""Identifiers at rest: sealed for reading, and a keyed hash for looking up.

Sealed bytes are `version (1) | nonce (12) | AES-256-GCM ciphertext and tag`. The version names the
key in settings.IDENTIFIER_KEYS, so a new key can be put first while old rows stay readable. The
blind index has a key of its own: who has one key only can either read or search, not both.
"""

import base64
import binascii
import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

NONCE_BYTES = 12
KEY_BYTES = 32
TAG_BYTES = 16
SERIALIZED_PREFIX = "sealed:"


class CannotUnseal(Exception):
    """The bytes were not sealed by us, were changed, or their key is not in IDENTIFIER_KEYS."""


def _decode_key(text: str, setting: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"{setting} needs keys of {KEY_BYTES} bytes in base64.")
    return key


@lru_cache(maxsize=4)
def _ring(entries: tuple[str, ...]) -> tuple[int, dict[int, AESGCM]]:
    """The newest version and every cipher by version."""
    ciphers: dict[int, AESGCM] = {}
    for entry in entries:
        version, separator, text = entry.strip().partition(":")
        if not separator or not version.isdecimal() or not 0 < int(version) < 256:
            raise ImproperlyConfigured('IDENTIFIER_KEYS holds "version:base64", version 1 to 255.')
        if int(version) in ciphers:
            raise ImproperlyConfigured(f"IDENTIFIER_KEYS names version {int(version)} twice.")
        ciphers[int(version)] = AESGCM(_decode_key(text, "IDENTIFIER_KEYS"))
    if not ciphers:
        raise ImproperlyConfigured("IDENTIFIER_KEYS is empty: identifiers cannot be stored.")
    return next(iter(ciphers)), ciphers


def seal(text: str) -> bytes:
    """Encrypt under the newest key. The same text gives other bytes each time."""
    return seal_bytes(text.encode())


def unseal(sealed: bytes) -> str:
    """Decrypt. Raises CannotUnseal."""
    return unseal_bytes(sealed).decode()


def seal_bytes(content: bytes) -> bytes:
    """As `seal`, for a whole file."""
    newest, ciphers = _ring(tuple(settings.IDENTIFIER_KEYS))
    version = bytes([newest])
    nonce = os.urandom(NONCE_BYTES)
    return version + nonce + ciphers[newest].encrypt(nonce, content, version)


def unseal_bytes(sealed: bytes) -> bytes:
    """Decrypt. Raises CannotUnseal."""
    _, ciphers = _ring(tuple(settings.IDENTIFIER_KEYS))
    if len(sealed) < 1 + NONCE_BYTES + TAG_BYTES or sealed[0] not in ciphers:
        raise CannotUnseal
    version, nonce, body = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return ciphers[sealed[0]].decrypt(nonce, body, version)
    except InvalidTag as error:
        raise CannotUnseal from error


def blind_index(kind: str, value: str) -> bytes:
    """32 bytes that are the same for the same kind and (normalised) value: HMAC-SHA256."""
    key = _decode_key(settings.BLIND_INDEX_KEY, "BLIND_INDEX_KEY")
    return hmac.digest(key, kind.encode() + b"\x00" + value.encode(), hashlib.sha256)


class SealedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text that PostgreSQL holds only sealed. It can be tested for null; for looking up there is
    `blind_index` in a column beside it."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            value = seal(value)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else unseal(bytes(value))

    def get_default(self) -> Any:
        """An unset value is an empty text, as in a CharField, not empty bytes."""
        default = super().get_default()
        return "" if default == b"" else default

    def get_lookup(self, lookup_name: str) -> Any:
        """No lookup but `isnull`: comparing sealed bytes would silently never match."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(SERIALIZED_PREFIX):
            return unseal(base64.b64decode(value.removeprefix(SERIALIZED_PREFIX)))
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """A fixture holds it sealed too."""
        text = self.value_from_object(obj)
        return SERIALIZED_PREFIX + base64.b64encode(seal(text)).decode()
