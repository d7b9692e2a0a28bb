"""From the content of a dose to the signed text on one core, without the database; beside raw
ES256 signing, the same by the libraries `cwt` and `base45`, and an npm package."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.issuer import Issuer
from bench.pace import per_second
from bench.peers import CwtLibrary, dcc_sdk
from bench.result import Result

FIGURE = "sign a certificate, one core"
ASKED = 6_000
AS_LONG_AS_A_CERTIFICATE = bytes(300)


def measure(seconds: int) -> list[Result]:
    issuer = Issuer()
    key, es256 = issuer.signer.private_key, ec.ECDSA(hashes.SHA256())
    rates = per_second(
        {
            "ours": issuer.signed,
            "raw ES256 of cryptography": lambda: key.sign(AS_LONG_AS_A_CERTIFICATE, es256),
            "libraries cwt + base45": CwtLibrary(issuer).signed,
        },
        seconds=seconds,
    )
    ours = rates.pop("ours")
    asked = {"raw ES256 of cryptography": 0.2}
    if npm := dcc_sdk(issuer, seconds=seconds / 2):
        rates["npm @pathcheck/dcc-sdk"] = npm["sign"]
        asked["npm @pathcheck/dcc-sdk"] = 5
    return [
        Result(FIGURE, "certificates", ours, name, rate, ASKED, asked.get(name))
        for name, rate in rates.items()
    ]
