import datetime
import threading
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from public_portal import selectors
from public_portal.models import (
    DailyReport,
    DirtyDay,
    DoseCounts,
    ProvinceDay,
    SiteDay,
    StatisticsVersion,
)
from public_portal.services import counting
from public_portal.services.rollups import (
    drift_from_a_recount,
    rebuild_statistics,
    refresh_statistics,
)
from sites.models import Dose, Vaccine
from sites.services.doses import void_dose
from tests.factories import (
    ABDALA,
    COMIRNATY,
    make_citizen,
    make_dose,
    make_lot,
    make_site,
    province,
    vaccine,
)

pytestmark = pytest.mark.django_db


def vn(day, hour=10, minute=0):
    """A moment of a day of November 2021 in Viet Nam."""
    zone = datetime.timezone(datetime.timedelta(hours=7))
    return datetime.datetime(2021, 11, day, hour, minute, tzinfo=zone)


def day_of(day, code="79"):
    return ProvinceDay.objects.get(province=province(code), day=datetime.date(2021, 11, day))


def report(day, doses, code="79", **over):
    return DailyReport.objects.create(
        province=province(code), day=datetime.date(2021, 11, day), doses=doses, **over
    )


def test_a_dose_counts_on_its_day_in_viet_nam():
    lot = make_lot(site=make_site())
    make_dose(lot=lot, administered_at=vn(6, 0, 1))
    make_dose(lot=lot, administered_at=vn(6, 23, 59))
    refresh_statistics()
    assert day_of(6).recorded == SiteDay.objects.get().doses == 2
    assert ProvinceDay.objects.count() == 1


@pytest.mark.parametrize(
    ("birth", "column"),
    [
        ("2003-11-06", "age_18_29"),  # 18 today
        ("2003-11-07", "age_12_17"),  # tomorrow
        ("2003-11", "age_18_29"),  # of what is not known the earliest
        ("2003-12", "age_12_17"),
        ("2003", "age_18_29"),
        ("2016-11-06", "age_0_11"),
        ("1941-11-06", "age_80_up"),
        ("1941-11-07", "age_65_79"),
    ],
)
def test_a_dose_counts_in_the_band_of_the_age_on_its_day_in_viet_nam(birth, column):
    make_dose(citizen=make_citizen(date_of_birth=birth), administered_at=vn(6, 0, 1))
    refresh_statistics()
    counted = ProvinceDay.objects.values(*counting.COUNTS).get()
    assert [name for name in counted if name.startswith("age_") and counted[name]] == [column]


def test_refreshing_twice_counts_nothing_twice():
    make_dose(administered_at=vn(6))
    assert refresh_statistics() == 1
    assert refresh_statistics() == 0
    assert day_of(6).recorded == 1
    assert StatisticsVersion.objects.get().number == 1


def test_a_person_counts_once_in_the_country_where_the_earliest_dose_was_given():
    first = make_dose(lot=make_lot(site=make_site(province_code="01")), administered_at=vn(1))
    make_dose(
        lot=make_lot(site=make_site(province_code="79")),
        citizen=first.citizen,
        dose_number=2,
        administered_at=vn(29),
        source="paper",
    )
    refresh_statistics()
    assert (day_of(1, "01").people_first, day_of(1, "01").people_full) == (1, 0)
    assert (day_of(29).people_first, day_of(29).people_full) == (0, 1)


def test_an_earlier_dose_entered_later_takes_the_first_away_from_the_day_counted_before():
    second = make_dose(administered_at=vn(29), dose_number=2, source="paper")
    refresh_statistics()
    assert day_of(29).people_first == 1
    make_dose(lot=second.lot, citizen=second.citizen, administered_at=vn(1), source="paper")
    refresh_statistics()
    assert (day_of(1).people_first, day_of(29).people_first) == (1, 0)


def test_full_vaccination_is_by_the_series_of_the_product():
    lot = make_lot(site=make_site(), code=ABDALA)
    dose = make_dose(lot=lot, administered_at=vn(1), source="paper")
    for number, day in ((2, 14), (3, 28)):
        make_dose(
            lot=lot,
            citizen=dose.citizen,
            dose_number=number,
            administered_at=vn(day),
            source="paper",
        )
    refresh_statistics()
    assert [day_of(day).people_full for day in (1, 14, 28)] == [0, 0, 1]


def test_a_booster_is_a_booster_and_completes_nothing():
    dose = make_dose(administered_at=vn(1), source="paper")
    lot = dose.lot
    make_dose(
        lot=lot,
        citizen=dose.citizen,
        dose_number=2,
        dose_kind="booster",
        administered_at=vn(29),
        source="paper",
    )
    refresh_statistics()
    assert (day_of(29).boosters, day_of(29).people_full) == (1, 0)


