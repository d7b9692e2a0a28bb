"""Looking a person up, sessions, check-in and the registry over the API."""

import datetime
import uuid

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from registration.models import RecordAccess
from registration.services.check_in_codes import check_in_code_for
from sites.models import Visit
from tests.factories import make_dose, make_lot, make_session, make_site
from tests.sites.test_api_doses import client_of, item, person

pytestmark = pytest.mark.django_db
LOOKUP = "/api/v1/citizens/lookup/"


@pytest.fixture
def lot():
    return make_lot(site=make_site())


@pytest.fixture
def api(lot):
    return client_of(lot.site)


def known(api, lot):
    return api.post("/api/v1/doses/", item(lot), format="json").data["citizen_id"]


@pytest.mark.parametrize(
    "query",
    [
        {"id_number": "079187000001", "date_of_birth": "1987-03-12"},
        {"id_number": "079187000001", "date_of_birth": "12/03/1987"},
        {"id_number": "079187000001", "date_of_birth": "1987"},
        {"phone": "0912345678", "full_name": "nguyen thi anh tuyet"},
    ],
)
def test_two_identifiers_find_a_person_with_her_doses(api, lot, query):
    citizen_id = known(api, lot)
    answer = api.get(LOOKUP, query)
    assert answer.status_code == 200
    assert answer.data["citizen_id"] == citizen_id
    assert [dose["dose_number"] for dose in answer.data["doses"]] == [1]
    assert RecordAccess.objects.get().client.endswith(f"#{lot.site.api_clients.get().pk}")


@pytest.mark.parametrize(
    "query",
    [
        {"id_number": "079187000001", "date_of_birth": "1988-03-12"},
        {"id_number": "079187000009", "date_of_birth": "1987-03-12"},
        {"phone": "0912345678", "full_name": "tran van khac"},
    ],
)
def test_a_known_and_an_unknown_person_are_answered_alike(api, lot, query):
    known(api, lot)
    answer = api.get(LOOKUP, query)
    assert (answer.status_code, answer.data["code"]) == (404, "person_unknown")
    assert not RecordAccess.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"id_number": "079187000001"},
        {"phone": "0912345678"},
        {"id_number": "!", "date_of_birth": "1987"},
        {"id_number": "079187000001", "date_of_birth": "2023-02-29"},
        {"id_number": "9" * 10_000, "date_of_birth": "1987"},
        {"phone": "12\x00", "full_name": "x"},
    ],
)
def test_one_identifier_or_a_broken_one_is_400(api, query):
    answer = api.get(LOOKUP, query)
    assert answer.status_code == 400
    assert all(isinstance(value, list) for value in answer.data.values())


def test_look_ups_of_a_client_are_capped(api, settings):
    settings.API_LOOKUPS_PER_HOUR = 1
    query = {"id_number": "079187000001", "date_of_birth": "1987"}
    assert api.get(LOOKUP, query).status_code == 404
    assert api.get(LOOKUP, query).data["code"] == "too_many_lookups"


def test_who_was_looked_up_may_be_named_by_id(api, lot):
    stranger = make_dose(
        citizen=client_details(),
        administered_at=timezone.now() - datetime.timedelta(days=70),
    ).citizen
    body = item(lot, dose_number=2, citizen_id=str(stranger.public_id))
    del body["citizen"]
    assert api.post("/api/v1/doses/", body, format="json").status_code == 400
    api.get(LOOKUP, {"id_number": "079187777777", "date_of_birth": "1987"})
    body["idempotency_key"] = str(uuid.uuid4())
    assert api.post("/api/v1/doses/", body, format="json").status_code == 201


def client_details():
    from registration.services.citizens import Paper
    from tests.factories import make_details

    return make_details(papers=(Paper("cccd", "079187777777"),))


def test_a_client_sees_the_sessions_of_its_own_site(api, lot):
    mine = make_session(site=lot.site)
    make_session(site=make_site())
    answer = api.get("/api/v1/sessions/")
    assert [row["session_id"] for row in answer.data["results"]] == [str(mine.public_id)]
    assert api.get("/api/v1/sessions/", {"date": "2021-11-06"}).data["count"] == 0
    assert set(api.get("/api/v1/sessions/", {"date": "6/11"}).data) == {"date"}


def check_in(api, session, body):
    return api.post(f"/api/v1/sessions/{session.public_id}/check-in/", body, format="json")


def test_a_person_is_checked_in_by_code_by_details_or_by_id(api, lot):
    session = make_session(site=lot.site)
    first = check_in(api, session, {"citizen": person(1)})
    assert (first.status_code, first.data["number"]) == (201, 1)
    again = check_in(api, session, {"citizen_id": str(first.data["citizen_id"])})
    assert (again.status_code, again.data) == (200, first.data)
    dose = make_dose()
    code = check_in_code_for(citizen=dose.citizen, now=timezone.now()).code
    assert check_in(api, session, {"check_in_code": code}).data["number"] == 2


@pytest.mark.parametrize(
    "body", [{}, [], {"citizen_id": "x"}, {"check_in_code": "A" * 26}, {"citizen": {}}, "x"]
)
def test_a_check_in_that_names_nobody_is_400(api, lot, body):
    assert check_in(api, make_session(site=lot.site), body).status_code == 400
    assert not Visit.objects.exists()


def test_another_sites_session_is_404_and_a_closed_one_409(api, lot):
    body = {"citizen": person(1)}
    assert check_in(api, make_session(site=make_site()), body).status_code == 404
    closed = make_session(site=lot.site, status="closed")
    assert check_in(api, closed, body).data["code"] == "session_not_open"


def test_the_registry_is_public_and_paged():
    make_site(province_code="01")
    site = make_site(province_code="79", on_platform=False)
    make_site(province_code="79", is_active=False)
    answer = APIClient().get("/api/v1/sites/", {"province": "79"})
    assert set(answer.data) == {"count", "next", "results"}
    (row,) = answer.data["results"]
    assert (row["code"], row["province_code"], row["on_platform"]) == (site.code, "79", False)


@pytest.mark.parametrize(
    "query", [{"page_size": 10**9}, {"province": "x" * 99}, {"province": "\x00"}]
)
def test_odd_questions_to_the_registry_are_answered(query):
    assert APIClient().get("/api/v1/sites/", query).status_code == 200


def test_the_schema_describes_the_doses(client):
    text = client.get("/api/schema/").content.decode()
    assert "/api/v1/doses/" in text
    assert "idempotency_key" in text
