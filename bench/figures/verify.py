"""Judging a certificate on one core, all checks but the database's; beside raw ES256 verification,
the libraries `cwt` and `base45`, and an npm package. And how fast a zip bomb is turned away."""

import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.issuer import Issuer, in_turn
from bench.pace import per_second
from bench.peers import CwtLibrary, dcc_sdk
from bench.result import Result
from certificates.hcert import base45
from certificates.hcert.verify import Reason, verify

FIGURE = "verify a certificate, one core"
ASKED = 5_000
DIFFERENT = 500
IN_A_CODE, IN_A_TEXT = 2, 50  # megabytes of zeros; of the first, a QR code could hold the text
BOMBS_ASKED = 10  # a second: under 100 ms each
AS_LONG_AS_A_CERTIFICATE = bytes(300)


def measure(seconds: int) -> list[Result]:
    issuer = Issuer()
    texts = [issuer.signed() for _each in range(DIFFERENT)]
    for text in texts:
        if not verify(text, issuer.trusted, issuer.now).is_valid:
            raise RuntimeError("we refuse our own certificate")
    key, es256 = issuer.signer.private_key, ec.ECDSA(hashes.SHA256())
    signature, public = key.sign(AS_LONG_AS_A_CERTIFICATE, es256), key.public_key()
    rates = per_second(
        {
            "ours": in_turn(texts, lambda text: verify(text, issuer.trusted, issuer.now)),
            "raw ES256 of cryptography": lambda: public.verify(
                signature, AS_LONG_AS_A_CERTIFICATE, es256
            ),
            "cwt + base45, signature only": in_turn(texts, CwtLibrary(issuer).read),
        },
        seconds=seconds,
    )
    ours = rates.pop("ours")
    if npm := dcc_sdk(issuer, seconds=seconds / 2):
        rates["npm @pathcheck/dcc-sdk"] = npm["verify"]
    results = [
        Result(FIGURE, "certificates", ours, name, rate, ASKED) for name, rate in rates.items()
    ]
    return [*results, *_bombs(issuer, seconds)]


def _bombs(issuer: Issuer, seconds: int) -> list[Result]:
    """The largest bomb that fits a QR code, and one of any length, beside unpacking it whole."""
    small, large = _bomb(IN_A_CODE), _bomb(IN_A_TEXT)
    for text, reason in ((small, Reason.INFLATE), (large, Reason.TOO_LONG)):
        if verify(text, issuer.trusted, issuer.now).reason is not reason:
            raise RuntimeError("a zip bomb was taken for something else")
    rates = per_second(
        {
            "code": lambda: verify(small, issuer.trusted, issuer.now),
            "text": lambda: verify(large, issuer.trusted, issuer.now),
            "whole": lambda: zlib.decompress(base45.decode(small.removeprefix("HC1:"))),
        },
        seconds=seconds,
    )
    reference, whole = f"unpacking {IN_A_CODE} MB whole", rates["whole"]
    return [
        Result(name, "refusals", rates[way], reference, whole, BOMBS_ASKED)
        for way, name in (
            ("code", f"refuse a zip bomb of {IN_A_CODE} MB"),
            ("text", f"refuse a zip bomb of {IN_A_TEXT} MB"),
        )
    ]


def _bomb(megabytes: int) -> str:
    return "HC1:" + base45.encode(zlib.compress(bytes(megabytes * 1024 * 1024), 9))
