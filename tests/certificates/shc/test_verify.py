"""Reading cards: every refusal has its reason, and nothing makes the reader fail."""

import json
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from certificates.shc.card import Issuer, minified, qr_text, rid_of
from certificates.shc.keys import encode, read_key_set
from certificates.shc.verify import Issuers, Reason, verify

from .conftest import NOW, URL, issuer_with, make_card

HEADER = {"alg": "ES256", "zip": "DEF"}


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def sealed(issuer: Issuer, payload: bytes, header: Any = None, *, packed: bool = True) -> str:
    """A card over any bytes, with a good signature."""
    head = minified({**HEADER, "kid": issuer.kid} if header is None else header)
    body = deflated(payload) if packed else payload
    signing_input = f"{encode(head.encode())}.{encode(body)}"
    return f"{signing_input}.{encode(issuer.sign(signing_input.encode()))}"


def claims(**over: Any) -> dict[str, Any]:
    patient = {"resourceType": "Patient", "name": [{"family": "Lò"}], "birthDate": "1983"}
    immunization = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "208"}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": "2021-08-01",
    }
    entries = [
        {"fullUrl": f"resource:{n}", "resource": each}
        for n, each in enumerate((patient, immunization))
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {
        "iss": URL,
        "nbf": int(NOW.timestamp()),
        "vc": {
            "type": ["https://smarthealth.cards#health-card"],
            "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": bundle},
        },
        **over,
    }


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The claims after `change` saw their bundle."""
    made = claims()
    change(made["vc"]["credentialSubject"]["fhirBundle"])
    return made


def reason(text: str, trusted: Issuers, at: datetime = NOW) -> Reason:
    result = verify(text, trusted, at)
    assert result.is_valid == (result.reason is Reason.OK)
    assert not result.is_valid or result.card is not None
    return result.reason


def test_a_card_of_ours_is_valid_as_code_and_as_jws(jws: str, trusted: Issuers) -> None:
    for text in (jws, qr_text(jws), f" {qr_text(jws)}\n", qr_text(jws).replace("shc", "SHC")):
        result = verify(text, trusted, NOW)
        assert result.reason == "ok"
    card = result.card
    assert card is not None
    assert (card.family_name, card.given_name) == ("Đặng", "Thị Bích Phượng")
    assert card.date_of_birth == "1983-10-10"
    assert [(d.given_on, d.vaccine, d.lot) for d in card.doses] == [
        ("2021-08-01", "Vaxzevria", "ABV4690"),
        ("2021-10-20", "Comirnaty", "FK0112"),
    ]


def test_a_card_that_another_library_signed_is_read(trusted: Issuers) -> None:
    key = JWK.generate(kty="EC", crv="P-256")
    token = JWS(deflated(minified(claims(nbf=NOW.timestamp() - 0.5)).encode()))
    header = {**HEADER, "kid": key.thumbprint()}
    token.add_signature(key, alg="ES256", protected=json.dumps(header))
    published = {**json.loads(key.export_public()), "use": "sig", "alg": "ES256"}
    keys = read_key_set({"keys": [{**published, "kid": key.thumbprint()}]})
    assert reason(token.serialize(compact=True), {URL: keys}) == "ok"
    assert reason(token.serialize(compact=True), trusted) == "unknown_key"


def test_a_changed_character_is_refused(jws: str, trusted: Issuers) -> None:
    header, payload, signature = jws.split(".")
    other = "A" if signature[5] != "A" else "B"
    assert reason(f"{header}.{payload}.{signature[:5]}{other}{signature[6:]}", trusted) == (
        "signature"
    )


def test_a_key_of_another_issuer_is_not_believed(jws: str, trusted: Issuers) -> None:
    assert reason(jws, {}) == "unknown_issuer"
    assert reason(jws, {URL + "/": trusted[URL]}) == "unknown_issuer"
    assert reason(jws, {URL: {}}) == "unknown_key"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"alg": "none", "zip": "DEF"}, "header"),
        ({"alg": "HS256", "zip": "DEF"}, "header"),
        ({"alg": "ES256"}, "header"),
        ({"alg": "ES256", "zip": "DEF", "kid": 7}, "header"),
        ({"alg": "ES256", "zip": "DEF", "kid": "k", "crit": ["b64"]}, "header"),
        ([], "header"),
        ({"alg": "ES256", "zip": "DEF", "kid": "k"}, "unknown_key"),
    ],
)
def test_only_es256_with_deflate_is_read(
    issuer: Issuer, trusted: Issuers, header: Any, expected: str
) -> None:
    assert reason(sealed(issuer, minified(claims()).encode(), header), trusted) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not_a_card"),
        ("HC1:6BF", "not_a_card"),
        ("shc:/", "digits"),
        ("shc:/1/2/5676", "chunked"),
        ("shc:/567", "digits"),
        ("shc:/56a6", "digits"),
        ("shc:/٥٦٧٦", "digits"),
        ("a.b", "not_a_card"),
        ("a.b.c.d", "not_a_card"),
        ("e30=.e30.e30", "not_a_card"),
        ("e31.e30.e30", "header"),
        ("x" * 1196, "too_long"),
        ("shc:/" + "5" * 2392, "too_long"),
    ],
)
def test_other_texts_are_refused(trusted: Issuers, text: str, expected: str) -> None:
    assert reason(text, trusted) == expected


def test_an_unpacked_payload_is_bounded_and_whole(issuer: Issuer, trusted: Issuers) -> None:
    good = minified(claims()).encode()
    bomb = deflated(b" " * 400_000)
    assert len(bomb) < 800
    for packed in (
        bomb,
        deflated(good)[:-3],
        deflated(good) + b"!",
        zlib.compress(good),
        good,
    ):
        assert reason(sealed(issuer, packed, packed=False), trusted) == "inflate"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"iss":"a","iss":"b"}',
        b"[" * 20_000,
        b'{"a":' * 6_000,
        minified(claims(nbf=None)).encode(),
        minified(claims(nbf=True)).encode(),
        minified(claims(nbf="1")).encode(),
        minified(claims(nbf=-1)).encode(),
        minified(claims(nbf=10**300)).encode(),
        minified(claims()).encode().replace(b'"nbf":', b'"nbf":NaN,"x":'),
        minified(claims()).encode().replace(b'"nbf":', b'"nbf":1e999,"x":'),
        minified(claims(iss=7)).encode(),
        minified(claims(vc=[])).encode(),
    ],
)
def test_a_payload_that_is_not_a_card_is_refused(
    issuer: Issuer, trusted: Issuers, payload: bytes
) -> None:
    assert reason(sealed(issuer, payload), trusted) == "payload"


def test_a_card_is_valid_from_its_issue_with_five_minutes_grace(jws: str, trusted: Issuers) -> None:
    assert reason(jws, trusted, NOW - timedelta(seconds=300)) == "ok"
    assert reason(jws, trusted, NOW - timedelta(seconds=301)) == "not_yet_valid"
    assert reason(jws, trusted, NOW + timedelta(days=3650)) == "ok"


def test_an_end_that_another_issuer_set_is_kept(issuer: Issuer, trusted: Issuers) -> None:
    card = sealed(issuer, minified(claims(exp=NOW.timestamp() + 60)).encode())
    assert reason(card, trusted, NOW + timedelta(seconds=60)) == "ok"
    assert reason(card, trusted, NOW + timedelta(seconds=61)) == "expired"


@pytest.mark.parametrize(
    "content",
    [
        claims(vc={"type": ["https://example.org#other"]}),
        claims(vc={"type": "https://smarthealth.cards#health-card"}),
        claims(vc={"type": ["https://smarthealth.cards#health-card"]}),
        changed(lambda bundle: bundle.update(resourceType="List")),
        changed(lambda bundle: bundle.update(entry="all")),
        changed(lambda bundle: bundle["entry"].pop(0)),
        changed(lambda bundle: bundle["entry"].pop(1)),
        changed(lambda bundle: bundle["entry"].append(bundle["entry"][0])),
        changed(lambda bundle: bundle["entry"][0]["resource"].update(name=[])),
        changed(lambda bundle: bundle["entry"][0]["resource"].update(birthDate="yesterday")),
        changed(lambda bundle: bundle["entry"][1]["resource"].update(status="not-done")),
        changed(lambda bundle: bundle["entry"][1]["resource"].update(vaccineCode={"coding": []})),
        changed(lambda bundle: bundle["entry"][1]["resource"].update(patient={"reference": "x"})),
        changed(lambda bundle: bundle["entry"][1]["resource"].update(lotNumber=7)),
    ],
)
def test_what_is_no_vaccination_card_of_one_person_is_refused(
    issuer: Issuer, trusted: Issuers, content: dict[str, Any]
) -> None:
    assert reason(sealed(issuer, minified(content).encode()), trusted) == "content"


def test_half_a_letter_which_no_page_could_write_is_refused(
    issuer: Issuer, trusted: Issuers
) -> None:
    said = json.dumps(claims()).replace('"L\\u00f2"', '"L\\ud800"')
    assert "\\ud800" in said
    assert verify(sealed(issuer, said.encode()), trusted, NOW).reason == Reason.CONTENT


def test_a_code_that_nobody_here_knows_is_shown_as_it_is(issuer: Issuer, trusted: Issuers) -> None:
    def other_code(bundle: dict[str, Any]) -> None:
        coding = {"system": "http://hl7.org/fhir/sid/cvx", "code": "999"}
        bundle["entry"][1]["resource"]["vaccineCode"] = {"coding": [coding]}

    result = verify(sealed(issuer, minified(changed(other_code)).encode()), trusted, NOW)
    assert result.card is not None
    assert result.card.doses[0].vaccine == "999"


def test_a_card_that_was_called_back_is_asked_for_by_its_rid(jws: str, trusted: Issuers) -> None:
    asked = []

    def is_revoked(card: Any) -> bool:
        asked.append((card.kid in trusted[URL], card.rid))
        return True

    result = verify(jws, trusted, NOW, is_revoked)
    assert result.reason == "revoked"
    assert result.card is not None
    assert asked == [(True, rid_of("URN:UVCI:01:VN:ABC#D"))]
    assert verify(jws, {}, NOW, is_revoked).reason == "unknown_issuer"
    assert len(asked) == 1


def test_a_time_without_a_zone_is_a_mistake_of_the_caller(jws: str, trusted: Issuers) -> None:
    with pytest.raises(ValueError, match="aware"):
        verify(jws, trusted, NOW.replace(tzinfo=None))


@given(st.text(max_size=2500) | st.from_regex(r"shc:/([0-9]{2}){0,1195}", fullmatch=True))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    assert reason(text, {}) != "ok"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
SOME_KEY = ec.generate_private_key(ec.SECP256R1())


@given(JSON_VALUES, st.sampled_from(["type", "credentialSubject", "rid"]))
def test_no_signed_content_makes_the_reader_fail(value: Any, field: str) -> None:
    issuer = issuer_with(SOME_KEY)
    jwk = {**json.loads(JWK.from_pyca(SOME_KEY.public_key()).export_public()), "kid": issuer.kid}
    keys = read_key_set({"keys": [{**jwk, "use": "sig", "alg": "ES256"}]})
    content = claims()
    content["vc"][field] = value
    result = verify(sealed(issuer, minified(content).encode()), {URL: keys}, NOW)
    assert result.reason in {"ok", "content", "payload", "too_long"}


def test_a_card_of_a_stranger_with_our_address_is_refused(trusted: Issuers) -> None:
    stranger = issuer_with(ec.generate_private_key(ec.SECP256R1()))
    assert reason(make_card(stranger), trusted) == "unknown_key"
