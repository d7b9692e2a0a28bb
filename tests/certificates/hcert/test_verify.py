"""Reading certificates: every refusal has its reason, and nothing makes the reader fail."""

import math
import zlib
from datetime import datetime, timedelta
from typing import Any

import cbor2
import pytest

from certificates.hcert import base45, cose, keys
from certificates.hcert.revocation import Identity
from certificates.hcert.trust import TrustList
from certificates.hcert.verify import MAX_CHARACTERS, verify

from . import hostile
from .conftest import NOW, ONE_YEAR, Authority, make_payload, trusting
from .hostile import content_of, reason


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


def test_bytes_after_or_missing_from_the_compressed_part_are_refused(
    hcert: str, trust_list: TrustList
) -> None:
    data = base45.decode(hcert[4:])
    for changed in (data + b"\0", data + data, data[:-1], data[:-4], data[:20]):
        assert reason("HC1:" + base45.encode(changed), trust_list) == "inflate"


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


def test_a_changed_content_is_refused(signer: keys.FileSigner, trust_list: TrustList) -> None:
    parts = hostile.message(signer, cbor2.dumps(hostile.claims()))
    parts[2] = parts[2].replace(b"1983", b"1984")
    assert reason(hostile.text(parts), trust_list) == "signature"


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
        {4: 253_402_300_799},  # a time that is in the year 10000 in Viet Nam
        {6: None},
        {6: "now"},
        {1: 84},
        {1: "VN\x00"},
        {1: "V" * 81},
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


def test_claims_inside_another_tag_are_refused(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    tagged = cbor2.dumps(cbor2.CBORTag(18, hostile.claims()))
    assert reason(hostile.text(hostile.message(signer, tagged)), trust_list) == "cwt"


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


@pytest.mark.parametrize("count", [1e300, 1e16, 2**53, 2**64 - 1, math.nan, math.inf, 1.5, 0.0])
def test_a_count_that_is_no_whole_number_of_ordinary_size_is_refused(
    count: Any, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    content = content_of("v")
    content["v"][0] |= {"dn": count}
    assert reason(hostile.certificate(signer, content), trust_list) == "schema"


def test_a_count_written_as_two_point_nought_is_two(
    signer: keys.FileSigner, trust_list: TrustList
) -> None:
    content = content_of("v")
    content["v"][0] |= {"dn": 2.0}
    result = verify(hostile.certificate(signer, content), trust_list, NOW)
    assert result.certificate is not None
    assert repr(result.certificate["entry"]["dn"]) == "2"


@pytest.mark.parametrize("character", ["\x00", "\n", "\x1b", "\x7f", "\x9f"])
def test_an_identifier_with_a_control_character_is_refused_before_anybody_looks_it_up(
    character: str, signer: keys.FileSigner, trust_list: TrustList
) -> None:
    content = content_of("v")
    content["v"][0]["ci"] += character
    assert reason(hostile.certificate(signer, content), trust_list) == "schema"


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
