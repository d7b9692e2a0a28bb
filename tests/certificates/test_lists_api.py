"""The lists as verifiers download them: cached, packed, readable from anywhere, never an error."""

import base64
import gzip
import json
from datetime import timedelta

import pytest
from cryptography import x509
from django.test import Client
from django.utils import timezone
from jwcrypto import jwk, jws

from certificates import published
from certificates.hcert.revocation import read_offline, uci_hash
from certificates.hcert.trust import TrustList
from certificates.models import PublishedFile, RevocationBatch
from certificates.services.list_signer import load_list_signer
from certificates.services.publishing import publish_lists
from certificates.services.revocation import revoke_certificate
from tests.certificates.conftest import issued
from tests.factories import make_dose

pytestmark = pytest.mark.django_db

TRUST_LIST = "/api/v1/trust-list/"
KEY_SET = "/api/v1/trust-list/jwks.json"
SIGNED = "/api/v1/trust-list/jwks.jws"
BATCHES = "/api/v1/revocations/"
OFFLINE = "/api/v1/revocations/offline.bin"
FILES = [KEY_SET, SIGNED, OFFLINE]


def publish() -> None:
    publish_lists(timezone.now())


def revoke(certificate) -> None:
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")


@pytest.fixture
def lists(certificate):
    """Everything published, with one revoked certificate."""
    revoke(certificate)
    issued(make_dose())
    publish()
    return certificate


@pytest.mark.parametrize("address", [*FILES, BATCHES])
def test_before_a_worker_has_published_it_is_503_with_a_sentence(address, client):
    answer = client.get(address)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["code"] == "not_published_yet"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("address", [TRUST_LIST, *FILES, BATCHES])
def test_a_list_is_public_cached_readable_from_any_origin_and_304_when_unchanged(
    lists, address, client
):
    first = client.get(address, headers={"Origin": "https://verifier.example"})
    assert first.status_code == 200
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert "public" in first.headers["Cache-Control"]
    assert "max-age=" in first.headers["Cache-Control"]
    assert "Set-Cookie" not in first.headers
    assert "Cookie" not in first.headers.get("Vary", "")  # one copy for all languages
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    other = client.get(address, headers={"If-None-Match": '"something else"'})
    assert other.content == first.content


@pytest.mark.parametrize("address", FILES)
def test_a_file_says_when_it_changed(lists, address, client):
    first = client.get(address)
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert client.get(address, headers=since).status_code == 304
    older = {"If-Modified-Since": "Sat, 06 Nov 2021 10:00:00 GMT"}
    assert client.get(address, headers=older).status_code == 200


@pytest.mark.parametrize("address", [TRUST_LIST, KEY_SET, SIGNED])
def test_text_is_packed_where_the_client_can_unpack_it(lists, address, client):
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content)
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    again = client.get(
        address,
        headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]},
    )
    assert again.status_code == 304


