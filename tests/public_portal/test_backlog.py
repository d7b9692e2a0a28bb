import csv
import datetime
import io

import pytest

from public_portal.backlog import (
    Progress,
    day_lines,
    day_of_entry,
    forecast_for_dose,
    provinces_progress,
    sites_progress,
)
from public_portal.models import DailyReport, LateEntry
from public_portal.services.rollups import refresh_statistics
from sites.entry_forecast import entry_forecast, forecast_in_words
from sites.models import Dose, Role
from tests.factories import (
    ASTRAZENECA,
    COMIRNATY,
    make_citizen,
    make_dose,
    make_lot,
    make_registration,
    make_session,
    make_site,
    make_staff,
    province,
    vaccine,
)

pytestmark = pytest.mark.django_db
ZONE = datetime.timezone(datetime.timedelta(hours=7))
TODAY = datetime.date(2021, 11, 20)
NOW = datetime.datetime(2021, 11, 20, 9, tzinfo=ZONE)


def at(day, hour=10, minute=0):
    """A moment of a day of November 2021 in Viet Nam."""
    return datetime.datetime(2021, 11, day, hour, minute, tzinfo=ZONE)


def on(day):
    return datetime.date(2021, 11, day)


def report(day, doses, *, site=None, code=None, of="79"):
    return DailyReport.objects.create(
        province=site.province if site else province(of),
        site=site,
        day=on(day),
        doses=doses,
        vaccine=code and vaccine(code),
    )


def enter(lot, day, entered, count=1):
    """Doses given on a day and entered on another, both of November."""
    for _ in range(count):
        dose = make_dose(lot=lot, administered_at=at(day), source="paper")
        Dose.objects.filter(pk=dose.pk).update(
            recorded_at=entered if isinstance(entered, datetime.datetime) else at(entered, 15)
        )


@pytest.fixture
def paper():
    """A lot at a site that works on paper."""
    return make_lot(site=make_site(on_platform=False, code="GIAY-1"))


def of_site(lot):
    (found,) = sites_progress(province=lot.site.province, now=NOW, site=lot.site)
    return found


def of_province(code="79"):
    (found,) = provinces_progress(now=NOW, province=province(code))
    return found


def test_what_is_left_is_reported_less_what_is_on_record_of_it(paper):
    report(10, 12, site=paper.site)
    report(11, 5, site=paper.site)
    enter(paper, 10, 14, count=3)
    enter(paper, 11, 11)
    enter(paper, 12, 12)  # nobody reported the 12th
    refresh_statistics()
    progress = of_site(paper).progress
    assert (progress.reported, progress.recorded, progress.left) == (17, 4, 13)
    assert of_province().progress.left == 13


def test_a_site_that_reports_nothing_takes_nothing_off_the_others_backlog(paper):
    other = make_lot(site=make_site())
    report(10, 12, site=paper.site)
    enter(other, 10, 10, count=4)
    refresh_statistics()
    assert of_province().progress.left == of_site(paper).progress.left == 12


def test_a_provinces_own_total_is_its_sites_and_the_rest(paper, client):
    report(10, 12, site=paper.site)
    report(10, 40)
    enter(paper, 10, 14, count=3)
    enter(make_lot(site=make_site()), 10, 10, count=2)
    refresh_statistics()
    assert of_province().progress.left == 35
    signed_in(client, role=Role.PROVINCE_OFFICER, province=province())
    rows = rows_of(client, "/staff/backlog/")
    assert [(row["code"], row["left"]) for row in rows] == [("", "26"), ("GIAY-1", "9")]
    page = client.get("/staff/backlog/")
    assert [line.is_rest for line in page.context["page"]] == [True, False]


def test_a_report_of_a_vaccine_says_nothing_of_the_others(paper):
    other = make_lot(site=paper.site, code=COMIRNATY)
    report(10, 12, site=paper.site, code=ASTRAZENECA)
    enter(paper, 10, 14, count=3)
    enter(other, 10, 14, count=5)
    refresh_statistics()
    assert of_site(paper).progress.left == of_province().progress.left == 9
    (line,) = day_lines(province=paper.site.province, site=paper.site)
    assert (line.vaccine.code, line.reported, line.recorded) == (ASTRAZENECA, 12, 3)


