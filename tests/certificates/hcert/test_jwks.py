"""The signed key set: read back by our own reader, and by another's."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto import jwk, jws

from certificates.hcert import keys
from certificates.hcert.jwks import SignedListError, jwks, read_compact, sign_compact
from certificates.hcert.trust import TrustedKey
from tests.certificates.hcert.conftest import NOW, ONE_YEAR, Authority


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def list_signer(authority) -> keys.FileSigner:
    key = keys.new_private_key()
    certificate = keys.make_list_signer(
        key=key.public_key(),
        csca=authority.certificate,
        csca_key=authority.key,
        now=NOW - timedelta(days=1),
        country="VN",
        organisation="Bộ Y tế",
    )
    return keys.FileSigner(certificate=certificate, private_key=key)


@pytest.fixture(scope="module")
def text(authority, signer) -> bytes:
    key = TrustedKey.from_der(der(signer.certificate))
    named = jwks([(key, der(authority.certificate))], version=3, issued=NOW)
    return json.dumps(named).encode()


@pytest.fixture(scope="module")
def signed(text, list_signer, authority) -> bytes:
    return sign_compact(
        text, list_signer, [der(list_signer.certificate), der(authority.certificate)]
    )


def test_another_reader_finds_our_keys_and_believes_our_signature(
    text, signed, signer, list_signer
):
    read = jws.JWS()
    read.deserialize(signed.decode(), jwk.JWK.from_pyca(list_signer.certificate.public_key()))
    assert read.payload == text
    found = jwk.JWKSet.from_json(read.payload.decode()).get_key(
        base64.b64encode(signer.kid).decode()
    )
    assert found.get_op_key("verify") == signer.certificate.public_key()


def test_the_set_names_kid_chain_and_thumbprint(text, signer, authority):
    (item,) = json.loads(text)["keys"]
    assert base64.b64decode(item["kid"]) == signer.kid
    assert [base64.b64decode(part) for part in item["x5c"]] == [
        der(signer.certificate),
        der(authority.certificate),
    ]
    assert (item["kty"], item["crv"], item["alg"], item["use"]) == ("EC", "P-256", "ES256", "sig")
    assert json.loads(text)["version"] == 3


def test_our_reader_returns_exactly_the_text_that_was_signed(signed, text, authority, list_signer):
    assert read_compact(signed, authority.certificate, at=NOW) == (text, list_signer.certificate)


def test_a_list_under_another_authority_or_outside_its_signers_time_is_not_believed(
    signed, authority
):
    key = keys.new_private_key()
    other = keys.make_csca(key=key, now=NOW - ONE_YEAR, country="VN", organisation="Bộ Y tế")
    with pytest.raises(SignedListError, match="not under the authority"):
        read_compact(signed, other, at=NOW)
    for moment in (NOW - timedelta(days=2), NOW + 2 * ONE_YEAR):
        with pytest.raises(SignedListError, match="not now"):
            read_compact(signed, authority.certificate, at=moment)


def test_the_authority_itself_does_not_sign_lists(text, authority: Authority):
    own = keys.FileSigner(certificate=authority.certificate, private_key=authority.key)
    signed = sign_compact(text, own, [der(authority.certificate)])
    with pytest.raises(SignedListError):
        read_compact(signed, authority.certificate, at=NOW)


@given(data=st.data())
def test_no_character_of_the_signed_list_can_be_changed(signed, authority, data):
    place = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.sampled_from(b"AQgw.9"))
    changed = signed[:place] + bytes((other,)) + signed[place + 1 :]
    if changed == signed:
        return
    with pytest.raises(SignedListError):
        read_compact(changed, authority.certificate, at=NOW)


@given(junk=st.binary(max_size=200))
def test_what_is_no_signed_list_raises_the_typed_error_only(authority, junk):
    header = base64.urlsafe_b64encode(junk).rstrip(b"=")
    for data in (junk, header + b".e30.AA", b"e30." + header + b".AA", b"W10.e30."):
        with pytest.raises(SignedListError):
            read_compact(data, authority.certificate, at=NOW)


def test_a_document_signer_under_the_same_authority_signs_no_lists(text, authority: Authority):
    stolen = authority.signer()
    signed = sign_compact(text, stolen, [der(stolen.certificate), der(authority.certificate)])
    with pytest.raises(SignedListError, match="may not sign lists"):
        read_compact(signed, authority.certificate, at=NOW)
    unlimited = authority.signer(kinds=())
    signed = sign_compact(text, unlimited, [der(unlimited.certificate)])
    with pytest.raises(SignedListError, match="may not sign lists"):
        read_compact(signed, authority.certificate, at=NOW)


def test_a_signer_of_a_version_that_certificates_have_not_raises_the_typed_error_only(
    list_signer, authority
):
    odd = der(list_signer.certificate).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x52")
    signed = sign_compact(b"{}", list_signer, [odd])
    with pytest.raises(SignedListError):
        read_compact(signed, authority.certificate, at=NOW)


def test_the_list_signer_is_for_documents_and_no_document_signer_of_health(list_signer):
    usages = list_signer.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usages.value) == [keys.DOCUMENT_SIGNING]
