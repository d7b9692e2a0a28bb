"""A signing key in wrong hands: its certificates are void at once, and each is issued again.

The first step, `call_key_back`, decides everything; what follows is queued in sets of their own
transactions, may be cut off anywhere and is done again by the next call, or by the chore. The
queue takes these after everything that is promised to somebody who waits (services.issuance).
"""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from certificates.models import (
    Certificate,
    CertificateStatus,
    IssuanceJob,
    JobCause,
    JobState,
    SigningKey,
)
from certificates.models.key import KeyStatus
from certificates.services import keys
from certificates.services.clock import database_now

SET = 2000
# The old certificate counts no longer, so this is a promise too: all of them within a day.
REISSUE_WITHIN = datetime.timedelta(hours=24)


def compromise_key(*, kid: str, reason: str, now: datetime.datetime) -> SigningKey:
    """Call a key back and queue every dose that it certified for a new certificate.

    Safe to run again: it goes on where it was cut off. Raises ReasonMissing, KeyNotFound or
    KeysNotHere; then nothing was called back.
    """
    key = keys.call_key_back(kid=kid, reason=reason, now=now)
    for _queued in queue_again(key=key):
        pass
    return key


def queue_again(*, key: SigningKey) -> Iterator[int]:
    """Queue the doses whose live certificate is this key's, a set a transaction; yields the size
    of each set. Jobs that somebody holds at the moment are left to the next round."""
    after: tuple[Any, ...] | None = None
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            since = "AND (expires_at, id) > (%s, %s)" if after else ""
            cursor.execute(_NEXT_LIVE.format(since=since), [key.pk, *(after or ()), SET])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            if not rows:
                return
            values: list[Any] = [[row[2] for row in rows], REISSUE_WITHIN]
            cursor.execute(_QUEUE_AGAIN, values)
            queued = cursor.rowcount
        after = rows[-1][:2]
        yield queued


_NEXT_LIVE = """
    SELECT expires_at, id, dose_id FROM certificates_certificate
     WHERE key_id = %s AND status = 'live' {since}
     ORDER BY expires_at, id LIMIT %s
"""
_QUEUE_AGAIN = """
    WITH held AS MATERIALIZED (
        SELECT dose_id FROM certificates_issuancejob
         WHERE dose_id = ANY(%s) AND state = 'issued'
         ORDER BY dose_id FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE certificates_issuancejob job
       SET state = 'pending', cause = 'key_compromised', attempts = 0, last_error = '',
           due_at = now(), next_at = now(), deadline_at = now() + %s
      FROM held WHERE job.dose_id = held.dose_id
"""


def live_certificates(*, key: SigningKey) -> int:
    """How many live certificates the key has signed."""
    return Certificate.objects.filter(key=key, status=CertificateStatus.LIVE).count()


def is_replaced(*, key: SigningKey) -> bool:
    """Whether no certificate of the key is left that the queue will replace. Those that need a
    person (needs review) stay until somebody has looked at them."""
    return not Certificate.objects.filter(
        key=key,
        status=CertificateStatus.LIVE,
        dose__issuance__state__in=[JobState.PENDING, JobState.ISSUED],
    ).exists()


def reissue_what_was_left(_now: datetime.datetime) -> int:
    """Chore: what a drill that was cut off did not queue. Looks only when nothing that a drill
    has queued waits, and then into the index of live certificates by key, empty for these keys."""
    waiting = IssuanceJob.objects.filter(
        state=JobState.PENDING, attempts=0, cause=JobCause.KEY_COMPROMISED
    )
    if waiting.exists():
        return 0
    called_back = SigningKey.objects.filter(status=KeyStatus.COMPROMISED)
    return sum(sum(queue_again(key=key)) for key in called_back)


def issued_lately() -> int:
    """Certificates that came out in the last minute: the speed of the queue."""
    since = database_now() - datetime.timedelta(minutes=1)
    return Certificate.objects.filter(issued_at__gt=since).count()
