"""The old pages: the table that scrapers read, and the ways to ours."""

import re

import pytest
from django.core.cache import cache
from django.utils import timezone

from public_portal.legacy.pages import as_number, as_share
from public_portal.services.reports import load_national_reports
from public_portal.services.rollups import refresh_all_statistics
from tests.public_portal.legacy.readers import Table

pytestmark = pytest.mark.django_db
HEADINGS = [
    "STT",
    "Tỉnh/Thành phố",
    "Dự kiến KH phân bổ",
    "Phân bổ thực tế",
    "Dân số >= 18 tuổi",
    "Số liều đã tiêm",
    "Tỷ lệ dự kiến phân bổ theo kế hoạch/ dân số (>= 18 tuổi)",
    "Tỷ lệ đã phân bổ/ dân số (>= 18 tuổi)",
    "Tỷ lệ đã tiêm ít nhất 1 mũi/ dân số (>= 18 tuổi)",
    "Tỷ lệ tiêm chủng/ Vắc xin phân bổ thực tế",
    "Tỷ lệ phân bổ vắc xin/Tổng số phân bổ cả nước",
]


@pytest.fixture
def table(client):
    cache.clear()
    now = timezone.now()
    load_national_reports(now=now)
    refresh_all_statistics(now)
    response = client.get("/portal/portal-report")
    assert response.status_code == 200
    return Table(response.content.decode())


def test_the_table_has_the_eleven_columns_and_63_rows_of_the_old_one(table):
    assert table.headings == HEADINGS
    assert len(table.rows) == 63
    assert {len(row) for row in table.rows} == {11}
    assert [row[0] for row in table.rows] == [str(n) for n in range(1, 64)]
    assert [row[1] for row in table.rows[:3]] == ["Hà Nội", "Hồ Chí Minh", "Thanh Hóa"]
    assert table.rows[-1][1] == "Bắc Kạn"


def test_numbers_and_shares_are_written_and_reckoned_as_the_old_table_did(table):
    """Ha Noi and the plan's share of Thanh Hoa are as a crawl of the old table has them."""
    hanoi, thanh_hoa = table.rows[0], table.rows[2]
    assert hanoi[2:6] == ["11,376,541", "10,829,032", "6,200,000", "10,317,236"]
    assert hanoi[6] == "91.75 %"
    assert hanoi[8] == "166.41 %"
    assert thanh_hoa[6] == "92 %"
    assert table.small[0] == hanoi[6:]
    for row in table.rows:
        for text in row[2:6]:
            assert re.fullmatch(r"\d{1,3}(,\d{3})*", text)
        for text in row[6:]:
            assert re.fullmatch(r"\d+(\.\d{1,2})? %", text)
    assert sum(float(row[10].split()[0]) for row in table.rows) == pytest.approx(100, abs=0.4)


def test_shares_drop_the_zeros_at_their_end_and_survive_an_empty_denominator():
    assert [as_share(1, 3), as_share(1011, 1000), as_share(92, 100)] == [
        "33.33 %",
        "101.1 %",
        "92 %",
    ]
    assert [as_share(5, 0), as_share(0, 5), as_share(30, 3)] == ["0 %", "0 %", "1000 %"]
    assert as_number(12_294_742) == "12,294,742"


def test_the_table_is_the_same_for_everybody_and_writes_its_numbers_alike_in_english(client, table):
    client.cookies["django_language"] = "en"
    response = client.get("/portal/portal-report")
    assert response["Cache-Control"] == "public, max-age=45"
    english = Table(response.content.decode())
    assert english.rows == table.rows
    assert english.headings != HEADINGS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/portal", "/portal/portal-report"),
        ("/portal/", "/portal/portal-report"),
        ("/portal/register-person", "/register/"),
        ("/portal/search", "/account/"),
    ],
)
def test_old_addresses_lead_to_our_pages(client, old, new):
    response = client.get(old)
    assert response.status_code == 302
    assert response["Location"] == new
    assert client.get(new, follow=True).status_code == 200
