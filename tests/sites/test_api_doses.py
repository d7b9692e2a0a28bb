"""`POST /api/v1/doses/` as other systems rely on it."""

import datetime
import json
import uuid

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from registration.models import Citizen
from sites.models import Dose, Lot
from sites.services.access import create_api_client
from tests.factories import make_dose, make_lot, make_site

pytestmark = pytest.mark.django_db
URL = "/api/v1/doses/"


@pytest.fixture
def lot():
    return make_lot(site=make_site(), doses=2_000)


@pytest.fixture
def api(lot):
    return client_of(lot.site)


def client_of(site):
    _client, token = create_api_client(name="Hệ thống điểm tiêm", site=site)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return api


def person(n=1, **over):
    return {
        "full_name": "Nguyễn Thị Ánh Tuyết",
        "date_of_birth": "1987-03-12",
        "sex": "female",
        "phone": "0912345678",
        "id_type": "cccd",
        "id_number": f"079187{n:06d}",
        "province_code": "79",
        **over,
    }


def item(lot, n=1, **over):
    given_at = timezone.now() - datetime.timedelta(hours=1)
    return {
        "idempotency_key": str(uuid.uuid4()),
        "citizen": person(n),
        "dose_number": 1,
        "dose_kind": "primary",
        "vaccine": lot.vaccine.code,
        "lot_number": lot.number,
        "administered_at": given_at.isoformat(),
        "vaccinator": "Lê Thị Mẫu",
        "source": "live",
        **over,
    }


def post(api, body):
    return api.post(URL, body, format="json")


def test_a_dose_is_recorded_and_the_answer_says_when_to_expect_the_certificate(api, lot):
    body = item(lot)
    answer = post(api, body)
    assert answer.status_code == 201
    assert set(answer.data) == {"dose_id", "citizen_id", "status", "certificate_expected_by"}
    dose = Dose.objects.get(public_id=answer.data["dose_id"])
    assert dose.recorded_at is not None
    expected = datetime.datetime.fromisoformat(answer.data["certificate_expected_by"])
    late_entry = dose.recorded_at + datetime.timedelta(minutes=30)
    assert expected == max(dose.administered_at + datetime.timedelta(hours=1), late_entry)
    assert expected.utcoffset() == datetime.timedelta(hours=7)


def test_the_same_key_and_body_again_is_200_and_the_same_answer(api, lot):
    body = item(lot)
    first, again = post(api, body), post(api, body)
    assert again.status_code == 200
    assert again.data == {**first.data, "status": "duplicate"}
    assert Dose.objects.count() == 1


def test_another_spelling_of_the_same_item_is_the_same_request(api, lot):
    body = item(lot)
    moment = datetime.datetime.fromisoformat(body["administered_at"])
    vietnam = datetime.timezone(datetime.timedelta(hours=7))
    other = {
        **body,
        "idempotency_key": body["idempotency_key"].upper(),
        "administered_at": moment.astimezone(vietnam).isoformat(),
        "citizen": {**body["citizen"], "phone": "+84 912.345.678", "id_number": "079 187 000001"},
        "unknown_field": "is not ours",
    }
    assert post(api, body).status_code == 201
    assert post(api, other).status_code == 200


def test_the_same_key_with_another_body_is_409(api, lot):
    body = item(lot)
    post(api, body)
    answer = post(api, {**body, "vaccinator": "Trần Văn Khác"})
    assert answer.status_code == 409
    assert answer.data["code"] == "idempotency_key_reused"
    assert answer.data["detail"]


def test_a_refusal_of_a_rule_is_409_with_code_and_sentence(api, lot):
    answer = post(api, item(lot, lot_number="KHONG-CO"))
    assert answer.status_code == 409
    assert answer.data["code"] == "lot_unknown"
    assert Citizen.objects.count() == 0


def test_a_list_answers_each_item_in_order_and_writes_nothing_of_the_refused(api, lot):
    good, bad = item(lot, 1), item(lot, 2, lot_number="KHONG-CO")
    wrong = item(lot, 3, dose_number="hai")
    answer = post(api, [bad, good, wrong, good])
    assert answer.status_code == 207
    assert [r["status"] for r in answer.data] == ["refused", "recorded", "invalid", "duplicate"]
    assert answer.data[0]["code"] == "lot_unknown"
    assert "dose_number" in answer.data[2]["errors"]
    assert answer.data[3]["dose_id"] == answer.data[1]["dose_id"]
    assert (Dose.objects.count(), Citizen.objects.count()) == (1, 1)
    assert Lot.objects.get(pk=lot.pk).doses_used == 1


