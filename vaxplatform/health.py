"""Three questions: does the process live, may it take traffic, and how is it doing.

Apps add to the last two in `AppConfig.ready()`: `register_readiness_check`, `register_collector`.
"""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Protocol

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

log = structlog.get_logger(__name__)

REDIS_TIMEOUT_SECONDS = 0.5
DURABLE_COMMIT = frozenset({"on", "remote_write", "remote_apply"})


class NotReady(Exception):
    """Why a readiness check fails; a few words without secrets, shown on /readyz."""


ReadinessCheck = Callable[[], None]
_checks: dict[str, tuple[ReadinessCheck, bool]] = {}


def register_readiness_check(name: str, check: ReadinessCheck, *, required: bool = True) -> None:
    """`check()` raises NotReady("why"). Not required: its failure is "degraded", still 200."""
    _checks[name] = (check, required)


def check_postgresql() -> None:
    """Reachable, and durable: an acknowledged dose must survive a power cut (promise 1)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
            " current_setting('synchronous_commit')"
        )
        fault = durability_fault(*cursor.fetchone())
    if fault:
        raise NotReady(fault)


def durability_fault(fsync: str, full_page_writes: str, synchronous_commit: str) -> str:
    """Which of PostgreSQL's settings lets it forget what it acknowledged; empty when none does."""
    if fsync != "on":
        return "fsync is off"
    if full_page_writes != "on":
        return "full_page_writes is off"
    if synchronous_commit not in DURABLE_COMMIT:
        return "synchronous_commit is off"
    return ""


_migrations_seen_applied = False


def check_migrations() -> None:
    """Every migration of this code is applied; once true it stays true for this process."""
    global _migrations_seen_applied
    if _migrations_seen_applied:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotReady(f"{len(missing)} migrations are not applied")
    _migrations_seen_applied = True


def check_redis() -> None:
    """Answers within half a second. Redis only wakes workers up; no promise needs it."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        retry=None,
    )
    try:
        client.ping()
    except redis.RedisError as error:
        raise NotReady("does not answer") from error
    finally:
        client.close()


register_readiness_check("postgresql", check_postgresql)
register_readiness_check("migrations", check_migrations)
register_readiness_check("redis", check_redis, required=False)


def _why_not(name: str, check: ReadinessCheck) -> str:
    """Empty when the check passes. A check that breaks is a check that fails."""
    try:
        check()
    except NotReady as error:
        return str(error) or "not ready"
    except Error:
        return "the database does not answer"
    except Exception:
        log.exception("readiness_check_broke", check=name)
        return "the check broke"
    return ""


def readiness() -> tuple[str, dict[str, dict[str, str]]]:
    """ "ready", "degraded" or "unready", and each check's status and reason."""
    overall = "ready"
    results = {}
    for name, (check, required) in _checks.items():
        why = _why_not(name, check)
        status = "ok" if not why else "failed" if required else "degraded"
        results[name] = {"status": status, "detail": why} if why else {"status": status}
        if status == "failed" or (status == "degraded" and overall == "ready"):
            overall = "unready" if status == "failed" else "degraded"
    return overall, results


class Collector(Protocol):
    """prometheus_client's custom collector: reads the database when asked, so that every web
    process tells the same figures."""

    def collect(self) -> Iterable[Metric]: ...


class _Guarded:
    """A collector whose failure costs its own figures only, and is itself a figure."""

    def __init__(self, name: str, collector: Collector) -> None:
        self.name = name
        self.collector = collector

    def collect(self) -> Iterable[Metric]:
        failed = GaugeMetricFamily(
            "vax_collector_failed", "1 when a collector could not read its figures", labels=["name"]
        )
        metrics: list[Metric] = []
        try:
            metrics = list(self.collector.collect())
            failed.add_metric([self.name], 0)
        except Exception:
            log.exception("collector_failed", collector=self.name)
            failed.add_metric([self.name], 1)
        return [*metrics, failed]


_collectors: dict[str, _Guarded] = {}


def register_collector(name: str, collector: Collector) -> None:
    """Add figures to /metrics; `name` is unique, registering it again replaces it."""
    _collectors[name] = _Guarded(name, collector)


class _DatabaseCollector:
    """Whether PostgreSQL answers, and how its connections are used."""

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("vax_database_up", "1 when PostgreSQL answers")
        used = GaugeMetricFamily(
            "vax_database_connections", "Connections to this database by state", labels=["state"]
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() GROUP BY 1 ORDER BY 1"
                )
                for state, count in cursor.fetchall():
                    used.add_metric([state], count)
            up.add_metric([], 1)
        except Error:
            up.add_metric([], 0)
        return [up, used]


register_collector("database", _DatabaseCollector())


class _All:
    """Every collector in one, with the failure gauges of all as one family."""

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for guarded in _collectors.values():
            for metric in guarded.collect():
                if metric.name in families:
                    families[metric.name].samples.extend(metric.samples)
                else:
                    families[metric.name] = metric
        return families.values()


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nothing of anybody else."""
    return _uncached(JsonResponse({"status": "alive"}))


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when ready or degraded (Redis is away), 503 when a request would fail."""
    overall, results = readiness()
    return _uncached(
        JsonResponse(
            {"status": overall, "checks": results}, status=503 if overall == "unready" else 200
        )
    )


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for settings.METRICS_ALLOWED_NETWORKS only; elsewhere it does not exist."""
    if not is_internal(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All())
    return _uncached(HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4))


def is_internal(request: HttpRequest) -> bool:
    """Whether the connection itself comes from an allowed network. What came through a proxy is
    refused: then the address is the proxy's, and the forwarded one can be forged."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(
        address in ipaddress.ip_network(network) for network in settings.METRICS_ALLOWED_NETWORKS
    )


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
