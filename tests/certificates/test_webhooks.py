"""Webhooks: signed, in order, tried again, given up in sight, and no way into our network."""

import datetime
import hashlib
import hmac
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from certificates.exceptions import WebhookAddressRefused
from certificates.models import Webhook, WebhookState
from certificates.services import webhook_post, webhooks
from certificates.services.issuance import drain_due
from certificates.services.webhook_post import NotDelivered, is_public, post
from certificates.services.webhooks import begin_again, deliver_webhooks, pause, register_webhook
from sites.models import Role
from sites.services.access import create_api_client
from tests.certificates.conftest import issued
from tests.factories import make_dose, make_lot, make_site, make_staff

pytestmark = pytest.mark.django_db


class Receiver:
    """A system of a site: answers what it is told to, and keeps what it was sent."""

    def __init__(self) -> None:
        receiver = self
        self.status, self.got, self.location = 204, [], ""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/vax?x=1"

    def numbers(self) -> list[list[int]]:
        return [[e["number"] for e in json.loads(body)["events"]] for _p, _h, body in self.got]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture(autouse=True)
def _on_this_machine(settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True


@pytest.fixture
def site(signing_keys):
    return make_site()


@pytest.fixture
def client_of_site(site):
    return create_api_client(name="HIS", site=site)[0]


def dose_at(site):
    return make_dose(lot=make_lot(site=site))


def the_time_comes():
    Webhook.objects.update(next_at=timezone.now() - datetime.timedelta(seconds=1))


def test_a_message_names_no_person_and_its_signature_proves_it(receiver, site, client_of_site):
    _webhook, secret = register_webhook(client=client_of_site, url=receiver.url)
    certificate = issued(dose_at(site))
    assert deliver_webhooks(timezone.now()) == 1
    ((path, headers, body),) = receiver.got
    assert path == "/vax?x=1"
    parts = dict(part.split("=") for part in headers["Vax-Signature"].split(","))
    signed = f"{parts['t']}.".encode() + body
    assert parts["v1"] == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(int(parts["t"]) - timezone.now().timestamp()) < 600
    said = json.loads(body)
    assert said["site"] == site.code
    assert said["cursor"] == 1
    (event,) = said["events"]
    assert set(event) == {"number", "event", "dose_id", "certificate_id", "at"}
    assert event["dose_id"] == str(certificate.dose.public_id)
    for private in (certificate.hcert, certificate.uvci, certificate.dose.citizen.full_name):
        assert private not in body.decode()
    assert deliver_webhooks(timezone.now()) == 0, "nothing is told twice"


def test_a_new_webhook_hears_of_what_comes_and_not_of_what_was(receiver, site, client_of_site):
    issued(dose_at(site))
    register_webhook(client=client_of_site, url=receiver.url)
    issued(dose_at(site))
    deliver_webhooks(timezone.now())
    assert receiver.numbers() == [[2]]


def test_many_changes_go_in_several_messages_in_their_order(
    receiver, site, client_of_site, monkeypatch
):
    monkeypatch.setattr(webhooks, "MOST_EVENTS", 3)
    register_webhook(client=client_of_site, url=receiver.url)
    for _n in range(7):
        dose_at(site)
    drain_due()
    assert deliver_webhooks(timezone.now()) == 3
    assert receiver.numbers() == [[1, 2, 3], [4, 5, 6], [7]]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 410, 500, 503])
def test_what_was_not_accepted_comes_again_with_what_followed(
    receiver, site, client_of_site, status
):
    other = Receiver()
    receiver.status, receiver.location = status, other.url
    webhook, _secret = register_webhook(client=client_of_site, url=receiver.url)
    issued(dose_at(site))
    assert deliver_webhooks(timezone.now()) == 0
    assert other.got == [], "a redirect is not followed"
    webhook.refresh_from_db()
    assert (webhook.attempts, webhook.last_error) == (1, f"http_{status}")
    assert webhook.next_at > timezone.now()
    assert deliver_webhooks(timezone.now()) == 0
    assert len(receiver.got) == 1, "not before its time"
    issued(dose_at(site))
    receiver.status, receiver.location = 200, ""
    the_time_comes()
    assert deliver_webhooks(timezone.now()) == 1
    assert receiver.numbers() == [[1], [1, 2]]
    webhook.refresh_from_db()
    assert (webhook.attempts, webhook.failing_since, webhook.delivered_to) == (0, None, 2)
    other.server.shutdown()


