"""The two look-ups of the old portal, asked and read as its clients do."""

import datetime
import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certificates.services.issuance import drain_due
from certificates.services.keys import ensure_signing_key
from public_portal.legacy.contract import endpoints
from registration.models import (
    Account,
    AdministrativeUnit,
    OneTimeCode,
    RecordAccess,
    SmsMessage,
    UnitKind,
)
from registration.services import codes
from registration.services.citizens import Paper
from tests.factories import make_account, make_citizen, make_details, make_dose, make_lot, make_site
from tests.public_portal.legacy.readers import Dart, read_json, read_through_xml

pytestmark = pytest.mark.django_db
SEARCH = "/api/vaccination/public/otp-search"
PATIENT = "/api/vaccination/public/patient-vaccinated"
PHONE = "+84912000111"
CARD = "079187000111"
BORN = 542_505_600_000  # 1987-03-12, 00:00 UTC
HOURS = 3_600_000


def asked(**over):
    return {
        "fullname": "Nguyễn Thị Ánh Tuyết",
        "birthday": str(BORN),
        "genderId": "2",
        "personalPhoneNumber": "0912000111",
        "identification": CARD,
        "healthInsuranceNumber": "",
        **over,
    }


@pytest.fixture
def person():
    papers = (Paper("cccd", CARD), Paper("bhyt", "GD4790000000001"))
    ward = AdministrativeUnit.objects.get(scheme=2021, kind=UnitKind.WARD, code="26734")
    return make_details(phone=PHONE, papers=papers, ward_id=ward.pk)


@pytest.fixture
def dose(person):
    site = make_site(province_code="79", name="Trạm Y tế <Bến Nghé> & bạn")
    return make_dose(lot=make_lot(site=site, number="AZ-1"), citizen=person)


def newest_code():
    return re.search(r"\b\d{6}\b", SmsMessage.objects.latest("pk").text)[0]


def ask(client, **over):
    return client.get(SEARCH, asked(**over))


def look(client, otp=None, **over):
    return client.get(PATIENT, asked(**over) | {"otp": otp or newest_code()})


def found(client, **over):
    assert ask(client, **over).status_code == 200
    response = look(client, **over)
    assert response.status_code == 200, response.content.decode()
    return Dart(read_json(response.content))


def refused(response):
    """The sentence of a refusal, after every client has read it in its own shape."""
    assert response.status_code == 400
    body = Dart(read_json(response.content))
    assert [*body.row] == [field["name"] for field in endpoints()["otp_search"]["error_fields"]]
    assert body.int("status") == 400
    error = body.map("errorResponse")
    assert error.int("code") == 0
    assert body.string("title") == body.string("message") == error.string("description")
    assert "patientInfo" not in body.row
    return body.string("title")


# ── what is answered ──────────────────────────────────────────────────────────────────────────
def test_a_client_in_dart_reads_a_person_with_the_code_of_the_sms(client, dose):
    answer = Dart(read_json(ask(client).content))
    assert answer.int("code") == 1
    assert "mã" in answer.string("message")
    assert SmsMessage.objects.get().phone == PHONE
    body = Dart(read_json(look(client).content))
    assert body.map("errorResponse").int("code") == 1
    assert body.string("qrCode") == "Chưa có chứng nhận tiêm chủng COVID-19"
    patient = body.map("patientInfo")
    nested = endpoints()["patient_vaccinated"]["nested"]
    assert [*patient.row] == [field["name"] for field in nested["patientInfo"]]
    assert patient.row | {"vaccinatedInfoes": []} == {
        "fullname": "Nguyễn Thị Ánh Tuyết",
        "birthday": BORN,
        "personalPhoneNumber": "0912000111",
        "identification": CARD,
        "healthInsuranceNumber": "",
        "province": "Hồ Chí Minh",
        "district": "1",
        "ward": "Bến Nghé",
        "fullyVaccinated": 0,
        "currentProvinceId": "79",
        "currentDistrictId": "760",
        "currentWardId": "26740",
        "vaccinatedInfoes": [],
    } | {name: patient.string(name) for name in ("district", "ward", "currentWardId")}
    (given,) = patient.list("vaccinatedInfoes")
    assert [*given.row] == [f["name"] for f in nested["patientInfo.vaccinatedInfoes"]]
    assert given.string("vaccineName") == "AstraZeneca (Vaxzevria)"
    assert given.string("injectionPlace") == "Trạm Y tế <Bến Nghé> & bạn"
    assert given.string("batchNumber") == "AZ-1"
    moment = datetime.datetime.fromtimestamp(given.int("injectionDate") / 1000, datetime.UTC)
    assert abs(moment - dose.administered_at) < datetime.timedelta(seconds=1)


