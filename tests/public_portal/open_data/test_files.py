"""The files of the open data: what they hold, and that their description is true of them."""

import csv
import datetime
import gzip
import json
import re

import pytest
from django.core.cache import cache
from django.utils import timezone

from public_portal.models import DailyReport
from public_portal.open_data.datasets import DATASETS
from public_portal.services.rollups import refresh_all_statistics
from registration.models import AdministrativeUnit
from tests.factories import make_dose, make_lot, make_site, province

pytestmark = pytest.mark.django_db
PACKAGE = "/open-data/datapackage.json"
READ = {"integer": int, "number": float, "date": datetime.date.fromisoformat, "string": str}


@pytest.fixture(autouse=True)
def _no_page_is_kept_from_another_test():
    cache.clear()


@pytest.fixture
def counted():
    """Some days of reports, one of them without first doses and one corrected, and a dose."""
    now = timezone.now()
    for code, day, first in (("01", 1, 5), ("01", 2, None), ("79", 2, 0), ("79", 4, 7)):
        when = datetime.date(2021, 11, day)
        DailyReport.objects.create(province=province(code), day=when, doses=9, first_doses=first)
    make_dose(lot=make_lot(site=make_site(province_code="79")))
    refresh_all_statistics(now)
    DailyReport.objects.filter(day=datetime.date(2021, 11, 4)).update(doses=8)
    refresh_all_statistics(now)


def body_of(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def table(client, path):
    return list(csv.DictReader(body_of(client.get(path)).decode("utf-8-sig").splitlines()))


def typed(row, columns):
    """The row as its columns' types have it; empty is None."""
    return {c.name: READ[c.kind](row[c.name]) if row[c.name] else None for c in columns}


def test_the_package_describes_every_file_truly(client, counted):
    """Fields in their order, types that every cell keeps, keys that no two rows share."""
    package = json.loads(body_of(client.get(PACKAGE)))
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert re.fullmatch(r"[a-z0-9-]+", package["name"])
    datetime.datetime.fromisoformat(package["created"])
    assert [resource["name"] for resource in package["resources"]] == list(DATASETS)
    for resource in package["resources"]:
        dataset = DATASETS[resource["name"]]
        fields = resource["schema"]["fields"]
        assert all(field["description"].isascii() for field in fields if "“" not in str(field))
        rows = table(client, f"/open-data/{resource['path']}")
        assert list(rows[0]) == [field["name"] for field in fields]
        read = [typed(row, dataset.columns) for row in rows]
        keys = {tuple(row[name] for name in resource["schema"]["primaryKey"]) for row in read}
        assert len(keys) == len(rows)
        assert not any(None in key for key in keys)


@pytest.mark.parametrize("name", list(DATASETS))
def test_json_says_the_same_as_csv(client, counted, name):
    whole = json.loads(body_of(client.get(f"/open-data/{name}.json")))
    rows = table(client, f"/open-data/{name}.csv")
    assert whole["license"] == "CC-BY-4.0"
    assert len(whole["data"]) == len(rows)
    columns = DATASETS[name].columns
    for said, row in zip(whole["data"], rows, strict=True):
        written = {
            key: str(value) if columns[n].kind == "date" and value else value
            for n, (key, value) in enumerate(typed(row, columns).items())
        }
        assert said == written


def test_every_file_stands_without_a_single_figure(client):
    for name in DATASETS:
        assert json.loads(body_of(client.get(f"/open-data/{name}.json")))["counted_at"] is None
        assert body_of(client.get(f"/open-data/{name}.csv")).startswith(b"\xef\xbb\xbf")
    assert "created" not in json.loads(body_of(client.get(PACKAGE)))


# ── the national file ─────────────────────────────────────────────────────────────────────────
def test_the_national_file_adds_up_day_by_day(client):
    AdministrativeUnit.objects.filter(scheme=2021, kind="province").update(population=None)
    AdministrativeUnit.objects.filter(scheme=2021, code="79", kind="province").update(
        population=1000
    )
    for day, doses, first in ((1, 70, 70), (3, 10, 4)):
        when = datetime.date(2021, 11, day)
        DailyReport.objects.create(
            province=province("79"), day=when, doses=doses, first_doses=first
        )
    refresh_all_statistics(timezone.now())
    first, second, third = table(client, "/open-data/national.csv")
    assert (first["location"], first["iso_code"]) == ("Vietnam", "VNM")
    assert [row["date"] for row in (first, second, third)] == [
        "2021-11-01",
        "2021-11-02",
        "2021-11-03",
    ]
    assert [row["total_vaccinations"] for row in (first, second, third)] == ["70", "70", "80"]
    assert [row["daily_vaccinations_raw"] for row in (first, second, third)] == ["70", "0", "10"]
    assert [row["daily_vaccinations"] for row in (first, second, third)] == ["70", "35", "27"]
    assert third["people_vaccinated"] == "74"
    assert third["total_vaccinations_per_hundred"] == "8.00"
    assert third["daily_vaccinations_per_million"] == "27000.00"
    # Nothing is on record, so nobody can say who is complete.
    assert third["people_fully_vaccinated"] == third["total_boosters_per_hundred"] == ""


def test_who_is_complete_is_told_where_all_doses_are_on_record(client):
    make_dose()
    refresh_all_statistics(timezone.now())
    (row,) = table(client, "/open-data/national.csv")
    assert (row["people_vaccinated"], row["people_fully_vaccinated"]) == ("1", "0")


# ── how they are sent ─────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("path", [PACKAGE, "/open-data/national.csv", "/open-data/daily.json"])
def test_a_file_is_packed_where_wanted_and_not_sent_again_unchanged(client, counted, path):
    plain = client.get(path)
    whole = body_of(plain)
    packed = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert packed["Vary"] == "Accept-Encoding"
    assert gzip.decompress(body_of(packed)) == whole
    assert packed["ETag"] == plain["ETag"]
    assert plain["Cache-Control"] == "public, max-age=45"
    assert plain["Access-Control-Allow-Origin"] == "*"
    assert not plain.cookies
    again = client.get(path, headers={"If-None-Match": plain["ETag"]})
    assert again.status_code == 304
    assert again["ETag"] == plain["ETag"]
    make_dose()
    refresh_all_statistics(timezone.now())
    assert client.get(path, headers={"If-None-Match": plain["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/open-data/nothing.csv", "/open-data/daily.xml", "/open-data/daily.csv?province=%00"],
)
def test_what_is_not_there_is_said_to_be_missing(client, path):
    assert client.get(path).status_code == 404


def test_what_a_stranger_writes_into_an_address_breaks_no_header(client):
    response = client.get('/open-data/provinces.csv?units=%0d%0aX-Evil:1"é')
    assert response.status_code == 200
    assert "X-Evil" not in response
    assert re.fullmatch(r'W/"[\x21\x23-\x7e]*"', response["ETag"])


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_explains_every_column_of_every_file(client, language):
    client.cookies["django_language"] = language
    page = client.get("/open-data/").content.decode()
    for dataset in DATASETS.values():
        assert f"/open-data/{dataset.name}.csv" in page
        assert f"/open-data/{dataset.name}.json" in page
        for column in dataset.columns:
            assert f"<code>{column.name}</code>" in page
    assert "creativecommons.org/licenses/by/4.0" in page
