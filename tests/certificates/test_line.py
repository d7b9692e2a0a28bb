"""A certificate of the platform in the hands of libraries that are not ours."""

import json
import zlib
from pathlib import Path

import base45
import cbor2
import cwt
import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from certificates.models import Certificate

SCHEMA = Path(settings.BASE_DIR).parent / "shared/data/hcert/schema/1.3.0/DCC.combined-schema.json"


def content_by_others(certificate: Certificate) -> dict:
    """The health content as `base45`, `zlib` and `cwt` read it, signature verified."""
    dsc = x509.load_pem_x509_certificate(certificate.key.certificate_pem.encode())
    public = dsc.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = cwt.COSEKey.from_pem(public, kid=bytes.fromhex(certificate.key.kid), alg="ES256")
    raw = zlib.decompress(base45.b45decode(certificate.hcert.removeprefix("HC1:")))
    payload = cwt.COSE.new(verify_kid=True).decode(raw, key)
    claims = payload if isinstance(payload, dict) else cbor2.loads(payload)
    assert claims[1] == "VN"
    assert claims[4] == int(certificate.expires_at.timestamp())
    assert claims[6] == int(certificate.issued_at.timestamp())
    return claims[-260][1]


def test_an_independent_library_verifies_an_issued_certificate(certificate):
    content = content_by_others(certificate)
    dose = certificate.dose
    assert content["nam"]["fn"] == "Nguyễn"
    assert content["nam"]["gn"] == "Thị Ánh Tuyết"
    assert content["dob"] == dose.citizen.date_of_birth
    assert content["v"][0]["mp"] == dose.vaccine.code
    assert content["v"][0]["ci"] == certificate.uvci


@pytest.mark.skipif(not SCHEMA.exists(), reason=f"the published schema is not here: {SCHEMA}")
def test_an_issued_certificate_has_the_shape_of_the_published_schema(certificate):
    jsonschema.validate(content_by_others(certificate), json.loads(SCHEMA.read_text()))


def test_the_country_authority_signed_the_key_that_signed_the_certificate(certificate):
    key = certificate.key
    dsc = x509.load_pem_x509_certificate(key.certificate_pem.encode())
    dsc.verify_directly_issued_by(x509.load_pem_x509_certificate(key.csca_pem.encode()))
    assert dsc.not_valid_after_utc > certificate.expires_at
