"""Certificates are valid for twelve months and are renewed before they end, without anybody asking.

A renewal is the dose's job back in the queue: the old certificate stays live until a worker
supersedes it in the transaction that writes the new one.
"""

import datetime
from typing import Any

from django.db import connection, transaction

from certificates.models import IssuanceJob, JobCause, JobState
from certificates.services.issuance import window

RENEW_BEFORE = datetime.timedelta(days=30)
SET = 2000
SETS = 10  # a round, each in a transaction of its own
# So many renewals may wait for a worker at once: a day on which five million were given must not
# come back as one heap a year later.
WAITING_AT_MOST = 20_000

# The newest of a certificate is younger than this only if its key ends too soon: that is no reason
# to renew it again and again.
_ENDING = """
    SELECT c.expires_at, c.id, c.dose_id FROM certificates_certificate c
      JOIN certificates_issuancejob j ON j.dose_id = c.dose_id
     WHERE c.status = 'live' AND c.expires_at < now() + %(before)s
       AND c.issued_at < now() - %(before)s AND j.state = 'issued'
     ORDER BY c.expires_at LIMIT %(set)s
       FOR NO KEY UPDATE OF j SKIP LOCKED
"""
_QUEUE = f"""
    WITH ending AS ({_ENDING})
    UPDATE certificates_issuancejob j
       SET state = 'pending', cause = 'renewed', attempts = 0, last_error = '',
           due_at = now(), next_at = now(),
           deadline_at = greatest(ending.expires_at, now() + %(window)s)
      FROM ending WHERE j.dose_id = ending.dose_id
"""  # noqa: S608


def renew_what_ends(_now: datetime.datetime) -> int:
    """Chore: queue the doses whose live certificate ends within RENEW_BEFORE, the first to end
    first; returns how many. Voided doses have none, cancelled jobs are left alone."""
    queued = 0
    for _ in range(SETS):
        if _waiting() >= WAITING_AT_MOST:
            break
        found = _queue_set()
        queued += found
        if found < SET:
            break
    return queued


def _waiting() -> int:
    jobs = IssuanceJob.objects.filter(state=JobState.PENDING, attempts=0, cause=JobCause.RENEWED)
    return len(jobs.values_list("pk")[:WAITING_AT_MOST])


@transaction.atomic
def _queue_set() -> int:
    values: dict[str, Any] = {"before": RENEW_BEFORE, "set": SET, "window": window()}
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, values)
        return int(cursor.rowcount)
