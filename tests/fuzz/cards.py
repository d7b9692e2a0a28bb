"""The targets that are SMART Health Cards."""

import json
import zlib
from dataclasses import asdict
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from certificates.shc.card import Issuer, qr_text
from certificates.shc.keys import PublicKey, decode, encode
from certificates.shc.verify import Issuers, verify
from tests.certificates.shc.conftest import NOW, URL, issuer_with, make_card


@cache
def _issuer() -> tuple[Issuer, Issuers]:
    private = ec.generate_private_key(ec.SECP256R1())
    key = PublicKey.of(private.public_key())
    return issuer_with(private), {URL: {key.kid: key}}


@cache
def _good() -> str:
    return make_card(_issuer()[0])


def card(data: bytes) -> None:
    """Any text, and any text in the digits of a card: only what we signed is ever shown."""
    said = verify(_good(), _issuer()[1], NOW).card
    anything = data.decode("utf-8", "surrogateescape")
    for text in (anything, "shc:/" + anything):
        shown = verify(text, _issuer()[1], NOW).card
        assert shown is None or shown == said


def card_content(data: bytes) -> None:
    """Any bytes truly signed where the card's JSON should be; what is shown can be written."""
    issuer, trusted = _issuer()
    header = _good().partition(".")[0]
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    signing_input = f"{header}.{encode(packer.compress(data) + packer.flush())}"
    signature = encode(issuer.sign(signing_input.encode()))
    shown = verify(f"{signing_input}.{signature}", trusted, NOW).card
    if shown is not None:
        json.dumps(asdict(shown), ensure_ascii=False, allow_nan=False).encode()


def card_seeds() -> list[bytes]:
    """Return a card as a JWS, and as its QR code has it."""
    return [_good().encode(), qr_text(_good()).encode()]


def card_content_seeds() -> list[bytes]:
    """Return the JSON of a card, and of one with half a letter, which JSON can say."""
    good = zlib.decompress(decode(_good().split(".")[1]), wbits=-zlib.MAX_WBITS)
    return [good, good.replace("Đ".encode(), b"\\ud800")]
