"""What workers write for verifiers, when, and that nothing is lost or written twice."""

import base64
import json
import stat
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.db import connection
from django.utils import timezone

from certificates.exceptions import KeysNotHere
from certificates.hcert.jwks import read_compact
from certificates.hcert.revocation import read_offline, uci_hash
from certificates.lists_health import ListCollector, unpublished
from certificates.models import (
    Certificate,
    CertificateStatus,
    PublishedFile,
    RevocationBatch,
    SigningKey,
)
from certificates.services import keys, publishing
from certificates.services.list_signer import load_list_signer, rotate_list_signer
from certificates.services.publishing import (
    KEY_SET,
    OFFLINE,
    SIGNED_KEY_SET,
    merge_small_batches,
    publish_lists,
)
from certificates.services.revocation import revoke_certificate
from certificates.services.verification import check_certificate
from tests.certificates.conftest import issued
from tests.factories import make_dose
from vaxplatform.chores import CHORES
from vaxplatform.invariants import INVARIANTS

pytestmark = pytest.mark.django_db


def publish() -> int:
    return publish_lists(timezone.now())


def content(name: str) -> bytes:
    return bytes(PublishedFile.objects.get(name=name).content)


def version(name: str) -> int:
    return PublishedFile.objects.get(name=name).version


def offline():
    signer = load_list_signer(now=timezone.now()).signer
    return read_offline(content(OFFLINE), signer.certificate.public_key())


def revoke(certificate) -> None:
    revoke_certificate(uvci=certificate.uvci, reason="Cấp nhầm người")


# ------------------------------------------------------------------ the list signer


def test_the_list_signer_is_made_once_and_its_key_is_for_workers_eyes_only(signing_key, settings):
    first = load_list_signer(now=timezone.now())
    assert load_list_signer(now=timezone.now()).chain == first.chain
    (path,) = Path(settings.SIGNING_KEYS_DIR).glob("list-*.key.pem")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    first.signer.certificate.verify_directly_issued_by(first.authority)


def test_the_web_cannot_load_the_list_signer(signing_key, settings):
    load_list_signer(now=timezone.now())
    settings.SIGNING_KEYS_DIR = settings.SIGNING_PASSPHRASE = ""
    with pytest.raises(KeysNotHere):
        load_list_signer(now=timezone.now())
    with pytest.raises(KeysNotHere):
        publish()


def test_what_the_list_signer_signs_is_no_health_certificate(certificate):
    """It is in no trust list, so a certificate with its kid has a signer that nobody knows."""
    signer = load_list_signer(now=timezone.now()).signer
    publish()
    assert signer.kid not in {key.kid for key in keys.published_keys()}
    assert base64.b64encode(signer.kid).decode() not in content(KEY_SET).decode()


def test_the_list_signer_is_succeeded_before_it_ends(signing_key):
    now = timezone.now()
    first = load_list_signer(now=now)
    end = first.signer.not_after
    assert load_list_signer(now=end - timedelta(days=61)).chain == first.chain
    second = load_list_signer(now=end - timedelta(days=59))
    assert second.chain != first.chain
    assert load_list_signer(now=end - timedelta(days=59)).chain == second.chain


def test_without_the_authoritys_key_the_old_list_signer_goes_on_and_none_is_made(
    signing_key, settings
):
    first = load_list_signer(now=timezone.now())
    (Path(settings.SIGNING_KEYS_DIR) / "csca.key.pem").unlink()
    near_the_end = first.signer.not_after - timedelta(days=5)
    assert load_list_signer(now=near_the_end).chain == first.chain
    with pytest.raises(KeysNotHere):
        load_list_signer(now=first.signer.not_after + timedelta(days=1))


def test_a_list_signer_whose_writing_was_cut_off_is_made_again(signing_key, settings):
    first = load_list_signer(now=timezone.now())
    (path,) = [
        each
        for each in Path(settings.SIGNING_KEYS_DIR).glob("list-*.pem")
        if not each.name.endswith(".key.pem")
    ]
    path.write_bytes(path.read_bytes()[:200])
    assert load_list_signer(now=timezone.now()).chain != first.chain


# ------------------------------------------------------------------ the key set


