"""The pages under the statistics: groups, residence, supply, days, comparison, what is shared."""

import datetime
import io
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from public_portal import groups, selectors, supply
from public_portal.entry_days import with_entries
from public_portal.models import DailyReport
from public_portal.rules import MEASURES
from public_portal.services.rollups import refresh_all_statistics
from public_portal.views import places_by
from sites.models import Dose, SessionPart
from tests.factories import (
    COMIRNATY,
    make_citizen,
    make_dose,
    make_lot,
    make_session,
    make_site,
    province,
)

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2021, 11, 5, 3, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_page_is_kept_from_another_test():
    cache.clear()


def counted():
    refresh_all_statistics(timezone.now())


def english(client, path):
    client.cookies["django_language"] = "en"
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def given(province_code="79", *, at=AT, lives_in=None, entered=None, **over):
    """A dose on record at a site of the province, of somebody who lives in `lives_in`."""
    home = province(lives_in or province_code)
    citizen = over.pop("citizen", None) or make_citizen(province_id=home.pk)
    site = make_site(province_code=province_code)
    lot = over.pop("lot", None) or make_lot(site=site)
    dose = make_dose(lot=lot, citizen=citizen, administered_at=at, **over)
    Dose.objects.filter(pk=dose.pk).update(recorded_at=entered or at)
    return dose


# ── groups and residence ──────────────────────────────────────────────────────────────────────
def test_the_groups_of_a_page_add_up_to_its_doses_on_record():
    first = given("79", lives_in="01")
    given("79", citizen=first.citizen, dose_number=2, at=AT + 60 * DAY)
    given("01", lot=make_lot(site=make_site(province_code="01"), code=COMIRNATY))
    counted()
    totals = selectors.country_totals()
    tables = (
        groups.by_vaccine(),
        groups.by_kind(totals),
        groups.by_age(totals),
        groups.by_sex(totals),
    )
    assert {sum(row.doses for row in table) for table in tables} == {3}
    assert [row.doses for row in groups.by_vaccine()] == [2, 1]
    assert [row.doses for row in groups.by_vaccine(province("01"))] == [1]


def test_place_of_vaccination_and_residence_are_counted_apart():
    given("79", lives_in="01")
    counted()
    rows = {row.code: row for row in groups.place_and_residence(units=2021)}
    assert (rows["79"].given, rows["79"].of_residents, rows["79"].difference) == (1, 0, 1)
    assert (rows["01"].given, rows["01"].of_residents, rows["01"].difference) == (0, 1, -1)
    assert groups.total_of(list(rows.values())).difference == 0
    newer = groups.place_and_residence(units=2025)
    assert (len(newer), sum(row.residents for row in newer)) == (34, 1)


def test_the_map_can_show_residents_in_the_province_where_they_live():
    given("79", lives_in="01")
    counted()
    rows = selectors.unit_totals(units=2021, with_residents=True)
    shares = {row.code: row.totals.residents_share for row in rows}
    assert shares["01"] > 0
    assert shares["79"] == 0


# ── supply ────────────────────────────────────────────────────────────────────────────────────
def test_supply_is_what_the_books_took_in_and_use_what_is_on_record(client):
    lot = make_lot(site=make_site(province_code="79"), doses=40)
    given(lot=lot)
    counted()
    (row,) = supply.supply_by_vaccine()
    assert (row.received, row.wasted, row.recorded, row.left) == (40, 0, 1, 39)
    by_code = {row.code: row for row in supply.supply_by_province(units=2021)}
    assert (by_code["79"].received, by_code["01"].received) == (40, 0)
    assert by_code["01"].used_share is None
    page = english(client, "/statistics/supply/?province=01")
    assert "No stock book yet" in page


# ── days ──────────────────────────────────────────────────────────────────────────────────────
def test_a_late_dose_counts_on_the_day_of_its_injection_and_on_that_of_its_entry():
    given(at=AT, entered=AT)
    given(at=AT, entered=AT + 3 * DAY)
    given(at=AT + 3 * DAY, entered=AT + 3 * DAY)
    counted()
    days = with_entries(selectors.without_gaps(selectors.daily()))
    assert [(day.given, day.entered_later, day.entered) for day in days] == [
        (2, 1, 1),
        (0, 0, 0),
        (0, 0, 0),
        (1, 0, 2),
    ]


def test_the_table_of_days_has_the_mean_and_the_sum_of_each_day(client):
    for n, doses in enumerate((70, 0, 7)):
        DailyReport.objects.create(
            province=province("79"), day=datetime.date(2021, 11, 1 + n), doses=doses
        )
    counted()
    page = english(client, "/statistics/days/?columns=all")
    rows = re.findall(r'<tr><th scope="row" class="nowrap">(.*?)</th>(.*?)</tr>', page)
    assert [re.findall(r">([\d,]+)<", cells)[:3] for _day, cells in rows] == [
        ["7", "26", "77"],
        ["0", "35", "70"],
        ["70", "70", "70"],
    ]


