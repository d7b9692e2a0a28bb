"""Numbers and dates in both languages, the tags that pages are built from, the menus."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import translation

from vaxplatform import formatting, navigation, staff

RECORDED_AT = datetime(2021, 11, 6, 3, 2, tzinfo=UTC)  # 10:02 in Viet Nam


def rendered(markup: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path)
    return Template("{% load i18n ui %}" + markup).render(Context({"request": request, **context}))


@pytest.fixture(autouse=True)
def _vietnamese() -> Iterator[None]:
    with translation.override("vi"):
        yield


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        (1234567, 0, "1.234.567", "1,234,567"),
        (96.45, 1, "96,5", "96.5"),
        (0.5, 0, "1", "1"),
        (-0.04, 1, "0,0", "0.0"),
        (-1234.5, 1, "-1.234,5", "-1,234.5"),
        (None, 0, "–", "–"),
    ],
)
def test_numbers(value: float | None, decimals: int, vi: str, en: str) -> None:
    assert formatting.number(value, decimals, "vi") == vi
    assert formatting.number(value, decimals, "en") == en


@pytest.mark.parametrize(
    ("value", "vi"), [(1234, "+1.234"), (-5, "−5"), (0, "0"), (None, formatting.NO_DATA)]
)
def test_a_change_is_written_with_its_sign(value: int | None, vi: str) -> None:
    assert formatting.signed(value, "vi") == vi


def test_a_share_over_one_hundred_is_shown_as_it_is() -> None:
    assert formatting.percent(formatting.share(1141, 1000), language="vi") == "114,1\u00a0%"
    assert formatting.percent(formatting.share(1141, 1000), language="en") == "114.1%"
    assert formatting.share(5, 0) is None


def test_a_day_is_a_day_in_viet_nam() -> None:
    late = datetime(2021, 11, 6, 17, 30, tzinfo=UTC)
    assert formatting.day(late, "vi") == "07/11/2021"
    assert formatting.moment(late, "en") == "7\u00a0November\u00a02021, 00:30"


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        ("1954", "1954", "1954"),
        ("1954-03", "03/1954", "March\u00a01954"),
        ("1954-03-27", "27/03/1954", "27\u00a0March\u00a01954"),
        ("", "–", "–"),
        ("1954-00-00", "1954-00-00", "1954-00-00"),
        ("1954-13", "1954-13", "1954-13"),
    ],
)
def test_a_partial_date_shows_what_is_known(value: str, vi: str, en: str) -> None:
    assert formatting.partial_date(value, "vi") == vi
    assert formatting.partial_date(value, "en") == en


def test_a_range_writes_the_year_once_unless_it_changes() -> None:
    assert formatting.day_range(date(2021, 11, 8), date(2021, 11, 10), "vi") == "08/11 – 10/11/2021"
    assert (
        formatting.day_range(date(2021, 12, 31), date(2022, 1, 2), "vi")
        == "31/12/2021 – 02/01/2022"
    )
    assert formatting.day_range(date(2021, 11, 8), date(2021, 11, 8), "vi") == "08/11/2021"


def axis(minutes: int) -> str:
    return rendered(
        "{% sixty_minute_axis start earliest due now %}{% endsixty_minute_axis %}",
        start=RECORDED_AT,
        earliest=RECORDED_AT + timedelta(minutes=30),
        due=RECORDED_AT + timedelta(minutes=60),
        now=RECORDED_AT + timedelta(minutes=minutes),
    )


def test_the_axis_gives_clock_times_of_viet_nam() -> None:
    drawing = axis(18)
    assert "chứng nhận dự kiến trước 11:02" in drawing
    assert "10:32" in drawing
    assert 'width="30%"' in drawing


def test_the_axis_says_when_the_promise_was_missed() -> None:
    assert "nay quá hẹn" in axis(61)
    assert "nay quá hẹn" not in axis(60)


def test_pagination_keeps_the_query_and_marks_the_page() -> None:
    page = Paginator(range(100), 10).get_page(5)
    links = rendered("{% pagination page %}", "/list/?q=loi&page=5", page=page)
    assert 'href="?q=loi&amp;page=6" rel="next"' in links
    assert links.count('aria-current="page"') == 1


def test_a_single_page_has_no_pagination() -> None:
    page = Paginator(range(3), 10).get_page(1)
    assert rendered("{% pagination page %}", page=page).strip() == ""


@pytest.mark.parametrize(
    ("current", "direction", "target"),
    [("-rate", "descending", "rate"), ("rate", "ascending", "-rate"), ("name", "none", "-rate")],
)
def test_a_sorted_column_can_be_turned_round(current: str, direction: str, target: str) -> None:
    header = rendered('{% sort_header "rate" "Rate" sort %}', sort=current)
    assert f'aria-sort="{direction}"' in header
    assert f'href="?sort={target}"' in header


def test_a_tag_escapes_what_it_says() -> None:
    assert "&lt;b&gt;" in rendered('{% tag "ok" text %}', text="<b>")


def test_the_current_page_is_marked_in_the_navigation() -> None:
    links = navigation.navigation("/statistics/provinces/01/")
    assert [link.url for link in links if link.current] == ["/statistics/"]


@pytest.fixture
def _own_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staff, "_links", [])


@pytest.mark.usefixtures("_own_links")
def test_the_staff_menu_shows_what_a_person_may_open_in_the_order_of_the_groups() -> None:
    staff.register_staff_links(
        staff.StaffLink("response", "Cases", "/staff/cases/", permission=lambda _: True),
        staff.StaffLink(
            "session", "Dose", "/staff/dose/", permission=lambda _: True, badge=lambda _: "6"
        ),
        staff.StaffLink("session", "Stock", "/staff/stock/", permission=lambda _: False),
    )
    request = RequestFactory().get("/staff/dose/12/")
    groups = staff.staff_navigation(request)
    assert [[link.text for link in links] for _, links in groups] == [["Dose"], ["Cases"]]
    assert (groups[0][1][0].badge, groups[0][1][0].current) == ("6", True)
    assert [group["items"][0]["link"] for group in staff.admin_navigation(request)] == [
        "/staff/dose/",
        "/staff/cases/",
    ]


@pytest.mark.usefixtures("_own_links")
def test_without_a_permission_of_its_own_a_link_is_for_staff() -> None:
    staff.register_staff_links(staff.StaffLink("site", "Stock", "/staff/stock/"))
    request = RequestFactory().get("/staff/")
    request.user = AnonymousUser()
    assert staff.staff_navigation(request) == []


@pytest.mark.usefixtures("_own_links")
def test_a_link_to_an_unknown_group_is_an_error() -> None:
    with pytest.raises(KeyError):
        staff.register_staff_links(staff.StaffLink("nowhere", "X", "/x/"))


def test_a_page_is_vietnamese_whatever_the_browser_asks_for() -> None:
    response = Client(headers={"accept-language": "en"}).get("/no-such-page/")
    assert response.status_code == 404
    assert "Không có trang này" in response.content.decode()
    assert response["Content-Language"] == "vi"


def test_the_switch_keeps_the_page_with_its_query() -> None:
    client = Client()
    response = client.post("/language/", {"language": "en", "next": "/no-such-page/?q=1"})
    assert (response.status_code, response["Location"]) == (302, "/no-such-page/?q=1")
    page = client.get("/no-such-page/?q=1")
    assert "There is no page here" in page.content.decode()
    assert 'name="next" value="/no-such-page/?q=1"' in page.content.decode()
    assert "Cookie" in page["Vary"]


def test_the_switch_leads_to_no_other_site() -> None:
    response = Client().post("/language/", {"language": "en", "next": "https://example.org/"})
    assert response["Location"] == "/"