def test_the_pauses_grow_to_an_hour_and_after_a_week_it_is_given_up(receiver, site, client_of_site):
    receiver.status = 500
    webhook, _secret = register_webhook(client=client_of_site, url=receiver.url)
    issued(dose_at(site))
    pauses = []
    for _attempt in range(7):
        the_time_comes()
        deliver_webhooks(timezone.now())
        webhook.refresh_from_db()
        pauses.append(round((webhook.next_at - timezone.now()).total_seconds(), -1))
    assert pauses == [10, 60, 300, 900, 3600, 3600, 3600]
    assert webhook.state == WebhookState.ACTIVE
    Webhook.objects.update(failing_since=timezone.now() - datetime.timedelta(days=7, seconds=1))
    the_time_comes()
    deliver_webhooks(timezone.now())
    webhook.refresh_from_db()
    assert webhook.state == WebhookState.DEAD
    the_time_comes()
    sent = len(receiver.got)
    receiver.status = 200
    assert deliver_webhooks(timezone.now()) == 0
    assert len(receiver.got) == sent
    begin_again(webhook=webhook)
    assert deliver_webhooks(timezone.now()) == 1
    assert receiver.numbers()[-1] == [1]


def test_paused_and_of_a_client_switched_off_it_hears_nothing(receiver, site, client_of_site):
    webhook, _secret = register_webhook(client=client_of_site, url=receiver.url)
    issued(dose_at(site))
    pause(webhook=webhook)
    assert deliver_webhooks(timezone.now()) == 0
    begin_again(webhook=webhook)
    client_of_site.is_active = False
    client_of_site.save()
    assert deliver_webhooks(timezone.now()) == 0
    assert receiver.got == []


def test_one_that_slept_longer_than_changes_are_kept_hears_what_is_left(
    receiver, site, client_of_site
):
    from certificates.models import CertificateChange
    from certificates.services.changes import forget_old_changes

    webhook, _secret = register_webhook(client=client_of_site, url=receiver.url)
    pause(webhook=webhook)
    issued(dose_at(site))
    CertificateChange.objects.update(at=timezone.now() - datetime.timedelta(days=100))
    forget_old_changes(timezone.now())
    issued(dose_at(site))
    begin_again(webhook=webhook)
    assert deliver_webhooks(timezone.now()) == 1
    assert receiver.numbers() == [[2]]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_tell_it_once(receiver, site, client_of_site):
    register_webhook(client=client_of_site, url=receiver.url)
    issued(dose_at(site))
    barrier, accepted = threading.Barrier(4), []

    def work():
        try:
            barrier.wait()
            accepted.append(deliver_webhooks(timezone.now()))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == [0, 0, 0, 1]
    assert receiver.numbers() == [[1]]


# ------------------------------------------------------------------ no way into our network


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),  # noqa: S104
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1"),
    ],
)
def test_an_address_that_is_not_in_the_open_internet_is_known(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["203.162.0.1", "2400:cb00::1", "64:ff9b::cba2:1"])
def test_a_public_address_is_known(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("http://his.example.vn/", "ftp://his.example.vn/", "file:///etc/passwd", "his.vn", ""),
        *("https://", "https://u:p@his.example.vn/", "https://his.example.vn/#a", "https:///x"),
        *("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/"),
        *("https://his.example.vn:99999/", "https://his.example.vn/\r\nX: y", "https://a b.vn/"),
        *("https://his.example.vn/" + "x" * 500, "https://[::ffff:10.0.0.1]/"),
    ],
)
def test_such_an_address_is_refused_when_it_is_registered(settings, client_of_site, url):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    with pytest.raises(WebhookAddressRefused):
        register_webhook(client=client_of_site, url=url)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "addresses", [["10.0.0.7"], ["203.162.0.1", "10.0.0.7"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"]]
)
def test_a_name_that_leads_inside_is_not_connected_to(settings, monkeypatch, addresses):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    monkeypatch.setattr(socket, "getaddrinfo", names({"his.example.vn": [addresses]}))
    monkeypatch.setattr(socket, "create_connection", never)
    assert reason("https://his.example.vn/") == "private_address"


def test_a_name_is_asked_once_and_a_second_answer_leads_nowhere(settings, monkeypatch):
    """DNS rebinding: the name is public when it is checked and ours when it is connected to."""
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    answers = {"his.example.vn": [["203.162.0.1"], ["127.0.0.1"]]}
    monkeypatch.setattr(socket, "getaddrinfo", names(answers))
    gone_to = []

    def connect(address, **_over):
        gone_to.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert reason("https://his.example.vn/") == "ConnectionRefusedError"
    assert gone_to == [("203.162.0.1", 443)]
    assert answers["his.example.vn"] == [["127.0.0.1"]]


def test_an_answer_that_drips_is_cut_off(monkeypatch):
    monkeypatch.setattr(webhook_post, "WHOLE_SECONDS", 0.5)
    server, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def drip():
        line, _from = server.accept()
        with line:
            while not stop.wait(0.05):
                try:
                    line.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        assert reason(f"http://127.0.0.1:{server.getsockname()[1]}/") == "timeout"
    finally:
        stop.set()
        thread.join()
        server.close()


def test_over_tls_the_certificate_must_be_that_of_the_name(receiver, monkeypatch, tmp_path):
    authority = serve_tls(receiver, tmp_path, name="his.example.vn")
    asked = {"his.example.vn": [["127.0.0.1"]] * 2, "other.example.vn": [["127.0.0.1"]]}
    monkeypatch.setattr(socket, "getaddrinfo", names(asked))
    url = f"https://his.example.vn:{receiver.port}/x"
    assert reason(url) == "tls_failed", "no authority of ours has signed it"
    context = ssl.create_default_context(cafile=authority)
    monkeypatch.setattr(webhook_post, "tls_context", lambda: context)
    assert reason(url) == ""
    assert receiver.got[0][1]["Host"] == f"his.example.vn:{receiver.port}"
    assert reason(f"https://other.example.vn:{receiver.port}/x") == "tls_failed"
    assert len(receiver.got) == 1


def names(answers):
    """A resolver that knows these names, each with its answers one after the other."""
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **over):
        if host not in answers:
            return real(host, port, *args, **over)
        found = answers[host].pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    return getaddrinfo


