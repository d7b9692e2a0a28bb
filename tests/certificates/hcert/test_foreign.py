"""Certificates of other countries: their algorithms, keys, headers, tags and kinds of content."""

import base64
import dataclasses
import json
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from certificates.hcert import cose, keys
from certificates.hcert.trust import TrustedKey, TrustList, TrustListError
from certificates.hcert.verify import verify

from . import hostile
from .conftest import NOW, Authority, trusting
from .hostile import Foreign, content_of, foreign, private_key, reason

BOTH = pytest.mark.parametrize(
    "algorithm", [pytest.param(cose.ES256, id="ES256"), pytest.param(cose.PS256, id="PS256")]
)
KINDS = pytest.mark.parametrize("kind", "vtr")


def judged(signer: Foreign, protected: Any, unprotected: Any, *trusted: Foreign) -> str:
    """Return the reason of a message of `signer` with these headers."""
    payload = cbor2.dumps(hostile.claims())
    parts = hostile.message(signer, payload, protected=protected, unprotected=unprotected)
    return reason(hostile.text(parts), TrustList(f.trusted for f in trusted or (signer,)))


@BOTH
@KINDS
def test_each_kind_of_content_is_read_under_either_algorithm(algorithm: int, kind: str) -> None:
    signer = foreign(algorithm)
    result = verify(hostile.certificate(signer, content_of(kind)), trusting(signer), NOW)
    assert result.is_valid
    assert result.certificate is not None
    assert result.certificate["entry"] == content_of(kind)[kind][0]
    assert result.certificate["kid"] == signer.kid.hex()


@pytest.mark.parametrize("over", [{"tr": "260373001"}, {"sc": "2021-11-07T08:00:00Z"}])
def test_a_positive_test_and_one_of_tomorrow_are_genuine_all_the_same(over: dict[str, str]) -> None:
    signer, content = foreign(), content_of("t")
    content["t"][0] |= over
    result = verify(hostile.certificate(signer, content), trusting(signer), NOW)
    assert result.is_valid
    assert result.certificate is not None
    assert over.items() <= result.certificate["entry"].items()


@BOTH
@pytest.mark.parametrize("arc", keys.USAGE_ARCS)
@pytest.mark.parametrize("usage", "vtr")
@KINDS
def test_a_key_signs_only_the_content_it_is_for(
    algorithm: int, arc: str, usage: str, kind: str
) -> None:
    signer = foreign(algorithm, oids=[f"{arc}.{keys.USAGES[usage]}"])
    found = reason(hostile.certificate(signer, content_of(kind)), trusting(signer))
    assert found == ("ok" if usage == kind else "key_usage")


@KINDS
def test_a_key_may_be_for_two_kinds_one_named_by_each_arc(kind: str) -> None:
    old, new = keys.USAGE_ARCS
    signer = foreign(oids=[f"{old}.{keys.USAGES['v']}", f"{new}.{keys.USAGES['t']}"])
    found = reason(hostile.certificate(signer, content_of(kind)), trusting(signer))
    assert found == ("key_usage" if kind == "r" else "ok")


@pytest.mark.parametrize("oids", [[], ["1.3.6.1.5.5.7.3.2"]])
@KINDS
def test_a_key_without_a_usage_of_certificates_signs_anything(oids: list[str], kind: str) -> None:
    signer = foreign(oids=oids)
    text = hostile.certificate(signer, content_of(kind))
    assert reason(text, trusting(signer)) == "ok"


@BOTH
def test_the_kid_may_stand_in_either_header_and_the_protected_one_wins(algorithm: int) -> None:
    signer, other = foreign(algorithm), foreign(algorithm, key=private_key(algorithm, "another"))
    right, wrong = {4: signer.kid}, {4: other.kid}
    assert judged(signer, {1: algorithm} | right, {}) == "ok"
    assert judged(signer, {1: algorithm}, right) == "ok"
    assert judged(signer, {1: algorithm} | right, right) == "ok"
    assert judged(signer, {1: algorithm} | right, wrong, signer, other) == "ok"
    assert judged(signer, {1: algorithm} | wrong, right, signer, other) == "signature"
    assert judged(signer, {1: algorithm, 4: b"unknown!"}, right) == "unknown_key"
    assert judged(signer, {1: algorithm, 4: None}, right) == "unknown_key"
    assert judged(signer, {1: algorithm}, {}) == "unknown_key"
    assert judged(signer, {1: algorithm}, wrong, signer, other) == "signature"


@BOTH
def test_the_algorithm_may_stand_in_either_header_and_the_protected_one_wins(
    algorithm: int,
) -> None:
    signer = foreign(algorithm)
    kid, other = {4: signer.kid}, {cose.ES256: cose.PS256, cose.PS256: cose.ES256}[algorithm]
    assert judged(signer, kid, {1: algorithm}) == "ok"
    assert judged(signer, b"", {1: algorithm} | kid) == "ok"
    assert judged(signer, {1: algorithm} | kid, {1: other}) == "ok"
    assert judged(signer, {1: other} | kid, {1: algorithm}) == "signature"
    assert judged(signer, {1: -8} | kid, {1: algorithm}) == "alg"


