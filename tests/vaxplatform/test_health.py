"""Liveness, readiness and figures."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from prometheus_client.core import GaugeMetricFamily
from pytest_django import Settings

from vaxplatform import health

factory = RequestFactory()


@pytest.fixture(autouse=True)
def _own_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test may register and forget."""
    monkeypatch.setattr(health, "_checks", dict(health._checks))
    monkeypatch.setattr(health, "_collectors", dict(health._collectors))
    monkeypatch.setattr(health, "_migrations_seen_applied", False)


@pytest.fixture(autouse=True)
def _internal_networks(settings: Settings) -> None:
    settings.METRICS_ALLOWED_NETWORKS = ["127.0.0.0/8", "10.1.0.0/16", "::1/128"]


def readyz() -> tuple[int, dict[str, Any]]:
    import json

    response = health.readyz(factory.get("/readyz"))
    return response.status_code, json.loads(response.content)


def metrics(address: str = "127.0.0.1", **headers: str) -> str:
    request = factory.get("/metrics", headers=headers, REMOTE_ADDR=address)
    return health.metrics(request).content.decode()


def test_the_process_tells_that_it_lives_without_asking_anybody() -> None:
    response = health.livez(factory.get("/livez"))
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("signing_key")
def test_a_migrated_durable_database_and_a_redis_make_it_ready() -> None:
    status, body = readyz()
    assert status == 200
    assert body["checks"]["postgresql"] == {"status": "ok"}
    assert body["checks"]["migrations"] == {"status": "ok"}
    assert body["status"] in {"ready", "degraded"}


@pytest.mark.usefixtures("signing_key")
def test_without_redis_it_is_degraded_and_still_takes_traffic(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    status, body = readyz()
    assert status == 200
    assert body["status"] == "degraded"
    assert body["checks"]["redis"] == {"status": "degraded", "detail": "does not answer"}


@pytest.mark.django_db
def test_a_database_that_may_forget_an_acknowledged_dose_is_unready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    status, body = readyz()
    assert status == 503
    assert body["status"] == "unready"
    assert body["checks"]["postgresql"]["detail"] == "synchronous_commit is off"


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (("on", "on", "on"), ""),
        (("on", "on", "remote_apply"), ""),
        (("off", "on", "on"), "fsync is off"),
        (("on", "off", "on"), "full_page_writes is off"),
        (("on", "on", "off"), "synchronous_commit is off"),
    ],
)
def test_each_setting_that_keeps_a_commit_through_a_power_cut_is_asked_for(
    values: tuple[str, str, str], fault: str
) -> None:
    assert health.durability_fault(*values) == fault


@pytest.mark.django_db
def test_a_missing_migration_is_unready_until_it_is_applied() -> None:
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    app, name = recorder.migration_qs.order_by("id").values_list("app", "name").last()
    recorder.record_unapplied(app, name)
    status, body = readyz()
    assert status == 503
    assert body["checks"]["migrations"]["detail"].endswith("not applied")
    recorder.record_applied(app, name)
    assert readyz()[1]["checks"]["migrations"] == {"status": "ok"}


def test_a_lost_database_is_unready_and_not_an_error() -> None:
    def lost() -> None:
        from django.db import OperationalError

        raise OperationalError("password=secret")

    health._checks.clear()
    health.register_readiness_check("postgresql", lost)
    status, body = readyz()
    assert status == 503
    assert "secret" not in str(body)


def test_an_app_s_own_check_counts() -> None:
    def no_key() -> None:
        raise health.NotReady("no signing key")

    health._checks.clear()
    health.register_readiness_check("signing_key", no_key)
    assert readyz() == (
        503,
        {
            "status": "unready",
            "checks": {"signing_key": {"status": "failed", "detail": "no signing key"}},
        },
    )


def test_a_check_that_breaks_is_a_check_that_fails() -> None:
    def broken() -> None:
        raise ImproperlyConfigured("secret")

    health._checks.clear()
    health.register_readiness_check("odd", broken)
    status, body = readyz()
    assert status == 503
    assert "secret" not in str(body)


@pytest.mark.django_db
def test_figures_are_prometheus_text() -> None:
    text = metrics()
    assert "vax_database_up 1.0" in text
    assert 'vax_collector_failed{name="database"} 0.0' in text


@pytest.mark.django_db
def test_an_app_s_figures_are_added_and_a_broken_collector_costs_only_its_own() -> None:
    class Good:
        def collect(self) -> Any:
            yield GaugeMetricFamily("vax_doses_without_job", "Doses without a job", value=3)

    class Broken:
        def collect(self) -> Any:
            raise RuntimeError

    health.register_collector("good", Good())
    health.register_collector("broken", Broken())
    text = metrics()
    assert "vax_doses_without_job 3.0" in text
    assert 'vax_collector_failed{name="broken"} 1.0' in text
    assert 'vax_collector_failed{name="good"} 0.0' in text
    assert text.count("# TYPE vax_collector_failed") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.200.3", "::1"])
def test_figures_are_for_internal_addresses(address: str) -> None:
    assert "vax_database_up" in metrics(address)


@pytest.mark.parametrize("address", ["203.0.113.9", "10.2.0.1", "", "unix:", "::ffff:8.8.8.8"])
def test_for_other_addresses_the_figures_do_not_exist(address: str) -> None:
    with pytest.raises(Http404):
        metrics(address)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_an_address_passed_on_by_a_proxy_opens_nothing(header: str) -> None:
    with pytest.raises(Http404):
        metrics("127.0.0.1", **{header: "127.0.0.1"})