def test_a_voided_dose_leaves_and_the_next_one_becomes_the_first():
    dose = make_dose(administered_at=vn(1), source="paper")
    make_dose(
        lot=dose.lot,
        citizen=dose.citizen,
        dose_number=2,
        administered_at=vn(29),
        source="paper",
    )
    refresh_statistics()
    void_dose(dose=dose, reason="entered for the wrong person")
    refresh_statistics()
    assert not ProvinceDay.objects.filter(day=datetime.date(2021, 11, 1)).exists()
    assert day_of(29).people_first == 1


def test_a_corrected_day_moves_the_dose():
    dose = make_dose(administered_at=vn(1), source="paper")
    refresh_statistics()
    Dose.objects.filter(pk=dose.pk).update(administered_at=vn(2))
    refresh_statistics()
    assert not SiteDay.objects.filter(day=datetime.date(2021, 11, 1)).exists()
    assert day_of(2).recorded == 1


def test_a_site_put_into_another_province_takes_its_days_along():
    dose = make_dose(administered_at=vn(1), source="paper")
    refresh_statistics()
    dose.site.province = province("01")
    dose.site.save()
    refresh_statistics()
    assert list(ProvinceDay.objects.values_list("province__code", "recorded")) == [("01", 1)]


def test_a_series_that_an_official_corrects_is_counted_anew():
    dose = make_dose(lot=make_lot(site=make_site(), code=COMIRNATY), administered_at=vn(1))
    refresh_statistics()
    assert day_of(1).people_full == 0
    Vaccine.objects.filter(pk=dose.vaccine_id).update(primary_doses=1)
    refresh_statistics()
    assert day_of(1).people_full == 1


def test_a_provinces_own_report_wins_over_the_sum_of_its_sites():
    sites = [make_site(), make_site()]
    report(6, 30, site=sites[0], first_doses=10)
    report(6, 12, site=sites[1], first_doses=2)
    refresh_statistics()
    assert (day_of(6).reported, day_of(6).reported_first) == (42, 12)
    report(6, 50)
    refresh_statistics()
    assert (day_of(6).reported, day_of(6).reported_first) == (50, None)


def test_a_report_without_a_vaccine_wins_over_those_by_vaccine_of_its_place():
    site = make_site()
    report(6, 20, site=site, vaccine=vaccine())
    report(6, 15, site=site, vaccine=vaccine(COMIRNATY))
    report(6, 5, site=make_site())
    refresh_statistics()
    assert day_of(6).reported == 40
    report(6, 33, site=site)
    refresh_statistics()
    assert day_of(6).reported == 38


def test_first_doses_are_unknown_where_one_report_that_counts_does_not_say():
    report(6, 20, site=make_site(), first_doses=20)
    report(6, 15, site=make_site())
    refresh_statistics()
    assert (day_of(6).reported, day_of(6).reported_first) == (35, None)


def test_a_report_that_is_taken_back_leaves_the_recorded_doses():
    filed = report(6, 20)
    make_dose(administered_at=vn(6))
    refresh_statistics()
    assert (day_of(6).reported, day_of(6).recorded) == (20, 1)
    filed.delete()
    refresh_statistics()
    assert (day_of(6).reported, day_of(6).recorded) == (None, 1)


def test_a_batch_takes_no_more_marks_than_its_limit_and_the_rest_stays():
    lot = make_lot(site=make_site())
    for day in (1, 2, 3):
        make_dose(lot=lot, administered_at=vn(day))
    assert refresh_statistics(limit=2) == 2
    assert DirtyDay.objects.count() == 1
    assert refresh_statistics() == 1
    assert ProvinceDay.objects.count() == 3


def test_a_rebuild_prints_each_row_that_drifted_and_puts_it_right():
    lot = make_lot(site=make_site())
    make_dose(lot=lot, administered_at=vn(1))
    make_dose(lot=lot, administered_at=vn(2))
    report(3, 7)
    refresh_statistics()
    SiteDay.objects.filter(day=datetime.date(2021, 11, 1)).update(doses=5)
    ProvinceDay.objects.filter(day=datetime.date(2021, 11, 2)).delete()
    ProvinceDay.objects.filter(day=datetime.date(2021, 11, 3)).update(reported=8)
    found = drift_from_a_recount()
    lines = []
    assert rebuild_statistics(report=lines.append) == 3
    assert lines == found
    assert "doses 5 -> 1" in lines[0]
    assert "recorded None -> 1" in lines[1]
    assert "reported 8 -> 7" in lines[2]
    assert drift_from_a_recount() == []
    assert rebuild_statistics() == 0