def test_the_signed_key_set_holds_the_believed_keys_and_is_written_only_when_they_change(
    certificate,
):
    assert publish() > 0
    csca = x509.load_pem_x509_certificate(certificate.key.csca_pem.encode())
    text, _signer = read_compact(content(SIGNED_KEY_SET), csca, at=timezone.now())
    assert text == content(KEY_SET)
    (item,) = json.loads(text)["keys"]
    assert base64.b64decode(item["kid"]).hex() == certificate.key.kid
    assert publish() == 0
    assert version(KEY_SET) == version(SIGNED_KEY_SET) == 1
    keys.rotate_signing_key(now=timezone.now())
    publish()
    assert len(json.loads(content(KEY_SET))["keys"]) == 2
    assert json.loads(content(KEY_SET))["version"] == version(SIGNED_KEY_SET) == 2


def test_a_compromised_key_leaves_the_key_set_and_its_certificates_the_other_lists(certificate):
    revoke(certificate)
    publish()
    assert certificate.uvci in offline()
    key = certificate.key
    SigningKey.objects.filter(pk=key.pk).update(status="compromised")
    keys.ensure_signing_key(now=timezone.now())
    publish()
    assert key.kid not in {
        base64.b64decode(item["kid"]).hex() for item in json.loads(content(KEY_SET))["keys"]
    }
    assert len(offline()) == 0


def test_certificates_of_a_compromised_key_need_no_batch(certificate):
    SigningKey.objects.update(status="compromised")
    revoke(certificate)
    keys.ensure_signing_key(now=timezone.now())
    publish()
    assert not RevocationBatch.objects.exists()


def test_a_new_list_signer_signs_everything_again(certificate):
    publish()
    first = load_list_signer(now=timezone.now())
    second = rotate_list_signer(now=timezone.now())
    assert second.chain != first.chain
    publish()
    csca = x509.load_pem_x509_certificate(certificate.key.csca_pem.encode())
    _text, signer = read_compact(content(SIGNED_KEY_SET), csca, at=timezone.now())
    assert signer == second.signer.certificate
    assert read_offline(content(OFFLINE), signer.public_key()).version == 2
    assert version(SIGNED_KEY_SET) == version(KEY_SET) == 2


# ------------------------------------------------------------------ ended certificates


def test_a_revoked_certificate_is_batched_and_in_the_offline_file_after_one_round(certificate):
    publish()
    assert certificate.uvci not in offline()
    assert version(OFFLINE) == 1
    revoke(certificate)
    publish()
    batch = RevocationBatch.objects.get()
    assert batch.entries == [base64.b64encode(uci_hash(certificate.uvci)).decode()]
    assert (batch.key, batch.expires_at) == (certificate.key, certificate.expires_at)
    assert certificate.uvci in offline()
    assert version(OFFLINE) == 2
    assert publish() == 0


def test_the_round_comes_within_the_minute_that_is_promised():
    assert CHORES["publish_lists"].every_seconds <= 60


def test_a_replaced_certificate_counts_as_ended_and_a_live_one_does_not(certificate):
    other = issued(make_dose())
    Certificate.objects.filter(pk=certificate.pk).update(
        status=CertificateStatus.SUPERSEDED, ended_at=timezone.now(), end_reason="corrected"
    )
    publish()
    assert certificate.uvci in offline()
    assert other.uvci not in offline()


def test_batches_hold_at_most_a_thousand_of_one_key_and_are_never_changed(certificate, monkeypatch):
    monkeypatch.setattr(publishing, "BATCH_SIZE", 2)
    first = [certificate, *(issued(make_dose()) for _ in range(2))]
    keys.rotate_signing_key(now=timezone.now())
    other = issued(make_dose())
    for each in (*first, other):
        revoke(each)
    publish()
    batches = RevocationBatch.objects.order_by("pk")
    assert [(b.key.kid, len(b.entries)) for b in batches] == [
        (certificate.key.kid, 2),
        (certificate.key.kid, 1),
        (other.key.kid, 1),
    ]
    before = list(batches.values_list("public_id", "entries"))
    revoke(issued(make_dose()))
    publish()
    assert list(batches.values_list("public_id", "entries"))[:3] == before
    assert RevocationBatch.objects.count() == 4


def test_a_batch_is_deleted_for_readers_when_its_last_certificate_has_expired(certificate):
    revoke(certificate)
    publish()
    past = timezone.now() - timedelta(minutes=1)
    RevocationBatch.objects.update(expires_at=past)
    publish()
    assert RevocationBatch.objects.get().deleted_at is not None
    assert len(offline()) == 0


def test_a_certificate_that_has_expired_is_not_batched(certificate):
    revoke(certificate)
    now = timezone.now()
    Certificate.objects.update(
        issued_at=now - timedelta(days=2), expires_at=now - timedelta(days=1)
    )
    publish()
    assert not RevocationBatch.objects.exists()


