"""Reading certificates: every refusal has its reason, and nothing makes the reader fail."""

import copy
import json
import math
import tracemalloc
import zlib
from datetime import datetime, timedelta
from typing import Any

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from certificates.hcert import base45, cose, keys
from certificates.hcert.revocation import Identity
from certificates.hcert.trust import TrustedKey, TrustList
from certificates.hcert.verify import MAX_CHARACTERS, Reason, verify

from . import hostile
from .conftest import NOW, ONE_YEAR, Authority, make_payload, trusting


def reason(text: str, trust: TrustList, at: datetime = NOW) -> Reason:
    """Return the reason, having checked what must hold of every verdict."""
    result = verify(text, trust, at)
    assert (result.status == "valid") == (result.reason == "ok") == result.is_valid
    if result.is_valid:
        assert result.certificate is not None
    json.dumps(result.as_dict(), allow_nan=False)
    return result.reason


def test_a_certificate_of_ours_is_valid_and_says_what_was_signed(
    hcert: str, trust_list: TrustList, signer: keys.FileSigner
) -> None:
    result = verify(hcert, trust_list, NOW)
    assert result.as_dict()["status"] == "valid"
    assert result.as_dict()["reason"] == "ok"
    content = make_payload()
    assert result.certificate == {
        "kind": "vaccination",
        "name": "Đặng Thị Bích Phượng",
        "family_name": "Đặng",
        "given_name": "Thị Bích Phượng",
        "standardised_name": "DANG<<THI<BICH<PHUONG",
        "date_of_birth": "1983-10-10",
        "uvci": content["v"][0]["ci"],
        "issuer": "VN",
        "issued_by": "Bộ Y tế",
        "issued_at": "2021-11-06T10:00:00+00:00",
        "expires_at": "2022-11-06T10:00:00+00:00",
        "version": "1.3.0",
        "kid": signer.kid.hex(),
        "entry": content["v"][0],
        "labels": {
            "tg": "COVID-19",
            "vp": "COVID-19 non-replicating viral vector vaccine",
            "mp": "Vaxzevria",
            "ma": "AstraZeneca AB",
        },
    }


def test_line_breaks_around_the_text_are_forgiven_and_spaces_are_not(
    hcert: str, trust_list: TrustList
) -> None:
    assert reason(f"\n{hcert}\r\n", trust_list) == "ok"
    assert reason(f" {hcert}", trust_list) == "not_a_certificate"
    assert reason(f"{hcert} ", trust_list) != "ok"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not_a_certificate"),
        ("hello", "not_a_certificate"),
        ("hc1:6BF", "not_a_certificate"),
        ("HC2:6BF", "not_a_certificate"),
        ("x" * (MAX_CHARACTERS + 1), "too_long"),
        ("HC1:", "inflate"),
        ("HC1:a", "base45"),
        ("HC1:\ud800", "base45"),
        ("HC1:\x00", "base45"),
    ],
)
def test_other_texts_are_refused(text: str, expected: str, trust_list: TrustList) -> None:
    assert reason(text, trust_list) == expected


def test_a_zip_bomb_is_refused_quickly_and_in_little_memory(trust_list: TrustList) -> None:
    huge, small = (
        "HC1:" + base45.encode(zlib.compress(bytes(size), 9)) for size in (50_000_000, 2_000_000)
    )
    assert reason(huge, trust_list) == "too_long"
    assert len(small) <= MAX_CHARACTERS
    tracemalloc.start()
    assert reason(small, trust_list) == "inflate"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_limit_of_inflation_is_sixty_four_kibibytes(trust_list: TrustList) -> None:
    assert reason(hostile.packed(bytes(64 * 1024)), trust_list) == "cbor"
    assert reason(hostile.packed(bytes(64 * 1024 + 1)), trust_list) == "inflate"


def test_bytes_after_or_missing_from_the_compressed_part_are_refused(
    hcert: str, trust_list: TrustList
) -> None:
    data = base45.decode(hcert[4:])
    for changed in (data + b"\0", data + data, data[:-1], data[:-4], data[:20]):
        assert reason("HC1:" + base45.encode(changed), trust_list) == "inflate"


