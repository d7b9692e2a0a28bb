"""Signing keys: who may read them, how they follow each other, and whose doses each one signs."""

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from certificates.exceptions import KeysNotHere
from certificates.hcert.keys import FileSigner
from certificates.hcert.verify import verify
from certificates.models import Certificate, CertificateStatus, IssuanceJob, SigningKey
from certificates.models.key import KeyStatus
from certificates.services import groups, keys
from certificates.services.clock import database_now
from certificates.services.issuance import drain_due, issue_due
from sites.models import Dose
from tests.factories import make_dose, make_lot, make_site
from vaxplatform.runner.run import the_children

HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR

pytestmark = pytest.mark.usefixtures("signing_keys")


def the_certificate(dose: Dose) -> Certificate:
    return Certificate.objects.get(dose=dose, status=CertificateStatus.LIVE)


def dose_in(province: str) -> Dose:
    return make_dose(lot=make_lot(site=make_site(province_code=province)))


def kids(trust_list) -> set[str]:
    return {key.kid.hex() for key in trust_list}


# ── readable by workers only ──────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_a_process_without_keys_signs_nothing_and_spends_no_attempt(settings):
    settings.SIGNING_KEYS_DIR = settings.SIGNING_PASSPHRASE = ""
    dose = make_dose()
    with pytest.raises(KeysNotHere, match="SIGNING_KEYS_DIR"):
        issue_due()
    assert IssuanceJob.objects.get(dose=dose).attempts == 0


@pytest.mark.django_db
def test_key_files_are_encrypted_and_only_their_owners_to_read(settings):
    key = keys.ensure_signing_key(now=database_now())
    files = sorted(Path(settings.SIGNING_KEYS_DIR).iterdir())
    assert {file.name for file in files} == {
        "csca.key.pem",
        "csca.pem",
        f"dsc-{key.kid}.key.pem",
        f"dsc-{key.kid}.pem",
    }
    assert Path(settings.SIGNING_KEYS_DIR).stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert all("ENCRYPTED" in file.read_text() for file in files if ".key." in file.name)


AS_THE_WEB = """
import django
django.setup()
from certificates.exceptions import KeysNotHere
from certificates.services import keys
from certificates.services.clock import database_now
keys.check_signing_key()
for work in (keys.load_signer, keys.ensure_signing_key, keys.ensure_signers, keys.hold_signers):
    try:
        work(now=database_now())
    except KeysNotHere as error:
        print(error)
    else:
        raise SystemExit("the web can sign")
"""


