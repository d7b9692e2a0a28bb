"""The chores of the queue: issue what is due, watch that nothing is owed unseen, show life."""

import datetime
import os
import socket
import threading
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from certificates.models import WorkerHeartbeat
from certificates.services.clock import database_now
from certificates.services.issuance import drain_due, window

log = structlog.get_logger(__name__)

# A chore stays below its period, so that the other chores of the loop have their turn.
BUDGET = datetime.timedelta(seconds=12)
RECENT = datetime.timedelta(days=2)
FORGET_AFTER = datetime.timedelta(days=1)

stopping = threading.Event()  # set by a worker that was asked to end


def issue_certificates(_now: datetime.datetime) -> int:
    """Chore: issue what is due, for as long as the budget lasts; returns how many."""
    until = database_now() + BUDGET
    issued = drain_due(until=until, stop=stopping.is_set)
    beat(issued=issued)
    return issued


def beat(*, issued: int = 0) -> None:
    """Write this process's sign of life, and forget processes that are long gone."""
    worker = f"{socket.gethostname()}:{os.getpid()}"[:120]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO certificates_workerheartbeat (worker, issued) VALUES (%s, %s)"
            " ON CONFLICT (worker) DO UPDATE SET beat_at = statement_timestamp(),"
            " issued = certificates_workerheartbeat.issued + EXCLUDED.issued",
            [worker, issued],
        )
    WorkerHeartbeat.objects.filter(beat_at__lt=Now() - FORGET_AFTER).delete()


def watch_recent(_now: datetime.datetime) -> int:
    """Chore, each minute: the anti-join over doses recorded in the last two days."""
    return queue_what_is_missing(since=database_now() - RECENT)


def watch_all(_now: datetime.datetime) -> int:
    """Chore, some times a day: the same over every dose."""
    return queue_what_is_missing(since=None)


# A dose without a job: only where the trigger was switched off. The window starts now, for now
# is when the platform learnt of it.
_ADD_JOBS = """
    INSERT INTO certificates_issuancejob (dose_id, due_at, deadline_at, next_at)
    SELECT d.id, greatest(d.administered_at + %(delay)s, statement_timestamp()),
           greatest(d.administered_at + %(delay)s, statement_timestamp()) + %(window)s,
           greatest(d.administered_at + %(delay)s, statement_timestamp())
      FROM vaccination_sites_dose d
     WHERE d.status = 'recorded' AND {recent}
       AND NOT EXISTS (SELECT FROM certificates_issuancejob j WHERE j.dose_id = d.id)
    ON CONFLICT (dose_id) DO NOTHING
"""
# A job that says "issued" (or "cancelled") of a dose that stands, where no certificate does and
# none was revoked: it is owed for the same cause as before; or a booster that was
# certified before the series it follows was on record: that one needs a correction.
_QUEUE_AGAIN = """
    UPDATE certificates_issuancejob j
       SET state = 'pending', attempts = 0, last_error = '', cause = {cause},
           due_at = greatest(j.due_at, statement_timestamp()),
           next_at = greatest(j.due_at, statement_timestamp()),
           deadline_at = greatest(j.deadline_at, statement_timestamp() + %(window)s)
      FROM vaccination_sites_dose d{and_from}
     WHERE d.id = j.dose_id AND d.status = 'recorded' AND {recent} AND {wrong}
"""
_WITHOUT_CERTIFICATE = """
    j.state IN ('issued', 'cancelled') AND NOT EXISTS (
        SELECT FROM certificates_certificate c
         WHERE c.dose_id = d.id
           AND (c.status = 'live' OR c.status = 'revoked' AND j.state = 'cancelled'))
"""
_OVERTAKEN = """
    j.state = 'issued' AND d.dose_kind <> 'primary' AND EXISTS (
        SELECT FROM certificates_certificate c
         WHERE c.dose_id = d.id AND c.status = 'live' AND c.issued_at < p.recorded_at)
       AND d.citizen_id = p.citizen_id AND p.status = 'recorded' AND p.dose_kind = 'primary'
"""


def queue_what_is_missing(*, since: datetime.datetime | None) -> int:
    """Queue each recorded dose that has neither a job nor a certificate; returns how many.

    `since` limits the look to doses recorded from then on. Whatever is found is a defect
    elsewhere, so it is logged as one, except boosters whose series was entered after them.
    """
    values: dict[str, Any] = {
        "delay": datetime.timedelta(seconds=settings.CERTIFICATE_DELAY_SECONDS),
        "window": window(),
        "since": since,
    }
    recent = "{dose}.recorded_at >= %(since)s" if since else "true"
    of_dose, of_primary = recent.format(dose="d"), recent.format(dose="p")
    without = _QUEUE_AGAIN.format(
        recent=of_dose, wrong=_WITHOUT_CERTIFICATE, and_from="", cause="j.cause"
    )
    overtaken_by = _QUEUE_AGAIN.format(
        recent=of_primary,
        wrong=_OVERTAKEN,
        and_from=", vaccination_sites_dose p",
        cause="'corrected'",
    )
    with connection.cursor() as cursor:
        cursor.execute(_ADD_JOBS.format(recent=of_dose), values)
        added = cursor.rowcount
        cursor.execute(without, values)
        restored = cursor.rowcount
        cursor.execute(overtaken_by, values)
        overtaken = cursor.rowcount
    if added or restored:
        log.error("doses_were_not_queued", without_job=added, without_certificate=restored)
    return int(added + restored + overtaken)
