"""Writing certificates as a forger or a careless country would; only tests may."""

import zlib
from datetime import datetime
from typing import Any

import cbor2

from certificates.hcert import base45, cose, keys

from .conftest import NOW, ONE_YEAR, make_payload


def claims(
    content: Any = None, issued: Any = None, expires: Any = None, **over: Any
) -> dict[Any, Any]:
    """Return signed claims as we would write them, each of them to be replaced."""
    return {
        1: over.get("issuer", "VN"),
        4: int((NOW + ONE_YEAR).timestamp()) if expires is None else seconds(expires),
        6: int(NOW.timestamp()) if issued is None else seconds(issued),
        -260: {1: make_payload() if content is None else content},
    }


def seconds(value: Any) -> Any:
    """Return the seconds of a time, and anything else as it is."""
    return int(value.timestamp()) if isinstance(value, datetime) else value


def message(
    signer: keys.FileSigner,
    payload: bytes,
    *,
    protected: Any = None,
    unprotected: Any = None,
) -> list[Any]:
    """Return the four parts of a message truly signed by `signer`."""
    header = {1: -7, 4: signer.kid} if protected is None else protected
    raw = header if isinstance(header, bytes) else cbor2.dumps(header)
    signature = signer.sign(cose.to_be_signed(raw, payload))
    return [raw, unprotected or {}, payload, signature]


def text(parts: Any, tags: tuple[int, ...] = (18,)) -> str:
    """Return the parts as the text of a certificate, inside `tags` (innermost first)."""
    for tag in tags:
        parts = cbor2.CBORTag(tag, parts)
    return packed(cbor2.dumps(parts))


def packed(data: bytes) -> str:
    """Return any bytes compressed and spelled as a certificate."""
    return "HC1:" + base45.encode(zlib.compress(data))


def certificate(signer: keys.FileSigner, content: Any = None, **over: Any) -> str:
    """Return a truly signed certificate over unusual claims."""
    return text(message(signer, cbor2.dumps(claims(content, **over))))
