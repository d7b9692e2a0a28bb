"""The same work by other people's code: the libraries `cwt` and `base45`, and an npm package."""

import base64
import json
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import Any

import base45
import cbor2
import cwt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bench.issuer import YEAR, Issuer, content
from certificates.hcert import keys
from certificates.hcert.verify import verify


class CwtLibrary:
    """Signing and verifying by `cwt` and `base45`, its keys loaded once as ours are."""

    def __init__(self, issuer: Issuer) -> None:
        key = issuer.signer.private_key
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        kid = issuer.signer.kid
        self.issuer = issuer
        self.private = cwt.COSEKey.from_pem(private, kid=kid, alg="ES256")
        self.public = cwt.COSEKey.from_pem(public, kid=kid, alg="ES256")
        self.cose = cwt.COSE.new(kid_auto_inclusion=True, alg_auto_inclusion=True)

    def signed(self) -> str:
        """The content is made by our code, which has no peer there."""
        issued = int(self.issuer.now.timestamp())
        expires = int((self.issuer.now + YEAR).timestamp())
        claims = {1: "VN", 4: expires, 6: issued, -260: {1: content()}}
        message = self.cose.encode_and_sign(cbor2.dumps(claims), key=self.private)
        return "HC1:" + base45.b45encode(zlib.compress(message, 9)).decode()

    def read(self, text: str) -> Any:
        """The signature and the form of CBOR only: no size limit, schema, times or revocations."""
        packed = base45.b45decode(text.removeprefix("HC1:"))
        return cbor2.loads(self.cose.decode(zlib.decompress(packed), self.public))


def dcc_sdk(issuer: Issuer, *, seconds: float) -> dict[str, float] | None:
    """`sign` and `verify` a second of npm's @pathcheck/dcc-sdk; None where npm cannot bring it.

    Installed as pinned into a folder that is dropped afterwards. Each side must read the other.
    """
    if not shutil.which("npm") or not shutil.which("node"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(Path(__file__).parent / "dcc_sdk", folder, dirs_exist_ok=True)
        install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        try:
            subprocess.run(install, cwd=folder, check=True, timeout=300)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        return _asked(folder, issuer, seconds)


def _asked(folder: str, issuer: Issuer, seconds: float) -> dict[str, float]:
    signer = issuer.signer
    key = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    said = content()
    text = issuer.batch.sign(said, issued_at=issuer.now, expires_at=issuer.now + YEAR)
    given = {
        "payload": said,
        "certificate": keys.certificate_pem(signer.certificate),
        "key": key.decode(),
        "kid": base64.b64encode(signer.kid).decode(),
        "der": base64.b64encode(issuer.der).decode(),
        "text": text,
        "seconds": seconds,
    }
    answer = subprocess.run(
        ["node", "rates.cjs"],
        cwd=folder,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(answer.stdout)
    if told["status"] != "verified" or told["content"] != said:
        raise RuntimeError("the package reads something else in our certificate than we wrote")
    theirs = verify(told["text"], issuer.trusted, issuer.now)
    if not theirs.is_valid:
        raise RuntimeError(f"we refuse the package's certificate: {theirs.reason}")
    return {"sign": told["sign"], "verify": told["verify"]}
