"""The outbox: sent after commit, tried again, given up, never twice, never with a link."""

import datetime
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import connection, transaction

from registration import sms_backends
from registration.models import SmsMessage, SmsStatus
from registration.services import sms
from registration.services.sms import deliver_waiting, fit, queue_sms

PHONE = "+84912345678"
SECOND = datetime.timedelta(seconds=1)


class Memory:
    """A backend that keeps what it was given, or refuses."""

    def __init__(self):
        self.sent = []
        self.keys = []
        self.tries = 0
        self.broken = False

    def send(self, *, phone, text, key, timeout):
        self.tries += 1
        self.keys.append(key)
        if self.broken:
            raise sms_backends.SmsNotSent("broken")
        self.sent.append(text)


@pytest.fixture
def outbox(monkeypatch):
    memory = Memory()
    monkeypatch.setattr(sms, "backend_in_use", lambda: memory)
    return memory


@pytest.mark.django_db
def test_a_message_is_sent_once(now, outbox):
    queue_sms(phone=PHONE, text="Xin chào", now=now)
    assert deliver_waiting(now) == 1
    assert deliver_waiting(now + 60 * SECOND) == 0
    assert outbox.sent == ["Xin chào"]
    assert SmsMessage.objects.get().sent_at == now


@pytest.mark.django_db
def test_a_code_goes_out_right_after_commit_and_its_text_is_blanked(
    now, outbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        queue_sms(phone=PHONE, text="Mã: 123456", is_code=True, now=now)
    assert outbox.sent == ["Mã: 123456"]
    message = SmsMessage.objects.get()
    assert (message.status, message.text) == (SmsStatus.SENT, "")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_for_an_event_that_was_undone(now, outbox):
    with transaction.atomic():
        queue_sms(phone=PHONE, text="Mã: 123456", is_code=True, now=now)
        transaction.set_rollback(True)
    assert outbox.sent == []
    assert not SmsMessage.objects.exists()


@pytest.mark.django_db
def test_a_code_that_failed_at_first_is_sent_by_the_chore(
    now, outbox, django_capture_on_commit_callbacks
):
    outbox.broken = True
    with django_capture_on_commit_callbacks(execute=True):
        queue_sms(phone=PHONE, text="Mã: 123456", is_code=True, now=now)
    outbox.broken = False
    assert deliver_waiting(now + 10 * SECOND) == 0  # not yet
    assert deliver_waiting(now + 20 * SECOND) == 1


@pytest.mark.django_db
def test_waits_grow_and_after_five_attempts_the_message_has_failed(now, outbox):
    outbox.broken = True
    queue_sms(phone=PHONE, text="Xin chào", now=now)
    moment = now
    for attempt in range(1, 6):
        deliver_waiting(moment)
        message = SmsMessage.objects.get()
        assert message.attempts == attempt
        assert message.next_at > moment
        moment = message.next_at
    assert message.status == SmsStatus.FAILED
    outbox.broken = False
    assert deliver_waiting(moment) == 0


@pytest.mark.django_db
def test_an_attempt_is_counted_before_sending_so_a_sender_that_dies_is_seen(now, monkeypatch):
    class Dies:
        def send(self, **_kwargs):
            raise KeyboardInterrupt

    monkeypatch.setattr(sms, "backend_in_use", Dies)
    queue_sms(phone=PHONE, text="Xin chào", now=now)
    for attempt in range(1, 6):
        with pytest.raises(KeyboardInterrupt):
            deliver_waiting(SmsMessage.objects.get().next_at)
        assert SmsMessage.objects.get().attempts == attempt
    deliver_waiting(SmsMessage.objects.get().next_at)  # the sixth claim does not try again
    assert SmsMessage.objects.get().status == SmsStatus.FAILED


@pytest.mark.django_db
def test_a_code_of_more_than_five_minutes_ago_is_given_up_and_blanked(now, outbox):
    queue_sms(phone=PHONE, text="Mã: 123456", is_code=True, now=now)
    assert deliver_waiting(now + 301 * SECOND) == 0
    message = SmsMessage.objects.get()
    assert (message.status, message.text, outbox.sent) == (SmsStatus.FAILED, "", [])


@pytest.mark.django_db
def test_between_22_and_6_only_codes_are_sent(outbox):
    night = datetime.datetime(2021, 11, 6, 15, 0, tzinfo=datetime.UTC)  # 22:00 in Viet Nam
    queue_sms(phone=PHONE, text="Xin chào", now=night)
    queue_sms(phone=PHONE, text="Mã: 123456", is_code=True, now=night)
    assert deliver_waiting(night) == 1
    assert deliver_waiting(night + datetime.timedelta(hours=7, minutes=59)) == 0
    assert deliver_waiting(night + datetime.timedelta(hours=8)) == 1
    assert outbox.sent == ["Mã: 123456", "Xin chào"]


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_message_once(now, outbox):
    for n in range(60):
        queue_sms(phone=f"+849123456{n:02}", text=f"Tin {n}", now=now)

    def deliver(_n):
        try:
            return deliver_waiting(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(deliver, range(4)))
    assert sum(counts) == 60
    assert len(set(outbox.sent)) == len(outbox.sent) == 60


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["Xem https://example.vn", "Xem www.example.vn"])
def test_a_message_with_a_link_is_refused(now, text):
    with pytest.raises(ValueError, match="link"):
        queue_sms(phone=PHONE, text=text, now=now)


