"""The outbox on a bad day: budgets, a gateway that is away, a worker that is killed."""

import datetime
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings as of_project
from django.db import connection
from django.urls import reverse
from django.utils import translation

from registration.menu import messages_not_sent
from registration.models import SmsMessage, SmsStatus
from registration.services import sms
from registration.services.sms import (
    SmsIsNotDead,
    after_the_night,
    deliver_waiting,
    fit,
    forget_messages,
    queue_sms,
    send_again,
)
from response_center.services import cases, corrections, rounds
from sites.models import Role
from tests.registration.test_admin import enter
from tests.registration.test_sms import PHONE, Memory

HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def outbox(monkeypatch):
    memory = Memory()
    monkeypatch.setattr(sms, "backend_in_use", lambda: memory)
    return memory


def phones(count):
    return [f"+8491234{n:04}" for n in range(count)]


@pytest.mark.django_db
def test_one_phone_gets_its_messages_of_a_day_and_the_others_wait_without_losing_an_attempt(
    now, outbox, settings
):
    settings.SMS_A_DAY_TO_ONE_PHONE = 2
    for n in range(4):
        queue_sms(phone=PHONE, text=f"Tin {n}", now=now)
    queue_sms(phone=phones(1)[0], text="Người khác", now=now)
    assert deliver_waiting(now) == 3
    assert outbox.sent == ["Tin 0", "Tin 1", "Người khác"]
    held = SmsMessage.objects.filter(status=SmsStatus.WAITING)
    assert {(each.attempts, each.next_at) for each in held} == {(0, now + HOUR)}
    assert deliver_waiting(now + 2 * HOUR) == 0
    assert deliver_waiting(now + 25 * HOUR) == 2


@pytest.mark.django_db
def test_many_messages_to_one_phone_do_not_keep_others_from_their_turn(now, outbox, settings):
    settings.SMS_A_DAY_TO_ONE_PHONE = 1
    for n in range(sms.BATCH * 2):
        queue_sms(phone=PHONE, text=f"Tin {n}", now=now)
    queue_sms(phone=phones(1)[0], text="Người khác", now=now)
    assert deliver_waiting(now) == 2
    assert "Người khác" in outbox.sent


@pytest.mark.django_db(transaction=True)
def test_the_country_s_budget_of_a_minute_holds_for_workers_side_by_side(now, outbox, settings):
    settings.SMS_PER_MINUTE = 30
    for phone in phones(80):
        queue_sms(phone=phone, text="Tin", now=now)

    def deliver(_n):
        try:
            return deliver_waiting(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(deliver, range(4))) == 30
    assert deliver_waiting(now + MINUTE / 2) == 0
    assert deliver_waiting(now + MINUTE) == 30


@pytest.mark.django_db
def test_a_code_passes_by_the_budgets_and_the_queue(
    now, outbox, settings, django_capture_on_commit_callbacks
):
    settings.SMS_PER_MINUTE = 0
    settings.SMS_A_DAY_TO_ONE_PHONE = 0
    queue_sms(phone=PHONE, text="Tin", now=now)
    queue_sms(phone=PHONE, text="Mã: 123456", is_code=True, now=now)
    assert deliver_waiting(now) == 1
    assert outbox.sent == ["Mã: 123456"]


@pytest.mark.django_db
def test_a_gateway_that_is_away_is_asked_three_times_and_costs_the_others_no_attempt(now, outbox):
    outbox.broken = True
    for phone in phones(10):
        queue_sms(phone=phone, text="Tin", now=now)
    assert deliver_waiting(now) == 0
    assert outbox.tries == sms.GATEWAY_IS_AWAY_AFTER
    assert SmsMessage.objects.filter(attempts=0, next_at=now, tried_at=None).count() == 7
    outbox.broken = False
    assert deliver_waiting(now) == 7


