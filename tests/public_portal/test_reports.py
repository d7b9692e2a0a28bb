import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from public_portal import exceptions
from public_portal.models import DailyReport, DirtyDay, ProvinceDay
from public_portal.services.reports import (
    ReportRow,
    file_reports,
    load_national_reports,
    read_day,
)
from public_portal.services.rollups import refresh_all_statistics
from sites.models import Role
from tests.factories import ASTRAZENECA, make_site, make_staff, province

pytestmark = pytest.mark.django_db


def row(**over):
    values = {"line": 2, "province_code": "79", "date": "2021-11-05", "doses": "100"}
    return ReportRow(**{**values, **over})


def file(rows, now, **over):
    return file_reports(rows=rows, now=now, **over)


def code_of(result):
    (refused,) = result.refused
    return refused.error.code


def test_a_row_is_filed_for_its_place_day_and_vaccine(now):
    site = make_site(code="HCM-01")
    result = file(
        [
            row(first_doses="40"),
            row(line=3, site_code="HCM-01", vaccine=ASTRAZENECA, date="05/11/2021", doses="7"),
        ],
        now,
    )
    assert (result.filed, result.refused) == (2, [])
    own, of_site = DailyReport.objects.order_by("pk")
    assert (own.province.code, own.site, own.doses, own.first_doses) == ("79", None, 100, 40)
    assert (of_site.site, of_site.vaccine.code, of_site.doses) == (site, ASTRAZENECA, 7)
    assert of_site.day == datetime.date(2021, 11, 5)


