"""The public status: read from the same rows as the board, and there when the database is not."""

import datetime

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.utils import timezone

from certificates import public_status as of_certificates
from certificates.models import IssuanceJob, WorkerHeartbeat
from public_portal import public_status as of_statistics
from public_portal.models import DirtyDay
from registration import public_status as of_messages
from registration.models import SmsMessage, SmsStatus
from sites import public_status as of_sites
from tests.factories import make_dose, province
from vaxplatform import public_status
from vaxplatform.public_status import State

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    cache.clear()


def code(now, **over):
    return SmsMessage.objects.create(
        **{"phone": "+84912345678", "text": "", "is_code": True, "created_at": now, **over}
    )


def test_the_page_and_the_file_tell_the_same_parts(client):
    listed = client.get("/status.json").json()["parts"]
    assert [part["key"] for part in listed] == [
        "database", "codes", "recording", "certificates", "statistics", "messages",
    ]  # fmt: skip
    page = client.get("/status/").content.decode()
    for part in listed:
        assert f'id="{part["key"]}"' in page
        assert part["detail"] in page


def test_a_lost_database_is_said_on_a_page_that_still_comes(client, monkeypatch):
    def lost():
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(public_status.connection, "cursor", lost)
    response = client.get("/status/")
    assert response.status_code == 200
    assert "Cơ sở dữ liệu không trả lời." in response.content.decode()
    assert client.get("/status.json").json()["state"] == "down"


def test_a_check_that_breaks_costs_its_own_part_only(monkeypatch, now):
    monkeypatch.setattr(public_status, "_parts", {})
    public_status.register_part("broken", "Broken", lambda _now: 1 / 0, position=2)
    works = public_status.Finding(State.WORKS, "fine")
    public_status.register_part("fine", "Fine", lambda _now: works, position=1)
    states = [reading.state for reading in public_status.read_parts(now)]
    assert states == [State.WORKS, State.DOWN]


def test_codes_are_slow_when_some_and_down_when_most_do_not_go_out(now):
    assert of_messages.sign_in_codes(now).state == State.WORKS
    for _n in range(3):
        code(now - 5 * MINUTE, status=SmsStatus.SENT)
    code(now - 5 * MINUTE, status=SmsStatus.FAILED)
    assert of_messages.sign_in_codes(now).state == State.SLOW
    for _n in range(3):
        code(now - 2 * MINUTE)  # still waiting
    assert of_messages.sign_in_codes(now).state == State.DOWN
    assert of_messages.sign_in_codes(now + 20 * MINUTE).state == State.WORKS


def test_messages_that_wait_for_the_morning_are_not_late():
    ten_at_night = datetime.datetime(2021, 11, 6, 15, tzinfo=datetime.UTC)
    code(ten_at_night, is_code=False, next_at=ten_at_night)
    assert of_messages.messages(ten_at_night + 300 * MINUTE).state == State.WORKS
    morning = ten_at_night + datetime.timedelta(hours=8)
    assert of_messages.messages(morning + 10 * MINUTE).state == State.WORKS
    assert of_messages.messages(morning + 20 * MINUTE).state == State.SLOW


def test_certificates_are_slow_when_late_and_down_when_nobody_makes_them():
    now = timezone.now()
    WorkerHeartbeat.objects.create(worker="one", beat_at=now)
    dose = make_dose()
    IssuanceJob.objects.filter(dose=dose).update(due_at=now - MINUTE, deadline_at=now + MINUTE)
    assert of_certificates.in_time(now).state == State.WORKS
    assert of_certificates.in_time(now + 80 * MINUTE / 60).state == State.SLOW
    assert of_certificates.in_time(now + 3 * MINUTE).state == State.DOWN


def test_statistics_are_slow_while_a_change_waits_for_more_than_a_minute():
    now = timezone.now()
    DirtyDay.objects.create(province=province("79"), day=now.date(), marked_at=now)
    assert of_statistics.fresh(now + 59 * MINUTE / 60).state == State.WORKS
    assert of_statistics.fresh(now + 2 * MINUTE).state == State.SLOW


def test_recording_names_the_moment_of_the_latest_dose():
    now = timezone.now()
    assert of_sites.recording(now).state == State.WORKS
    make_dose()
    assert str(timezone.localtime(now).year) in of_sites.recording(now).detail