@pytest.mark.django_db
def test_a_slow_gateway_ends_the_round_so_that_certificates_have_their_turn(
    now, outbox, monkeypatch
):
    monkeypatch.setattr(sms, "ROUND_SECONDS", 0.05)

    class Slow(Memory):
        def send(self, **message):
            time.sleep(0.03)
            super().send(**message)

    slow = Slow()
    monkeypatch.setattr(sms, "backend_in_use", lambda: slow)
    for phone in phones(10):
        queue_sms(phone=phone, text="Tin", now=now)
    sent = deliver_waiting(now)
    assert 0 < sent < 10
    assert SmsMessage.objects.filter(attempts=0).count() == 10 - sent


@pytest.mark.django_db
def test_a_message_whose_lease_somebody_else_has_is_not_sent_a_second_time(now, outbox):
    queue_sms(phone=PHONE, text="Tin", now=now)
    (claimed,) = sms._claim_news(now=now)
    SmsMessage.objects.update(attempts=2)  # the lease ran out, and another worker took it
    round_ = sms._Round(now)
    round_.send([claimed])
    assert outbox.tries == 0


@pytest.mark.django_db
def test_every_attempt_of_a_message_has_the_same_key_and_no_other_message_has_it(now, outbox):
    outbox.broken = True
    queue_sms(phone=PHONE, text="Một", now=now)
    deliver_waiting(now)
    deliver_waiting(now + HOUR)
    queue_sms(phone=PHONE, text="Hai", now=now + HOUR)
    deliver_waiting(now + HOUR)
    first, again, other = outbox.keys
    assert first == again != other


def test_the_night_ends_at_six_in_viet_nam():
    ten_at_night = datetime.datetime(2021, 11, 6, 15, 0, tzinfo=datetime.UTC)
    six = datetime.datetime(2021, 11, 6, 23, 0, tzinfo=datetime.UTC)
    assert after_the_night(ten_at_night) == six
    assert after_the_night(six - MINUTE) == six
    assert after_the_night(six) == six
    assert after_the_night(ten_at_night - MINUTE) == ten_at_night - MINUTE


@pytest.mark.django_db
def test_news_of_more_than_three_days_ago_is_given_up_with_its_reason(now, outbox):
    queue_sms(phone=PHONE, text="Tin", now=now)
    assert deliver_waiting(now + 73 * HOUR) == 0
    message = SmsMessage.objects.get()
    assert (message.status, message.failure) == (SmsStatus.FAILED, "too old")


@pytest.mark.django_db
def test_officials_see_why_a_message_was_not_sent_and_send_it_again(client, now, outbox):
    outbox.broken = True
    message = queue_sms(phone=PHONE, text="Tin", now=now)
    for _n in range(sms.MAX_ATTEMPTS):
        message.refresh_from_db()
        deliver_waiting(message.next_at)
    enter(client, Role.ADMIN)
    address = reverse("admin:registration_smsmessage_changelist")
    page = client.get(address, {"status__exact": "failed"}).content.decode()
    assert "broken" in page
    assert PHONE not in page
    client.post(address, {"action": "send_once_more", "_selected_action": [message.pk]})
    message.refresh_from_db()
    assert (message.status, message.attempts, message.failure) == (SmsStatus.WAITING, 0, "")


@pytest.mark.django_db
def test_an_auditor_sees_the_outbox_and_sends_nothing(client, now):
    message = SmsMessage.objects.create(phone=PHONE, text="Tin", status=SmsStatus.FAILED)
    enter(client, Role.AUDITOR)
    address = reverse("admin:registration_smsmessage_changelist")
    client.post(address, {"action": "send_once_more", "_selected_action": [message.pk]})
    message.refresh_from_db()
    assert message.status == SmsStatus.FAILED


@pytest.mark.django_db
@pytest.mark.parametrize(
    "state", [{"status": SmsStatus.SENT}, {"status": SmsStatus.FAILED, "is_code": True}]
)
def test_a_message_that_was_sent_or_a_code_is_not_sent_again(now, state):
    message = SmsMessage.objects.create(phone=PHONE, text="", **state)
    with pytest.raises(SmsIsNotDead):
        send_again(message=message, now=now)