@pytest.mark.parametrize("tags", [(), (18,), (61,), (18, 61)])
def test_the_tags_may_be_there_or_not(
    tags: tuple[int, ...], signer: keys.FileSigner, trust_list: TrustList
) -> None:
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    assert reason(hostile.text(parts, tags), trust_list) == "ok"


@pytest.mark.parametrize("tags", [(17,), (18, 18), (61, 18), (61, 61), (98,)])
def test_other_tags_are_refused(
    tags: tuple[int, ...], signer: keys.FileSigner, trust_list: TrustList
) -> None:
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    assert reason(hostile.text(parts, tags), trust_list) in ("cbor", "cose")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (5, "cose"),
        ({}, "cose"),
        ([b"", {}, b""], "cose"),
        ([b"", {}, None, b""], "cose"),
        ([b"", [], b"", b""], "cose"),
        ([{}, {}, b"", b""], "cose"),
        ([b"\x01", {}, b"", b""], "cose"),
        ([b"\xff", {}, b"", b""], "cbor"),
        ([b"\xa1\x02\x81\x01", {}, b"", b""], "cose"),
        ([b"", {}, b"", b""], "alg"),
    ],
)
def test_other_structures_are_refused(parts: Any, expected: str, trust_list: TrustList) -> None:
    assert reason(hostile.text(parts), trust_list) == expected


def test_bytes_after_the_message_are_refused(hcert: str, trust_list: TrustList) -> None:
    data = zlib.decompress(base45.decode(hcert[4:]))
    assert reason(hostile.packed(data), trust_list) == "ok"
    assert reason(hostile.packed(data + b"\0"), trust_list) == "cbor"


def test_deep_nesting_is_refused(signer: keys.FileSigner, trust_list: TrustList) -> None:
    assert reason(hostile.packed(b"\x81" * 60_000 + b"\0"), trust_list) == "cbor"
    deep = b"\xa1\x01" * 5_000 + b"\0"
    assert reason(hostile.text(hostile.message(signer, deep)), trust_list) == "cwt"


def test_a_claim_given_twice_is_refused(signer: keys.FileSigner, trust_list: TrustList) -> None:
    payload = cbor2.dumps(hostile.claims())
    twice = bytes((payload[0] + 1,)) + payload[1:] + cbor2.dumps(4) + cbor2.dumps(2**31)
    assert reason(hostile.text(hostile.message(signer, twice)), trust_list) == "cwt"
    header = bytes((0xA3,)) + cbor2.dumps({1: -7, 4: signer.kid})[1:] + cbor2.dumps(1) + b"\x26"
    parts = hostile.message(signer, payload, protected=header)
    assert reason(hostile.text(parts), trust_list) == "cbor"


@pytest.mark.parametrize("algorithm", [None, 0, -8, -35, -36, -257, 5, "ES256", "none", -7.0, True])
def test_other_algorithms_are_refused(
    algorithm: Any, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    header = {1: algorithm, 4: signer.kid}
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()), protected=header)
    assert reason(hostile.text(parts), trust_list) == "alg"


def test_a_missing_signature_is_refused(signer: keys.FileSigner, trust_list: TrustList) -> None:
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    for signature in (b"", bytes(64), parts[3][:63], parts[3] + b"\0", bytes(70), b"\xff" * 64):
        assert reason(hostile.text([*parts[:3], signature]), trust_list) == "signature"


def test_the_algorithm_must_be_that_of_the_key(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    parts = hostile.message(
        signer, cbor2.dumps(hostile.claims()), protected={1: cose.PS256, 4: signer.kid}
    )
    assert reason(hostile.text(parts), trust_list) == "signature"


@pytest.mark.parametrize("kid", [None, b"", b"12345678", b"1234", 4, "text", [1]])
def test_a_kid_that_names_no_trusted_key_is_refused(
    kid: Any, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()), protected={1: -7, 4: kid})
    assert reason(hostile.text(parts), trust_list) == "unknown_key"