def test_a_total_without_a_vaccine_wins_over_figures_by_vaccine(paper):
    report(10, 12, site=paper.site, code=ASTRAZENECA)
    report(10, 20, site=paper.site)
    refresh_statistics()
    (line,) = day_lines(province=paper.site.province, site=paper.site)
    assert (line.vaccine, line.reported) == (None, 20)
    assert of_site(paper).progress.left == of_province().progress.left == 20


def test_a_corrected_report_counts_as_corrected(paper):
    filed = report(10, 12, site=paper.site)
    refresh_statistics()
    DailyReport.objects.filter(pk=filed.pk).update(doses=8)
    refresh_statistics()
    assert of_site(paper).progress.left == of_province().progress.left == 8


def test_a_dose_entered_after_midnight_in_viet_nam_is_a_late_entry(paper):
    enter(paper, 10, at(10, 23, 59))
    enter(paper, 10, at(11, 0, 0))
    refresh_statistics()
    entry = LateEntry.objects.get()
    assert (entry.day, entry.entered_on, entry.doses) == (on(10), on(11), 1)


def test_the_pace_is_of_the_seven_full_days_before_today(paper):
    report(1, 100, site=paper.site)
    for entered in (12, 13, 19, 20):  # of these, the 13th to the 19th count
        enter(paper, 1, entered, count=2)
    refresh_statistics()
    progress = of_site(paper).progress
    assert (progress.entered, progress.growth) == (4, -4)
    # 92 left at 4 in 7 days: 161 days.
    assert progress.caught_up_on == TODAY + datetime.timedelta(days=161)
    assert of_province().progress == progress


def test_without_an_entry_there_is_no_day_of_catching_up(paper):
    report(1, 100, site=paper.site)
    refresh_statistics()
    progress = of_site(paper).progress
    assert (progress.pace, progress.caught_up_on, progress.is_caught_up) == (0, None, False)


def test_a_backlog_that_does_not_shrink_is_never_caught_up_with(paper):
    report(1, 100, site=paper.site)
    report(15, 2, site=paper.site)
    enter(paper, 1, 16, count=2)
    refresh_statistics()
    assert of_site(paper).progress.growth == 0
    assert of_site(paper).progress.caught_up_on is None
    enter(paper, 15, 17)  # one of the two new ones: now it shrinks
    refresh_statistics()
    assert of_site(paper).progress.growth == -1
    assert of_site(paper).progress.caught_up_on is not None


def test_more_on_record_than_reported_is_shown_below_zero_and_needs_no_forecast(paper):
    report(10, 1, site=paper.site)
    enter(paper, 10, 14, count=3)
    refresh_statistics()
    progress = of_site(paper).progress
    assert (progress.left, progress.is_caught_up, progress.caught_up_on) == (-2, True, None)


@pytest.mark.parametrize(
    ("doses", "entered", "days"),
    [(1, 7, 1), (7, 7, 7), (8, 7, 8), (1, 700, 1), (0, 7, 0), (365, 7, 365), (366, 7, None)],
)
def test_a_day_is_named_within_a_year(doses, entered, days):
    expected = None if days is None else TODAY + datetime.timedelta(days=days)
    assert day_of_entry(doses, entered=entered, today=TODAY) == expected


def test_sites_are_silent_that_neither_reported_nor_entered_for_three_days(paper):
    report(16, 9, site=paper.site)
    refresh_statistics()
    assert of_site(paper).is_silent
    assert of_province().silent == 1
    enter(paper, 1, 17)
    refresh_statistics()
    assert of_site(paper).last_entry_on == on(17)
    assert not of_site(paper).is_silent
    assert of_province().silent == 0


def test_a_site_of_the_platform_that_never_reported_is_not_listed():
    site = make_site()
    assert sites_progress(province=site.province, now=NOW) == []
    assert of_province().silent == 0


