"""The drill for a signing key in wrong hands, from the call to the last new certificate."""

import io
import threading

import pghistory.models
import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from certificates.health_book import certificates_section
from certificates.models import Certificate, CertificateStatus, IssuanceJob, JobState, SigningKey
from certificates.services import compromise, issuance, keys
from certificates.services.clock import database_now
from certificates.services.compromise import compromise_key, reissue_what_was_left
from certificates.services.issuance import drain_due, issue_due
from certificates.services.verification import check_certificate
from registration.models import Citizen
from sites.models import Dose
from sites.services.doses import void_dose
from tests.factories import make_dose, make_lot, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("signing_keys")]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def verdict(certificate: Certificate) -> str:
    return check_certificate(text=certificate.hcert, at=timezone.now()).reason.value


def the_key() -> SigningKey:
    return SigningKey.objects.get(status="active")


def issued(count: int) -> list[Certificate]:
    for _ in range(count):
        make_dose()
    drain_due()
    return list(Certificate.objects.filter(status=CertificateStatus.LIVE).order_by("pk"))


def assert_each_dose_has_one_live_certificate_by(key: SigningKey) -> None:
    live = Certificate.objects.filter(status=CertificateStatus.LIVE)
    doses = set(Dose.objects.filter(status="recorded").values_list("pk", flat=True))
    assert sorted(live.values_list("dose", flat=True)) == sorted(doses)
    assert set(live.values_list("key", flat=True)) == {key.pk}


def test_after_the_drill_each_dose_has_one_live_certificate_by_the_new_key(monkeypatch):
    monkeypatch.setattr(compromise, "SET", 2)
    old = issued(5)
    lost = the_key()
    waiting = make_dose()
    said = run("compromise_key", lost.kid, "--reason", "Mất máy ký", "--wait")
    assert "5 queued for a new certificate" in said
    assert "5 replaced" in said
    assert_each_dose_has_one_live_certificate_by(the_key())
    assert the_key() != lost
    for certificate in old:
        certificate.refresh_from_db()
        assert (certificate.status, certificate.end_reason) == ("superseded", "key_compromised")
        assert verdict(certificate) == "key_revoked"
    assert all(verdict(new) == "ok" for new in Certificate.objects.filter(status="live"))
    assert lost.kid not in {key.kid.hex() for key in keys.published_keys()}
    assert IssuanceJob.objects.get(dose=waiting).cause == "first"


def test_what_the_key_signed_is_void_from_the_call_on_and_the_health_book_says_so():
    (certificate,) = issued(1)
    keys.call_key_back(kid=the_key().kid, reason="Mất máy ký", now=database_now())
    assert verdict(certificate) == "key_revoked"
    assert "bị thu hồi" in said_in_the_health_book()
    compromise_key(kid=certificate.key.kid, reason="Mất máy ký", now=database_now())
    drain_due()
    assert "bị thu hồi" not in said_in_the_health_book()


def said_in_the_health_book() -> str:
    section = certificates_section(Citizen.objects.get())
    return render_to_string(section.template, {**section.context, "citizen": Citizen.objects.get()})


def test_a_drill_that_was_killed_midway_is_finished_by_running_it_again(monkeypatch):
    monkeypatch.setattr(compromise, "SET", 2)
    issued(7)
    lost = keys.call_key_back(kid=the_key().kid, reason="Mất máy ký", now=database_now())
    assert next(compromise.queue_again(key=lost)) == 2  # and then the power went
    assert issue_due(limit=1) == 1
    successor = the_key()
    said = run("compromise_key", lost.kid, "--reason", "Mất máy ký", "--wait")
    assert "5 queued" in said
    assert "6 replaced" in said
    assert the_key() == successor
    assert_each_dose_has_one_live_certificate_by(successor)
    assert Certificate.objects.count() == 14


def test_what_nobody_runs_again_is_finished_by_the_chore():
    issued(3)
    lost = keys.call_key_back(kid=the_key().kid, reason="Mất máy ký", now=database_now())
    assert reissue_what_was_left(timezone.now()) == 3
    assert reissue_what_was_left(timezone.now()) == 0
    assert drain_due() == 3
    assert reissue_what_was_left(timezone.now()) == 0
    assert compromise.is_replaced(key=lost)
    assert_each_dose_has_one_live_certificate_by(the_key())


def test_people_who_wait_today_come_before_the_certificates_that_are_issued_again():
    issued(3)
    compromise_key(kid=the_key().kid, reason="Mất máy ký", now=database_now())
    today = make_dose()
    assert issue_due(limit=1) == 1
    assert Certificate.objects.filter(dose=today, status="live").exists()


def test_a_voided_dose_gets_no_certificate_from_the_drill():
    issued(2)
    compromise_key(kid=the_key().kid, reason="Mất máy ký", now=database_now())
    void_dose(dose=Dose.objects.earliest("pk"), reason="Nhập nhầm người")
    assert drain_due() == 1
    assert_each_dose_has_one_live_certificate_by(the_key())