def test_the_protected_kid_wins_over_the_other(
    signer: keys.FileSigner, authority: Authority
) -> None:
    other = authority.signer()
    trust = trusting(signer, other)
    payload = cbor2.dumps(hostile.claims())

    def judged(protected: Any, unprotected: Any) -> Reason:
        parts = hostile.message(signer, payload, protected=protected, unprotected=unprotected)
        return reason(hostile.text(parts), trust)

    assert judged({1: -7}, {4: signer.kid}) == "ok"
    assert judged({1: -7, 4: signer.kid}, {4: other.kid}) == "ok"
    assert judged({1: -7, 4: other.kid}, {4: signer.kid}) == "signature"
    assert judged({1: -7, 4: b"unknown!"}, {4: signer.kid}) == "unknown_key"
    assert judged(b"", {1: -7, 4: signer.kid}) == "ok"


def test_each_of_several_keys_with_one_kid_is_tried(
    hcert: str, signer: keys.FileSigner, authority: Authority
) -> None:
    right = next(iter(trusting(signer)))
    others = [
        TrustedKey(
            **{
                name: getattr(key, name)
                for name in TrustedKey.__dataclass_fields__
                if name != "kid"
            },
            kid=right.kid,
        )
        for key in trusting(authority.signer(), authority.signer())
    ]
    assert reason(hcert, TrustList([*others, right])) == "ok"
    assert reason(hcert, TrustList([right, *others])) == "ok"
    assert reason(hcert, TrustList(others)) == "signature"


def test_a_changed_content_is_refused(signer: keys.FileSigner, trust_list: TrustList) -> None:
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    parts[2] = parts[2].replace(b"1983", b"1984")
    assert reason(hostile.text(parts), trust_list) == "signature"


def self_signed(key: Any, **usage: Any) -> x509.Certificate:
    """Return a signing certificate over any key."""
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "XX")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - ONE_YEAR)
        .not_valid_after(NOW + ONE_YEAR)
    )
    if oids := usage.get("oids"):
        extension = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in oids])
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1()])
def test_keys_on_other_curves_are_refused(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    certificate = self_signed(key)
    trusted = TrustedKey.from_der(certificate.public_bytes(Encoding.DER))
    header = cbor2.dumps({1: -7, 4: trusted.kid})
    payload = cbor2.dumps(hostile.claims())
    signed = key.sign(cose.to_be_signed(header, payload), ec.ECDSA(hashes.SHA256()))
    size = (curve.key_size + 7) // 8
    signature = b"".join(n.to_bytes(size, "big") for n in decode_dss_signature(signed))
    text = hostile.text([header, {}, payload, signature])
    assert reason(text, TrustList([trusted])) == "key"


@pytest.mark.parametrize(("bits", "expected"), [(1024, "key"), (2048, "ok")])
def test_ps256_is_read_from_rsa_keys_of_2048_bits_on(bits: int, expected: str) -> None:
    key = rsa.generate_private_key(65537, bits)
    trusted = TrustedKey.from_der(self_signed(key).public_bytes(Encoding.DER))
    header = cbor2.dumps({1: cose.PS256, 4: trusted.kid})
    payload = cbor2.dumps(hostile.claims())
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
    signature = key.sign(cose.to_be_signed(header, payload), scheme, hashes.SHA256())
    parts = [header, {}, payload, signature]
    assert reason(hostile.text(parts), TrustList([trusted])) == expected
    if expected == "ok":
        parts[0] = cbor2.dumps({1: cose.ES256, 4: trusted.kid})
        assert reason(hostile.text(parts), TrustList([trusted])) == "signature"


@pytest.mark.parametrize(
    "broken",
    [
        5,
        [],
        {},
        {1: 5},
        {4: None},
        {4: "2022"},
        {4: True},
        {4: math.nan},
        {4: math.inf},
        {4: -1},
        {4: 2**63},
        {6: None},
        {6: "now"},
        {1: 84},
    ],
)
def test_claims_in_another_form_are_refused(
    broken: Any, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    payload = hostile.claims() | broken if isinstance(broken, dict) and broken else broken
    parts = hostile.message(signer, cbor2.dumps(payload))
    assert reason(hostile.text(parts), trust_list) == "cwt"


def test_claims_may_carry_the_tag_of_a_token(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    tagged = cbor2.dumps(cbor2.CBORTag(61, hostile.claims()))
    assert reason(hostile.text(hostile.message(signer, tagged)), trust_list) == "ok"


def test_times_with_a_fraction_are_read(signer: keys.FileSigner, trust_list: TrustList) -> None:
    text = hostile.certificate(signer, issued=NOW.timestamp() + 0.5)
    assert reason(text, trust_list) == "ok"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW - timedelta(seconds=301), "not_yet_valid"),
        (NOW - timedelta(seconds=300), "ok"),
        (NOW + ONE_YEAR + timedelta(seconds=300), "ok"),
        (NOW + ONE_YEAR + timedelta(seconds=301), "expired"),
    ],
)
def test_five_minutes_of_clock_difference_are_forgiven(
    at: datetime, expected: str, hcert: str, trust_list: TrustList
) -> None:
    assert reason(hcert, trust_list, at) == expected
    assert verify(hcert, trust_list, at).certificate is not None


