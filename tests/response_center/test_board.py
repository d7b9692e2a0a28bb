"""The command board: its figures, and who may see them."""

import datetime

import pytest
from django.utils import timezone

from certificates.kept_promise import kept_promise
from certificates.models import Certificate, IssuanceJob, JobState, WorkerHeartbeat
from certificates.services.issuance import issue_due
from public_portal.models import ProvinceDay
from registration.services.sms import queue_sms
from response_center.models import CaseKind
from response_center.selectors import board
from sites.entry_forecast import entry_by_province
from sites.models import Role
from tests.factories import (
    make_citizen,
    make_dose,
    make_lot,
    make_session,
    make_site,
    make_staff,
    province,
)
from tests.response_center.making import make_case

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def noon():
    """Today at 12:00 in Viet Nam or, before that, now: doses of today lie behind it."""
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def sign_in(client):
    def as_(account):
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_


def start_of_today():
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


# ── figures ───────────────────────────────────────────────────────────────────────────────────
def test_doses_count_in_the_hour_of_their_injection_in_viet_nam():
    now, start = timezone.now(), start_of_today()
    given = max(start, now - HOUR)
    make_dose(administered_at=given)
    make_dose(administered_at=start - MINUTE)  # yesterday
    found = board.doses_today(now=now)
    assert found.by_hour == {timezone.localtime(given).hour: 1}
    assert (found.total, found.sites) == (1, 1)


def test_the_board_of_a_province_counts_its_own_sites():
    now = timezone.now()
    given = max(start_of_today(), now - MINUTE)
    for code in ("27", "27", "01"):
        make_dose(lot=make_lot(site=make_site(province_code=code)), administered_at=given)
    assert board.doses_today(now=now).total == 3
    assert board.doses_today(now=now, province_id=province("27").pk).total == 2


def test_the_queue_says_what_is_due_late_and_stuck():
    now = timezone.now()
    due, late, stuck = (make_dose(administered_at=now - 2 * HOUR) for _n in range(3))
    IssuanceJob.objects.filter(dose=late).update(due_at=now - 3 * HOUR, deadline_at=now - 2 * HOUR)
    IssuanceJob.objects.filter(dose=stuck).update(state=JobState.NEEDS_REVIEW)
    found = board.certificate_queue(now=timezone.now())
    assert (found.due, found.past_deadline, found.needs_review) == (2, 1, 1)
    assert found.oldest_due_at == now - 3 * HOUR
    assert found.without_job == 0
    IssuanceJob.objects.filter(dose=due).delete()
    assert board.certificate_queue(now=timezone.now()).without_job == 1


def test_the_promise_counts_the_doses_of_today_whose_time_is_over(signing_keys, monkeypatch):
    noon = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.timezone(7 * HOUR))
    doses = [make_dose() for _n in range(4)]
    issue_due()
    for dose, minutes in zip(doses, (40, 59, 75, None), strict=True):
        given = noon - 3 * HOUR
        type(dose).objects.filter(pk=dose.pk).update(administered_at=given, recorded_at=given)
        IssuanceJob.objects.filter(dose=dose).update(
            due_at=given + 30 * MINUTE, deadline_at=given + HOUR, state=JobState.ISSUED
        )
        issued = Certificate.objects.filter(dose=dose)
        if minutes is None:
            issued.delete()
        else:
            issued.update(issued_at=given + minutes * MINUTE)
    kept = kept_promise(now=noon)
    assert (kept.doses, kept.in_time) == (4, 2)
    assert [(wait.from_minutes, wait.doses) for wait in kept.waits if wait.doses] == [
        (40, 1),
        (55, 1),
        (60, 1),
        (90, 1),
    ]
    assert kept_promise(now=noon - 2 * HOUR - MINUTE).doses == 0
    elsewhere = kept_promise(now=noon, province_id=province("01").pk)
    assert (elsewhere.doses, elsewhere.in_time) == (0, 0)


def test_open_cases_are_counted_by_kind_and_age(now):
    for hours in (1, 13, 25, 50):
        make_case(now=now - hours * HOUR)
    make_case(now=now, kind=CaseKind.COMPLAINT, description="Chờ lâu.")
    found = board.open_cases(now=now)
    assert (found.total, found.overdue) == (5, 1)
    assert found.by_age == [2, 1, 1, 1]
    assert [count for _key, _kind, count in found.by_kind] == [4, 1]
    assert [count for _key, _cause, count in found.by_cause] == [5]


