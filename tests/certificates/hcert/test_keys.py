"""Signing certificates, key files and trust lists."""

import base64
import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    pkcs7,
)

from certificates.hcert import keys, revocation
from certificates.hcert.trust import TrustedKey, TrustList, TrustListError

from .conftest import Authority, trusting

PASSWORD = b"correct horse"


def test_a_document_signer_has_the_usages_and_validity_of_the_format(
    signer: keys.FileSigner, authority: Authority
) -> None:
    certificate = signer.certificate
    certificate.verify_directly_issued_by(authority.certificate)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [oid.dotted_string for oid in usage] == ["1.3.6.1.4.1.1847.2021.1.2"]
    assert signer.not_after - signer.not_before == timedelta(days=730)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not basic.ca
    assert authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_authority_answers_for_a_signer_in_the_trust_list(
    signer: keys.FileSigner, authority: Authority
) -> None:
    signature = keys.trust_list_signature(
        dsc=signer.certificate, csca=authority.certificate, csca_key=authority.key
    )
    (embedded,) = pkcs7.load_der_pkcs7_certificates(base64.b64decode(signature))
    assert embedded == authority.certificate


def test_a_key_file_is_encrypted_private_and_never_overwritten(
    tmp_path: Path, signer: keys.FileSigner
) -> None:
    key_path, certificate_path = tmp_path / "dsc.key", tmp_path / "dsc.pem"
    keys.save_private_key(key_path, signer.private_key, PASSWORD)
    certificate_path.write_text(keys.certificate_pem(signer.certificate))
    assert key_path.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        keys.save_private_key(key_path, signer.private_key, PASSWORD)
    loaded = keys.FileSigner.load(key_path, certificate_path, PASSWORD)
    assert loaded.kid == signer.kid
    assert "private_key" not in repr(loaded)
    with pytest.raises(keys.SigningKeyError):
        keys.FileSigner.load(key_path, certificate_path, b"wrong")
    with pytest.raises(keys.SigningKeyError):
        keys.FileSigner.load(key_path, key_path, PASSWORD)


def test_keys_that_cannot_sign_certificates_are_refused(
    tmp_path: Path, signer: keys.FileSigner
) -> None:
    with pytest.raises(keys.SigningKeyError, match="P-256"):
        keys.FileSigner(
            certificate=signer.certificate, private_key=ec.generate_private_key(ec.SECP384R1())
        )
    with pytest.raises(keys.SigningKeyError, match="together"):
        keys.FileSigner(certificate=signer.certificate, private_key=keys.new_private_key())
    with pytest.raises(ValueError, match=r"."):
        keys.save_private_key(tmp_path / "open.key", signer.private_key, b"")
    assert not (tmp_path / "open.key").exists()


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    path = tmp_path / "other.key"
    path.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)
        )
    )
    with pytest.raises(keys.SigningKeyError, match="another kind"):
        keys.load_private_key(path, PASSWORD)


def test_a_trust_list_survives_json(signer: keys.FileSigner, authority: Authority) -> None:
    original = trusting(signer, authority.signer(kinds=()), signer)
    assert len(original) == 2
    text = original.to_json()
    item = json.loads(text)["certificates"][0]
    assert set(item) == {
        "kid",
        "timestamp",
        "country",
        "certificateType",
        "thumbprint",
        "signature",
        "rawData",
    }
    assert item["country"] == "VN"
    again = TrustList.load(text)
    assert {key.thumbprint for key in again} == {key.thumbprint for key in original}
    assert TrustList.load(json.dumps(json.loads(text)["certificates"])).to_json() == again.to_json()
    assert again.to_json() == text
    (key,) = again.find(signer.kid)
    assert key.kinds == {"v"}


def test_other_kinds_of_certificate_in_a_list_are_passed_over(
    signer: keys.FileSigner, authority: Authority
) -> None:
    items = json.loads(trusting(signer).to_json())["certificates"]
    der = authority.certificate.public_bytes(Encoding.DER)
    csca = TrustedKey.from_der(der).as_item() | {"certificateType": "CSCA"}
    assert len(TrustList.from_json(json.dumps([*items, csca]))) == 1


@pytest.mark.parametrize(
    "over",
    [
        {"rawData": ""},
        {"rawData": None},
        {"rawData": "AAAA"},
        {"rawData": "not base64!"},
        {"kid": "AAAAAAAAAAA="},
        {"thumbprint": "00"},
    ],
)
def test_a_list_with_a_false_item_is_not_believed(
    over: dict[str, Any], signer: keys.FileSigner
) -> None:
    items = json.loads(trusting(signer).to_json())["certificates"]
    with pytest.raises(TrustListError):
        TrustList.from_json(json.dumps([items[0] | over]))


@pytest.mark.parametrize(
    "text", ["", "5", "{}", "[1]", '{"certificates": 1}', "-----BEGIN CERTIFICATE-----", "[" * 9999]
)
def test_other_texts_are_no_trust_list(text: str) -> None:
    with pytest.raises(TrustListError):
        TrustList.load(text)


def test_revocation_hashes_of_ecdsa_cover_only_the_half_that_cannot_be_varied() -> None:
    signature = bytes(range(64))
    other_s = signature[:32] + bytes(32)
    hashed = revocation.signature_hash
    assert hashed(signature, ecdsa=True) == hashed(other_s, ecdsa=True)
    assert hashed(signature, ecdsa=False) != hashed(other_s, ecdsa=False)


def test_revocation_hashes_are_truncated_sha256() -> None:
    assert revocation.uci_hash("abc").hex() == "ba7816bf8f01cfea414140de5dae2223"
    assert revocation.country_uci_hash("a", "bc") == revocation.uci_hash("abc")


def test_the_kid_is_taken_from_the_certificate(signer: keys.FileSigner) -> None:
    assert keys.kid(b"abc").hex() == "ba7816bf8f01cfea"