def test_a_signing_certificate_counts_only_inside_its_validity(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    early = hostile.certificate(signer, issued=NOW - timedelta(days=2))
    assert reason(early, trust_list) == "key_expired"
    long = hostile.certificate(signer, expires=NOW + 5 * ONE_YEAR)
    assert reason(long, trust_list, NOW + 3 * ONE_YEAR) == "key_expired"


@pytest.mark.parametrize("arc", keys.USAGE_ARCS)
@pytest.mark.parametrize("usage", "vtr")
@pytest.mark.parametrize("kind", "vtr")
def test_a_key_signs_only_the_content_it_is_for(arc: str, usage: str, kind: str) -> None:
    key = keys.new_private_key()
    certificate = self_signed(key, oids=[f"{arc}.{keys.USAGES[usage]}"])
    foreign = keys.FileSigner(certificate=certificate, private_key=key)
    judged = reason(hostile.certificate(foreign, content_of(kind)), trusting(foreign))
    assert judged == ("ok" if usage == kind else "key_usage")


@pytest.mark.parametrize("oids", [None, ["1.3.6.1.5.5.7.3.2"]])
@pytest.mark.parametrize("kind", "vtr")
def test_a_key_without_a_usage_of_ours_signs_anything(oids: Any, kind: str) -> None:
    key = keys.new_private_key()
    foreign = keys.FileSigner(certificate=self_signed(key, oids=oids), private_key=key)
    text = hostile.certificate(foreign, content_of(kind))
    assert reason(text, trusting(foreign)) == "ok"


def content_of(kind: str) -> dict[str, Any]:
    """Return a health content with one vaccination, test or recovery."""
    common = {"tg": "840539006", "co": "VN", "is": "Bộ Y tế", "ci": "URN:UVCI:01:VN:A#B"}
    entries = {
        "v": make_payload()["v"][0],
        "t": common | {"tt": "LP6464-4", "sc": "2021-11-05T08:00:00+07:00", "tr": "260415000"},
        "r": common | {"fr": "2021-08-01", "df": "2021-08-12", "du": "2022-01-28"},
    }
    person = {field: make_payload()[field] for field in ("ver", "nam", "dob")}
    return person | {kind: [entries[kind]]}


@pytest.mark.parametrize(
    "content",
    [
        5,
        "text",
        [],
        {},
        {"v": []},
        {"v": None},
        {"v": "text"},
        {"v": {}},
        {"v": [1, 2]},
        {**content_of("v"), "t": []},
        {**content_of("v"), "r": None},
        {**content_of("v"), **content_of("t")},
        {**content_of("v"), "v": content_of("v")["v"] * 2},
    ],
)
def test_anything_but_one_entry_is_refused(content: Any, authority: Authority) -> None:
    any_kind = authority.signer(kinds=())
    assert reason(hostile.certificate(any_kind, content), trusting(any_kind)) == "content"


def test_a_malformed_entry_is_refused_and_not_shown(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    for entry in (None, 1, {}, {"ci": []}, content_of("v")["v"][0] | {"dt": "soon"}):
        text = hostile.certificate(signer, content_of("v") | {"v": [entry]})
        result = verify(text, trust_list, NOW)
        assert (result.reason, result.certificate) == ("schema", None)


def test_fields_the_schema_does_not_know_are_not_passed_on(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    entry = content_of("v")["v"][0]
    odd = entry | {"tt": [b"x"], "nm": {1: 2}, "<script>": "x", 7: 8}
    result = verify(
        hostile.certificate(signer, content_of("v") | {"v": [odd], "zz": b"x"}), trust_list, NOW
    )
    assert result.is_valid
    assert result.certificate is not None
    assert result.certificate["entry"] == entry


def test_codes_that_no_value_set_knows_stand_for_themselves(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    content = content_of("v")
    content["v"][0] |= {"mp": "New-Vaccine", "ma": "New-Maker"}
    result = verify(hostile.certificate(signer, content), trust_list, NOW)
    assert result.certificate is not None
    assert result.certificate["labels"]["mp"] == "New-Vaccine"


def test_a_revoked_certificate_is_refused_and_shown(hcert: str, trust_list: TrustList) -> None:
    asked: list[Identity] = []

    def is_revoked(identity: Identity) -> bool:
        asked.append(identity)
        return True

    result = verify(hcert, trust_list, NOW, is_revoked=is_revoked)
    assert result.reason == "revoked"
    assert result.certificate is not None
    (identity,) = asked
    assert identity.uvci == result.certificate["uvci"]
    assert identity.country == "VN"
    assert {len(value) for value in identity.hashes().values()} == {16}
    result = verify(hcert, trust_list, NOW, lambda _: False, lambda _: True)
    assert result.reason == "key_revoked"
    assert verify(hcert, trust_list, NOW, lambda _: False, lambda _: False).is_valid


def test_revocation_is_asked_only_about_certificates_that_are_good_otherwise(
    hcert: str, trust_list: TrustList
) -> None:
    def never(_: Identity) -> bool:
        raise AssertionError("asked about a bad certificate")

    late = NOW + 2 * ONE_YEAR
    assert verify(hcert, trust_list, late, never, never).reason == "expired"
    assert verify(hcert + "000", trust_list, NOW, never, never).reason == "inflate"


def test_nothing_is_shown_of_a_certificate_whose_signature_is_bad(
    hcert: str, authority: Authority
) -> None:
    result = verify(hcert, trusting(authority.signer()), NOW)
    assert (result.reason, result.certificate) == ("unknown_key", None)


def test_the_time_of_verification_must_be_aware(hcert: str, trust_list: TrustList) -> None:
    with pytest.raises(ValueError, match="aware"):
        verify(hcert, trust_list, NOW.replace(tzinfo=None))


@given(text=st.text())
def test_any_text_gets_a_verdict(text: str, trust_list: TrustList) -> None:
    assert reason(text, trust_list) != "ok"
    assert reason("HC1:" + text, trust_list) != "ok"


@given(data=st.data())
def test_a_certificate_cut_or_changed_in_its_text_gets_a_verdict(
    data: st.DataObject, hcert: str, trust_list: TrustList
) -> None:
    place = data.draw(st.integers(0, len(hcert) - 1))
    character = data.draw(st.sampled_from(base45.ALPHABET + "é\n"))
    changed = hcert[:place] + character + hcert[place + 1 :]
    if changed != hcert:
        assert reason(changed, trust_list) != "ok"
    assert reason(hcert[:place], trust_list) != "ok"
    assert reason(hcert[:place] + hcert[place + 1 :], trust_list) != "ok"


@given(data=st.data())
def test_a_certificate_changed_inside_gets_a_verdict(
    data: st.DataObject, hcert: str, trust_list: TrustList
) -> None:
    inside = bytearray(zlib.decompress(base45.decode(hcert[4:])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(inside) - 1))
        inside[place] = data.draw(st.integers(0, 255))
    reason(hostile.packed(bytes(inside)), trust_list)


@given(payload=st.binary(max_size=120))
def test_any_signed_bytes_get_a_verdict(
    payload: bytes, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    text = hostile.text(hostile.message(signer, payload))
    assert reason(text, trust_list) in ("cwt", "content")


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers(-300, 9), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(data=st.data(), odd=_JSON)
def test_signed_content_with_any_odd_field_gets_a_verdict(
    data: st.DataObject, odd: Any, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    claims: Any = copy.deepcopy(hostile.claims())
    place = claims
    while True:
        key = data.draw(st.sampled_from(sorted(place, key=str)))
        deeper = place[key][0] if isinstance(place[key], list) else place[key]
        if not isinstance(deeper, dict) or data.draw(st.booleans()):
            break
        place = deeper
    place[key] = odd
    parts = hostile.message(signer, cbor2.dumps(claims))
    reason(hostile.text(parts), trust_list)
