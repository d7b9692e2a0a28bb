"""npm's @pathcheck/dcc-sdk, in the version that `make bench` measures, and what is asked of it.

It is installed only when asked for (`make peers`), never by a test run: npm brings some three
hundred packages from the network with it. Scripts of packages are not run.
"""

import base64
import json
import shutil
import subprocess
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from certificates.hcert import base45, cose
from certificates.hcert.issue import CertificateBatchSigner
from certificates.hcert.keys import FileSigner
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import VerificationResult, verify
from tests.certificates.hcert import hostile
from tests.certificates.hcert.conftest import make_payload

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "bench" / "dcc_sdk" / "package.json"
FOLDER = ROOT / ".data" / "peers"
NAME = "@pathcheck/dcc-sdk"
VERSION: str = json.loads(MANIFEST.read_text())["dependencies"][NAME]
ALGORITHMS = {"ES256": cose.ES256, "PS256": cose.PS256}


def is_installed() -> bool:
    """Tell whether the pinned version is there, and what runs it."""
    found = FOLDER / "node_modules" / NAME / "package.json"
    return (
        shutil.which("node") is not None
        and found.is_file()
        and json.loads(found.read_text())["version"] == VERSION
    )


def install() -> None:
    """Bring the package. Raises OSError or subprocess.SubprocessError where that fails."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.copy(MANIFEST, FOLDER)
    subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=FOLDER,
        check=True,
        timeout=300,
    )


def ask(questions: dict[str, Any]) -> dict[str, Any]:
    """Return what the package answers; see read_and_sign.cjs for the form."""
    script = shutil.copy(Path(__file__).with_name("read_and_sign.cjs"), FOLDER)
    answer = subprocess.run(
        ["node", script],
        cwd=FOLDER,
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


def node_version() -> str:
    """Return the version of what runs it."""
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return found.stdout.strip().removeprefix("v")


def what_it_says_of_ours() -> dict[str, str]:
    """Return its verdict on certificates of ours, good and changed, by what they are."""
    now = datetime.now(UTC)
    ours = hostile.foreign(issued=now)
    batch = CertificateBatchSigner(FileSigner(ours.certificate, ours.key))
    content = make_payload()
    text = batch.sign(content, issued_at=now, expires_at=now + timedelta(days=364))
    rsa = hostile.foreign(cose.PS256, issued=now)
    texts = {
        "ES256, as we issue": text,
        "PS256, as in the sample of 2021": hostile.certificate(rsa, content),
        "kid in the unprotected header": _kid_unprotected(ours, content),
        "one bit of the signature changed": _changed(text),
    }
    known = {each.trusted.kid_base64: _base64(each.trusted.der) for each in (ours, rsa)}
    told = ask({"known": known, "read": list(texts.values()), "sign": []})["read"]
    return {
        what: answer["status"] if answer["content"] in (None, content) else "another content"
        for what, answer in zip(texts, told, strict=True)
    }


def what_we_say_of_its() -> dict[str, VerificationResult]:
    """Return our verdict on certificates that it signed, by what they are."""
    now = datetime.now(UTC)
    signers = {name: hostile.foreign(number, issued=now) for name, number in ALGORITHMS.items()}
    asked = {
        f"{name}, {kind}": {
            "content": hostile.content_of(letter),
            "months": 6,
            "certificate": signer.certificate.public_bytes(Encoding.PEM).decode(),
            "key": _private_pem(signer),
        }
        for name, signer in signers.items()
        for letter, kind in (("v", "a vaccination"), ("t", "a test"), ("r", "a recovery"))
    }
    asked["ES256, without an end"] = asked["ES256, a vaccination"] | {"months": None}
    texts = ask({"known": {}, "read": [], "sign": list(asked.values())})["signed"]
    trust = TrustList(signer.trusted for signer in signers.values())
    then = datetime.now(UTC)
    return {what: verify(text, trust, then) for what, text in zip(asked, texts, strict=True)}


def _kid_unprotected(signer: hostile.Foreign, content: dict[str, Any]) -> str:
    payload = cbor2.dumps(hostile.claims(content))
    parts = hostile.message(signer, payload, protected={1: cose.ES256}, unprotected={4: signer.kid})
    return hostile.text(parts)


def _changed(text: str) -> str:
    """Return the text with the last bit of its signature turned."""
    data = bytearray(zlib.decompress(base45.decode(text[4:])))
    data[-1] ^= 1
    return hostile.packed(bytes(data))


def _private_pem(signer: hostile.Foreign) -> str:
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