def test_a_dry_run_counts_and_changes_nothing():
    issued(2)
    key = the_key()
    said = run("compromise_key", key.kid, "--reason", "Diễn tập", "--dry-run")
    assert "2 live certificates" in said
    assert the_key() == key
    assert not IssuanceJob.objects.filter(state=JobState.PENDING).exists()


def test_the_drill_refuses_an_unknown_key_and_an_empty_reason():
    issued(1)
    for arguments in (["0" * 16, "--reason", "x"], [the_key().kid, "--reason", " "]):
        with pytest.raises(CommandError):
            run("compromise_key", *arguments)
    assert SigningKey.objects.count() == 1


def test_a_key_is_not_called_back_where_no_other_can_be_made(settings):
    issued(1)
    key = the_key()
    settings.SIGNING_PASSPHRASE = ""
    with pytest.raises(CommandError, match="SIGNING_PASSPHRASE"):
        run("compromise_key", key.kid, "--reason", "Mất máy ký")
    assert the_key() == key


def test_who_called_a_key_back_and_why_is_on_record():
    key = keys.ensure_signing_key(now=database_now())
    run("compromise_key", key.kid, "--reason", "Mất máy ký")
    event = key.kid_group_status_sign_until_events.get(status="compromised")
    context = pghistory.models.Context.objects.get(pk=event.pgh_context_id)
    assert context.metadata["reason"] == "Mất máy ký"


def test_a_retired_key_is_called_back_without_touching_the_one_that_signs():
    (certificate,) = issued(1)
    signing = keys.rotate_signing_key(now=database_now())
    compromise_key(kid=certificate.key.kid, reason="Mất máy ký", now=database_now())
    assert the_key() == signing
    assert drain_due() == 1
    assert_each_dose_has_one_live_certificate_by(signing)


def test_a_rotation_because_of_a_lost_key_is_the_same_drill():
    issued(2)
    lost = the_key()
    said = run("rotate_signing_key", "--compromised")
    lost.refresh_from_db()
    assert lost.status == "compromised"
    assert the_key().kid in said
    assert drain_due() == 2
    assert_each_dose_has_one_live_certificate_by(the_key())
    newest = the_key()
    run("rotate_signing_key", "--compromised", newest.kid)
    newest.refresh_from_db()
    assert newest.status == "compromised"


def test_a_lost_key_of_one_group_leaves_the_others_alone(settings):
    settings.SIGNING_KEY_GROUPS = "north:01;south:79"
    doses = [make_dose(lot=make_lot(site=make_site(province_code=code))) for code in ("01", "79")]
    drain_due()
    north, south = (Certificate.objects.get(dose=dose) for dose in doses)
    compromise_key(kid=north.key.kid, reason="Mất máy ký", now=database_now())
    assert drain_due() == 1
    assert verdict(north) == "key_revoked"
    assert verdict(south) == "ok"
    assert Certificate.objects.get(dose=doses[0], status="live").key.group == "north"


# ── races, with real transactions ─────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_nothing_signed_at_the_moment_of_the_call_escapes_it(monkeypatch):
    make_dose()
    keys.ensure_signers(now=database_now())
    lost, errors = the_key(), []
    signing, really_sign = threading.Event(), issuance._Signers.sign

    def sign(self, *facts):
        signing.set()
        threading.Event().wait(0.2)  # by then the call waits for the worker
        return really_sign(self, *facts)

    def issue():
        try:
            issue_due()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    monkeypatch.setattr(issuance._Signers, "sign", sign)
    worker = threading.Thread(target=issue)
    worker.start()
    assert signing.wait(10)
    compromise_key(kid=lost.kid, reason="Mất máy ký", now=database_now())
    worker.join(30)
    assert not errors
    monkeypatch.setattr(issuance._Signers, "sign", really_sign)
    assert Certificate.objects.get().key == lost
    assert drain_due() == 1
    assert_each_dose_has_one_live_certificate_by(the_key())


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_met_the_call_goes_on_with_the_successor():
    dose = make_dose()
    keys.ensure_signers(now=database_now())
    lost, errors = the_key(), []

    def issue():
        try:
            issue_due()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    worker = threading.Thread(target=issue)
    with transaction.atomic():
        keys.call_key_back(kid=lost.kid, reason="Mất máy ký", now=database_now())
        worker.start()
        worker.join(0.4)  # it has claimed the dose by now and waits for the key
    worker.join(30)
    assert not errors
    assert Certificate.objects.get().key == the_key() != lost
    assert IssuanceJob.objects.get(dose=dose).attempts == 1


@pytest.mark.django_db(transaction=True)
def test_a_job_that_somebody_held_while_it_was_queued_is_found_by_the_chore():
    issued(2)
    held, done, errors = threading.Event(), threading.Event(), []

    def hold():
        try:
            with transaction.atomic():
                IssuanceJob.objects.select_for_update().earliest("pk")
                held.set()
                done.wait(10)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    lost = compromise_key(kid=the_key().kid, reason="Mất máy ký", now=database_now())
    done.set()
    holder.join(30)
    assert not errors
    assert drain_due() == 1
    assert reissue_what_was_left(timezone.now()) == 1
    assert drain_due() == 1
    assert compromise.is_replaced(key=lost)