def test_the_qr_code_is_the_newest_certificate_and_the_series_is_counted(
    client, person, signing_keys
):
    ensure_signing_key(now=timezone.now())
    lot = make_lot(site=make_site(province_code="79"))
    given = timezone.now() - datetime.timedelta(days=200)
    for number in (1, 2):
        make_dose(
            lot=lot,
            citizen=person,
            dose_number=number,
            administered_at=given + datetime.timedelta(days=100 * (number - 1)),
            source="paper",
        )
    drain_due()
    body = found(client)
    assert body.string("qrCode").startswith("HC1:")
    patient = body.map("patientInfo")
    assert patient.int("fullyVaccinated") == 1
    days = [dose.int("injectionDate") for dose in patient.list("vaccinatedInfoes")]
    assert days == sorted(days)
    assert len(days) == 2


def test_nothing_that_the_asker_did_not_know_is_told_of_papers(client, dose):
    patient = found(client, identification="").map("patientInfo")
    assert patient.string("identification") == ""
    assert patient.string("healthInsuranceNumber") == ""


def test_a_paper_that_was_named_and_is_on_record_is_told_back(client, dose):
    patient = found(client, healthInsuranceNumber="GD 479 0000000001").map("patientInfo")
    assert patient.string("healthInsuranceNumber") == "GD4790000000001"


@pytest.mark.parametrize(
    "moment",
    [BORN, BORN - 7 * HOURS, BORN + 16 * HOURS, BORN - 1],
    ids=["00:00Z", "17:00Z the day before", "23:00 in Viet Nam", "06:59:59 in Viet Nam"],
)
def test_any_moment_of_the_day_of_birth_in_viet_nam_will_do(client, dose, moment):
    assert found(client, birthday=str(moment)).map("patientInfo").int("birthday") == BORN


@pytest.mark.parametrize(
    "over",
    [
        {"genderId": "0"},
        {"fullname": "  nguyen  thi anh TUYET "},
        {"personalPhoneNumber": "84912000111"},
        {"identification": "", "healthInsuranceNumber": "GD4790000000001"},
    ],
)
def test_the_spellings_of_the_different_clients_find_the_person(client, dose, over):
    assert found(client, **over).map("patientInfo").list("vaccinatedInfoes")


def test_a_parameter_without_an_equals_sign_is_an_empty_one(client, dose):
    query = (
        "?fullname=Nguy%E1%BB%85n%20Th%E1%BB%8B%20%C3%81nh%20Tuy%E1%BA%BFt"
        f"&birthday={BORN}&genderId=2&personalPhoneNumber=0912000111&healthInsuranceNumber"
    )
    assert client.get(SEARCH + query).status_code == 200
    assert client.get(f"{PATIENT}{query}&otp={newest_code()}").status_code == 200


def test_a_person_without_doses_gets_an_empty_list(client, person):
    make_citizen(**{name: getattr(person, name) for name in ("phone", "papers", "ward_id")})
    assert found(client).map("patientInfo").list("vaccinatedInfoes") == []


