"""How soon reports are answered, and alarms that somebody takes in hand."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from response_center.exceptions import HoursNotOffered, WordsMissing
from response_center.models import AlarmAcknowledgement, Case
from response_center.selectors import measures
from response_center.selectors.board_alarms import in_hand
from response_center.services.alarms import acknowledge
from response_center.views.measures import share_in_time
from sites.models import Role
from sites.scoping import NotAllowed
from tests.factories import make_citizen, make_staff, province
from tests.response_center.making import make_case

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def answered(case, hours):
    Case.objects.filter(pk=case.pk).update(first_answer_at=case.opened_at + hours * HOUR)


def test_shares_count_what_is_answered_or_over_its_time(now):
    for hours in (1, 3, 60):
        answered(make_case(now=now - 100 * HOUR), hours)
    make_case(now=now - 50 * HOUR)  # never answered, its time is over
    make_case(now=now - HOUR)  # its time is not over
    found = measures.whole(measures.cases_to_measure(now=now, weeks=4), now=now)
    assert (found.opened, found.answered, found.in_time, found.due) == (5, 3, 2, 4)
    assert found.answer_median == 3 * HOUR
    assert found.close_median is None


def test_the_public_page_hides_provinces_with_few_reports_and_staff_see_them(client):
    now = timezone.now()
    for code, count in (("27", 5), ("01", 1)):
        for _n in range(count):
            make_case(citizen=make_citizen(province_id=province(code).pk), now=now - HOUR)
    page = client.get("/support/figures/")
    assert [line["label"] for line in page.context["sections"][-1]["lines"]] == [
        province("27").name
    ]
    table = client.get("/support/figures/?format=csv").content.decode()
    assert "province,27," in table
    assert "province,01," not in table
    official = make_staff(role=Role.NATIONAL_OFFICER)
    client.force_login(official, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/board/reports/")
    assert len(page.context["sections"][-1]["lines"]) == 2
    assert page.text.count("</table>") == 4  # nothing was closed yet, so there is no cause


def test_figures_of_an_empty_platform_and_of_a_strange_span_are_a_page_too(client):
    strange = client.get("/support/figures/?weeks=%00&x=1", follow=True)
    assert (strange.status_code, strange.request["QUERY_STRING"]) == (200, "")
    assert client.get("/board/reports/").status_code == 302


def test_an_alarm_in_hand_is_open_again_when_it_grows_or_its_time_is_over(now):
    by = make_staff(role=Role.NATIONAL_OFFICER)
    values = {"alarm": "stuck", "province": None, "by": by, "now": now}
    acknowledge(size=3, hours=4, note="Kỹ sư đang xem", **values)
    assert in_hand(now=now)["stuck"].size == 3
    assert not in_hand(now=now + 4 * HOUR)
    assert not in_hand(now=now, province_id=province("27").pk)
    with pytest.raises(HoursNotOffered):
        acknowledge(size=3, hours=999, note="x", **values)
    with pytest.raises(WordsMissing):
        acknowledge(size=3, hours=4, note="  ", **values)


def test_who_only_reads_or_is_of_another_province_takes_nothing_in_hand(now):
    values = {"alarm": "stuck", "size": 1, "hours": 4, "note": "x", "now": now}
    officer = make_staff(role=Role.PROVINCE_OFFICER, province=province("27"))
    for by, place in ((make_staff(role=Role.AUDITOR), None), (officer, province("01"))):
        with pytest.raises(NotAllowed):
            acknowledge(by=by, province=place, **values)
    assert not AlarmAcknowledgement.objects.exists()


def test_an_alarm_is_taken_in_hand_on_its_page_and_the_board_says_who(client):
    by = make_staff(role=Role.NATIONAL_OFFICER)
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    sent = {"alarm": "workers", "size": "0", "hours": "4", "note": "Đang khởi động lại"}
    bad = client.post("/board/alarms/", {**sent, "alarm": "<b>", "hours": "\x00"})
    assert bad.status_code == 200
    assert bad.context["form"].errors
    assert client.post("/board/alarms/", sent).url == "/board/"
    assert "Đang khởi động lại" in client.get("/board/").content.decode()


def test_cells_that_have_not_changed_are_not_sent_again(client, monkeypatch):
    moment = timezone.now()
    by = make_staff(role=Role.NATIONAL_OFFICER)
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    monkeypatch.setattr(timezone, "now", lambda: moment)
    tag = client.get("/board/?fragment=1")["ETag"]
    same = {"If-None-Match": tag}
    assert client.get("/board/?fragment=1", headers=same).status_code == 304
    make_case(now=moment - HOUR)
    assert client.get("/board/?fragment=1", headers=same).status_code == 200


def test_a_province_has_an_address_of_its_own(client):
    by = make_staff(role=Role.NATIONAL_OFFICER)
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/board/provinces/27/").context["province"] == province("27")
    assert client.get("/board/provinces/999/").status_code == 404


def test_the_public_page_is_made_once_a_minute_and_not_sent_twice(
    client, django_assert_num_queries
):
    first = client.get("/support/figures/?weeks=4")
    assert first["Cache-Control"] == "public, max-age=60"
    with django_assert_num_queries(0):
        again = client.get("/support/figures/?weeks=4", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    client.cookies["django_language"] = "en"
    assert "How soon reports are answered" in client.get("/support/figures/?weeks=4").text


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(1999, 2000, "99.9"), (2000, 2000, "100"), (1, 2, "50")]
)
def test_nearly_all_is_not_written_as_all(part, whole, shown):
    assert share_in_time(part, whole) == Decimal(shown)


def test_without_a_report_that_is_due_there_is_no_share():
    assert share_in_time(0, 0) is None