@pytest.mark.parametrize("size", [0, 1001])
def test_a_list_is_of_one_to_a_thousand(api, size):
    answer = post(api, [{}] * size)
    assert answer.status_code == 400
    assert answer.data["non_field_errors"]


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"idempotency_key": "12"}, "idempotency_key"),
        ({"idempotency_key": 12}, "idempotency_key"),
        ({"dose_number": 0}, "dose_number"),
        ({"dose_number": 10**30}, "dose_number"),
        ({"dose_number": True}, "dose_number"),
        ({"dose_number": 1.0}, "dose_number"),
        ({"dose_number": "1"}, "dose_number"),
        ({"dose_kind": "second"}, "dose_kind"),
        ({"dose_kind": ["primary"]}, "dose_kind"),
        ({"vaccine": None}, "vaccine"),
        ({"vaccine": "x" * 41}, "vaccine"),
        ({"lot_number": "A\x00B"}, "lot_number"),
        ({"lot_number": {}}, "lot_number"),
        ({"administered_at": "2021-11-06T10:00:00"}, "administered_at"),
        ({"administered_at": "2021-02-30T10:00:00+07:00"}, "administered_at"),
        ({"administered_at": "0001-01-01T00:00:00+14:00"}, "administered_at"),
        ({"administered_at": 1636167600}, "administered_at"),
        ({"vaccinator": "   "}, "vaccinator"),
        ({"vaccinator": "x" * 10_000}, "vaccinator"),
        ({"source": "fax"}, "source"),
        ({"citizen": "Nguyễn"}, "citizen"),
        ({"citizen": None}, "citizen"),
        ({"citizen": person(full_name="Nguyễn <b>An</b>")}, "citizen.full_name"),
        ({"citizen": person(full_name="Nguyễn\u200bAn")}, "citizen.full_name"),
        ({"citizen": person(full_name="x" * 10_000)}, "citizen.full_name"),
        ({"citizen": person(date_of_birth="2023-02-29")}, "citizen.date_of_birth"),
        ({"citizen": person(date_of_birth="1850-01-01")}, "citizen.date_of_birth"),
        ({"citizen": person(date_of_birth="2564")}, "citizen.date_of_birth"),
        ({"citizen": person(date_of_birth="2999-01-01")}, "citizen.date_of_birth"),
        ({"citizen": person(sex="nữ")}, "citizen.sex"),
        ({"citizen": person(id_type="license")}, "citizen.id_type"),
        ({"citizen": person(id_number="07918700001")}, "citizen.id_number"),
        ({"citizen": person(id_number=None)}, "citizen.id_number"),
        ({"citizen": person(phone="12345")}, "citizen.phone"),
        ({"citizen": person(province_code="99")}, "citizen.province_code"),
        ({"citizen": person(province_code=79)}, "citizen.province_code"),
        ({"citizen": person(province_code="79", ward_code="00001")}, "citizen.ward_code"),
        ({"citizen": person(health_insurance_number="1")}, "citizen.health_insurance_number"),
        ({"citizen_id": str(uuid.uuid4())}, "citizen_id"),
    ],
)
def test_what_cannot_be_right_is_400_by_field(api, lot, over, field):
    answer = post(api, item(lot, **over))
    assert answer.status_code == 400
    assert isinstance(answer.data[field], list)
    assert all(isinstance(value, list) for value in answer.data.values())
    assert Dose.objects.count() == 0


def test_full_width_digits_and_spaces_in_numbers_are_understood(api, lot):
    over = {"citizen": person(id_number="０７９ １８７ ００００01")}
    assert post(api, item(lot, **over)).status_code == 201


@pytest.mark.parametrize(
    "text", ['{"dose_number": NaN}', "{", "[" * 100_000, '{"dose_number": 1e999}', "1", '"x"']
)
def test_broken_json_is_400_with_a_list_of_sentences(api, text):
    answer = api.generic("POST", URL, text, content_type="application/json")
    assert answer.status_code == 400


def test_half_a_character_is_400_by_field(api, lot):
    body = json.dumps(item(lot, lot_number="\ud800"))
    answer = api.generic("POST", URL, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.data["lot_number"]


def test_a_body_that_is_too_large_is_413(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = api.generic("POST", URL, "[" + " " * 2_000 + "]", content_type="application/json")
    assert answer.status_code == 413


def test_a_person_without_paper_and_with_a_year_of_birth_only(api, lot):
    citizen = person(id_type="none", date_of_birth="1954", sex="other")
    del citizen["id_number"], citizen["phone"]
    answer = post(api, item(lot, citizen=citizen))
    assert answer.status_code == 201
    assert Citizen.objects.get().documents.count() == 0


def test_a_person_may_be_named_by_the_id_of_an_earlier_answer(api, lot):
    long_ago = timezone.now() - datetime.timedelta(days=70)
    first = post(api, item(lot, administered_at=long_ago.isoformat()))
    second = item(lot, dose_number=2, citizen_id=str(first.data["citizen_id"]))
    del second["citizen"]
    answer = post(api, second)
    assert answer.status_code == 201
    assert answer.data["citizen_id"] == first.data["citizen_id"]


def test_a_person_of_another_site_cannot_be_named_by_id(api, lot):
    stranger = make_dose().citizen
    body = item(lot, dose_number=2, citizen_id=str(stranger.public_id))
    del body["citizen"]
    assert set(post(api, body).data) == {"citizen_id"}


def test_another_sites_lot_is_unknown_here(lot):
    other = client_of(make_site())
    assert post(other, item(lot)).data["code"] == "lot_unknown"


@pytest.mark.parametrize("header", ["", "Token", "Token wrong", "Token a b", "Bearer x"])
def test_without_a_valid_token_it_is_401(lot, header):
    api = APIClient()
    if header:
        api.credentials(HTTP_AUTHORIZATION=header)
    answer = post(api, item(lot))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"


def test_a_client_that_was_switched_off_is_401(lot):
    client, token = create_api_client(name="cũ", site=lot.site)
    client.is_active = False
    client.save()
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert post(api, item(lot)).status_code == 401


def test_a_thousand_doses_come_in_one_request(api, lot):
    from sites.api.validation import Invalid, read_items
    from sites.models import ApiClient

    people = [person(n, phone=f"09{n:08d}") for n in range(1_000)]
    body = [item(lot, citizen=citizen) for citizen in people]
    client = ApiClient.objects.get()
    items = read_items(body, client=client, now=timezone.now())
    assert not any(isinstance(one, Invalid) for one in items)
    assert post(api, body).status_code == 207
    assert Dose.objects.count() == 1_000