def test_a_birth_of_which_only_the_year_is_known_agrees_with_its_days(client):
    make_citizen(phone=PHONE, date_of_birth="1987", papers=())
    assert found(client).map("patientInfo").int("birthday") == BORN
    Client().get(SEARCH, asked())
    OneTimeCode.objects.all().delete()
    ask(client, birthday=str(BORN - 365 * 24 * HOURS))
    assert refused(look(client, birthday=str(BORN - 365 * 24 * HOURS)))


def test_a_household_sees_its_people_who_have_no_phone(client):
    child = make_citizen(full_name="Trần Bé Na", date_of_birth="2012-05-01", phone="", papers=())
    make_account(phone=PHONE, members=(child,))
    born = round(datetime.datetime(2012, 5, 1, tzinfo=datetime.UTC).timestamp() * 1000)
    over = {"fullname": "Trần Bé Na", "birthday": str(born), "identification": ""}
    assert found(client, **over).map("patientInfo").string("fullname") == "Trần Bé Na"


def test_a_joined_record_leads_to_the_one_that_goes_on(client, dose):
    other = make_citizen(phone="+84912000999", papers=())
    dose.citizen.phone = ""
    dose.citizen.save()
    other.phone, other.merged_into = PHONE, dose.citizen
    other.save()
    assert found(client).map("patientInfo").list("vaccinatedInfoes")


def test_bodies_hold_no_mark_of_xml_and_are_kept_by_nobody(client, dose):
    ask(client)
    response = look(client)
    assert not set(b"<>&") & set(response.content)
    assert read_through_xml(response.content)["patientInfo"]["fullname"]
    assert response["Cache-Control"] == "no-store"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies


@pytest.mark.parametrize("write", [json.dumps, urlencode])
def test_what_is_posted_stands_in_no_address(client, dose, write):
    is_json = write is json.dumps
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    whole = {**asked(), "birthday": BORN, "genderId": 2}  # numbers, where the form can tell
    assert client.post(SEARCH, write(whole), content_type=kind).status_code == 200
    response = client.post(PATIENT, write(whole | {"otp": newest_code()}), content_type=kind)
    assert response.status_code == 200
    assert read_json(response.content)["patientInfo"]["vaccinatedInfoes"]


# ── what is not told ──────────────────────────────────────────────────────────────────────────
def test_asking_for_a_code_looks_nobody_up_and_answers_all_alike(client, dose):
    """The same statements, the same bytes: there is nothing from which to tell who is on record."""
    with CaptureQueriesContext(connection) as known:
        of_known = ask(client)
    stranger = {"fullname": "Người Lạ", "personalPhoneNumber": "0912000222", "identification": ""}
    with CaptureQueriesContext(connection) as unknown:
        of_unknown = ask(client, **stranger)
    assert of_known.content == of_unknown.content
    assert len(known) == len(unknown)
    touched = " ".join(query["sql"] for query in known.captured_queries)
    assert "registration_citizen" not in touched
    assert "registration_identitydocument" not in touched
    assert SmsMessage.objects.count() == 2


def test_a_wrong_code_opens_nothing_looks_nobody_up_and_is_counted(client, dose):
    ask(client)
    wrong = "000000" if newest_code() != "000000" else "111111"
    with CaptureQueriesContext(connection) as queries:
        sentence = refused(look(client, otp=wrong))
    assert "4" in sentence
    assert "registration_citizen" not in " ".join(q["sql"] for q in queries.captured_queries)
    for _again in range(4):
        refused(look(client, otp=wrong))
    assert refused(look(client))  # the right one comes too late
    assert not RecordAccess.objects.exists()


def test_a_code_opens_once(client, dose):
    ask(client)
    code = newest_code()
    assert look(client, otp=code).status_code == 200
    assert refused(look(client, otp=code))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_send_the_code_at_once_one_is_answered(dose, monkeypatch):
    code = "123456"
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _n: int(code))
    ask(Client())

    def once(_n):
        try:
            return look(Client(), otp=code).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(once, range(4))) == [200, 400, 400, 400]
    assert RecordAccess.objects.count() == 1