def test_a_message_is_cut_to_two_parts_by_the_letters_it_needs():
    assert len(fit("ế" * 500)) == 134
    assert len(fit("e" * 500)) == 306
    assert fit("ế" * 134) == "ế" * 134


def test_the_console_shows_phone_and_text(capsys):
    sms_backends.ConsoleBackend().send(phone=PHONE, text="Mã: 123456", key="1", timeout=1)
    assert "SMS to +84912345678: Mã: 123456" in capsys.readouterr().out


def test_the_file_holds_one_json_object_a_line(tmp_path, settings):
    settings.SMS_FILE = str(tmp_path / "deep" / "sms.jsonl")
    for text in ("Một\nhai", "Ba"):
        sms_backends.FileBackend().send(phone=PHONE, text=text, key="1", timeout=1)
    lines = (tmp_path / "deep" / "sms.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["Một\nhai", "Ba"]


class Gateway(BaseHTTPRequestHandler):
    status = 200
    requests: list = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append((self.headers["Authorization"], self.headers["Idempotency-Key"], body))
        self.send_response(self.status)
        if self.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def gateway(settings):
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_HTTP_URL = f"http://127.0.0.1:{server.server_port}/send"
    settings.SMS_HTTP_TOKEN = "secret"
    Gateway.requests = []
    Gateway.status = 200
    yield Gateway
    server.shutdown()
    server.server_close()


def test_the_gateway_gets_phone_text_token_and_key(gateway):
    sms_backends.HttpBackend().send(phone=PHONE, text="Xin chào", key="k-1", timeout=2)
    assert gateway.requests == [("Bearer secret", "k-1", {"phone": PHONE, "text": "Xin chào"})]


@pytest.mark.parametrize("status", [302, 400, 500])
def test_a_gateway_that_answers_otherwise_has_not_sent(gateway, status):
    gateway.status = status
    with pytest.raises(sms_backends.SmsNotSent) as caught:
        sms_backends.HttpBackend().send(phone=PHONE, text="Xin chào", key="k-1", timeout=2)
    assert PHONE not in str(caught.value)


def test_a_gateway_that_does_not_answer_is_left_in_time(settings):
    with HTTPServer(("127.0.0.1", 0), Gateway) as silent:  # listens, and accepts nobody
        settings.SMS_HTTP_URL = f"http://127.0.0.1:{silent.server_port}/"
        with pytest.raises(sms_backends.SmsNotSent):
            sms_backends.HttpBackend().send(phone=PHONE, text="Xin chào", key="k-1", timeout=0.2)


@pytest.mark.parametrize("address", ["file:///etc/passwd", ""])
def test_only_http_addresses_are_called(settings, address):
    settings.SMS_HTTP_URL = address
    with pytest.raises(sms_backends.SmsNotSent):
        sms_backends.HttpBackend().send(phone=PHONE, text="Xin chào", key="k-1", timeout=1)


def test_an_unknown_backend_is_an_attempt_that_failed(settings):
    settings.SMS_BACKEND = "pigeon"
    with pytest.raises(sms_backends.SmsNotSent):
        sms_backends.backend_in_use()