def test_small_batches_of_past_days_become_one(certificate):
    ended = [certificate, issued(make_dose())]
    for each in ended:
        revoke(each)
        publish()
    assert RevocationBatch.objects.count() == 2
    assert merge_small_batches(timezone.now()) == 0  # not before a day is over
    RevocationBatch.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert merge_small_batches(timezone.now()) == 1
    merged = RevocationBatch.objects.get(deleted_at__isnull=True)
    assert len(merged.entries) == 2
    assert set(Certificate.objects.values_list("revocation_batch", flat=True)) == {merged.pk}
    publish()
    assert all(each.uvci in offline() for each in ended)


def test_the_offline_file_is_made_anew_before_it_goes_stale(certificate):
    publish()
    first = offline()
    assert first.fresh_until - first.made_at == timedelta(hours=48)
    older = timezone.now() - timedelta(hours=23)
    PublishedFile.objects.filter(name=OFFLINE).update(published_at=older)
    assert publish() == 0
    PublishedFile.objects.filter(name=OFFLINE).update(published_at=older - timedelta(hours=2))
    assert publish() == 1
    assert offline().version == 2


def test_batching_writes_no_history_of_certificates(certificate):
    revoke(certificate)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM certificates_certificateevent")
        (before,) = cursor.fetchone()
        publish()
        cursor.execute("SELECT count(*) FROM certificates_certificateevent")
        assert cursor.fetchone() == (before,)


def test_what_waits_for_a_batch_is_found_by_an_index(certificate):
    key = certificate.key
    waiting = (
        Certificate.objects.called_back()
        .filter(key=key, revocation_batch__isnull=True)
        .order_by("pk")
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "certificate_to_be_batched" in waiting.explain()


def test_our_own_verifier_is_exact_at_once(certificate):
    """It reads the table: no round of publishing is waited for."""
    revoke(certificate)
    result = check_certificate(text=certificate.hcert, at=timezone.now())
    assert result.reason == "revoked"


# ------------------------------------------------------------------ several workers, and dead ones


@pytest.mark.django_db(transaction=True)
def test_workers_that_publish_at_once_lose_nothing_and_write_nothing_twice(signing_keys):
    ended = [issued(make_dose()) for _ in range(5)]
    for each in ended:
        revoke(each)
    errors = []

    def work() -> None:
        try:
            publish()
        except Exception as error:  # noqa: BLE001 - reported by the test
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    publish()
    assert errors == []
    hashes = [entry for batch in RevocationBatch.objects.all() for entry in batch.entries]
    assert sorted(hashes) == sorted(base64.b64encode(uci_hash(e.uvci)).decode() for e in ended)
    assert all(each.uvci in offline() for each in ended)


@pytest.mark.parametrize("step", ["_create_batch", "_write"])
def test_a_worker_killed_midway_leaves_nothing_half_done(certificate, monkeypatch, step):
    revoke(certificate)

    def killed(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing, step, killed)
        with pytest.raises(KeyboardInterrupt):
            publish()
    publish()
    assert certificate.uvci in offline()
    assert RevocationBatch.objects.count() == 1
    assert version(KEY_SET) == version(SIGNED_KEY_SET) == version(OFFLINE) == 1


def test_a_worker_that_finds_another_at_it_does_not_wait(certificate, monkeypatch):
    @contextmanager
    def taken():
        yield False

    revoke(certificate)
    monkeypatch.setattr(publishing, "_alone", taken)
    assert publish() == 0
    assert not PublishedFile.objects.exists()


# ------------------------------------------------------------------ whether it is in time


def figures() -> dict[str, float]:
    return {metric.name: metric.samples[0].value for metric in ListCollector().collect()}


def test_what_ended_and_is_in_no_list_is_found_out(certificate):
    assert figures()["vax_offline_list_age_seconds"] == -1
    revoke(certificate)
    assert unpublished() == []  # it has just ended
    earlier = timezone.now() - timedelta(minutes=11)
    Certificate.objects.update(ended_at=earlier)
    assert unpublished() == [certificate.uvci]
    assert figures()["vax_ended_certificates_unpublished"] == 1
    publish()
    assert unpublished() == []
    assert figures()["vax_ended_certificates_unpublished"] == 0
    assert figures()["vax_offline_list_age_seconds"] >= 0
    assert INVARIANTS["ended_certificates_are_published_within_minutes"].violations() == []


def test_certificates_of_a_compromised_key_are_not_missed_in_the_lists(certificate):
    revoke(certificate)
    Certificate.objects.update(ended_at=timezone.now() - timedelta(days=1))
    SigningKey.objects.update(status="compromised")
    assert unpublished() == []
