import csv
import datetime
import gzip
import re

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certificates.models import Certificate, IssuanceJob, SigningKey
from public_portal import caching, selectors
from public_portal.models import DailyReport
from public_portal.open_data.datasets import DATASETS
from public_portal.promise import promise_today
from public_portal.services.reports import load_national_reports
from public_portal.services.rollups import refresh_all_statistics
from registration.models import AdministrativeUnit
from sites.models import Dose, Role, Vaccine
from tests.factories import (
    make_details,
    make_dose,
    make_lot,
    make_site,
    make_staff,
    province,
)
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db
PUBLISHED = "public_portal/data/provinces_2021-11-06.csv"


@pytest.fixture(autouse=True)
def _no_page_is_kept_from_another_test():
    cache.clear()


@pytest.fixture
def reported():
    """The published totals of 6 November 2021, counted."""
    now = timezone.now()
    load_national_reports(now=now)
    refresh_all_statistics(now)


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def in_english(client):
    client.cookies["django_language"] = "en"
    return client


PAGES = [
    "/",
    "/statistics/",
    "/statistics/provinces/79/",
    "/statistics/days/",
    "/statistics/groups/",
    "/statistics/supply/",
    "/statistics/compare/?a=79&b=01",
    "/open-data/",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_stands_without_a_single_figure(client, path, language):
    client.cookies["django_language"] = language
    assert f'<html lang="{language}">' in text_of(client.get(path))


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_the_same_for_everybody_and_set_no_cookie(client, path, reported):
    response = client.get(path)
    assert not response.cookies
    assert response["Cache-Control"] == "public, max-age=45"
    again = client.get(path, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_what_a_stranger_wrote_into_an_address_is_not_kept_for_others(client, reported):
    asked = "/statistics/?utm=evil-words&measure=evil-words&units=2025&sort=evil-words"
    assert client.get(asked)["Location"] == "/statistics/?units=2025"
    assert client.get("/statistics/?units=2025&units=2021")["Location"] == "/statistics/?units=2021"


def test_a_kept_page_is_sent_without_asking_the_database(
    client, reported, django_assert_num_queries
):
    first = client.get("/statistics/")
    client.get("/statistics/")  # asks whether there is a new counting
    with django_assert_num_queries(0):
        kept = client.get("/statistics/")
    assert kept.content == first.content
    assert dict(kept.items()) == dict(first.items())
    assert "Content-Security-Policy" in kept


def test_a_page_is_kept_by_language_and_sent_zipped_to_who_can_read_that(client, reported):
    plain = client.get("/statistics/")
    zipped = client.get("/statistics/", headers={"Accept-Encoding": "br, gzip"})
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert int(zipped["Content-Length"]) == len(zipped.content) < len(plain.content) / 3
    assert "Accept-Encoding" in zipped["Vary"]
    again = client.get("/statistics/", headers={"If-None-Match": zipped["ETag"]})
    assert again.status_code == 304
    english = in_english(client).get("/statistics/")
    assert english["Content-Language"] == "en"
    assert english.content != plain.content


def test_kept_pages_outlive_the_database(client, reported, monkeypatch):
    client.get("/statistics/")

    def lost():
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(caching, "statistics_version", lost)
    assert client.get("/statistics/").status_code == 200


def test_nothing_is_kept_of_who_is_known_to_the_session(reported, rf):
    def view(_request):
        response = HttpResponse("mine", headers={"Cache-Control": "private, no-store"})
        response.is_public_page = True
        return response

    keeping = caching.KeptPagesMiddleware(view)
    assert "ETag" not in keeping(rf.get("/statistics/"))
    assert "ETag" not in keeping(rf.get("/statistics/"))


def test_a_new_counting_is_seen_at_once(client, reported):
    before = text_of(in_english(client).get("/statistics/"))
    make_dose()
    refresh_all_statistics(timezone.now())
    after = text_of(client.get("/statistics/"))
    assert before != after


def test_the_home_page_is_light_even_with_data(client, reported):
    assert len(client.get("/").content) <= 60_000


def test_no_page_file_or_answer_holds_anything_of_a_person(client, reported):
    person = make_details(full_name="Canary Không Ai Biết", phone="+84912345678")
    dose = make_dose(lot=make_lot(site=make_site(province_code="79")), citizen=person)
    refresh_all_statistics(timezone.now())
    paths = [
        *PAGES,
        "/open-data/provinces.csv",
        "/open-data/daily.csv",
        "/api/v1/statistics/summary/",
        "/api/v1/statistics/provinces/",
        "/api/v1/statistics/daily/",
    ]
    secrets = ["Canary", "912345678", person.papers[0].number, str(dose.public_id), "Lê Thị Mẫu"]
    for path in paths:
        response = client.get(path)
        parts = response.streaming_content if response.streaming else [response.content]
        text = b"".join(parts).decode()
        assert not [secret for secret in secrets if secret in text], path


# ── figures ───────────────────────────────────────────────────────────────────────────────────
def published():
    with open(PUBLISHED, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_published_ratio_of_each_of_the_63_provinces_is_doses_by_adults(reported):
    """With the portal's own denominators of 6 November 2021, to two decimals."""
    totals = {row.code: row.totals for row in selectors.unit_totals(units=2021)}
    for row in published():
        ratio = 100 * totals[row["province_code"]].doses / int(row["population_18_plus"])
        assert round(ratio, 2) == pytest.approx(float(row["doses_per_100_adults_shown"]), abs=0.006)
    assert len(totals) == 63


@pytest.mark.parametrize(
    ("code", "doses", "shown"), [("79", 4_861_312, 69.78), ("01", 2_245_430, 39.08)]
)
def test_the_figures_of_august_2021_come_out_of_doses_and_adults(code, doses, shown):
    """DOMAIN has 4.86 and 2.25 million doses, rounded; the adults are those of the places' data."""
    assert f"{doses / 1e6:.2f}" == {"79": "4.86", "01": "2.25"}[code]
    DailyReport.objects.create(province=province(code), day=datetime.date(2021, 8, 20), doses=doses)
    refresh_all_statistics(timezone.now())
    (totals,) = (r.totals for r in selectors.unit_totals(units=2021) if r.code == code)
    assert round(float(totals.doses_per_100), 2) == shown


def test_the_34_provinces_add_up_their_63_predecessors(reported):
    old, new = selectors.unit_totals(units=2021), selectors.unit_totals(units=2025)
    assert (len(old), len(new)) == (63, 34)
    for name in ("doses", "people_first", "unrecorded", "adults"):
        assert sum(getattr(r.totals, name) for r in old) == sum(
            getattr(r.totals, name) for r in new
        )
    merged = next(row for row in new if "Bắc Giang" in row.parts)
    assert merged.name == "Bắc Ninh"
    assert merged.totals.doses == 1_635_632 + 1_398_564


def test_the_headline_takes_the_report_where_there_is_one_and_the_record_elsewhere():
    at = datetime.datetime(2021, 11, 5, 3, 0, tzinfo=datetime.UTC)
    make_dose(lot=make_lot(site=make_site(province_code="79")), administered_at=at)
    make_dose(lot=make_lot(site=make_site(province_code="01")), administered_at=at)
    DailyReport.objects.create(province=province("79"), day=at.date(), doses=10, first_doses=6)
    refresh_all_statistics(timezone.now())
    totals = selectors.country_totals()
    assert (totals.doses, totals.reported, totals.recorded) == (11, 10, 2)
    assert (totals.people_first, totals.counts["people_first"]) == (7, 2)
    assert totals.unrecorded == 9


def test_a_share_over_100_is_shown_as_it_is_with_its_footnote(client, reported):
    page = text_of(in_english(client).get("/statistics/?measure=people&columns=all"))
    (row,) = re.findall(r">Long An</a></th><td class=\"num\">([^<]*)</td>", page)
    assert row.endswith("% *")
    assert float(row.removesuffix("% *")) > 100
    assert "not cut off at 100" in page


# ── map, table, charts ────────────────────────────────────────────────────────────────────────
def test_the_map_draws_every_province_and_both_archipelagos(client, reported):
    page = text_of(client.get("/statistics/"))
    (drawing,) = re.findall(r'<svg class="map".*?</svg>', page, re.DOTALL)
    assert drawing.count("<path") == 63
    assert "Hoàng Sa" in drawing
    assert "Trường Sa" in drawing
    assert drawing.count("<circle") >= 12
    assert "© OpenStreetMap contributors, ODbL" in page
    newer = text_of(client.get("/statistics/?units=2025"))
    (drawing,) = re.findall(r'<svg class="map".*?</svg>', newer, re.DOTALL)
    assert drawing.count("<path") == 34


def test_a_map_without_figures_says_no_data_and_not_zero(client):
    (drawing,) = re.findall(
        r'<svg class="map".*?</svg>', text_of(client.get("/statistics/")), re.DOTALL
    )
    assert set(re.findall(r'<path class="(\w+)"|<circle class="(\w+)"', drawing)) == {
        ("qn", ""),
        ("", "qn"),
    }


def test_the_legend_counts_the_provinces_of_each_class(client, reported):
    page = text_of(in_english(client).get("/statistics/"))
    (legend,) = re.findall(r'<ul class="legend" .*?</ul>', page, re.DOTALL)
    assert sum(int(count) for count in re.findall(r"(\d+) provinces?<", legend)) == 63


def names_in_order(page):
    return re.findall(r'<th scope="row"><a href="/statistics/provinces/\d\d/">([^<]*)</a>', page)


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [("-rate", "Long An", "Thanh Hóa"), ("rate", "Thanh Hóa", "Long An")],
)
def test_the_table_is_sorted_by_its_links(client, reported, sort, first, last):
    names = names_in_order(text_of(client.get(f"/statistics/?sort={sort}")))
    assert (len(names), names[0], names[-1]) == (63, first, last)


def test_provinces_stand_in_the_order_of_the_vietnamese_alphabet_without_marks(client, reported):
    names = names_in_order(text_of(client.get("/statistics/?sort=name")))
    assert names[:6] == [
        "An Giang",
        "Bà Rịa - Vũng Tàu",
        "Bắc Giang",
        "Bắc Kạn",
        "Bạc Liêu",
        "Bắc Ninh",
    ]


def test_where_all_provinces_are_alike_no_highest_and_lowest_is_named(client, reported):
    page = text_of(in_english(client).get("/statistics/?measure=unrecorded"))
    assert "Highest:" not in page
    assert "Highest:" in text_of(client.get("/statistics/"))


def test_the_charts_show_the_main_stretch_and_not_the_quiet_years(client, reported):
    make_dose()
    refresh_all_statistics(timezone.now())
    days = selectors.main_stretch(selectors.daily())
    assert days[-1].day == datetime.date(2021, 11, 6)
    assert "08/03 – 06/11/2021" in text_of(client.get("/statistics/"))


def test_vietnamese_and_english_write_numbers_in_their_own_way(client, reported):
    assert "87.472.277" in text_of(client.get("/statistics/"))
    assert "87,472,277" in text_of(in_english(client).get("/statistics/"))


def test_every_headline_figure_leads_to_its_definition(client, reported):
    for path in ("/", "/statistics/", "/statistics/provinces/01/", "/statistics/supply/"):
        page = text_of(client.get(path))
        tiles = page.count('<p class="tile__k">')
        found = re.findall(r'href="(/statistics/definitions/[a-z]+/|#def-[a-z]+)">Định nghĩa', page)
        assert len(found) == tiles, path
        for link in set(found):
            there = f'<dt id="{link[1:]}"' in page if link[0] == "#" else client.get(link)
            assert there is True or there.status_code == 200, link


def test_the_page_says_that_days_are_modelled_only_while_they_are(client, reported):
    client = in_english(client)
    assert "modelled" in text_of(client.get("/open-data/"))
    DailyReport.objects.filter(province=province("79")).update(doses=1, first_doses=1)
    refresh_all_statistics(timezone.now())
    assert "modelled" not in text_of(client.get("/open-data/"))


# ── a province ────────────────────────────────────────────────────────────────────────────────
def test_a_province_page_names_its_place_and_its_successor(client, reported):
    page = text_of(in_english(client).get("/statistics/provinces/24/"))
    assert "1,398,564" in page
    assert "Since 1 July 2025 part of Bắc Ninh" in page


@pytest.mark.parametrize("code", ["99", "x", "001"])
def test_a_province_that_does_not_exist_is_not_found(client, code):
    assert client.get(f"/statistics/provinces/{code}/").status_code == 404


def doses_at(name, count, **site):
    lot = make_lot(site=make_site(name=name, **site))
    for _ in range(count):
        make_dose(lot=lot)


def test_small_counts_of_sites_are_withheld_so_that_they_cannot_be_computed(client):
    doses_at("Trạm Nhỏ", 3)
    doses_at("Trạm Vừa", 6)
    doses_at("Trạm Lớn", 9)
    refresh_all_statistics(timezone.now())
    page = text_of(in_english(client).get("/statistics/provinces/79/?columns=all"))
    rows = dict(re.findall(r'<tr><th scope="row">(Trạm [^<]*)</th>(.*?)</tr>', page))
    assert list(rows) == ["Trạm Lớn", "Trạm Nhỏ", "Trạm Vừa"]
    assert ">9<" in rows["Trạm Lớn"]
    assert "withheld" in rows["Trạm Nhỏ"]
    assert "withheld" in rows["Trạm Vừa"]


def test_a_site_shows_how_it_works_and_what_is_not_on_record(client):
    doses_at("Trạm Giấy", 6, on_platform=False)
    site = selectors.Site.objects.get()
    DailyReport.objects.create(
        province=site.province,
        site=site,
        day=day_in_vietnam(Dose.objects.earliest("pk").administered_at),
        doses=40,
    )
    refresh_all_statistics(timezone.now())
    page = text_of(in_english(client).get("/statistics/provinces/79/?columns=all"))
    (row,) = re.findall(r'<tr><th scope="row">Trạm Giấy</th>(.*?)</tr>', page)
    assert "On paper" in row
    assert re.findall(r">(\d+)<", row) == ["40", "6", "34"]


# ── the promise ───────────────────────────────────────────────────────────────────────────────
AFTERNOON = datetime.datetime(2021, 11, 5, 8, 0, tzinfo=datetime.UTC)  # 15:00 in Viet Nam
MINUTE = datetime.timedelta(minutes=1)


def certified(lot, minutes_ago, waited, **over):
    """A dose recorded at once, `minutes_ago` before AFTERNOON, its certificate out `waited` minutes
    after it (None: not yet)."""
    at = AFTERNOON - minutes_ago * MINUTE
    dose = make_dose(lot=lot, administered_at=at, **over)
    Dose.objects.filter(pk=dose.pk).update(recorded_at=at)
    IssuanceJob.objects.filter(dose=dose).update(
        due_at=at + 30 * MINUTE, deadline_at=at + 60 * MINUTE
    )
    if waited is not None:
        Certificate.objects.create(
            dose=dose,
            uvci=f"URN:{dose.pk}",
            hcert="HC1:",
            key=signing_key(),
            issued_at=at + waited * MINUTE,
            expires_at=at + datetime.timedelta(days=365),
        )


def signing_key():
    now, day = timezone.now(), datetime.timedelta(days=1)
    return SigningKey.objects.get_or_create(
        kid="00" * 8,
        defaults={
            "certificate_pem": "-",
            "csca_pem": "-",
            "not_before": now - day,
            "sign_until": now + day,
            "not_after": now + 500 * day,
        },
    )[0]


def test_the_promise_counts_only_doses_whose_time_is_over_and_those_without_certificate_as_late():
    lot = make_lot(site=make_site())
    certified(lot, 200, 31)
    certified(lot, 200, 59)
    certified(lot, 200, 61)
    certified(lot, 200, None)
    certified(lot, 40, 35)  # in time, but its hour is not over: counting it would flatter
    certified(lot, 200, 45, source="paper")
    certified(lot, 20 * 60, 45)  # yesterday
    today = promise_today(now=AFTERNOON)
    assert (today.doses, today.in_time, today.share) == (4, 2, 50.0)
    assert [bin_.percent for bin_ in today.bins if bin_.percent] == [25, 25, 25, 25]


# ── files and API ─────────────────────────────────────────────────────────────────────────────
def csv_rows(response):
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_the_files_hold_every_province_and_every_day(client, reported):
    response = client.get("/open-data/provinces.csv")
    rows = csv_rows(response)
    assert tuple(rows[0]) == DATASETS["provinces"].column_names
    assert sum(int(row["doses_reported"]) for row in rows) == 87_472_277
    assert len(csv_rows(client.get("/open-data/provinces.csv?units=2025"))) == 34
    days = csv_rows(client.get("/open-data/daily.csv"))
    assert len(days) == 15_349
    assert {
        row["province_code"] for row in csv_rows(client.get("/open-data/daily.csv?province=79"))
    } == {"79"}
    assert client.get("/open-data/daily.csv?province=99").status_code == 404


def test_an_unchanged_file_is_not_sent_again_and_a_changed_one_is(client, reported):
    etag = client.get("/open-data/daily.csv")["ETag"]
    ask = {"If-None-Match": etag}
    assert client.get("/open-data/daily.csv", headers=ask).status_code == 304
    assert client.get("/open-data/daily.csv?province=79", headers=ask).status_code == 200
    make_dose()
    refresh_all_statistics(timezone.now())
    assert client.get("/open-data/daily.csv", headers=ask).status_code == 200


def test_the_api_sums_up_the_country_the_provinces_and_the_days(client, reported):
    summary = client.get("/api/v1/statistics/summary/").json()
    assert summary["doses"] == summary["doses_reported"] == 87_472_277
    assert summary["reported_to"] == "2021-11-06"
    provinces = client.get("/api/v1/statistics/provinces/?units=2025").json()
    assert len(provinces["results"]) == 34
    assert sum(row["doses"] for row in provinces["results"]) == 87_472_277
    daily = client.get("/api/v1/statistics/daily/?province=79&from=2021-11-05&to=2021-11-06").json()
    assert [row["date"] for row in daily["results"]] == ["2021-11-05", "2021-11-06"]
    whole = client.get("/api/v1/statistics/daily/?province=24&units=2025").json()
    assert sum(row["doses"] for row in whole["results"]) == 1_635_632 + 1_398_564


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("units=1999", "units"),
        ("from=yesterday", "from"),
        ("to=2021-02-29", "to"),
        ("from=2021-11-06&to=2021-11-05", "to"),
        ("province=99", "province"),
        ("province=79&units=2025&from=x", "from"),
        ("province=" + "9" * 10_000, "province"),
        ("province=%00", "province"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_its_field_and_a_sentence(client, query, field):
    response = client.get(f"/api/v1/statistics/daily/?{query}")
    assert response.status_code == 400
    (sentence,) = response.json()[field]
    assert len(sentence) > 10


# ── the staff's page ──────────────────────────────────────────────────────────────────────────
def signed_in(client, **posting):
    account = make_staff(**posting)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return account


REPORT = {"date": "05/11/2021", "doses": "120", "first_doses": "20", "vaccine": ""}


def test_a_site_reports_its_own_day(client):
    site = make_site()
    account = signed_in(client, role=Role.SITE_MANAGER, site=site)
    assert client.post("/staff/reports/", REPORT).status_code == 302
    filed = DailyReport.objects.get()
    assert (filed.site, filed.province, filed.doses) == (site, site.province, 120)
    assert filed.reported_by == account


def test_a_province_reports_for_itself_and_its_sites_only(client):
    own, foreign = make_site(province_code="79"), make_site(province_code="01")
    signed_in(client, role=Role.PROVINCE_OFFICER, province=province("79"))
    assert client.post("/staff/reports/", {**REPORT, "site_code": ""}).status_code == 302
    assert client.post("/staff/reports/", {**REPORT, "site_code": own.code}).status_code == 302
    refused = client.post("/staff/reports/", {**REPORT, "site_code": foreign.code})
    assert refused.status_code == 200
    assert foreign.code in refused.content.decode()
    assert set(DailyReport.objects.values_list("province__code", "site")) == {
        ("79", None),
        ("79", own.pk),
    }


def test_what_cannot_be_is_said_beside_its_field(client):
    signed_in(client, role=Role.PROVINCE_OFFICER, province=province("79"))
    page = in_english(client).post("/staff/reports/", {**REPORT, "first_doses": "121"})
    assert "More first doses (121) than doses (120)." in page.content.decode()
    assert page.context["form"].errors["first_doses"]


def _vaccines():
    return [*Vaccine.objects.order_by("code").values_list("code", flat=True)]


def test_a_day_is_reported_with_several_vaccines_at_once(client):
    site = make_site()
    signed_in(client, role=Role.SITE_MANAGER, site=site)
    one, two, three = _vaccines()[:3]
    more = {"vaccine_2": two, "doses_2": "30", "first_doses_2": "10", "vaccine_3": three}
    data = {**REPORT, "vaccine": one, **more, "doses_3": "7"}
    assert client.post("/staff/reports/", data).status_code == 302
    filed = DailyReport.objects.values_list("vaccine__code", "doses", "first_doses")
    assert set(filed) == {(one, 120, 20), (two, 30, 10), (three, 7, None)}


def test_a_wrong_row_says_so_and_keeps_what_was_typed_while_the_right_ones_are_filed(client):
    signed_in(client, role=Role.SITE_MANAGER, site=make_site())
    one, two = _vaccines()[:2]
    data = {**REPORT, "vaccine": one, "vaccine_2": two, "doses_2": "5", "first_doses_2": "6"}
    page = in_english(client).post("/staff/reports/", data)
    assert page.context["form"].errors.keys() == {"first_doses_2"}
    assert 'name="doses_2" value="5"' in page.content.decode()
    assert DailyReport.objects.get().vaccine.code == one
    assert client.post("/staff/reports/", {**data, "doses_2": "6"}).status_code == 302
    assert DailyReport.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({"doses_2": "5"}, {"vaccine_2"}),
        ({"vaccine_2": "one"}, {"doses_2"}),
        ({"vaccine": "one", "vaccine_3": "one", "doses_3": "5"}, {"vaccine_3"}),
        ({"date": "soon", "vaccine_2": "one", "doses_2": "5"}, {"date"}),
    ],
)
def test_another_vaccine_is_whole_and_named_once_and_the_day_is_refused_once(client, more, errors):
    signed_in(client, role=Role.SITE_MANAGER, site=make_site())
    named = {key: _vaccines()[0] if value == "one" else value for key, value in more.items()}
    page = client.post("/staff/reports/", {**REPORT, **named})
    assert page.context["form"].errors.keys() == errors
    assert all(len(texts) == 1 for texts in page.context["form"].errors.values())


def test_reports_of_other_places_are_not_seen(client):
    for code, doses in (("79", 1234), ("01", 4321)):
        DailyReport.objects.create(
            province=province(code), day=datetime.date(2021, 11, 5), doses=doses
        )
    signed_in(client, role=Role.PROVINCE_OFFICER, province=province("79"))
    page = in_english(client).get("/staff/reports/").content.decode()
    assert "1,234" in page
    assert "4,321" not in page


def test_strangers_are_asked_to_sign_in_and_other_roles_are_refused(client):
    assert client.get("/staff/reports/").status_code == 302
    signed_in(client, role=Role.AUDITOR)
    assert client.get("/staff/reports/").status_code == 403


def test_a_place_keeps_the_population_that_its_ratio_is_of():
    assert (
        not AdministrativeUnit.objects.provinces()
        .of_scheme(2021)
        .filter(population_18_plus=None)
        .exists()
    )


def sent(client, text, name="bao-cao.csv"):
    return client.post(
        "/staff/reports/", {"file": SimpleUploadedFile(name, text.encode(), "text/csv")}
    )


def test_a_file_of_days_is_filed_by_its_site_and_each_bad_line_is_told_with_its_reason(client):
    site = make_site(code="HCM-01")
    account = signed_in(client, role=Role.SITE_MANAGER, site=site)
    head = "province_code;site_code;date;vaccine;doses\r\n"
    good = "79;HCM-01;2021-11-04;;40\r\n"
    response = sent(client, head + good + "79;HCM-01;2021-11-05;;-3\r\n79;;2021-11-05;;9\r\n")
    assert response.status_code == 200
    assert [row.line for row in response.context["refused"]] == [3, 4]
    assert "Dòng 3: " in response.content.decode()
    filed = DailyReport.objects.get()
    assert (filed.doses, filed.reported_by) == (40, account)
    assert sent(client, head + good).status_code == 302


@pytest.mark.parametrize("text", ["", "tỉnh;ngày\n79;x\n", "province_code,date\n79,2021-11-04\n"])
def test_a_file_without_the_columns_is_refused_beside_its_field(client, text):
    signed_in(client, role=Role.PROVINCE_OFFICER, province=province())
    response = sent(client, text)
    assert response.context["form"].errors["file"]
    assert not DailyReport.objects.exists()


def test_a_file_that_is_too_large_or_no_text_is_refused_whole(client, monkeypatch):
    signed_in(client, role=Role.PROVINCE_OFFICER, province=province())
    upload = SimpleUploadedFile("a.csv", b"\xff\xfe\x00p\x00r", "text/csv")
    response = client.post("/staff/reports/", {"file": upload})
    assert "UTF-8" in response.context["form"].errors["file"][0]
    monkeypatch.setattr("public_portal.services.reports.MOST_BYTES", 20)
    response = sent(client, "province_code,date,doses\n79,2021-11-04,5\n")
    assert response.context["form"].errors["file"]
    assert not DailyReport.objects.exists()


def test_a_corrected_report_shows_what_stood_there_who_sent_it_and_when(client):
    site = make_site()
    first = signed_in(client, role=Role.SITE_MANAGER, site=site)
    client.post("/staff/reports/", REPORT)
    second = signed_in(client, role=Role.SITE_RECORDER, site=site)
    client.post("/staff/reports/", REPORT)  # the same again: no correction
    client.post("/staff/reports/", {**REPORT, "doses": "125"})
    (report,) = client.get("/staff/reports/").context["page"]
    assert (report.doses, report.reported_by) == (125, second)
    (earlier,) = report.earlier
    assert (earlier.doses, earlier.first_doses, earlier.reported_by) == (120, 20, first)
    assert earlier.reported_at < report.reported_at


def test_the_reports_on_file_cost_the_same_however_many_there_are(client):
    signed_in(client, role=Role.SITE_MANAGER, site=make_site())

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get("/staff/reports/")
        return len(found)

    def send(days):
        for day in days:
            for doses in ("120", "130"):
                report = {**REPORT, "date": f"{day:02d}/10/2021", "doses": doses}
                client.post("/staff/reports/", report)

    send([1])
    one = queries()
    send(range(2, 12))
    assert queries() == one