@pytest.mark.django_db
def test_the_menu_counts_the_messages_that_could_not_be_sent(rf):
    assert messages_not_sent(rf.get("/")) == ""
    SmsMessage.objects.create(phone=PHONE, text="Tin", status=SmsStatus.FAILED)
    SmsMessage.objects.create(phone=PHONE, text="", status=SmsStatus.FAILED, is_code=True)
    assert messages_not_sent(rf.get("/")) == "1"


@pytest.mark.django_db
def test_messages_are_forgotten_after_90_days_unless_they_still_wait(now):
    for status in SmsStatus.values:
        SmsMessage.objects.create(phone=PHONE, text="Tin", status=status, created_at=now)
    assert forget_messages(now + datetime.timedelta(days=90)) == 0
    assert forget_messages(now + datetime.timedelta(days=91)) == 2
    assert SmsMessage.objects.get().status == SmsStatus.WAITING


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_text_of_ours_fits_two_parts_in_both_languages_and_holds_no_link(language):
    with translation.override(language):
        for text in (str(text) for text in texts_of_ours()):
            filled = text % {"number": "PA-2021-000001", "code": "DK-4M7P-2Q", "day": "06/11/2021"}
            assert fit(filled) == filled
            assert "://" not in filled
            assert "www." not in filled


def texts_of_ours():
    code = translation.gettext("Vaccination code: %(code)s. Good for 5 minutes. Give it to nobody.")
    confirmed = translation.gettext(
        "Registration %(code)s for %(day)s is received. Its state stands in your health book."
    )
    return [
        cases.SITE_HAS_ANSWERED,
        cases.CASE_HAS_NEWS,
        cases.CASE_IS_RESOLVED,
        cases.CASE_IS_REJECTED,
        corrections.RECORD_IS_CORRECTED,
        rounds.CERTIFICATE_IS_THERE,
        code,
        confirmed,
    ]


class Killing(BaseHTTPRequestHandler):
    """A gateway that takes the first message and kills its sender before it answers."""

    victim: "subprocess.Popen | None" = None
    taken: list = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append((self.headers["Idempotency-Key"], body["text"]))
        if self.victim is not None and len(self.taken) == 1:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.close_connection = True
            return
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        """Quiet."""


def worker(address, tmp_path):
    """The worker as it is run, on this test's database."""
    one = connection.settings_dict
    url = f"postgres://{one['USER']}:{one['PASSWORD']}@{one['HOST']}:{one['PORT']}/{one['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(tmp_path),
        "SMS_BACKEND": "http",
        "SMS_HTTP_URL": address,
        "SIGNING_KEYS_DIR": str(tmp_path / "keys"),
        "SIGNING_PASSPHRASE": "mật khẩu của khóa",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "drain_certificates"],
        cwd=of_project.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(happened, seconds=60):
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_marking_leaves_a_message_its_gateway_knows_again(
    tmp_path, monkeypatch
):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Killing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(Killing, "taken", [])
    address = f"http://127.0.0.1:{server.server_port}/"
    queued = [
        SmsMessage.objects.create(phone=phone, text="", is_code=True) for phone in phones(3)
    ]  # codes: the hour of the day does not matter to them
    first = worker(address, tmp_path)
    monkeypatch.setattr(Killing, "victim", first)
    try:
        assert first.wait(timeout=60) == -signal.SIGKILL
        cut_off = SmsMessage.objects.get(attempts=1, pk=queued[0].pk)
        assert cut_off.status == SmsStatus.WAITING
        SmsMessage.objects.update(next_at=cut_off.created_at)  # the leases have run out
        second = worker(address, tmp_path)
        try:
            sent = SmsMessage.objects.filter(status=SmsStatus.SENT)
            wait_until(lambda: sent.count() == 3)
        finally:
            second.terminate()
            second.wait(timeout=30)
    finally:
        first.kill()
        server.shutdown()
        server.server_close()
    keys = [key for key, _text in Killing.taken]
    assert len(keys) == 4  # the one that was cut off came twice, under one key
    assert keys.count(keys[0]) == 2
    assert len(set(keys)) == 3
