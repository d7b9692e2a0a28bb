"""Figures for /metrics, read from the database so that every web process tells the same."""

from collections.abc import Iterable

from django.db import connection
from prometheus_client import Metric
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily

WAIT_BUCKETS_SECONDS = (1800, 2100, 2700, 3000, 3600)

# One query a figure: name, what it says, SQL.
GAUGES = (
    (
        "vax_certificates_oldest_due_seconds",
        "Age of the oldest certificate that somebody waits for, due and not issued",
        "SELECT coalesce(extract(epoch FROM now() - min(due_at)), 0)"
        " FROM certificates_issuancejob WHERE state = 'pending' AND due_at <= now()"
        " AND cause IN ('first', 'corrected', 'asked')",
    ),
    (
        "vax_certificates_to_replace",
        "Renewals and certificates of lost keys that wait for a worker; their old ones are at hand",
        "SELECT count(*) FROM certificates_issuancejob WHERE state = 'pending' AND attempts = 0"
        " AND cause IN ('renewed', 'key_compromised')",
    ),
    (
        "vax_certificates_past_deadline",
        "Certificates not issued although their deadline has passed",
        "SELECT count(*) FROM certificates_issuancejob"
        " WHERE state IN ('pending', 'needs_review') AND deadline_at < now()",
    ),
    (
        "vax_certificates_needing_review",
        "Doses whose certificate needs a person",
        "SELECT count(*) FROM certificates_issuancejob WHERE state = 'needs_review'",
    ),
    (
        "vax_certificates_in_work",
        "Certificates due and claimed by a worker, or waiting for another attempt",
        "SELECT count(*) FROM certificates_issuancejob"
        " WHERE state = 'pending' AND due_at <= now() AND attempts > 0",
    ),
    (
        "vax_doses_without_job",
        "Doses recorded in the last two days that nobody queued; always 0 but for a defect",
        "SELECT count(*) FROM vaccination_sites_dose d WHERE d.status = 'recorded'"
        " AND d.recorded_at > now() - interval '2 days' AND NOT EXISTS"
        " (SELECT FROM certificates_issuancejob j WHERE j.dose_id = d.id)",
    ),
    (
        "vax_worker_last_beat_seconds",
        "Seconds since any worker showed life; -1 when none ever did",
        "SELECT coalesce(extract(epoch FROM now() - max(beat_at)), -1)"
        " FROM certificates_workerheartbeat",
    ),
)
# Of first certificates only: a renewed one waited for nobody.
_WAITS = f"""
    SELECT count(*), coalesce(sum(wait), 0),
           {", ".join(f"count(*) FILTER (WHERE wait <= {s})" for s in WAIT_BUCKETS_SECONDS)}
      FROM (SELECT extract(epoch FROM c.issued_at - greatest(
                       d.administered_at, d.recorded_at - make_interval(secs => 1800))) AS wait
              FROM certificates_certificate c JOIN vaccination_sites_dose d ON d.id = c.dose_id
             WHERE c.issued_at > now() - interval '1 hour'
               AND NOT EXISTS (SELECT FROM certificates_certificate e
                                WHERE e.dose_id = c.dose_id AND e.id < c.id)) waits
"""  # noqa: S608


class CertificateCollector:
    """The state of the queue, and how long people waited in the last hour."""

    def collect(self) -> Iterable[Metric]:
        with connection.cursor() as cursor:
            for name, text, sql in GAUGES:
                cursor.execute(sql)
                yield GaugeMetricFamily(name, text, value=float(cursor.fetchone()[0]))
            cursor.execute(_WAITS)
            count, total, *counts = cursor.fetchone()
        buckets = [(str(s), n) for s, n in zip(WAIT_BUCKETS_SECONDS, counts, strict=True)]
        yield GaugeHistogramMetricFamily(
            "vax_certificate_wait_last_hour_seconds",
            "From injection (late entries: from half an hour before their entry) to certificate",
            buckets=[*buckets, ("+Inf", count)],
            gsum_value=float(total),
        )