def test_what_waits_to_be_counted_is_no_drift(capsys):
    make_dose(administered_at=vn(1))
    report(2, 7)
    assert drift_from_a_recount() == []
    call_command("rebuild_statistics")
    assert "No drift." in capsys.readouterr().out
    assert day_of(1).recorded == 1


def test_a_rollup_that_is_wrong_breaks_the_invariant():
    make_dose(administered_at=vn(1))
    refresh_statistics()
    ProvinceDay.objects.update(people_first=2)
    (line,) = drift_from_a_recount()
    assert "people_first 2 -> 1" in line


def in_thread(work):
    """Run `work` on a connection of its own; returns (thread, the list its errors go to)."""
    errors = []

    def run():
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


@pytest.mark.django_db(transaction=True)
def test_a_dose_that_commits_while_its_day_is_counted_is_counted_next_time():
    lot = make_lot(site=make_site())
    make_dose(lot=lot, administered_at=vn(1))
    recorded, counted = threading.Event(), threading.Event()

    def record_slowly():
        with transaction.atomic():
            make_dose(lot=lot, administered_at=vn(1, 11))
            recorded.set()
            assert counted.wait(20)

    thread, errors = in_thread(record_slowly)
    assert recorded.wait(20)
    refresh_statistics()  # sees the first dose and its mark only
    assert day_of(1).recorded == 1
    counted.set()
    thread.join(20)
    assert errors == []
    assert refresh_statistics() == 1
    assert day_of(1).recorded == 2
    assert drift_from_a_recount() == []


@pytest.mark.django_db(transaction=True)
def test_two_doses_of_one_person_recorded_at_the_same_moment_are_one_first_dose():
    early, late = make_lot(site=make_site()), make_lot(site=make_site())
    citizen = make_dose(lot=early, dose_number=3, administered_at=vn(25)).citizen
    inserted, other_inserted = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            make_dose(lot=early, citizen=citizen, administered_at=vn(1), source="paper")
            inserted.set()
            # With the lock the other one waits for us; without, it commits before we do.
            other_inserted.wait(1)

    def second():
        assert inserted.wait(20)
        make_dose(lot=late, citizen=citizen, dose_number=2, administered_at=vn(13), source="paper")
        refresh_statistics()
        other_inserted.set()

    threads = [in_thread(first), in_thread(second)]
    for thread, _errors in threads:
        thread.join(20)
    assert [errors for _thread, errors in threads] == [[], []]
    refresh_statistics()
    assert [day_of(day).people_first for day in (1, 13, 25)] == [1, 0, 0]
    assert drift_from_a_recount() == []


@pytest.mark.django_db(transaction=True)
def test_who_finds_somebody_counting_leaves_it_to_them():
    make_dose(administered_at=vn(1))
    holding, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            assert refresh_statistics() == 1
            holding.set()
            assert done.wait(20)

    thread, errors = in_thread(hold)
    assert holding.wait(20)
    assert refresh_statistics() == 0
    done.set()
    thread.join(20)
    assert errors == []
    assert day_of(1).recorded == 1


@pytest.mark.django_db(transaction=True)
def test_recorders_of_overlapping_sets_of_people_do_not_deadlock():
    lots = [make_lot(site=make_site(), doses=500) for _ in range(4)]
    people = [make_dose(lot=lots[0], administered_at=vn(1)).citizen for _ in range(12)]
    assert len(set(people)) == 12

    def recorder(offset):
        def work():
            order = people if offset % 2 else people[::-1]
            for citizen in order:
                make_dose(
                    lot=lots[offset],
                    citizen=citizen,
                    dose_number=offset + 2,
                    administered_at=vn(5 + offset * 6),
                    source="paper",
                    now=timezone.now(),
                )

        return work

    started = [in_thread(recorder(offset)) for offset in range(4)]
    for thread, _errors in started:
        thread.join(60)
    # A number that does not fit between the others of the moment is refused, not a deadlock.
    assert {type(e).__name__ for _t, errors in started for e in errors} <= {"DoseOutOfOrder"}
    while refresh_statistics():
        pass
    assert drift_from_a_recount() == []
    assert sum(SiteDay.objects.values_list("people_first", flat=True)) == 12


def test_versions_rise_with_every_counting():
    numbers = []
    for day in (1, 2, 3):
        report(day, 1)
        refresh_statistics()
        numbers.append(StatisticsVersion.objects.get().number)
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))


def test_every_count_has_its_column_and_every_column_its_count():
    columns = {field.name for field in DoseCounts._meta.get_fields()}
    assert columns == set(counting.COUNTS)
    assert set(selectors.country_totals().counts) == set(counting.COUNTS)