def test_overdue_cases_are_ranked_by_province(now):
    for code, count in (("01", 1), ("27", 2)):
        for n in range(count):
            make_case(
                citizen=make_citizen(province_id=province(code).pk), now=now - (60 + n) * HOUR
            )
    found = board.overdue_by_province(now=now)
    assert [(place.code, place.cases) for place in found] == [("27", 2), ("01", 1)]
    assert found[0].oldest_due_at == now - 13 * HOUR


def test_the_backlog_is_reported_less_recorded_where_somebody_reported(now):
    day = now.date()
    common = {"people_first": 0, "people_full": 0, "boosters": 0}
    ProvinceDay.objects.create(
        province=province("79"), day=day, recorded=45, reported=100, covered=40, **common
    )
    ProvinceDay.objects.create(
        province=province("01"), day=day, recorded=30, reported=None, **common
    )
    assert [(row.code, row.left) for row in entry_by_province(now=now)] == [("79", 60)]


def test_a_site_with_an_open_session_and_no_dose_for_an_hour_is_silent(noon):
    at_work, silent = make_site(), make_site()
    for site in (at_work, silent):
        make_session(site=site, on=noon.date())
    make_session(site=make_site(), on=noon.date(), status="closed")
    before = max(start_of_today(), timezone.now() - 2 * HOUR)
    make_dose(lot=make_lot(site=at_work), administered_at=before)
    found = board.sites_today(now=before + 59 * MINUTE)
    assert found.in_session == 2
    assert [site.name for site in found.silent] == [silent.name]
    later = board.sites_today(now=before + 61 * MINUTE)
    assert {site.name for site in later.silent} == {silent.name, at_work.name}


def test_workers_and_waiting_messages_are_counted():
    now = timezone.now().replace(hour=5)  # noon in Viet Nam: at night, messages are not due
    assert board.workers(now=now).last_beat_at is None
    WorkerHeartbeat.objects.create(worker="a", beat_at=now - datetime.timedelta(seconds=89))
    WorkerHeartbeat.objects.create(worker="b", beat_at=now - datetime.timedelta(seconds=91))
    assert board.workers(now=now).alive == 1
    queue_sms(phone="+84912345678", text="Xin chào", now=now - HOUR)
    outbox = board.sms_outbox(now=now)
    assert (outbox.waiting, outbox.oldest_at) == (1, now - HOUR)


# ── the page ──────────────────────────────────────────────────────────────────────────────────
def test_an_empty_country_has_a_board_too(sign_in):
    page = sign_in(make_staff(role=Role.NATIONAL_OFFICER)).get("/board/")
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("role", [Role.SITE_RECORDER, Role.SITE_DOCTOR, Role.SITE_MANAGER])
def test_staff_of_a_site_do_not_see_the_board(sign_in, role):
    assert sign_in(make_staff(role=role, site=make_site())).get("/board/").status_code == 403


def test_a_stranger_is_sent_to_the_sign_in_page(client):
    assert client.get("/board/").url == "/staff/login/?next=/board/"


def test_a_province_officer_sees_the_own_province_whatever_the_address_says(sign_in):
    browser = sign_in(make_staff(role=Role.PROVINCE_OFFICER, province=province("27")))
    assert browser.get("/board/?province=01").context["province"] == province("27")


def test_a_national_officer_looks_at_one_province(sign_in):
    browser = sign_in(make_staff(role=Role.NATIONAL_OFFICER))
    assert browser.get("/board/?province=27").context["province"] == province("27")
    assert browser.get("/board/?province=999").status_code == 404
    assert browser.get("/board/?province=%00").status_code == 404


def test_the_board_names_what_is_wrong(sign_in):
    now = timezone.now()
    dose = make_dose(administered_at=now - 2 * HOUR)
    IssuanceJob.objects.filter(dose=dose).update(state=JobState.NEEDS_REVIEW)
    make_case(now=now - 50 * HOUR)
    page = sign_in(make_staff(role=Role.ADMIN)).get("/board/")
    assert [alarm.kind for alarm in page.context["alarms"]] == ["bad", "bad", "ok"]
    assert "1 chứng nhận bị kẹt" in page.content.decode()


def test_the_board_asks_a_bounded_number_of_queries(sign_in, django_assert_max_num_queries):
    for _n in range(5):
        make_case(site=make_site())
        make_dose()
    browser = sign_in(make_staff(role=Role.NATIONAL_OFFICER))
    with django_assert_max_num_queries(34):
        browser.get("/board/")


def test_refreshing_can_be_switched_off(sign_in):
    browser = sign_in(make_staff(role=Role.NATIONAL_OFFICER))
    assert "data-live=" in browser.get("/board/").content.decode()
    assert "data-live=" not in browser.get("/board/?refresh=off").content.decode()
