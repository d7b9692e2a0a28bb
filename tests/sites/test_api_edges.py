"""The edges of `POST /api/v1/doses/`: full sets, broken items, twins, large and foreign bodies."""

import datetime
import json
import threading
import uuid

import pytest
from django.db import connection
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from registration.models import Citizen
from sites.models import Dose, Lot
from tests.factories import make_lot, make_site
from tests.sites.test_api_doses import URL, client_of, item, person, post

pytestmark = pytest.mark.django_db

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@pytest.fixture
def lot():
    return make_lot(site=make_site(), doses=3_000)


@pytest.fixture
def api(lot):
    return client_of(lot.site)


def broken(lot, n):
    """An item that cannot be recorded, of a kind for each `n`."""
    kinds = (
        None,
        "x",
        [],
        {},
        item(lot, n, idempotency_key="x"),
        item(lot, n, citizen=person(n, full_name="x" * 5_000)),
        item(lot, n, citizen=person(n, date_of_birth="31/02/1987")),
        item(lot, n, lot_number="\x00"),
        item(lot, n, lot_number="KHONG-CO"),
        item(lot, n, administered_at="9999-12-31T23:59:59-14:00"),
        item(lot, n, dose_number=-1),
        item(lot, n, citizen=[person(n)]),
    )
    return kinds[n % len(kinds)]


def test_of_a_full_set_every_good_item_is_recorded_whatever_lies_beside_it(api, lot):
    people = [person(n, phone=f"09{n:08d}") for n in range(1_000)]
    body = [
        broken(lot, n // 3) if n % 3 == 0 else item(lot, n, citizen=people[n]) for n in range(1_000)
    ]
    answer = post(api, body)
    assert answer.status_code == 207
    assert len(answer.data) == 1_000
    for n, result in enumerate(answer.data):
        assert (result["status"] == "recorded") == (n % 3 != 0), (n, result)
    keys = [one["idempotency_key"] for n, one in enumerate(body) if n % 3]
    by_key = {str(dose.idempotency_key): str(dose.public_id) for dose in Dose.objects.all()}
    assert [by_key[key] for key in keys] == [r["dose_id"] for r in answer.data if "dose_id" in r]
    assert Dose.objects.count() == Citizen.objects.count() == Lot.objects.get().doses_used == 666


class AnyItem(TestCase):
    """Whatever JSON stands beside it or within it, a good item is recorded and none is a 500."""

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        junk=st.lists(ANYTHING, max_size=4), field=st.sampled_from(sorted(person())), value=ANYTHING
    )
    def test_anything_beside_it(self, junk, field, value):
        lot = make_lot(site=make_site())
        good, odd = item(lot, 1), item(lot, 2, citizen=person(2, **{field: value}))
        text = json.dumps([*junk, good, odd])
        answer = client_of(lot.site).generic("POST", URL, text, content_type="application/json")
        assert answer.status_code == 207
        assert answer.data[len(junk)]["status"] == "recorded"
        assert all(result["status"] == "invalid" for result in answer.data[: len(junk)])


def test_twins_inside_a_set(api, lot):
    one = item(lot, 1)
    other_key = {**one, "idempotency_key": str(uuid.uuid4())}
    same_key = {**one, "vaccinator": "Trần Văn Khác"}
    answer = post(api, [one, one, same_key, other_key])
    said = [(r["status"], r.get("code")) for r in answer.data]
    assert said == [
        ("recorded", None),
        ("duplicate", None),
        ("refused", "idempotency_key_reused"),
        ("refused", "dose_number_taken"),
    ]
    assert Dose.objects.count() == 1


def test_two_doses_of_one_stranger_in_one_set_are_one_person_in_any_order(api, lot):
    def ago(days):
        return (timezone.now() - datetime.timedelta(days=days)).isoformat()

    second = item(lot, 1, dose_number=2, administered_at=ago(10), source="paper")
    first = item(lot, 1, administered_at=ago(80), source="paper")
    answer = post(api, [second, first])
    assert [r["status"] for r in answer.data] == ["recorded", "recorded"]
    assert answer.data[0]["citizen_id"] == answer.data[1]["citizen_id"]
    assert Citizen.objects.count() == 1


def test_one_too_many_is_refused_with_a_sentence_and_nothing_is_done(api, lot):
    answer = post(api, [item(lot, n, citizen=person(n)) for n in range(1_001)])
    assert answer.status_code == 400
    (sentence,) = answer.data["non_field_errors"]
    assert "1" in sentence
    assert "1000" in sentence
    assert not Dose.objects.exists()


def test_the_size_of_a_body_ends_at_five_megabytes(api):
    most = 5 * 1024 * 1024
    for size, status in ((most, 400), (most + 1, 413)):
        text = "[" + " " * (size - 2) + "]"
        answer = api.generic("POST", URL, text, content_type="application/json")
        assert answer.status_code == status
    assert (answer.data["code"], bool(answer.data["detail"])) == ("too_large", True)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/csv"]
)
def test_another_content_type_is_415(api, lot, kind):
    answer = api.generic("POST", URL, json.dumps(item(lot)), content_type=kind)
    assert answer.status_code == 415
    assert answer.data["code"] == "unsupported_media_type"


@pytest.mark.parametrize("path", ["/api/v1/doses/null/", "/api/v1/nothing/", "/api/v1/doses/x"])
def test_an_address_that_is_none_is_404_in_json(api, path):
    answer = api.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json()["code"] == "not_found"
    assert api.get("/nothing/")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_405(api, method):
    assert api.generic(method, URL, "{}", content_type="application/json").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_a_busy_database_is_503_with_the_time_to_come_back_and_then_it_goes(api, lot):
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("LOCK TABLE vaccination_sites_dose IN ACCESS EXCLUSIVE MODE")
                held.set()
                done.wait(20)
                cursor.execute("ROLLBACK")
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    body = item(lot)
    answers = [post(api, body), post(api, [body])]
    done.set()
    thread.join()
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer["Retry-After"]) > 0
        assert answer.data["code"] == "temporarily_unavailable"
    assert post(api, body).status_code == 201


def test_the_schema_is_valid_and_says_all_of_it():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(schema)
    operation = schema["paths"][URL]["post"]
    assert set(operation["responses"]) == {
        *("200", "201", "207", "400", "401", "409", "413", "415", "503"),
    }
    body = operation["requestBody"]["content"]["application/json"]
    assert body["examples"]
    one, many = schema["components"]["schemas"]["DoseOrDosesRequest"]["oneOf"]
    assert one["$ref"].endswith("DoseInputRequest")
    assert (many["type"], many["minItems"], many["maxItems"]) == ("array", 1, 1_000)
    assert "Retry-After" in operation["responses"]["503"]["headers"]


def test_the_examples_of_the_schema_are_what_the_api_takes(api, lot):
    schema = SchemaGenerator().get_schema(request=None, public=True)
    body = schema["paths"][URL]["post"]["requestBody"]["content"]["application/json"]
    examples = [example["value"] for example in body["examples"].values()]
    Lot.objects.filter(pk=lot.pk).update(number="ABW001")
    statuses = [post(api, example).status_code for example in examples]
    assert statuses == [201, 207]