def test_a_report_filed_again_replaces_the_figures_and_one_that_is_equal_changes_nothing(now):
    file([row()], now)
    refresh_all_statistics(now)
    file([row()], now)
    assert not DirtyDay.objects.exists()
    file([row(doses="120", first_doses="5")], now)
    refresh_all_statistics(now)
    assert ProvinceDay.objects.get().reported == DailyReport.objects.get().doses == 120


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"province_code": "99"}, "province_unknown"),
        ({"province_code": ""}, "province_unknown"),
        ({"site_code": "NO-SUCH"}, "site_unknown"),
        ({"vaccine": "EU/0/00/0000"}, "vaccine_unknown"),
        ({"doses": "-1"}, "not_a_count"),
        ({"doses": "1.5"}, "not_a_count"),
        ({"doses": "1.000"}, "not_a_count"),
        ({"doses": "NaN"}, "not_a_count"),
        ({"doses": "１２"}, "not_a_count"),
        ({"doses": ""}, "not_a_count"),
        ({"doses": "9" * 400}, "not_a_count"),
        ({"doses": "5000001"}, "too_many_doses"),
        ({"first_doses": "101"}, "more_first_doses_than_doses"),
        ({"first_doses": "-1"}, "not_a_count"),
        ({"date": "2021-02-29"}, "day_unreadable"),
        ({"date": "31/06/2021"}, "day_unreadable"),
        ({"date": "yesterday"}, "day_unreadable"),
        ({"date": ""}, "day_unreadable"),
        ({"date": "2021-11-07"}, "day_in_future"),
        ({"date": "2564-11-05"}, "day_in_future"),
        ({"date": "2021-03-07"}, "day_before_campaign"),
        ({"date": "1850-01-01"}, "day_before_campaign"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(now, over, code):
    result = file([row(**over)], now)
    assert code_of(result) == code
    assert not DailyReport.objects.exists()


def test_the_largest_the_smallest_and_the_newest_are_filed(now):
    rows = [
        row(doses="5000000", first_doses="5000000"),
        row(province_code="01", doses="0", first_doses="0"),
        row(province_code="02", date="2021-11-06"),
        row(province_code="04", date="2021-03-08"),
    ]
    assert file(rows, now).filed == 4


def test_the_day_ends_at_midnight_in_viet_nam():
    late = datetime.datetime(2021, 11, 6, 17, 30, tzinfo=datetime.UTC)
    assert file([row(date="2021-11-07")], late).filed == 1
    with pytest.raises(exceptions.DayInFuture):
        read_day("2021-11-08", today=datetime.date(2021, 11, 7))


def test_a_bad_row_does_not_stop_the_good_ones(now):
    result = file([row(), row(line=3, doses="many"), row(line=4, province_code="01")], now)
    assert result.filed == 2
    assert [(r.line, r.error.code) for r in result.refused] == [(3, "not_a_count")]


def test_the_same_place_day_and_vaccine_twice_in_a_file_is_told_with_the_first_line(now):
    result = file([row(), row(line=9, doses="5")], now)
    assert code_of(result) == "said_twice"
    assert "2" in result.refused[0].error.detail
    assert DailyReport.objects.get().doses == 100


def test_a_site_is_reported_under_its_own_province_only(now):
    make_site(code="HN-01", province_code="01")
    assert code_of(file([row(site_code="HN-01")], now)) == "site_of_another_province"


def test_who_is_posted_to_a_place_reports_for_that_place_only(now):
    site = make_site(code="HCM-01")
    make_site(code="HCM-02")
    rows = [
        row(),
        row(line=3, site_code="HCM-01"),
        row(line=4, site_code="HCM-02"),
        row(line=5, province_code="01"),
    ]

    def lines_refused(**posting):
        result = file(rows, now, reported_by=make_staff(**posting))
        assert {r.error.code for r in result.refused} <= {"not_yours_to_report"}
        return [r.line for r in result.refused]

    assert lines_refused(role=Role.SITE_MANAGER, site=site) == [2, 4, 5]
    assert lines_refused(role=Role.PROVINCE_OFFICER, province=province()) == [5]
    assert lines_refused(role=Role.NATIONAL_OFFICER) == []
    assert lines_refused(role=Role.SITE_DOCTOR, site=site) == [2, 3, 4, 5]
    assert lines_refused(role=Role.AUDITOR) == [2, 3, 4, 5]


def test_the_published_totals_are_loaded_to_the_dose(now):
    assert load_national_reports(now=now) == 15_349
    refresh_all_statistics(now)
    assert ProvinceDay.objects.aggregate(Sum("reported"))["reported__sum"] == 87_472_277
    assert ProvinceDay.objects.values("province").distinct().count() == 63


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "reports.csv"
        path.write_bytes(text.encode(encoding))
        return str(path)

    return write


def test_the_command_files_the_good_rows_and_names_the_lines_of_the_others(written, capsys):
    path = written(
        "province_code,site_code,date,vaccine,doses,first_doses\r\n"
        "79,,2021-11-05,,100,40\r\n"
        "79,,2021-11-04,,-3,\r\n"
        "98,,2021-11-04,,3,\r\n"
        "1,,2021-11-05,,9,\r\n"
    )
    with pytest.raises(SystemExit) as stopped:
        call_command("load_reports", path)
    printed = capsys.readouterr()
    assert stopped.value.code == 1
    assert [line.split(":")[0] for line in printed.err.splitlines()] == [
        "line 3",
        "line 4",
        "line 5",
    ]
    assert "1 rows filed, 3 refused." in printed.out
    assert ProvinceDay.objects.get().reported == 100


def test_the_command_reads_a_file_with_fewer_columns_and_a_byte_order_mark(written):
    call_command(
        "load_reports", written("province_code,date,doses\n79,2021-11-05,8\n", "utf-8-sig")
    )
    assert DailyReport.objects.get().doses == 8


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("province_code,doses\n79,8\n", "utf-8"), ("", "utf-8"), ("tỉnh", "utf-16"), ("\0", "utf-8")],
)
def test_a_file_that_cannot_be_read_is_refused_whole(written, text, encoding):
    with pytest.raises(CommandError):
        call_command("load_reports", written(text, encoding))


def test_a_file_that_is_not_there_is_said_so():
    with pytest.raises(CommandError):
        call_command("load_reports", "no-such-file.csv")
