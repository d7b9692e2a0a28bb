"""The line through the API while its parts die: the certificate still comes, once."""

import datetime
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as project
from django.core.cache import caches
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from certificates.models import Certificate, IssuanceJob
from certificates.services.issuance import drain_due
from sites.models import Dose
from sites.services.access import create_api_client
from tests.factories import make_account, make_dose, make_lot, make_site
from vaxplatform.runner.valkey import Valkey

pytestmark = pytest.mark.django_db(transaction=True)

PROMISED_SECONDS = 75  # RELIABILITY: worker killed → issued at most 75 s after it was due


def until(condition, *, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def redis(tmp_path):
    """A real broker of this test's own."""
    (tmp_path / "run").mkdir()
    (tmp_path / "secrets").mkdir()
    server = Valkey(tmp_path)
    server.prepare()
    with (tmp_path / "log").open("wb") as log:
        process = server.start(log)
    assert until(server.answers, seconds=15)
    yield server, process
    process.kill()
    process.wait(10)


@pytest.fixture
def start(settings, redis):
    """Start a program of the platform against this test's database and broker."""
    started = []
    address = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "REDIS_URL": redis[0].url,
        "SIGNING_KEYS_DIR": settings.SIGNING_KEYS_DIR,
        "SIGNING_PASSPHRASE": settings.SIGNING_PASSPHRASE,
        "STATEMENT_TIMEOUT": "120s",
        "PGOPTIONS": "",
    }

    def begin(*words):
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=project.BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait(10)


def celery(*words: str) -> tuple[str, ...]:
    return ("-m", "celery", "--quiet", "-A", "vaxplatform", *words)


def dose_of_an_hour_ago(lot) -> dict:
    """A live dose by another system; its certificate is due at once."""
    return {
        "idempotency_key": str(uuid.uuid4()),
        "citizen": {
            "full_name": "Nguyễn Thị Ánh Tuyết",
            "date_of_birth": "1987-03-12",
            "sex": "female",
            "id_type": "cccd",
            "id_number": f"079187{uuid.uuid4().int % 10**6:06d}",
            "province_code": "79",
        },
        "dose_number": 1,
        "dose_kind": "primary",
        "vaccine": lot.vaccine.code,
        "lot_number": lot.number,
        "administered_at": (timezone.now() - datetime.timedelta(hours=1)).isoformat(),
        "vaccinator": "Lê Thị Mẫu",
        "source": "live",
    }


def test_a_worker_killed_at_work_and_a_dead_redis_cost_no_certificate(
    signing_key, redis, start, client
):
    lot = make_lot(site=make_site())
    _client, token = create_api_client(name="hospital", site=lot.site)
    api = APIClient(headers={"Authorization": f"Token {token}"})
    answer = api.post("/api/v1/doses/", dose_of_an_hour_ago(lot), format="json")
    assert answer.status_code == 201
    Dose.objects.get()

    # Somebody holds the table: the worker has claimed and signed, and waits to write.
    holder = psycopg2.connect(
        **{k.lower(): connection.settings_dict[k] for k in ("USER", "PASSWORD", "HOST", "PORT")},
        dbname=connection.settings_dict["NAME"],
    )
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE certificates_certificate IN SHARE MODE")
    worker = start(*celery("worker", "--pool", "solo", "--without-gossip", "--without-mingle"))
    call = celery("call", "vaxplatform.run_chore", "--args", '["issue_certificates"]')
    assert start(*call).wait(30) == 0
    assert until(lambda: IssuanceJob.objects.get().attempts == 1, seconds=40), "never claimed"
    assert until(somebody_waits, seconds=3), "the worker is not at its work"
    worker.kill()
    redis[1].kill()
    worker.wait(10)
    holder.rollback()
    holder.close()
    assert not Certificate.objects.exists()

    # Without Redis doses are still taken, and the loop that needs PostgreSQL only issues both.
    second = api.post("/api/v1/doses/", dose_of_an_hour_ago(lot), format="json")
    assert second.status_code == 201
    for _worker in range(2):
        start(str(Path(project.BASE_DIR) / "manage.py"), "drain_certificates")
    assert until(lambda: Certificate.objects.count() == 2, seconds=PROMISED_SECONDS)
    for answered in (answer, second):
        got = api.get(f"/api/v1/doses/{answered.json()['dose_id']}/").json()
        assert got["certificate"]["status"] == "live"
        assert got["certificate"]["hcert"].startswith("HC1:")
    assert Certificate.objects.values("dose").distinct().count() == 2
    assert set(IssuanceJob.objects.values_list("state", flat=True)) == {"issued"}


def test_a_cache_that_dies_takes_no_certificate_from_its_page(signing_key, redis, settings, client):
    """Drawings are kept in memory; were they kept in Redis, its end would cost time and no page."""
    backend = "django.core.cache.backends.redis.RedisCache"
    kept_there = {"BACKEND": backend, "LOCATION": redis[0].url}
    settings.CACHES = {**settings.CACHES, "drawings": kept_there}
    dose = make_dose()
    drain_due()
    certificate = Certificate.objects.get(dose=dose)
    household = make_account(members=(dose.citizen,))
    client.force_login(household, backend="django.contrib.auth.backends.ModelBackend")
    pages = [
        reverse(f"certificates:{name}", args=[certificate.public_id])
        for name in ("certificate", "svg", "png", "pdf")
    ]
    assert [client.get(page).status_code for page in pages] == [200] * 4
    assert len(caches["drawings"]._cache.get_client().keys("*")) == 4
    redis[1].kill()
    redis[1].wait(10)
    assert [client.get(page).status_code for page in pages] == [200] * 4


def somebody_waits() -> bool:
    """Whether a session of this database waits for a lock inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return cursor.fetchone()[0]
