"""Web push on the wire: who we are (VAPID, RFC 8292), what only the browser can read (RFC 8291,
aes128gcm of RFC 8188), and the POST to its push service (RFC 8030). docs/adr/0027 says why here.
"""

import base64
import datetime
import json
import os
import urllib.error
import urllib.request
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from registration.sms_backends import no_redirects

RECORD_SIZE = 4096
SALT_BYTES = AUTH_BYTES = 16
POINT_BYTES = 65  # an uncompressed point of P-256
TOKEN_LIFE = datetime.timedelta(hours=12)  # 24 at most (RFC 8292, 2)
TTL_SECONDS = 24 * 3600  # a phone that is off for longer misses the notice
GONE = frozenset({404, 410})


class PushNotSent(Exception):
    """The notice did not go out; it is tried again."""


class SubscriptionIsGone(Exception):
    """The browser has withdrawn; its push service knows it no more."""


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises ValueError for what is not base64url."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


@lru_cache(maxsize=4)
def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    try:
        return ec.derive_private_key(int.from_bytes(decode(text)), ec.SECP256R1())
    except ValueError as error:
        raise ImproperlyConfigured("PUSH_KEY is no key of P-256 in base64url.") from error


def is_on() -> bool:
    """Whether this installation has a key to send notices with."""
    return bool(settings.PUSH_KEY)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def application_key() -> str:
    """Our public key, which a browser binds its subscription to; base64url."""
    return encode(_point(_private_key(settings.PUSH_KEY)))


def is_point(data: bytes) -> bool:
    """Whether the bytes are an uncompressed point on P-256."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:
        return False
    return len(data) == POINT_BYTES


def is_push_service(endpoint: str) -> bool:
    """An https address of a push service that browsers use: we call no other host."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    known = any(host == name or host.endswith(f".{name}") for name in settings.PUSH_SERVICES)
    return known and parts.scheme == "https" and parts.port in (None, 443) and "@" not in endpoint


def encrypt(
    text: bytes,
    *,
    public_key: bytes,
    auth_secret: bytes,
    salt: bytes | None = None,
    own_key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message: header and one record. `salt` and `own_key` are made anew for
    each message; they are given only by the test with the example of RFC 8291."""
    salt = salt or os.urandom(SALT_BYTES)
    own_key = own_key or ec.generate_private_key(ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    shared = own_key.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\x00" + public_key + _point(own_key)
    secret = _hkdf(shared, salt=auth_secret, info=info, length=32)
    key = _hkdf(secret, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=16)
    nonce = _hkdf(secret, salt=salt, info=b"Content-Encoding: nonce\x00", length=12)
    header = salt + RECORD_SIZE.to_bytes(4) + bytes([POINT_BYTES]) + _point(own_key)
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)  # 2: the last record


def _hkdf(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def authorization(endpoint: str, *, now: datetime.datetime) -> str:
    """The header that says who sends, to this push service, for half a day."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "sub": settings.PUSH_CONTACT,
    }
    head = encode(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
    signed = f"{head}.{encode(json.dumps(claims).encode())}"
    key = _private_key(settings.PUSH_KEY)
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{encode(r.to_bytes(32) + s.to_bytes(32))}"
    return f"vapid t={token}, k={application_key()}"


def post(endpoint: str, *, body: bytes, now: datetime.datetime, timeout: float) -> None:
    """Hand one message to the push service; raises SubscriptionIsGone or PushNotSent."""
    if not is_push_service(endpoint):
        raise SubscriptionIsGone
    request = urllib.request.Request(  # noqa: S310 - https only, checked above
        endpoint,
        data=body,
        headers={
            "Authorization": authorization(endpoint, now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL_SECONDS),
            "Topic": "news",  # a newer one takes the place of one that was not fetched yet
            "Urgency": "normal",
        },
        method="POST",
    )
    try:
        with no_redirects().open(request, timeout=timeout):
            pass
    except urllib.error.HTTPError as error:
        if error.code in GONE:
            raise SubscriptionIsGone from error
        raise PushNotSent(f"HTTP {error.code}") from error
    except (OSError, ValueError) as error:
        raise PushNotSent(type(error).__name__) from error
