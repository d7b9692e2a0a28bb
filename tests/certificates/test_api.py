"""The API of certificates, as systems of sites and verifiers use it."""

import json

import pytest
from django.test import Client

from certificates.services.revocation import revoke_certificate
from registration.models import RecordAccess
from sites.services.access import create_api_client
from tests.factories import make_dose, make_site

pytestmark = pytest.mark.django_db

VERIFY = "/api/v1/certificates/verify/"


def of_site(site) -> Client:
    _client, token = create_api_client(name="HIS", site=site)
    return Client(headers={"Authorization": f"Token {token}"})


def verify(client, body):
    return client.post(VERIFY, json.dumps(body), content_type="application/json")


def test_the_site_that_recorded_a_dose_reads_its_certificate(certificate):
    dose = certificate.dose
    answer = of_site(dose.site).get(f"/api/v1/doses/{dose.public_id}/")
    assert answer.status_code == 200
    body = answer.json()
    assert body["dose_id"] == str(dose.public_id)
    assert body["certificate"] == {
        "uvci": certificate.uvci,
        "public_id": str(certificate.public_id),
        "hcert": certificate.hcert,
        "status": "live",
        "issued_at": body["certificate"]["issued_at"],
        "expires_at": body["certificate"]["expires_at"],
    }
    assert RecordAccess.objects.get(citizen=dose.citizen).client.startswith("HIS")


def test_before_the_certificate_there_is_none_and_the_promise():
    dose = make_dose()
    body = of_site(dose.site).get(f"/api/v1/doses/{dose.public_id}/").json()
    assert body["certificate"] is None
    assert body["certificate_expected_by"].startswith("20")


def test_a_revoked_certificate_is_shown_as_revoked(certificate):
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")
    dose = certificate.dose
    body = of_site(dose.site).get(f"/api/v1/doses/{dose.public_id}/").json()
    assert body["certificate"]["status"] == "revoked"


def test_to_other_sites_and_strangers_the_dose_does_not_exist(certificate):
    address = f"/api/v1/doses/{certificate.dose.public_id}/"
    assert of_site(make_site()).get(address).status_code == 404
    assert Client().get(address).status_code == 401


def test_any_string_gets_a_verdict(certificate, client):
    body = verify(client, {"hcert": certificate.hcert}).json()
    assert (body["status"], body["reason"]) == ("valid", "ok")
    assert body["certificate"]["uvci"] == certificate.uvci
    for text in ("", "HC1:", "x" * 100_000, "HC1:" + "\u0000"):
        answer = verify(client, {"hcert": text})
        assert answer.status_code == 200
        assert answer.json()["status"] == "invalid"


@pytest.mark.parametrize("body", [{}, {"hcert": None}, {"hcert": 5}, {"hcert": ["HC1:"]}, [], "x"])
def test_what_is_no_string_is_400_by_field(body, client):
    answer = verify(client, body)
    assert answer.status_code == 400
    assert "hcert" in answer.json()


def test_what_is_no_json_is_400_and_what_is_too_large_413(client):
    bad = client.post(VERIFY, "{", content_type="application/json")
    assert bad.status_code == 400
    assert verify(client, {"hcert": "A" * 6 * 1024 * 1024}).status_code == 413
