"""Writing a card: what other people's programs read in it."""

import csv
import hashlib
import io
import json
import zlib
from datetime import date, timedelta

import pytest
import qrcode
from cryptography.hazmat.primitives.asymmetric import ec
from fhir.resources.R4B.bundle import Bundle
from jwcrypto.common import base64url_decode
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS, InvalidJWSSignature
from PIL import Image
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from certificates.hcert import valuesets
from certificates.shc import codes
from certificates.shc.bundle import CardDose, CardError, Person
from certificates.shc.card import Issuer, card_file, qr_level, qr_text, rid_of
from certificates.shc.keys import PublicKey, public_jwk, read_key_set, thumbprint
from certificates.shc.limits import MAX_JWS, MAX_JWS_LEVEL_M
from tests.codes import qr_codes
from vaxplatform.qr import qr_matrix, qr_png

from .conftest import DOSES, NOW, URL, issuer_with, make_card


def payload_of(jws: str) -> dict:
    """As another implementation reads it: jwcrypto for the envelope, zlib for the rest."""
    token = JWS()
    token.deserialize(jws)
    return json.loads(zlib.decompress(token.objects["payload"], wbits=-15))


def test_another_jose_library_verifies_the_signature_with_the_published_key(
    jws: str, private_key: ec.EllipticCurvePrivateKey
) -> None:
    published = JWK.from_json(json.dumps(public_jwk(private_key.public_key())))
    token = JWS()
    token.deserialize(jws)
    token.verify(published, alg="ES256")
    assert json.loads(token.objects["protected"]) == {
        "alg": "ES256",
        "zip": "DEF",
        "kid": published.thumbprint(),
    }


def test_another_jose_library_refuses_the_card_with_another_key(jws: str) -> None:
    other = public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())
    token = JWS()
    token.deserialize(jws)
    with pytest.raises(InvalidJWSSignature):
        token.verify(JWK.from_json(json.dumps(other)), alg="ES256")


def test_the_thumbprint_is_the_one_that_another_library_computes() -> None:
    for _ in range(50):  # coordinates with leading zeros too
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        assert thumbprint(key) == JWK.from_pyca(key).thumbprint()


def test_the_claims_are_those_of_the_framework(jws: str) -> None:
    claims = payload_of(jws)
    assert claims["iss"] == URL
    assert claims["nbf"] == int(NOW.timestamp())
    assert "exp" not in claims
    assert claims["vc"]["type"][0] == "https://smarthealth.cards#health-card"
    assert claims["vc"]["credentialSubject"]["fhirVersion"] == "4.0.1"
    assert claims["vc"]["rid"] == rid_of("URN:UVCI:01:VN:ABC#D")
    assert len(claims["vc"]["rid"]) <= 24


def test_the_payload_is_minified_and_raw_deflated(jws: str) -> None:
    packed = base64url_decode(jws.split(".")[1])
    text = zlib.decompress(packed, wbits=-15).decode()
    assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(zlib.error):
        zlib.decompress(packed)


def test_the_bundle_is_fhir_r4_by_another_library(jws: str) -> None:
    bundle = payload_of(jws)["vc"]["credentialSubject"]["fhirBundle"]
    parsed = Bundle.model_validate(bundle)
    assert [entry.resource.get_resource_type() for entry in parsed.entry] == [
        "Patient",
        "Immunization",
        "Immunization",
    ]
    patient, first, second = (entry.resource for entry in parsed.entry)
    assert (patient.name[0].family, patient.name[0].given) == ("Đặng", ["Thị Bích Phượng"])
    assert patient.birthDate == date(1983, 10, 10)
    assert first.occurrenceDateTime == date(2021, 8, 1)
    assert first.patient.reference == parsed.entry[0].fullUrl == "resource:0"
    assert first.vaccineCode.coding[0].code == "210"
    assert second.vaccineCode.coding[0].code == "208"
    assert second.lotNumber == "FK0112"
    assert second.performer[0].actor.display == "Bệnh viện quận Tân Phú"


def test_the_bundle_has_nothing_that_a_code_must_do_without(jws: str) -> None:
    def names(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(names, value.values()))
        return set().union(*map(names, value)) if isinstance(value, list) else set()

    bundle = payload_of(jws)["vc"]["credentialSubject"]["fhirBundle"]
    for resource in (entry["resource"] for entry in bundle["entry"]):
        assert not {"id", "meta", "text", "identifier", "gender", "address"} & set(resource)
    coded = [e["resource"]["vaccineCode"] for e in bundle["entry"][1:]]
    assert names(coded) == {"coding", "system", "code"}


@pytest.mark.parametrize("known", ["1983", "1983-10"])
def test_a_date_of_birth_of_which_a_part_is_known_stays_so(issuer: Issuer, known: str) -> None:
    bundle = payload_of(make_card(issuer, person=Person("Lò", "Thị Mai", known)))["vc"]
    patient = bundle["credentialSubject"]["fhirBundle"]["entry"][0]["resource"]
    assert patient["birthDate"] == known


def test_a_single_name_is_a_family_name(issuer: Issuer) -> None:
    card = payload_of(make_card(issuer, person=Person("Siu", "", "1950")))
    patient = card["vc"]["credentialSubject"]["fhirBundle"]["entry"][0]["resource"]
    assert patient["name"] == [{"family": "Siu"}]