def never(*_args, **_over):
    raise AssertionError("it was connected to")


def reason(url):
    try:
        post(url=url, body=b"{}", headers={})
    except NotDelivered as failure:
        return failure.reason
    return ""


def serve_tls(receiver, folder, *, name):
    """Put TLS in front of the receiver; returns the file of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), 1, now, now + datetime.timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "tls.pem"
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, private, serialization.NoEncryption())
    file.write_bytes(certificate.public_bytes(pem) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    return file


# ------------------------------------------------------------------ who keeps them


def test_the_admin_shows_the_secret_once_and_a_dead_webhook_can_begin_again(
    client, site, client_of_site, receiver
):
    client.force_login(make_staff(role=Role.ADMIN))
    add = reverse("admin:certificates_webhook_add")
    body = {"client": client_of_site.pk, "url": receiver.url}
    page = client.post(add, body, follow=True).content.decode()
    webhook = Webhook.objects.get()
    assert webhook.secret in page
    change = reverse("admin:certificates_webhook_change", args=[webhook.pk])
    assert webhook.secret not in client.get(change).content.decode()
    Webhook.objects.update(
        state="dead", attempts=9, failing_since=timezone.now(), last_error="http_500"
    )
    page = client.get(reverse("admin:certificates_webhook_changelist")).content.decode()
    assert "Given up" in page or "Đã thôi gửi" in page
    assert "500" in page
    chosen = {"action": "begin", "_selected_action": [webhook.pk]}
    client.post(reverse("admin:certificates_webhook_changelist"), chosen)
    webhook.refresh_from_db()
    assert (webhook.state, webhook.attempts) == ("active", 0)


def test_the_admin_refuses_an_address_inside_and_others_see_no_webhooks(
    client, settings, client_of_site
):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    client.force_login(make_staff(role=Role.ADMIN))
    add = reverse("admin:certificates_webhook_add")
    answer = client.post(add, {"client": client_of_site.pk, "url": "https://10.0.0.1/"})
    assert answer.context["adminform"].form.errors["url"]
    for role in (Role.AUDITOR, Role.NATIONAL_OFFICER):
        client.force_login(make_staff(role=role))
        assert client.get(reverse("admin:certificates_webhook_changelist")).status_code == 403


def test_the_command_prints_the_secret(site, client_of_site, receiver):
    out = StringIO()
    given = {"client": "HIS", "site": site.code, "url": receiver.url}
    call_command("register_webhook", **given, stdout=out)
    assert out.getvalue().strip() == Webhook.objects.get().secret
    with pytest.raises(CommandError):
        call_command("register_webhook", **{**given, "client": "khác"})
    with pytest.raises(CommandError):
        call_command("register_webhook", **{**given, "url": "gopher://x/"})