def test_the_country_costs_a_fixed_number_of_queries(django_assert_num_queries):
    for code in ("01", "27", "79"):
        report(10, 5, site=make_site(province_code=code))
    refresh_statistics()
    with django_assert_num_queries(4):
        rows = provinces_progress(now=NOW)
    assert sum((row.progress for row in rows), Progress(TODAY)).left == 15
    place = province("79")
    with django_assert_num_queries(3):
        sites_progress(province=place, now=NOW)


# ── the person's dose ─────────────────────────────────────────────────────────────────────────
def forecast(lot, day):
    return forecast_for_dose(lot.site, day and on(day), NOW)


def test_the_persons_dose_comes_after_the_older_ones(paper):
    for day, doses in ((1, 20), (2, 30), (3, 40)):
        report(day, doses, site=paper.site)
    enter(paper, 1, 15, count=14)
    refresh_statistics()
    found = forecast(paper, 2)
    # 6 older and 30 of her day are left, 2 a day come in.
    assert (found.left, found.reported, found.recorded) == (36, 90, 14)
    assert (found.first_on, found.last_on) == (
        TODAY + datetime.timedelta(days=4),
        TODAY + datetime.timedelta(days=18),
    )
    assert forecast(paper, None).left == 76


def test_the_sentence_names_the_figures_and_the_day(paper):
    report(1, 50, site=paper.site)
    enter(paper, 1, 15, count=14)
    refresh_statistics()
    sentence = forecast_in_words(paper.site, forecast(paper, 1))
    assert "14" in sentence
    assert "50" in sentence
    assert "08/12/2021" in sentence


def test_few_doses_or_no_day_give_days_instead_of_a_date(paper):
    report(1, 50, site=paper.site)
    enter(paper, 1, 15, count=7)
    refresh_statistics()
    for day in (1, None):
        sentence = forecast_in_words(paper.site, forecast(paper, day))
        assert "43" in sentence
        assert "2021" not in sentence
    DailyReport.objects.update(doses=9)
    refresh_statistics()
    sentence = forecast_in_words(paper.site, forecast(paper, 1)).replace(paper.site.name, "")
    assert "9" not in sentence  # so few that a count would speak of single people


def test_a_site_without_a_pace_names_no_day(paper):
    report(1, 50, site=paper.site)
    refresh_statistics()
    found = forecast(paper, 1)
    assert (found.first_on, found.last_on, found.days_to_go) == (None, None, None)
    assert "2021" not in forecast_in_words(paper.site, found)


def test_where_all_of_the_day_is_entered_the_person_is_told_to_report(paper):
    report(1, 2, site=paper.site)
    report(5, 30, site=paper.site)
    enter(paper, 1, 15, count=2)
    refresh_statistics()
    found = forecast(paper, 1)
    assert found.left == 0
    assert forecast_in_words(paper.site, found) != forecast_in_words(paper.site, forecast(paper, 5))


def test_days_with_more_on_record_make_up_for_others_but_hers_is_never_called_complete(paper):
    report(1, 1, site=paper.site)
    report(2, 3, site=paper.site)
    enter(paper, 1, 15, count=9)
    refresh_statistics()
    assert forecast(paper, 2).left == 3


def test_a_site_of_the_platform_that_did_not_report_the_day_says_nothing():
    site = make_site()
    assert entry_forecast(site=site, day=on(1), now=NOW) is None
    report(2, 10, site=site)
    assert entry_forecast(site=site, day=on(1), now=NOW) is None
    assert entry_forecast(site=site, day=on(2), now=NOW) is not None


def test_a_paper_site_that_did_not_report_the_day_is_told_as_that(paper):
    report(2, 10, site=paper.site)
    found = entry_forecast(site=paper.site, day=on(1), now=NOW)
    assert not found.is_reported
    assert paper.site.name in forecast_in_words(paper.site, found)


def test_the_forecast_for_a_person_costs_three_queries(paper, django_assert_num_queries):
    report(1, 20, site=paper.site)
    with django_assert_num_queries(3):
        forecast(paper, 1)


# ── the pages ─────────────────────────────────────────────────────────────────────────────────
def signed_in(client, **posting):
    account = make_staff(**posting)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return account