def test_the_code_for_the_screen_decodes_and_is_not_larger_than_version_22(jws: str) -> None:
    matrix = qr_matrix(qr_text(jws))
    assert (len(matrix) - 17) // 4 <= 22
    picture = Image.open(io.BytesIO(qr_png(qr_text(jws), pixels=4)))
    (found,) = qr_codes(picture.convert("L"))
    assert found.text == qr_text(jws)


@pytest.mark.parametrize(
    ("characters", "level", "correction"),
    [(MAX_JWS_LEVEL_M, "M", ERROR_CORRECT_M), (MAX_JWS, "L", ERROR_CORRECT_L)],
)
def test_the_longest_card_of_a_level_is_a_byte_and_a_numeric_segment_in_version_22(
    characters: int, level: str, correction: int
) -> None:
    jws = "e" * characters
    text = qr_text(jws)
    assert qr_level(jws) == level
    matrix = qr_matrix(text, level)
    code = qrcode.QRCode(error_correction=correction)
    code.add_data(QRData(b"shc:/", MODE_8BIT_BYTE), optimize=0)
    code.add_data(QRData(text[5:].encode(), MODE_NUMBER), optimize=0)
    assert code.best_fit() == 22 == (len(matrix) - 17) // 4


def test_a_card_that_is_too_long_does_without_places_then_without_lots(issuer: Issuer) -> None:
    def doses(number: int) -> list[CardDose]:
        return [
            CardDose(
                "EU/1/20/1528",
                date(2021, 1, 1) + timedelta(days=37 * n),
                hashlib.sha256(str(n).encode()).hexdigest()[:20],
                f"Trung tâm Y tế {hashlib.sha256(str(n).encode()).hexdigest()[20:40]}",
            )
            for n in range(number)
        ]

    kept = []
    for number in range(1, 25):
        jws = make_card(issuer, *doses(number))
        assert len(jws) <= MAX_JWS
        entries = payload_of(jws)["vc"]["credentialSubject"]["fhirBundle"]["entry"]
        assert len(entries) == number + 1
        kept.append(("performer" in entries[1]["resource"], "lotNumber" in entries[1]["resource"]))
    assert sorted(set(kept), reverse=True) == [(True, True), (False, True), (False, False)]
    assert kept == sorted(kept, reverse=True)
    with pytest.raises(CardError, match="^too_long$"):
        make_card(issuer, *doses(120))


def test_what_is_no_lot_number_is_left_out(issuer: Issuer) -> None:
    dose = CardDose("EU/1/20/1528", date(2021, 8, 1), "không rõ số lô, xem giấy xác nhận")
    entries = payload_of(make_card(issuer, dose))["vc"]["credentialSubject"]["fhirBundle"]["entry"]
    assert "lotNumber" not in entries[1]["resource"]


@pytest.mark.parametrize(
    ("person", "doses", "reason"),
    [
        (Person("Lò", "Mai", "83"), DOSES, "date_of_birth"),
        (Person(" ", "Mai", "1983"), DOSES, "name"),
        (
            Person("Lò", "Mai", "1983"),
            (CardDose("Unknown", date(2021, 8, 1)),),
            "vaccine_without_code",
        ),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_reason(
    issuer: Issuer, person: Person, doses: tuple[CardDose, ...], reason: str
) -> None:
    with pytest.raises(CardError, match=f"^{reason}$"):
        make_card(issuer, *doses, person=person)


def test_a_wallet_finds_the_card_in_the_file(jws: str) -> None:
    assert json.loads(card_file(jws)) == {"verifiableCredential": [jws]}


def test_every_vaccine_that_is_given_here_has_its_code() -> None:
    with open("sites/data/vaccines.csv", encoding="utf-8") as file:
        given = [row["code"] for row in csv.DictReader(io.StringIO(file.read()))]
    assert given
    assert set(given) <= set(codes.vaccines())


def test_every_code_is_of_a_product_of_the_value_sets_and_of_an_admitted_system() -> None:
    assert set(codes.vaccines()) <= set(valuesets.products())
    assert {vaccine.system for vaccine in codes.vaccines().values()} == set(codes.SYSTEMS.values())


def test_vaccines_without_a_cvx_code_stand_in_other_systems() -> None:
    abdala, hayat = (codes.vaccines()[product] for product in ("Abdala", "Hayat-Vax"))
    assert (abdala.system, abdala.code) == ("http://snomed.info/sct", "33391000087109")
    assert (hayat.system, hayat.code) == ("http://id.who.int/icd/release/11/mms", "XM9FQ7")


def test_a_published_key_set_is_read_back_and_other_keys_are_passed_over() -> None:
    mine = public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), crl_version=3)
    larger = json.loads(JWK.generate(kty="EC", crv="P-384").export_public())
    renamed = {**public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()), "kid": "x"}
    off_curve = {**mine, "x": mine["y"]}
    found = read_key_set({"keys": [larger, renamed, off_curve, "?", mine]})
    assert list(found) == [mine["kid"]]
    with pytest.raises(ValueError, match="not a JSON Web Key Set"):
        read_key_set({"keys": "none"})


def test_only_keys_on_p_256_sign_cards() -> None:
    larger = ec.generate_private_key(ec.SECP384R1()).public_key()
    with pytest.raises(ValueError, match="P-256"):
        PublicKey.of(larger)


def test_two_cards_of_one_moment_differ_in_nothing_but_their_signature() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    one, other = make_card(issuer_with(key)), make_card(issuer_with(key))
    assert one.rsplit(".", 1)[0] == other.rsplit(".", 1)[0]
