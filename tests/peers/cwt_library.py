"""The Python libraries `cwt` and `base45` as a reader and a writer of certificates."""

import zlib
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

from certificates.hcert import cose, keys
from tests.certificates.hcert.hostile import Foreign

NAMES = {cose.ES256: "ES256", cose.PS256: "PS256"}


def public_key(signer: Foreign | keys.FileSigner, algorithm: int = cose.ES256) -> Any:
    """Return the signer's public key as the library takes it."""
    pem = signer.certificate.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return cwt.COSEKey.from_pem(pem, kid=signer.kid, alg=NAMES[algorithm])


def read(text: str, key: Any) -> dict[Any, Any]:
    """Return the claims of a certificate. Raises what the library raises."""
    raw = zlib.decompress(base45.b45decode(text.removeprefix("HC1:")))
    payload = cwt.COSE.new(verify_kid=True).decode(raw, key)
    claims: dict[Any, Any] = payload if isinstance(payload, dict) else cbor2.loads(payload)
    return claims


def signed(claims: dict[Any, Any], signer: Foreign) -> str:
    """Return a certificate over `claims`, made by the library alone."""
    pem = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = cwt.COSEKey.from_pem(pem, kid=signer.kid, alg=NAMES[signer.algorithm])
    writer = cwt.COSE.new(kid_auto_inclusion=True, alg_auto_inclusion=True)
    message = writer.encode_and_sign(cbor2.dumps(claims), key=key)
    return "HC1:" + base45.b45encode(zlib.compress(message)).decode()