def rows_of(client, path):
    response = client.get(path, {"format": "csv"})
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.fixture
def two_provinces():
    here, there = make_site(code="HCM-1"), make_site(code="HN-1", province_code="01")
    report(10, 12, site=here)
    report(10, 30, site=there)
    refresh_statistics()
    return here, there


def test_each_posting_sees_its_own_place_and_no_other(client, two_provinces):
    here, there = two_provinces
    pages = ("79/", "79/days/", "sites/HCM-1/", "01/", "01/days/", "sites/HN-1/")

    def seen(**posting):
        signed_in(client, **posting)
        assert client.get("/staff/backlog/").status_code == 200
        return [p for p in pages if client.get(f"/staff/backlog/{p}").status_code == 200]

    assert seen(role=Role.SITE_MANAGER, site=here) == ["sites/HCM-1/"]
    assert seen(role=Role.SITE_RECORDER, site=there) == ["sites/HN-1/"]
    assert seen(role=Role.PROVINCE_OFFICER, province=province("01")) == list(pages[3:])
    assert seen(role=Role.NATIONAL_OFFICER) == list(pages)
    assert seen(role=Role.AUDITOR) == list(pages)


def test_a_doctor_has_no_backlog_page_and_a_stranger_signs_in(client, two_provinces):
    assert client.get("/staff/backlog/").status_code == 302
    signed_in(client, role=Role.SITE_DOCTOR, site=two_provinces[0])
    assert client.get("/staff/backlog/").status_code == 403


def test_the_country_ranks_the_provinces_by_what_is_left(client, two_provinces):
    signed_in(client, role=Role.NATIONAL_OFFICER)
    rows = rows_of(client, "/staff/backlog/")
    assert [(row["code"], row["left"]) for row in rows[:2]] == [("01", "30"), ("79", "12")]
    assert len(rows) == 63
    names = [line.name for line in client.get("/staff/backlog/?sort=name").context["page"]]
    assert names[0] == "An Giang"


def test_silent_sites_can_be_listed_alone(client, two_provinces):
    signed_in(client, role=Role.NATIONAL_OFFICER)
    make_site(on_platform=False, code="GIAY-2")
    page = client.get("/staff/backlog/79/?show=silent").context["page"]
    # Its last report is of 2021, and the page is read today.
    assert {line.code for line in page} == {"HCM-1", "GIAY-2"}


def test_a_site_shows_its_days_and_vaccines(client, two_provinces):
    report(11, 3, site=two_provinces[0], code=COMIRNATY)
    signed_in(client, role=Role.SITE_MANAGER, site=two_provinces[0])
    assert [
        (row["day"], row["vaccine_code"], row["left"]) for row in rows_of(client, "/staff/backlog/")
    ] == [("2021-11-11", COMIRNATY, "3"), ("2021-11-10", "", "12")]


# ── the health book ───────────────────────────────────────────────────────────────────────────
def test_the_health_book_names_the_day_for_an_appointment_without_a_dose(paper):
    from public_portal.health_book import awaited_section

    person = make_citizen()
    registration = make_registration(citizen=person, dose_number=1)
    session = make_session(site=paper.site, on=on(1))
    registration.appointments.create(session=session, status="kept")
    report(1, 50, site=paper.site)
    (awaited,) = awaited_section(person).context["awaited"]
    assert (awaited.site, awaited.day, awaited.forecast.left) == (paper.site, on(1), 50)

    make_dose(lot=paper, citizen=person, administered_at=at(1), source="paper")
    assert awaited_section(person) is None


def test_a_missed_or_coming_appointment_awaits_no_dose(paper):
    from public_portal.health_book import awaited_section

    registration = make_registration()
    ahead = datetime.date.today() + datetime.timedelta(days=3)  # noqa: DTZ011
    for day, status in ((on(1), "missed"), (on(2), "cancelled"), (ahead, "booked")):
        session = make_session(site=paper.site, on=day)
        registration.appointments.create(session=session, status=status)
    assert awaited_section(registration.citizen) is None
