"""The old API's figures, read as its clients read them."""

import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from public_portal.legacy.contract import endpoints
from public_portal.models import DailyReport
from public_portal.services.reports import load_national_reports
from public_portal.services.rollups import refresh_all_statistics
from registration.models import AdministrativeUnit, UnitKind
from tests.factories import COMIRNATY, make_dose, make_lot, make_session, make_site, province
from tests.public_portal.legacy.readers import (
    Dart,
    Java,
    read_json,
    read_through_html,
    read_through_xml,
)

pytestmark = pytest.mark.django_db
BASE = "/api/public/dashboard"
ALL = f"{BASE}/vaccination-statistics/all"
SUMMARY = f"{BASE}/vaccination-statistics/summary"
LATEST = f"{BASE}/vaccination-statistics/get-detail-latest"
DAYS = f"{BASE}/injection-statistics/by-days"
PLAN = f"{BASE}/vaccine-allocate/province-detail"
RECEIVED = f"{BASE}/vaccine-allocate/province-detail/reality"
SITES = f"{BASE}/vaccination-location/search"
PROVINCES = "/api/province/public/all"
PUBLIC = [ALL, SUMMARY, LATEST, DAYS, PLAN, RECEIVED, SITES, PROVINCES]
PERSONAL = {"otp_search", "patient_vaccinated"}
RECORDED = {
    "stats_all": (
        ALL,
        "provinceCode provinceName totalVaccinationLocation totalInjected totalOnceInjected"
        " totalTwiceInjected totalThriceInjected lastOnceInjected lastTwiceInjected"
        " currentTeamInjectInPractice totalVaccineAllocated totalVaccineAllocatedReality"
        " totalVaccineProvided population popOverEighteen vaccineInjectionDailies",
    ),
    "stats_summary": (
        SUMMARY,
        "totalVaccine totalVaccineAllocated totalVaccinationRegistration totalInjected",
    ),
    "detail_latest": (
        LATEST,
        "allocatedDate vaccineTotal vaccineAllocation objectInjection totalPopulation"
        " totalOneInjected totalTwiceInjected",
    ),
    "by_days": (DAYS, "reportedDate totalInjected"),
    "alloc_plan": (
        PLAN,
        "provinceCode provinceName population popOverEighteen totalVaccineAllocated",
    ),
    "alloc_real": (RECEIVED, "provinceCode provinceName totalVaccineAllocated allocatedList"),
    "locations": (SITES, "name address"),
    "provinces": (
        PROVINCES,
        "provinceCode provinceName shortName type population popOverEighteen",
    ),
    "otp_search": ("/api/vaccination/public/otp-search", "code message"),
    "patient_vaccinated": (
        "/api/vaccination/public/patient-vaccinated",
        "errorResponse qrCode patientInfo",
    ),
}


@pytest.fixture(autouse=True)
def _no_answer_is_kept_from_another_test():
    cache.clear()


@pytest.fixture
def reported():
    """The published totals of 6 November 2021, counted."""
    now = timezone.now()
    load_national_reports(now=now)
    refresh_all_statistics(now)


