"""What was published and became another figure is in the log, with its cause."""

import datetime
import json

import pytest
from django.core.cache import cache
from django.db import IntegrityError
from django.utils import timezone

from public_portal.models import DailyReport, ProvinceDay, Restatement, StatisticsVersion
from public_portal.services.rollups import rebuild_statistics, refresh_statistics
from registration.models import Citizen
from response_center.services.joining import join, name_pair, propose_pair, take_apart
from sites.models import Dose, Role, Vaccine
from sites.services.doses import move_dose, void_dose
from tests.factories import (
    COMIRNATY,
    make_dose,
    make_lot,
    make_site,
    make_staff,
    province,
)
from vaxplatform.vietnam import day_in_vietnam

pytestmark = pytest.mark.django_db
ZONE = datetime.timezone(datetime.timedelta(hours=7))


@pytest.fixture(autouse=True)
def _counted_before():
    """Something was published before each of these histories."""
    cache.clear()
    StatisticsVersion.objects.create(number=1, counted_at=timezone.now())


def vn(day):
    return datetime.datetime(2021, 11, day, 10, tzinfo=ZONE)


def paper_dose(day, **over):
    return make_dose(administered_at=vn(day), source="paper", **over)


def counted():
    refresh_statistics()
    Restatement.objects.all().delete()


def log():
    """{(day of November, figure): (before, after, {cause: change})} after the marks are counted."""
    refresh_statistics()
    return {
        (row.day.day, row.figure): (
            row.before,
            row.after,
            {str(cause): change for cause, change in row.causes},
        )
        for row in Restatement.objects.all()
    }


def test_a_dose_entered_on_a_later_day_restates_the_day_it_was_given():
    paper_dose(6)
    assert log() == {
        (6, "recorded"): (0, 1, {"late_entry": 1}),
        (6, "people_first"): (0, 1, {"late_entry": 1}),
    }
    (row,) = Restatement.objects.filter(figure="recorded")
    assert row.restated_on == day_in_vietnam(timezone.now())
    assert row.province == province("79")


def test_a_dose_recorded_on_its_day_restates_nothing_even_if_it_is_counted_after_midnight():
    make_dose(administered_at=timezone.now())
    assert log() == {}


def test_the_first_counting_of_all_restates_nothing():
    StatisticsVersion.objects.all().delete()
    paper_dose(6)
    assert log() == {}


def test_an_earlier_dose_entered_later_says_that_the_first_moved_to_another_day():
    second = paper_dose(29, dose_number=2)
    counted()
    paper_dose(1, lot=second.lot, citizen=second.citizen)
    assert log() == {
        (1, "recorded"): (0, 1, {"late_entry": 1}),
        (1, "people_first"): (0, 1, {"late_entry": 1}),
        (29, "people_first"): (1, 0, {"late_entry": -1}),
    }


def test_a_voided_dose_and_a_corrected_day_name_their_causes():
    kept, voided = paper_dose(1), paper_dose(2)
    counted()
    void_dose(dose=voided, reason="entered for the wrong person")
    Dose.objects.filter(pk=kept.pk).update(administered_at=vn(3))
    causes = {key: causes for key, (_b, _a, causes) in log().items() if key[1] == "recorded"}
    assert causes == {
        (1, "recorded"): {"correction": -1},
        (2, "recorded"): {"void": -1},
        (3, "recorded"): {"correction": 1},
    }


def test_a_dose_given_to_the_right_person_moves_who_was_first():
    wrong = paper_dose(1)
    right = paper_dose(5, lot=wrong.lot, dose_number=2).citizen
    counted()
    move_dose(dose=wrong, to=right)
    assert log() == {(5, "people_first"): (1, 0, {"moved": -1})}


def test_joined_records_are_one_cause_and_taken_apart_they_are_it_again():
    one = paper_dose(1)
    other = paper_dose(29, lot=one.lot, dose_number=2)
    officers = [make_staff(role=Role.AGENT) for _ in range(2)]
    counted()
    now = timezone.now()
    pair = name_pair(one=one.citizen, other=other.citizen, sign="test", now=now)
    propose_pair(pair=pair, by=officers[0], now=now)
    join(pair=pair, by=officers[1], now=now)
    assert log() == {(29, "people_first"): (1, 0, {"joined": -1})}
    take_apart(pair=pair, by=officers[0], reason="two people", now=now)
    assert log()[29, "people_first"] == (1, 1, {})


def test_two_causes_of_one_day_of_publication_stand_beside_each_other_in_one_row():
    first = paper_dose(6)
    counted()
    paper_dose(6, lot=first.lot)
    log()
    void_dose(dose=first, reason="entered twice")
    assert log()[6, "recorded"] == (1, 1, {"late_entry": 1, "void": -1})


def test_causes_that_are_counted_together_are_not_told_apart():
    first = paper_dose(6)
    counted()
    paper_dose(6, lot=first.lot)
    paper_dose(6, lot=first.lot)
    void_dose(dose=first, reason="entered twice")
    assert log()[6, "recorded"] == (1, 2, {"several": 1})


