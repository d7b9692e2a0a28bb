"""Reading other countries' lists of signing certificates, entry by entry.

A list comes as PEM, as JSON like the EU gateway's (which our own is too), or as a JWK set with
``x5c``. A broken entry does not spoil the others: it comes out with the reason, so that whoever
imports the list sees both. That the list as a whole is genuine, its importer must know.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from certificates.hcert.trust import TrustedKey, TrustListError

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SAME_COUNTRY: Final = {"EL": "GR", "UK": "GB"}
"""Codes that the European Union writes for Greece and the United Kingdom."""
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list. Without a `key`, `problem` says why it cannot be used.

    `place` counts from 1. `country` is two capital letters as the list says, else as the
    certificate does, or empty when neither says any. `is_other` marks what is no document signer
    and was never meant to be one.
    """

    place: int
    key: TrustedKey | None = None
    country: str = ""
    problem: str = ""
    is_other: bool = False


def read_signers(text: str) -> Iterator[Listed]:
    """Yield the entries of a list in any of the forms.

    Raises TrustListError, at once, when `text` as a whole is none of them.
    """
    return iter([_listed(place, item) for place, item in enumerate(_items(text), start=1)])


def normal_country(code: str) -> str:
    """Return a country's two letters as ISO 3166 writes them, or "" for what is no code."""
    if not _COUNTRY.fullmatch(code.strip()):
        return ""
    capital = code.strip().upper()
    return _SAME_COUNTRY.get(capital, capital)


def _items(text: str) -> list[Any]:
    if "-----BEGIN" in text:
        blocks = _PEM.findall(text)
        if not blocks:
            raise TrustListError("no certificate in the PEM text")
        return [{"rawData": "".join(block.split())} for block in blocks]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TrustListError("neither PEM nor JSON") from error
    if isinstance(data, dict):
        data = data.get("certificates", data.get("keys"))
    if not isinstance(data, list):
        raise TrustListError("no list of certificates or keys")
    return data


def _listed(place: int, item: Any) -> Listed:
    """Read one entry; never raises."""
    if not isinstance(item, dict):
        return Listed(place, problem="not an object")
    kind = item.get("certificateType", "DSC")
    if kind != "DSC":
        return Listed(place, problem=f"of another type: {kind!s:.20}", is_other=True)
    try:
        key = TrustedKey.from_der(_der(item))
        _check_names(item, key)
    except TrustListError as error:
        return Listed(place, problem=str(error))
    named = item.get("country")
    country = normal_country(named if isinstance(named, str) and named else key.country)
    return Listed(place, key=key, country=country)


def _der(item: dict[str, Any]) -> bytes:
    """Return the certificate of an entry; of a chain, the first. Raises TrustListError."""
    raw = item.get("rawData")
    chain = item.get("x5c")
    if raw is None and isinstance(chain, list) and chain:
        raw = chain[0]
    if not isinstance(raw, str):
        raise TrustListError("without a certificate (rawData or x5c)")
    try:
        return base64.b64decode(raw, validate=True)
    except (ValueError, binascii.Error) as error:
        raise TrustListError("a certificate that is not base64") from error


def _check_names(item: dict[str, Any], key: TrustedKey) -> None:
    """Refuse an entry whose kid or thumbprint is another's. Raises TrustListError."""
    kid = str(item.get("kid") or key.kid_base64)
    if kid.replace("-", "+").replace("_", "/").rstrip("=") != key.kid_base64.rstrip("="):
        raise TrustListError("a kid that is not that of its certificate")
    if str(item.get("thumbprint") or key.thumbprint).lower() != key.thumbprint:
        raise TrustListError("a thumbprint that is not that of its certificate")