@pytest.mark.django_db(transaction=True)
def test_the_web_process_as_the_runner_starts_it_is_ready_and_cannot_load_a_key(
    settings, monkeypatch, tmp_path
):
    keys.ensure_signing_key(now=database_now())
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    for name, value in {
        "DATABASE_URL": address,
        "SIGNING_KEYS_DIR": settings.SIGNING_KEYS_DIR,
        "SIGNING_PASSPHRASE": settings.SIGNING_PASSPHRASE,
    }.items():
        monkeypatch.setenv(name, value)
    environments = {child.name: child.environment for child in the_children(tmp_path, 8000)}
    assert environments["certs"]["SIGNING_PASSPHRASE"] == settings.SIGNING_PASSPHRASE
    for name in ("web", "beat"):
        answer = subprocess.run(
            [sys.executable, "-c", AS_THE_WEB],
            env=environments[name],
            cwd=project.BASE_DIR,
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.count("may not sign") == 4
        assert settings.SIGNING_PASSPHRASE not in str(environments[name])


@pytest.mark.django_db
def test_each_key_file_is_read_once_in_the_life_of_a_process(monkeypatch):
    read, really_load = [], FileSigner.load
    monkeypatch.setattr(
        FileSigner, "load", lambda *files: read.append(files) or really_load(*files)
    )
    for _ in range(3):
        make_dose()
        assert drain_due(limit=1) == 1
    assert len(read) == 1


# ── one after the other ───────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_a_rotated_key_signs_no_more_and_stays_in_the_trust_list():
    dose = make_dose()
    drain_due()
    new = keys.rotate_signing_key(now=database_now())
    assert SigningKey.objects.get(status=KeyStatus.RETIRED) == the_certificate(dose).key
    certificate = the_certificate(dose)
    assert verify(certificate.hcert, keys.published_keys(), certificate.issued_at).is_valid
    later = make_dose()
    drain_due()
    assert the_certificate(later).key == new
    assert len(keys.published_keys()) == 2


@pytest.mark.django_db
def test_a_key_past_its_signing_period_is_followed_by_a_new_one():
    old = keys.ensure_signing_key(now=database_now() - 183 * 24 * HOUR)
    new, signer = keys.load_signer(now=database_now())
    assert new != old
    assert signer.kid.hex() == new.kid
    old.refresh_from_db()
    assert old.status == KeyStatus.RETIRED


@pytest.mark.django_db
def test_a_worker_without_the_key_file_says_where_to_put_it(settings, tmp_path):
    keys.ensure_signing_key(now=database_now())
    settings.SIGNING_KEYS_DIR = str(tmp_path / "elsewhere")
    with pytest.raises(KeysNotHere, match="elsewhere"):
        keys.load_signer(now=database_now())


@pytest.mark.django_db
def test_a_retired_key_stays_in_the_trust_list_until_the_last_of_its_certificates_has_expired():
    doses = [make_dose(), make_dose()]
    drain_due()
    old, now = the_certificate(doses[0]).key, database_now()
    keys.rotate_signing_key(now=now)
    assert old.kid in kids(keys.published_keys())
    a_year_ago = now - 370 * DAY
    Certificate.objects.filter(dose=doses[0]).update(issued_at=a_year_ago, expires_at=now - DAY)
    assert old.kid in kids(keys.published_keys())
    Certificate.objects.filter(dose=doses[1]).update(issued_at=a_year_ago, expires_at=now - DAY)
    assert old.kid not in kids(keys.published_keys())
    assert old.kid in kids(keys.all_keys())


@pytest.mark.django_db
def test_every_change_of_a_key_is_on_record():
    old = keys.ensure_signing_key(now=database_now())
    keys.rotate_signing_key(now=database_now())
    history = old.kid_group_status_sign_until_events.order_by("pgh_id")
    assert list(history.values_list("pgh_label", "status")) == [
        ("insert", "active"),
        ("update", "retired"),
    ]


# ── groups ────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def two_groups(settings):
    settings.SIGNING_KEY_GROUPS = "north:01,02; south:79"


@pytest.mark.django_db
@pytest.mark.usefixtures("two_groups")
def test_each_dose_of_one_set_is_signed_by_the_key_of_its_sites_province():
    hanoi, hcmc, hue = dose_in("01"), dose_in("79"), dose_in("46")
    assert issue_due() == 3
    for dose, group in ((hanoi, "north"), (hcmc, "south"), (hue, "")):
        certificate = the_certificate(dose)
        assert certificate.key.group == group
        verdict = verify(certificate.hcert, keys.published_keys(), certificate.issued_at)
        assert verdict.certificate["kid"] == certificate.key.kid
    assert SigningKey.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("two_groups")
def test_one_group_is_rotated_without_the_others():
    keys.ensure_signers(now=database_now())
    before = dict(SigningKey.objects.values_list("group", "kid"))
    call_command("rotate_signing_key", "--group", "south")
    after = dict(SigningKey.objects.filter(status="active").values_list("group", "kid"))
    assert after["south"] != before["south"]
    assert (after[""], after["north"]) == (before[""], before["north"])
    call_command("rotate_signing_key")
    last = dict(SigningKey.objects.filter(status="active").values_list("group", "kid"))
    assert not set(last.values()) & set(after.values())
    with pytest.raises(CommandError, match="west"):
        call_command("rotate_signing_key", "--group", "west")


@pytest.mark.parametrize(
    "text", ["north", "north:1", "north:01;south:01", "North:01", "north:01,,02", f"{'n' * 41}:01"]
)
def test_groups_that_cannot_be_meant_are_refused(settings, text):
    settings.SIGNING_KEY_GROUPS = text
    with pytest.raises(ImproperlyConfigured, match="SIGNING_KEY_GROUPS"):
        groups.signing_groups()


def test_without_groups_one_key_signs_for_all(settings):
    settings.SIGNING_KEY_GROUPS = " "
    assert groups.signing_groups() == [""]
    assert groups.group_of_province("79") == ""