def read(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, path
    return read_json(response.content)


def of(client, path, code):
    (row,) = (row for row in read(client, path) if row["provinceCode"] == code)
    return row


# ── the contract ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", sorted(endpoints().keys() - PERSONAL))
@pytest.mark.parametrize("full", [False, True])
def test_every_answer_holds_the_fields_of_the_contract_in_order_and_type(client, name, full):
    """Also where nothing is on record: a client's cast does not ask why a field is missing."""
    if full:
        make_dose(lot=make_lot(site=make_site(province_code="79", address="1 Lê Lợi & <b>")))
        refresh_all_statistics(timezone.now())
    endpoint = endpoints()[name]
    data = read(client, endpoint["path"])
    rows = data if endpoint["response"] == "array" else [data]
    assert rows or (name == "locations" and not full)
    for row in rows:
        assert list(row) == [field["name"] for field in endpoint["fields"]]
        for field in endpoint["fields"]:
            cast = {"integer": "int", "date": "moment", "array": "list", "object": "map"}
            getattr(Dart(row), cast.get(field["type"], "string"))(field["name"])


def test_our_contract_names_every_path_parameter_and_field_that_clients_were_seen_to_use():
    for name, (path, fields) in RECORDED.items():
        ours = endpoints()[name]
        assert ours["path"] == path
        assert [field["name"] for field in ours["fields"]] == fields.split()
    assert RECORDED.keys() == endpoints().keys()
    assert [p["name"] for p in endpoints()["locations"]["params"]] == (
        ["page", "size", "provinceCode", "districtCode", "wardCode"]
    )
    asked = "fullname birthday genderId personalPhoneNumber identification healthInsuranceNumber"
    assert [p["name"] for p in endpoints()["otp_search"]["params"]] == asked.split()
    assert [p["name"] for p in endpoints()["patient_vaccinated"]["params"]] == [
        *asked.split(),
        "otp",
    ]


@pytest.mark.parametrize("path", PUBLIC)
def test_bodies_pass_through_readers_of_xml_and_html_unharmed(client, path):
    site = make_site(province_code="79", name="Trạm <A> & B", address="1 Lê Lợi &amp; 2")
    make_dose(lot=make_lot(site=site))
    body = client.get(path).content
    assert not set(b"<>&") & set(body)
    data = read_json(body)
    assert read_through_xml(body) == data
    assert read_through_html(body) == data


@pytest.mark.parametrize("path", PUBLIC)
def test_answers_are_open_to_every_origin_say_their_charset_and_are_kept_a_minute(client, path):
    response = client.get(path, headers={"Accept": "text/html", "Origin": "https://example.vn"})
    assert response["Content-Type"] == "application/json;charset=UTF-8"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=45"
    assert "Vary" not in response
    assert not response.cookies
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304
    asked_first = client.options(path)
    assert asked_first.status_code == 204
    assert "GET" in asked_first["Access-Control-Allow-Methods"]


def test_another_method_is_refused_in_both_error_shapes(client):
    response = client.post(ALL)
    assert response.status_code == 405
    body = Dart(read_json(response.content))
    assert body.int("status") == 405
    assert body.string("title") == body.string("message")
    assert body.map("errorResponse").string("description") == body.string("title")


# ── figures ───────────────────────────────────────────────────────────────────────────────────
def test_the_statistics_and_what_was_received_can_be_joined_by_place_in_the_list(client, reported):
    everything, received = read(client, ALL), read(client, RECEIVED)
    plan, names = read(client, PLAN), read(client, PROVINCES)
    codes = [row["provinceCode"] for row in everything]
    assert len(codes) == 63
    assert codes == sorted(codes)
    for other in (received, plan, names):
        assert [row["provinceCode"] for row in other] == codes
    assert [int(row["totalVaccineAllocated"]) for row in received] == [
        row["totalVaccineAllocatedReality"] for row in everything
    ]


def test_a_client_in_java_reads_its_numbers(client, reported):
    for row in map(Java, read(client, ALL)):
        assert row.get_int("provinceCode") == int(row.get_string("provinceCode"))
        for name in (
            "totalInjected",
            "totalOnceInjected",
            "totalTwiceInjected",
            "totalVaccineAllocated",
            "totalVaccineAllocatedReality",
            "totalVaccinationLocation",
        ):
            assert row.get_int(name) >= 0
    for row in map(Java, read(client, PROVINCES)):
        assert row.get_string("shortName")
        assert row.get_string("type") in ("Tỉnh", "Thành phố")
        assert row.get_int("popOverEighteen") > 0


def test_names_are_written_as_the_old_portal_wrote_them(client):
    names = {row["provinceCode"]: row["provinceName"] for row in read(client, ALL)}
    assert names["01"] == "Hà Nội"
    assert names["17"] == "Hoà Bình"
    assert names["79"] == "Hồ Chí Minh"


def test_the_old_ratio_of_the_63_rows_of_6_november_2021_is_reproduced(client, reported):
    """Doses by adults, which the old portal called "at least one dose", to two decimals."""
    with open("public_portal/data/provinces_2021-11-06.csv", encoding="utf-8") as file:
        lines = [line.strip().split(",") for line in file][1:]
    shown = {code: (name, float(ratio)) for code, name, _a, _d, _v, ratio in lines}
    rows = read(client, ALL)
    assert len(shown) == len(rows) == 63
    for row in rows:
        ratio = 100 * row["totalInjected"] / row["popOverEighteen"]
        assert round(ratio, 2) == pytest.approx(shown[row["provinceCode"]][1], abs=0.006)


@pytest.mark.parametrize(
    ("code", "doses", "shown"), [("79", 4_861_312, 69.78), ("01", 2_245_430, 39.08)]
)
def test_the_old_ratio_of_august_2021_is_reproduced(client, code, doses, shown):
    DailyReport.objects.create(province=province(code), day=datetime.date(2021, 8, 20), doses=doses)
    refresh_all_statistics(timezone.now())
    row = of(client, ALL, code)
    assert round(100 * row["totalInjected"] / row["popOverEighteen"], 2) == shown


def test_doses_are_first_ones_later_ones_and_boosters(client):
    person = None
    lot = make_lot(site=make_site(province_code="79"))
    given = timezone.now() - datetime.timedelta(days=300)
    for number, kind in ((1, "primary"), (2, "primary"), (3, "booster")):
        dose = make_dose(
            lot=lot,
            dose_number=number,
            dose_kind=kind,
            administered_at=given + datetime.timedelta(days=100 * (number - 1)),
            source="paper",
            **({"citizen": person} if person else {}),
        )
        person = person or dose.citizen
    refresh_all_statistics(timezone.now())
    row = of(client, ALL, "79")
    assert row["totalInjected"] == 3
    assert (row["totalOnceInjected"], row["totalTwiceInjected"]) == (1, 1)
    assert row["totalThriceInjected"] == 1


def test_the_misnamed_total_population_is_the_doses_of_the_last_reporting_day(client, reported):
    latest = Dart(read(client, LATEST))
    assert latest.moment("allocatedDate") == datetime.datetime(2021, 11, 5, 17, tzinfo=datetime.UTC)
    last = read(client, DAYS)[-1]
    assert latest.int("totalPopulation") == last["totalInjected"] > 0
    assert latest.string("allocatedDate") == last["reportedDate"]
    assert latest.int("objectInjection") == 87_472_277
    assert latest.int("totalOneInjected") + latest.int("totalTwiceInjected") == 87_472_277
    assert read(client, SUMMARY)["totalInjected"] == 87_472_277


def test_days_ascend_begin_at_17_utc_and_are_ten_at_least(client):
    assert len(read(client, DAYS)) == 10
    today = timezone.localdate()
    for ago, doses in ((0, 7), (1, 5), (14, 3)):
        day = today - datetime.timedelta(days=ago)
        DailyReport.objects.create(province=province("79"), day=day, doses=doses)
    refresh_all_statistics(timezone.now())
    days = [Dart(row) for row in read(client, DAYS)]
    cache.clear()
    moments = [day.moment("reportedDate") for day in days]
    assert moments == sorted(moments)
    assert {moment.hour for moment in moments} == {17}
    assert len(days) == 14
    assert (days[0].int("totalInjected"), days[-1].int("totalInjected")) == (3, 5)
    shown = (moments[-1] + datetime.timedelta(days=1)).date()
    assert shown == today - datetime.timedelta(days=1)  # today is not over: it is not told yet


def test_a_province_tells_its_last_ten_days_and_the_doses_of_the_last(client):
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    report = {"day": yesterday, "doses": 9, "first_doses": 4}
    DailyReport.objects.create(province=province("79"), **report)
    refresh_all_statistics(timezone.now())
    row = of(client, ALL, "79")
    assert (row["lastOnceInjected"], row["lastTwiceInjected"]) == (4, 5)
    assert [day["totalInjected"] for day in row["vaccineInjectionDailies"]] == [0] * 9 + [9]
    assert of(client, ALL, "01")["lastOnceInjected"] == 0


def test_received_doses_are_those_of_the_stock_books_by_vaccine(client):
    site = make_site(province_code="79")
    make_lot(site=site, doses=30)
    make_lot(site=site, doses=20)
    make_lot(site=site, doses=6, code=COMIRNATY)
    make_session(site=site)
    row = of(client, RECEIVED, "79")
    assert row["totalVaccineAllocated"] == 56
    assert {v["vaccineName"]: v["totalVaccineAllocated"] for v in row["allocatedList"]} == {
        "AstraZeneca (Vaxzevria)": 50,
        "Comirnaty": 6,
    }
    everything = of(client, ALL, "79")
    assert everything["totalVaccinationLocation"] == 1
    assert everything["currentTeamInjectInPractice"] == 1


def test_what_was_received_before_us_counts_where_its_reports_do(client, reported):
    assert of(client, RECEIVED, "01")["totalVaccineAllocated"] == 10_829_032
    make_lot(site=make_site(province_code="01"), doses=8)
    cache.clear()
    assert of(client, RECEIVED, "01")["totalVaccineAllocated"] == 10_829_040


def test_without_places_there_are_63_provinces_all_the_same(client):
    AdministrativeUnit.objects.filter(kind=UnitKind.PROVINCE, code="95").update(
        population=None, population_18_plus=None
    )
    row = of(client, PLAN, "95")
    assert (row["population"], row["popOverEighteen"]) == (0, 0)


def test_an_answer_is_made_once_a_minute_and_anew_after_each_counting(client, reported):
    with CaptureQueriesContext(
        connection,
    ) as first:
        before = client.get(ALL).content
    with CaptureQueriesContext(connection) as second:
        client.get(ALL)
    assert len(first) <= 14
    assert len(second) == 1
    make_dose(lot=make_lot(site=make_site(province_code="79")))
    refresh_all_statistics(timezone.now())
    assert client.get(ALL).content != before


# ── vaccination sites ─────────────────────────────────────────────────────────────────────────
def test_sites_come_as_a_bare_list_with_the_total_in_a_header(client):
    for n in range(5):
        make_site(province_code="79", code=f"HCM{n}", name=f"Trạm {n}", address=f"{n} Lê Lợi")
    make_site(province_code="01")
    response = client.get(SITES, {"page": "1", "size": "2", "provinceCode": "79"})
    assert [row["name"] for row in read_json(response.content)] == ["Trạm 2", "Trạm 3"]
    assert response["X-Total-Count"] == "5"
    assert 'page=2&size=2>; rel="next"' in response["Link"]
    assert 'page=0&size=2>; rel="prev"' in response["Link"]


def test_sites_are_found_by_district_and_ward(client):
    ward = AdministrativeUnit.objects.filter(scheme=2021, kind=UnitKind.WARD).first()
    district = ward.parent
    site = make_site(province_code=district.parent.code, ward=ward)
    make_site(province_code=district.parent.code)
    for name, unit in (("districtCode", district), ("wardCode", ward)):
        (row,) = read(client, SITES, provinceCode=district.parent.code, **{name: unit.code})
        assert row["name"] == site.name
    assert read(client, SITES, wardCode="99999") == []


def test_a_site_that_is_closed_is_not_shown(client):
    make_site(is_active=False)
    assert read(client, SITES) == []


@pytest.mark.parametrize(
    "query",
    [
        {"page": "-1", "size": "0"},
        {"page": "x", "size": "99999999999"},
        {"page": "³", "size": "١"},
        {"page": "9999999", "size": "500"},
    ],
)
def test_pages_that_make_no_sense_are_answered_and_not_an_error(client, query):
    make_site()
    assert len(read(client, SITES, **query)) in (0, 1)


@pytest.mark.parametrize("code", ["x", "79' OR 1=1", "\x00", "７９", "0000079"])
def test_a_code_that_is_none_finds_nothing(client, code):
    make_site(province_code="79")
    assert read(client, SITES, provinceCode=code) == []


def test_the_schema_describes_the_old_paths(client):
    schema = client.get("/api/schema/?format=json").json()
    for endpoint in endpoints().values():
        if endpoint["id"] not in PERSONAL:
            entry = schema["paths"][endpoint["path"]]["get"]
            answer = entry["responses"]["200"]["content"]["application/json"]["schema"]
            named = answer.get("items", answer)["properties"]
            assert sorted(named) == sorted(field["name"] for field in endpoint["fields"])