@BOTH
def test_each_of_several_keys_with_one_kid_is_tried(algorithm: int) -> None:
    signer = foreign(algorithm)
    others = [
        _with_kid_of(signer, foreign(each, key=private_key(each, "another"))) for each in (-7, -37)
    ]
    text = hostile.certificate(signer)
    for trusted in ([*others, signer.trusted], [signer.trusted, *others]):
        result = verify(text, TrustList(trusted), NOW)
        assert result.is_valid
    assert reason(text, TrustList(others)) == "signature"


def test_the_usage_of_the_key_that_signed_counts_and_not_of_its_namesake() -> None:
    signer = foreign(oids=[f"{keys.USAGE_ARCS[0]}.{keys.USAGES['t']}"])
    namesake = _with_kid_of(signer, foreign(key=private_key(cose.ES256, "another")))
    text = hostile.certificate(signer, content_of("v"))
    assert reason(text, TrustList([namesake, signer.trusted])) == "key_usage"


def test_a_key_that_must_not_be_used_does_not_hide_its_namesake() -> None:
    signer = foreign()
    weak = _with_kid_of(signer, foreign(key=ec.generate_private_key(ec.SECP384R1())))
    text = hostile.certificate(signer)
    assert reason(text, TrustList([weak, signer.trusted])) == "ok"
    assert reason(text, TrustList([weak])) == "key"


@BOTH
@pytest.mark.parametrize("tags", [(), (18,), (61,), (18, 61)])
def test_the_tags_may_be_there_or_not(algorithm: int, tags: tuple[int, ...]) -> None:
    signer = foreign(algorithm)
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    assert reason(hostile.text(parts, tags), trusting(signer)) == "ok"


@pytest.mark.parametrize("tags", [(17,), (18, 18), (61, 18), (61, 61), (98,)])
def test_other_tags_are_refused(tags: tuple[int, ...]) -> None:
    signer = foreign()
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    assert reason(hostile.text(parts, tags), trusting(signer)) in ("cbor", "cose")


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1()])
def test_keys_on_other_curves_are_refused(curve: ec.EllipticCurve) -> None:
    signer = foreign(key=ec.generate_private_key(curve))
    assert reason(hostile.certificate(signer), trusting(signer)) == "key"


@pytest.mark.parametrize(
    ("bits", "expected"), [(1024, "key"), (2047, "key"), (2048, "ok"), (3072, "ok")]
)
def test_ps256_is_read_from_rsa_keys_of_2048_bits_on(bits: int, expected: str) -> None:
    signer = foreign(key=rsa.generate_private_key(65537, bits))
    assert reason(hostile.certificate(signer), trusting(signer)) == expected


@BOTH
def test_an_algorithm_that_is_not_that_of_the_key_is_refused(algorithm: int) -> None:
    signer = foreign(algorithm)
    named = {cose.ES256: cose.PS256, cose.PS256: cose.ES256}[algorithm]
    assert judged(signer, {1: named, 4: signer.kid}, {}) == "signature"


def test_a_certificate_of_ours_and_foreign_ones_are_read_by_one_list(
    hcert: str, authority: Authority, signer: keys.FileSigner
) -> None:
    both = [foreign(cose.ES256), foreign(cose.PS256)]
    trust = trusting(signer, *both)
    assert reason(hcert, trust) == "ok"
    for each in both:
        assert reason(hostile.certificate(each, issuer="XX"), trust) == "ok"


def _with_kid_of(signer: Foreign, other: Foreign) -> TrustedKey:
    """Return `other` as a key that happens to have the kid of `signer`."""
    return dataclasses.replace(other.trusted, kid=signer.kid)


def test_a_signing_certificate_whose_country_is_no_text_is_refused_with_its_own_error() -> None:
    der = foreign().trusted.der
    odd = der.replace(b"\x55\x04\x06\x13\x02XX", b"\x55\x04\x06\x03\x02\x00X")
    assert odd != der
    with pytest.raises(TrustListError):
        TrustedKey.from_der(odd)


def test_a_list_with_a_certificate_of_an_unknown_version_is_refused_with_its_own_error() -> None:
    der = foreign().trusted.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x30")
    spelled = base64.b64encode(der).decode()
    for text in (
        f"-----BEGIN CERTIFICATE-----\n{spelled}\n-----END CERTIFICATE-----\n",
        json.dumps([{"rawData": spelled}]),
    ):
        with pytest.raises(TrustListError):
            TrustList.load(text)


def test_an_ecdsa_signature_in_der_as_tls_has_it_is_refused() -> None:
    signer = foreign()
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    signed = cose.to_be_signed(parts[0], parts[2])
    parts[3] = signer.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    assert len(parts[3]) > cose.SIGNATURE_BYTES
    assert reason(hostile.text(parts), trusting(signer)) == "signature"


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32), "ok"),
        (padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=20), "signature"),
        (padding.PSS(padding.MGF1(hashes.SHA1()), salt_length=32), "signature"),  # noqa: S303
        (padding.PKCS1v15(), "signature"),
    ],
    ids=["as COSE has it", "another salt", "another mask", "RS256"],
)
def test_ps256_is_read_with_the_salt_and_mask_of_cose_only(scheme: Any, expected: str) -> None:
    signer = foreign(cose.PS256)
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    signed = cose.to_be_signed(parts[0], parts[2])
    parts[3] = signer.key.sign(signed, scheme, hashes.SHA256())
    assert reason(hostile.text(parts), trusting(signer)) == expected
