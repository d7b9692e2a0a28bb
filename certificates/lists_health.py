"""Whether verifiers are told in time: an invariant, and figures for /metrics."""

from collections.abc import Iterable

from django.db import connection
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from vaxplatform.health import register_collector
from vaxplatform.invariants import register_invariant

# A round of publishing comes every half minute; ten minutes are many rounds. Whoever works that
# long on revoking in one transaction is seen when it commits, for ended_at is its start.
_UNPUBLISHED = """
      FROM certificates_signingkey k
      JOIN certificates_certificate c ON c.key_id = k.id
     WHERE k.status <> 'compromised' AND k.not_after > now()
       AND NOT (c.status = 'live' OR (c.end_reason = 'renewed' AND c.status = 'superseded'))
       AND c.revocation_batch_id IS NULL
       AND c.expires_at > now() AND c.ended_at < now() - interval '10 minutes'
"""
_AGE = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - published_at), -1)
      FROM (SELECT max(published_at) AS published_at FROM certificates_publishedfile
             WHERE name = 'offline.bin') newest
"""


def unpublished() -> list[str]:
    """Certificates that ended ten minutes ago and are in no batch yet."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.uvci {_UNPUBLISHED} LIMIT 1000")  # noqa: S608 - no value in it
        return [str(row[0]) for row in cursor.fetchall()]


class ListCollector:
    """How old what verifiers download is, and what is missing from it."""

    def collect(self) -> Iterable[Metric]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {_UNPUBLISHED}")  # noqa: S608 - no value in it
            (missing,) = cursor.fetchone()
            cursor.execute(_AGE)
            (age,) = cursor.fetchone()
        yield GaugeMetricFamily(
            "vax_ended_certificates_unpublished",
            "Certificates that ended ten minutes ago and that no verifier can know of; always 0",
            value=float(missing),
        )
        yield GaugeMetricFamily(
            "vax_offline_list_age_seconds",
            "Age of the offline file of ended certificates; stale after 48 hours, -1 for none yet",
            value=float(age),
        )


def register() -> None:
    register_invariant("ended_certificates_are_published_within_minutes", unpublished)
    register_collector("lists", ListCollector())