def test_the_offline_file_is_not_packed_again(lists, client):
    answer = client.get(OFFLINE, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("address", [TRUST_LIST, *FILES, BATCHES])
def test_a_list_has_one_form_whatever_is_accepted_and_answers_head_and_preflight(
    lists, address, client
):
    assert client.get(address, headers={"Accept": "application/x-odd"}).status_code == 200
    head = client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    preflight = client.options(address, headers={"Origin": "https://verifier.example"})
    assert preflight.status_code == 204
    assert "If-None-Match" in preflight.headers["Access-Control-Allow-Headers"]
    assert client.post(address).status_code == 405


def test_another_reader_believes_the_signed_key_set_and_finds_our_certificates_key(lists, client):
    token = client.get(SIGNED).content.decode()
    read = jws.JWS()
    read.deserialize(token)
    signer_der, csca_der = map(base64.b64decode, read.jose_header["x5c"])
    signer, csca = map(x509.load_der_x509_certificate, (signer_der, csca_der))
    signer.verify_directly_issued_by(csca)
    assert csca == x509.load_pem_x509_certificate(lists.key.csca_pem.encode())
    read.verify(jwk.JWK.from_pyca(signer.public_key()))
    assert read.payload == client.get(KEY_SET).content
    kid = base64.b64encode(bytes.fromhex(lists.key.kid)).decode()
    assert jwk.JWKSet.from_json(read.payload.decode()).get_key(kid) is not None


def test_a_revoked_certificate_is_in_the_batch_and_in_the_offline_file(lists, client):
    (listed,) = client.get(BATCHES).json()["batches"]
    assert (listed["country"], listed["deleted"]) == ("VN", False)
    batch = client.get(f"{BATCHES}{listed['batchId']}/").json()
    hashed = base64.b64encode(uci_hash(lists.uvci)).decode()
    assert batch["entries"] == [{"hash": hashed}]
    assert base64.b64decode(batch["kid"]).hex() == lists.key.kid
    assert (batch["country"], batch["hashType"]) == ("VN", "UCI")
    signer = load_list_signer(now=timezone.now()).signer
    read = read_offline(client.get(OFFLINE).content, signer.certificate.public_key())
    assert lists.uvci in read


def test_a_batch_is_kept_by_caches_a_day_for_it_never_changes(lists, client):
    (listed,) = client.get(BATCHES).json()["batches"]
    answer = client.get(f"{BATCHES}{listed['batchId']}/")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "max-age=86400" in answer.headers["Cache-Control"]


def test_a_deleted_batch_is_gone_and_only_told_to_those_who_ask_since_then(lists, client):
    before = timezone.now()
    RevocationBatch.objects.update(deleted_at=before)
    number = RevocationBatch.objects.get().public_id
    assert client.get(f"{BATCHES}{number}/").status_code == 410
    assert client.get(BATCHES).json() == {"more": False, "batches": []}
    since = client.get(BATCHES, {"since": published.written(before)}).json()
    assert [(each["batchId"], each["deleted"]) for each in since["batches"]] == [
        (str(number), True)
    ]
    unknown = "00000000-0000-4000-8000-000000000000"
    assert client.get(f"{BATCHES}{unknown}/").status_code == 404


def test_a_client_asks_for_what_is_new_since_a_date(lists, client):
    (first,) = client.get(BATCHES).json()["batches"]
    later = timezone.now()
    revoke(issued(make_dose()))
    publish()
    new = client.get(BATCHES, {"since": published.written(later)}).json()["batches"]
    assert len(new) == 1
    assert new[0]["batchId"] != first["batchId"]
    assert len(client.get(BATCHES, {"since": first["date"]}).json()["batches"]) == 2
    header = {"If-Modified-Since": published.written(later)}
    answer = client.get(BATCHES, headers=header)
    assert answer.json()["batches"] == new
    assert answer.headers["Cache-Control"] == "no-store"  # a part, under the whole's address
    future = {"If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT"}
    assert client.get(BATCHES, headers=future).status_code == 304


@pytest.mark.parametrize("text", ["", "yesterday", "2021-13-45T00:00:00Z", "\u0000", "9" * 400])
def test_a_date_that_is_none_is_400_and_in_a_header_passed_over(lists, text, client):
    answer = client.get(BATCHES, {"since": text})
    assert answer.status_code == 400
    assert "since" in answer.json()
    odd = {"If-Modified-Since": text.replace("\u0000", "?")}
    assert client.get(BATCHES, headers=odd).status_code == 200


def test_a_long_list_comes_in_parts(lists, client, monkeypatch):
    monkeypatch.setattr(published, "PAGE", 1)
    revoke(issued(make_dose()))
    publish()
    first = client.get(BATCHES).json()
    assert first["more"] is True
    last = client.get(BATCHES, {"since": "2098-01-01T00:00:00Z"}).json()
    assert last == {"more": False, "batches": []}
    dates = list(RevocationBatch.objects.order_by("pk").values_list("created_at", flat=True))
    rest = client.get(BATCHES, {"since": published.written(dates[1])}).json()
    assert rest["more"] is False
    assert len(rest["batches"]) == 1


def test_the_trust_list_verifies_our_certificates(certificate, client):
    trusted = TrustList.from_json(client.get(TRUST_LIST).content.decode())
    assert [key.kid.hex() for key in trusted] == [certificate.key.kid]


def test_the_age_that_caches_may_keep_is_what_the_documentation_says(lists, client):
    assert client.get(SIGNED).headers["Cache-Control"] == "public, max-age=300"
    assert client.get(OFFLINE).headers["Cache-Control"] == "public, max-age=60"
    assert client.get(BATCHES).headers["Cache-Control"] == "public, max-age=60"


def test_reading_a_list_unchanged_does_not_read_its_content(
    lists, client, django_assert_num_queries
):
    etag = client.get(OFFLINE).headers["ETag"]
    with django_assert_num_queries(1) as queries:
        assert client.get(OFFLINE, headers={"If-None-Match": etag}).status_code == 304
    assert '"content"' not in queries[0]["sql"]


def test_the_versions_in_the_files_are_those_of_the_rows(lists, client):
    body = json.loads(client.get(KEY_SET).content)
    assert body["version"] == PublishedFile.objects.get(name="jwks.json").version
    assert timezone.now() - timedelta(minutes=5) < timezone.datetime.fromisoformat(body["issued"])


def test_the_schema_describes_every_list():
    schema = Client().get("/api/schema/", headers={"Accept": "application/json"}).json()
    for address, kind in (
        (KEY_SET, "application/jwk-set+json"),
        (SIGNED, "application/jose"),
        (OFFLINE, "application/octet-stream"),
        (BATCHES, "application/json"),
        (TRUST_LIST, "application/json"),
        (BATCHES + "{public_id}/", "application/json"),
    ):
        answers = schema["paths"][address]["get"]["responses"]
        assert kind in answers["200"]["content"]
        assert "304" in answers