def test_the_first_report_of_a_day_is_no_restatement_a_corrected_or_withdrawn_one_is():
    report = DailyReport.objects.create(
        province=province("79"), day=datetime.date(2021, 11, 6), doses=20
    )
    assert log() == {}
    DailyReport.objects.update(doses=25)
    assert log() == {(6, "reported"): (20, 25, {"report": 5})}
    report.delete()
    assert log() == {(6, "reported"): (20, None, {"report": -20})}
    DailyReport.objects.create(province=province("79"), day=datetime.date(2021, 11, 6), doses=7)
    assert log() == {(6, "reported"): (20, 7, {"report": -13})}


def test_reports_and_doses_of_a_day_are_never_several_causes():
    DailyReport.objects.create(province=province("79"), day=datetime.date(2021, 11, 6), doses=20)
    counted()
    DailyReport.objects.update(doses=25)
    paper_dose(6)
    found = log()
    assert found[6, "reported"] == (20, 25, {"report": 5})
    assert found[6, "recorded"] == (0, 1, {"late_entry": 1})


def test_a_site_put_into_another_province_and_a_changed_series_are_causes():
    dose = paper_dose(1, lot=make_lot(site=make_site(), code=COMIRNATY))
    counted()
    Vaccine.objects.filter(pk=dose.vaccine_id).update(primary_doses=1)
    assert log() == {(1, "people_full"): (0, 1, {"rule": 1})}
    counted()
    dose.site.province = province("01")
    dose.site.save()
    refresh_statistics()
    moved = Restatement.objects.filter(figure="recorded")
    assert {row.province.code: row.by_site for row in moved} == {"79": -1, "01": 1}


def test_what_a_person_s_details_change_is_a_correction_and_leaves_published_sums():
    dose = paper_dose(1)
    counted()
    Citizen.objects.filter(pk=dose.citizen_id).update(sex="male")
    assert log() == {}


def test_what_a_rebuild_puts_right_is_logged_as_a_recount():
    paper_dose(6)
    counted()
    ProvinceDay.objects.update(recorded=9)
    rebuild_statistics()
    assert log() == {(6, "recorded"): (9, 1, {"recount": -8})}


@pytest.mark.parametrize(
    "wrong",
    [{"by_void": 1}, {"after": 9}, {"restated_on": datetime.date(2021, 11, 6)}],
)
def test_the_database_refuses_a_restatement_that_does_not_add_up_or_is_of_no_past_day(wrong):
    paper_dose(6)
    refresh_statistics()
    with pytest.raises(IntegrityError):
        Restatement.objects.filter(figure="recorded").update(**wrong)


def test_the_cost_is_that_of_the_days_counted_again(django_assert_max_num_queries):
    for day in range(1, 20):
        paper_dose(day)
    counted()
    paper_dose(6)
    with django_assert_max_num_queries(32):
        refresh_statistics()
    assert Restatement.objects.count() == 2


# ── the page and the files ────────────────────────────────────────────────────────────────────
PAGE = "/statistics/restatements/"


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_says_what_changed_from_what_to_what_and_why(client):
    paper_dose(6)
    refresh_statistics()
    client.cookies["django_language"] = "en"
    page = text_of(client.get(PAGE))
    assert "6\N{NO-BREAK SPACE}November\N{NO-BREAK SPACE}2021" in page
    assert "Entered later" in page
    assert f"<td>{province('79').name}</td><td>Doses recorded</td>" in page
    assert 'Doses recorded</td><td class="num">0</td><td class="num">1</td>' in page
    assert text_of(client.get(f"{PAGE}?province=01")).count("Doses recorded</td>") == 0
    assert client.get(f"{PAGE}?province=xx")["Location"] == PAGE


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_stands_without_a_single_restatement(client, language):
    client.cookies["django_language"] = language
    assert text_of(client.get(PAGE))


def test_the_log_is_a_file_of_the_open_data_without_anything_below_the_province(client):
    dose = paper_dose(6)
    refresh_statistics()
    parts = client.get("/open-data/restatements.json").streaming_content
    (recorded,) = (
        row for row in json.loads(b"".join(parts))["data"] if row["figure"] == "recorded"
    )
    assert recorded == {
        "restated_on": day_in_vietnam(timezone.now()).isoformat(),
        "date": "2021-11-06",
        "province_code": "79",
        "figure": "recorded",
        "before": 0,
        "after": 1,
        "by_late_entry": 1,
        **dict.fromkeys(
            [
                *("by_correction", "by_void", "by_moved", "by_joined", "by_report"),
                *("by_site", "by_rule", "by_recount", "by_several"),
            ],
            0,
        ),
    }
    file = b"".join(client.get("/open-data/restatements.csv").streaming_content).decode()
    assert dose.site.code not in file