@pytest.mark.parametrize(
    "over",
    [
        {"fullname": "Nguyễn Thị Ánh Tuyền"},
        {"birthday": str(BORN + 24 * HOURS)},
        {"genderId": "1"},
    ],
)
def test_a_code_is_bound_to_the_person_for_whom_it_was_asked(client, dose, over):
    ask(client)
    assert refused(look(client, **over))
    assert look(client).status_code == 200


@pytest.mark.parametrize(
    "over",
    [
        {"fullname": "Nguyễn Thị Ánh Tuyền"},
        {"birthday": str(BORN + 24 * HOURS)},
        {"genderId": "1"},
        {"identification": "079187000112"},
        {"personalPhoneNumber": "0912000333"},
        {"fullname": "Người Lạ", "identification": ""},
    ],
)
def test_every_way_of_not_finding_has_one_sentence_and_leaves_no_trace(client, dose, over):
    """Also another's right details with one's own phone, which alone the code proves."""
    ask(client, **over)
    sentence = refused(look(client, **over))
    assert sentence.startswith("Không có hồ sơ nào")
    assert not RecordAccess.objects.exists()


def test_a_closed_phone_sees_nothing(client, dose):
    Account.objects.create(phone=PHONE, is_active=False)
    ask(client)
    assert refused(look(client)).startswith("Không có hồ sơ nào")


def test_each_look_is_on_record_for_the_person_to_read(client, dose):
    found(client)
    access = RecordAccess.objects.get()
    assert access.citizen == dose.citizen
    assert access.client == "tiemchungcovid19.gov.vn, 091•••111"


# ── limits and nonsense ───────────────────────────────────────────────────────────────────────
def test_a_second_code_within_a_minute_is_refused_in_both_error_shapes(client):
    assert ask(client).status_code == 200
    assert refused(ask(client))
    assert SmsMessage.objects.count() == 1


def test_this_door_has_a_budget_of_its_own(client, settings):
    settings.OLD_PORTAL_CODES_PER_HOUR = 2
    for n in range(2):
        assert ask(client, personalPhoneNumber=f"091200050{n}").status_code == 200
    assert refused(ask(client, personalPhoneNumber="0912000509"))
    assert SmsMessage.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fullname", ""),
        ("fullname", "a\x00b"),
        ("fullname", "x" * 3000),
        ("birthday", ""),
        ("birthday", "abc"),
        ("birthday", "--5"),
        ("birthday", "9" * 14),
        ("birthday", "9" * 40),
        ("birthday", "٣"),
        ("birthday", "4102444800000"),
        ("genderId", "3"),
        ("genderId", ""),
        ("personalPhoneNumber", "0281234567"),
        ("personalPhoneNumber", ""),
        ("identification", "<>"),
        ("healthInsuranceNumber", "12"),
    ],
)
def test_nonsense_is_named_by_its_parameter_and_sends_nothing(client, field, value):
    response = ask(client, **{field: value})
    assert refused(response)
    (wrong,) = read_json(response.content)["fieldErrors"]
    assert wrong["field"] == field
    assert not SmsMessage.objects.exists()


@pytest.mark.parametrize("body", ["[]", "1", "{", '{"fullname": {"a": 1}}', '{"birthday": 1e400}'])
def test_a_body_that_is_no_question_is_refused_and_no_error_of_ours(client, body):
    response = client.post(SEARCH, body, content_type="application/json")
    assert refused(response)


def test_a_code_with_nonsense_in_it_is_a_wrong_code(client, dose):
    ask(client)
    for otp in ("", "x" * 5000, "12345６", "\x00"):
        assert refused(client.get(PATIENT, asked(otp=otp)))