# ── ranking and comparison ────────────────────────────────────────────────────────────────────
def test_equal_figures_share_a_place_and_units_without_one_have_none():
    for code in ("79", "01"):
        DailyReport.objects.create(province=province(code), day=AT.date(), doses=7)
    counted()
    rows = selectors.unit_totals(units=2021)
    places = places_by(rows, MEASURES["doses"])
    assert sorted(places.values())[:3] == [1, 2, 3]
    assert places_by(rows, MEASURES["residents"]) == {}


def test_two_provinces_are_compared_with_the_country_beside_them(client):
    for code, doses in (("79", 700_000), ("01", 100)):
        DailyReport.objects.create(province=province(code), day=AT.date(), doses=doses)
    counted()
    page = english(client, "/statistics/compare/?a=79&b=01")
    assert "For its adults, Hồ Chí Minh has had more doses" in page
    (row,) = re.findall(r">Doses reported</a></th>(.*?)</tr>", page)
    assert re.findall(r">([\d,]+)<", row) == ["700,000", "100", "700,100"]
    assert page.count('<svg role="img"') + page.count('role="img"') >= 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Choose two provinces."),
        ("?a=79", "Choose the other one"),
        ("?a=79&b=79", "Choose two different provinces."),
    ],
)
def test_a_comparison_that_lacks_a_province_says_what_to_do(client, query, words):
    assert words in english(client, f"/statistics/compare/{query}")


def test_a_province_nobody_knows_is_taken_out_of_the_address(client):
    asked = client.get("/statistics/compare/?a=79&b=xx")
    assert asked["Location"] == "/statistics/compare/?a=79"
    assert client.get("/statistics/groups/?province=99")["Location"] == "/statistics/groups/"


# ── the map, by keyboard ──────────────────────────────────────────────────────────────────────
def test_each_province_of_the_map_is_a_link_that_says_its_figure(client):
    DailyReport.objects.create(province=province("79"), day=AT.date(), doses=700)
    counted()
    page = english(client, "/statistics/")
    (drawing,) = re.findall(r'<svg class="map".*?</svg>', page, re.DOTALL)
    assert "aria-hidden" not in drawing
    links = re.findall(
        r'<a href="/statistics/provinces/(\d\d)/"><path[^>]*></path>(.*?)</a>', drawing
    )
    assert len(links) == 63
    assert "Hồ Chí Minh: 0" in dict(links)["79"]
    assert 'href="#provinces"' in page


# ── a province's sites ────────────────────────────────────────────────────────────────────────
def test_a_site_shows_its_address_and_its_next_session(client):
    site = make_site(name="Trạm Một", address="12 Lê Lợi")
    tomorrow = timezone.localdate() + DAY
    make_session(site=site, on=tomorrow, part=SessionPart.AFTERNOON)
    make_session(site=site, on=tomorrow, part=SessionPart.MORNING)
    make_session(site=site, on=tomorrow + DAY, part=SessionPart.DAY)
    page = english(client, "/statistics/provinces/79/?columns=all")
    (row,) = re.findall(r'<tr><th scope="row">Trạm Một</th>(.*?)</tr>', page, re.DOTALL)
    assert "12 Lê Lợi" in row
    assert "Morning, Afternoon" in row
    assert "All day" not in row


# ── shared ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("path", "picture"),
    [
        ("/statistics/?measure=full", "/statistics/picture.png?measure=full&amp;lang=en"),
        ("/statistics/days/", "/statistics/picture.png?lang=en"),
        ("/statistics/provinces/79/", "/statistics/provinces/79/picture.png?lang=en"),
    ],
)
def test_a_shared_page_names_its_lasting_address_and_its_picture(client, settings, path, picture):
    settings.PUBLIC_URL = "https://vaccination.example.vn"
    page = english(client, path)
    assert f'<link rel="canonical" href="{settings.PUBLIC_URL}{path}">' in page
    assert f'<meta property="og:image" content="{settings.PUBLIC_URL}{picture}">' in page


@pytest.mark.parametrize(
    "path", ["/statistics/picture.png", "/statistics/provinces/79/picture.png"]
)
def test_the_picture_is_a_png_of_the_size_that_the_page_names(client, path):
    given()
    counted()
    response = client.get(path)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"].startswith("public")
    image = Image.open(io.BytesIO(response.content))
    assert image.size == (1200, 630)
    assert len(image.getcolors(maxcolors=1_000_000)) > 20
    assert client.get(f"{path}?lang=en").content != response.content


# ── cost ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "path",
    [
        "/statistics/",
        "/statistics/days/",
        "/statistics/groups/",
        "/statistics/supply/",
        "/statistics/compare/?a=79&b=01",
        "/statistics/provinces/79/",
    ],
)
def test_a_page_asks_as_often_with_many_doses_and_sites_as_with_few(client, path):
    def queries():
        cache.clear()
        with CaptureQueriesContext(connection) as found:
            english(client, path)
        statements = [query["sql"] for query in found]
        assert not [sql for sql in statements if 'FROM "registration_citizen"' in sql]
        return len(statements)

    given()
    counted()
    few = queries()
    for n in range(6):
        given(at=AT + n * DAY, entered=AT + 8 * DAY)
        given("01", lives_in="79")
    counted()
    assert queries() == few
