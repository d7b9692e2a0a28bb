"""The commands, their exit codes, and what they print."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import connection

from certificates.hcert.trust import TrustList
from certificates.models import Certificate, CertificateStatus, SigningKey, WorkerHeartbeat
from certificates.services import keys
from tests.factories import make_dose
from vaxplatform.health import NotReady

pytestmark = pytest.mark.usefixtures("signing_keys")


def run(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def judged(monkeypatch, text: str, *arguments: str) -> tuple[int, str]:
    """Exit status and output of `verify_certificate` for a text on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    out = io.StringIO()
    try:
        call_command("verify_certificate", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.django_db
def test_drain_once_issues_what_is_due_and_leaves_a_sign_of_life():
    dose = make_dose()
    assert run("drain_certificates", "--once") == "1 certificates issued\n"
    assert Certificate.objects.get(dose=dose).status == CertificateStatus.LIVE
    assert WorkerHeartbeat.objects.get().issued == 1
    run("drain_certificates", "--once")
    assert WorkerHeartbeat.objects.get().issued == 1


@pytest.mark.django_db
def test_drain_without_keys_says_which_settings_are_missing(settings):
    settings.SIGNING_PASSPHRASE = ""
    with pytest.raises(CommandError, match="SIGNING_PASSPHRASE"):
        run("drain_certificates", "--once")


def test_verify_exits_0_for_a_valid_certificate_and_1_with_the_reason_otherwise(
    certificate, monkeypatch, tmp_path
):
    assert judged(monkeypatch, certificate.hcert + "\n")[0] == 0
    status, out = judged(monkeypatch, certificate.hcert, "--json", "--at", "2031-01-01T00:00:00")
    assert status == 1
    answer = json.loads(out)
    assert (answer["status"], answer["reason"]) == ("invalid", "expired")
    assert answer["certificate"]["uvci"] == certificate.uvci
    assert judged(monkeypatch, "xin chào")[0] == 1
    trust = tmp_path / "trust.json"
    trust.write_text(run("export_trust_list"))
    assert judged(monkeypatch, certificate.hcert, "--trust", str(trust))[0] == 0
    trust.write_text('{"certificates": []}')
    assert "unknown_key" in judged(monkeypatch, certificate.hcert, "--trust", str(trust))[1]
    trust.write_text("no list")
    with pytest.raises(CommandError):
        judged(monkeypatch, certificate.hcert, "--trust", str(trust))


def test_a_revoked_certificate_is_not_valid_and_cannot_be_revoked_again(certificate, monkeypatch):
    assert run("revoke_certificate", certificate.uvci, "--reason", "Cấp nhầm người")
    status, out = judged(monkeypatch, certificate.hcert, "--json")
    assert (status, json.loads(out)["reason"]) == (1, "revoked")
    with pytest.raises(CommandError):
        run("revoke_certificate", certificate.uvci, "--reason", "Cấp nhầm người")
    with pytest.raises(CommandError):
        run("revoke_certificate", "URN:UVCI:01:VN:NOBODY#A", "--reason", "Cấp nhầm người")
    with pytest.raises(CommandError):
        run("revoke_certificate", certificate.uvci, "--reason", " ")


def test_after_a_rotation_both_keys_are_exported(certificate):
    out = run("rotate_signing_key")
    assert SigningKey.objects.count() == 2
    assert SigningKey.objects.get(status="active").kid in out
    assert len(TrustList.from_json(run("export_trust_list"))) == 2


@pytest.mark.django_db(transaction=True)
def test_the_loop_issues_with_postgresql_alone_outlives_a_lost_connection_and_ends_on_sigterm(
    settings,
):
    database = connection.settings_dict
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody answers there
        "SIGNING_KEYS_DIR": settings.SIGNING_KEYS_DIR,
        "SIGNING_PASSPHRASE": settings.SIGNING_PASSPHRASE,
    }
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "drain_certificates"],
        cwd=project.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        first = make_dose()
        assert comes(first, seconds=30)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert comes(make_dose(), seconds=40)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.wait(10)


def comes(dose, *, seconds: float) -> bool:
    """Whether the certificate of a dose comes within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if Certificate.objects.filter(dose=dose, status=CertificateStatus.LIVE).exists():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.django_db
def test_readiness_asks_for_a_key_that_may_sign():
    with pytest.raises(NotReady, match="no worker has made"):
        keys.check_signing_key()
    make_dose()
    run("drain_certificates", "--once")
    keys.check_signing_key()
    SigningKey.objects.update(status="retired")
    with pytest.raises(NotReady, match="may sign"):
        keys.check_signing_key()
